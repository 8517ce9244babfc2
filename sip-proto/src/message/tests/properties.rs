use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{
    CSeq, Contact, ContentType, From, HeaderName, Method, Params, RecordRoute, Require, Route,
    StatusCode, To, TypedHeader, Uri, Via,
};
use super::*;

fn name() -> impl Strategy<Value = HeaderName> {
    prop_oneof![
        "[A-Za-z0-9.!%*_+`'~-]{1,12}".prop_map(HeaderName::from_bytes),
        prop::sample::select(vec!["v", "Via", "Route", "Subject", "k", "X-a", "x-A", "From"])
            .prop_map(HeaderName::from_bytes),
    ]
    .prop_filter("belongs to the writer", |name| *name != HeaderName::ContentLength)
}

/// Any bytes, likely with what means something to a parser.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 0..30), "[a-z ,<>\";:\\\\]{0,20}".prop_map(String::into_bytes),]
}

/// A message as it might arrive: odd spellings, folds, several lines of a name.
fn wire() -> impl Strategy<Value = String> {
    let line = (name(), "[ \t]{0,2}:[ \t]{0,2}", "[!-~\u{e4} ]{0,15}(\r\n [!-~]{1,5}){0,2}")
        .prop_map(|(name, colon, value)| format!("{name}{colon}{value}\r\n"));
    (vec(line, 0..8), "[a-z]{0,9}", any::<bool>()).prop_map(|(lines, body, has_length)| {
        let length = if has_length { format!("l: {}\r\n", body.len()) } else { String::new() };
        format!("INFO sip:b SIP/2.0\r\n{}{length}\r\n{body}", lines.concat())
    })
}

#[derive(Clone, Debug)]
enum Edit {
    PushFront(HeaderName, Vec<u8>),
    PushBack(HeaderName, Vec<u8>),
    Set(HeaderName, Vec<u8>),
    Remove(HeaderName),
    PopFront(HeaderName),
    PopBack(HeaderName),
    ReplaceFront(HeaderName, Vec<u8>),
    SetUri,
    SetBody(Vec<u8>),
    Detach,
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (name(), value()).prop_map(|(name, value)| Edit::PushFront(name, value)),
        (name(), value()).prop_map(|(name, value)| Edit::PushBack(name, value)),
        (name(), value()).prop_map(|(name, value)| Edit::Set(name, value)),
        name().prop_map(Edit::Remove),
        name().prop_map(Edit::PopFront),
        name().prop_map(Edit::PopBack),
        (name(), value()).prop_map(|(name, value)| Edit::ReplaceFront(name, value)),
        Just(Edit::SetUri),
        vec(any::<u8>(), 0..20).prop_map(Edit::SetBody),
        Just(Edit::Detach),
    ]
}

fn apply(request: &mut Request, edit: Edit) {
    match edit {
        Edit::PushFront(name, value) => request.push_front(name, value),
        Edit::PushBack(name, value) => request.push_back(name, value),
        Edit::Set(name, value) => {
            request.set(name.clone(), value);
            assert_eq!(request.count(&name), 1);
        }
        Edit::Remove(name) => {
            assert_eq!(request.count(&name), request.remove(&name));
            assert_eq!(request.count(&name), 0);
        }
        Edit::PopFront(name) => {
            let before: Vec<_> = request.list(&name).map(<[u8]>::to_vec).collect();
            assert_eq!(request.pop_front(&name).as_deref(), before.first().map(Vec::as_slice));
            // A single empty element that is left over is no element any more.
            let after: Vec<_> = request.list(&name).collect();
            let rest = before.get(1..).unwrap_or_default();
            assert!(after == rest || rest.iter().any(Vec::is_empty), "{after:?} {rest:?}");
        }
        Edit::PopBack(name) => {
            let last = request.list_rev(&name).next().map(<[u8]>::to_vec);
            assert_eq!(request.pop_back(&name).as_deref(), last.as_deref());
        }
        Edit::ReplaceFront(name, value) => request.replace_front(name, value),
        Edit::SetUri => request.set_uri("sip:elsewhere"),
        Edit::SetBody(body) => request.set_body("a/b", body),
        Edit::Detach => request.detach(),
    }
}

proptest! {
    #[test]
    fn untouched_messages_leave_as_they_came(text in wire()) {
        let request = request(&text);
        let written = request.to_bytes();
        if request.count(&HeaderName::ContentLength) > 0 {
            prop_assert_eq!(&written, &text);
        } else {
            let added = format!("Content-Length: {}\r\n\r\n", request.body().len());
            prop_assert_eq!(&written, &text.replacen("\r\n\r\n", &format!("\r\n{added}"), 1));
        }
    }

    #[test]
    fn the_edited_view_is_what_will_be_read(text in wire(), edits in vec(edit(), 1..8)) {
        let original = request(&text);
        let mut edited = original.clone();
        for edit in edits {
            apply(&mut edited, edit);
        }
        let written = edited.to_bytes();
        prop_assert_eq!(written.len(), edited.encoded_len());
        let again = request(&written);
        let mut seen = fields(&edited);
        if edited.count(&HeaderName::ContentLength) == 0 {
            seen.push(("Content-Length".into(), edited.body().len().to_string()));
        }
        prop_assert_eq!(seen, fields(&again));
        prop_assert_eq!(edited.body(), again.body());
        prop_assert_eq!(edited.uri_bytes(), again.uri_bytes());
        prop_assert_eq!(fields(&original), fields(&request(&text)), "a fork was changed");
    }

    #[test]
    fn built_messages_read_as_they_were_built(
        headers in vec((name(), value()), 0..8),
        body in vec(any::<u8>(), 0..40),
        code in 100_u16..700,
    ) {
        let mut builder = Request::builder(Method::Info, "sip:b").max_forwards(9);
        let mut answer = Response::builder(StatusCode::new(code).unwrap());
        for (name, value) in &headers {
            builder = builder.header(name.clone(), value);
            answer = answer.header(name.clone(), value);
        }
        let built = builder.body("a/b", &body).build();
        let again = request(built.to_bytes());
        prop_assert_eq!(fields(&built), fields(&again));
        prop_assert_eq!(built.body(), again.body());
        let answer = answer.build();
        let again = response(answer.to_bytes());
        prop_assert_eq!(fields(&answer), fields(&again));
        prop_assert_eq!(answer.status(), again.status());
    }

    #[test]
    fn no_bytes_panic(bytes in vec(any::<u8>(), 0..200)) {
        check_any(&bytes);
    }

    #[test]
    fn no_broken_message_panics(text in wire(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        check_any(&bytes);
    }

    #[test]
    fn no_value_panics_and_what_parses_is_written_as_what_it_was(value in value()) {
        written_as_it_was::<Via<'_>>(&value);
        written_as_it_was::<From<'_>>(&value);
        written_as_it_was::<To<'_>>(&value);
        written_as_it_was::<Contact<'_>>(&value);
        written_as_it_was::<Route<'_>>(&value);
        written_as_it_was::<RecordRoute<'_>>(&value);
        written_as_it_was::<CSeq>(&value);
        written_as_it_was::<ContentType<'_>>(&value);
        written_as_it_was::<Require<'_>>(&value);
        if let Ok(params) = Params::parse(&value) {
            prop_assert!(params.is_empty() || params.iter().count() > 0);
        }
        let _ = Uri::parse(&value).map(|uri| uri.aor());
    }

    #[test]
    fn equivalence_is_symmetric_and_reflexive(a in sip_uri(), b in sip_uri()) {
        let (a, b) = (Uri::parse(a.as_bytes()).unwrap(), Uri::parse(b.as_bytes()).unwrap());
        prop_assert!(a.equivalent(&a));
        prop_assert_eq!(a.equivalent(&b), b.equivalent(&a));
        if a.equivalent(&b) {
            prop_assert_eq!(a.aor(), b.aor());
        }
    }
}

/// URIs that are often equivalent.
fn sip_uri() -> impl Strategy<Value = String> {
    let user = prop::sample::select(vec!["", "a@", "%61@", "A@", "a%3b@", "a;@", "a:p@"]);
    let host = prop::sample::select(vec!["b", "B", "192.0.2.1", "[::1]", "b:5060"]);
    let param = prop::sample::select(vec![
        ";transport=udp",
        ";Transport=UDP",
        ";x",
        ";x=1",
        ";%78=1",
        ";x=2",
        ";lr",
        ";user=phone",
        ";maddr=b",
        ";ttl=1",
    ]);
    let headers = prop::sample::select(vec!["", "?a=1", "?A=1&b=2", "?b=2&a=1", "?a=1&a=2"]);
    (user, host, vec(param, 0..4), headers).prop_map(|(user, host, params, headers)| {
        format!("sip:{user}{host}{}{headers}", params.concat())
    })
}

fn check_any(bytes: &[u8]) {
    match parse(bytes) {
        Ok(message) => {
            let written = message.to_bytes();
            assert_eq!(parse(&written).unwrap().to_bytes(), written);
            for name in [HeaderName::Via, HeaderName::Subject, HeaderName::from_bytes("x-a")] {
                assert!(message.headers().list(&name).all(|element| element.len() <= bytes.len()));
            }
        }
        Err(error) => {
            assert!(error.offset <= bytes.len());
            let _ = Request::salvage(&Bytes::copy_from_slice(bytes), &error);
        }
    }
}

/// UTF-8 only, because what is written is text.
fn written_as_it_was<'a, H>(value: &'a [u8])
where
    H: TypedHeader<'a> + core::fmt::Display,
{
    let Ok(text) = core::str::from_utf8(value) else {
        return;
    };
    match H::parse(value) {
        Ok(parsed) => {
            let written = parsed.to_string();
            // Leaked, so that the second parse may borrow for as long as the first.
            let again = H::parse(written.clone().into_bytes().leak())
                .unwrap_or_else(|error| panic!("{text:?} {written:?}: {error}"));
            assert_eq!(again.to_string(), written);
        }
        Err(error) => assert!(error.offset <= value.len()),
    }
}
