use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{
    CSeq, Contact, ContentType, Expires, From, HeaderName, MaxForwards, Method, Params,
    RecordRoute, Require, Route, StatusCode, To, TypedHeader, Uri, Via,
};
use super::*;

fn name() -> impl Strategy<Value = HeaderName> {
    prop_oneof![
        "[A-Za-z0-9.!%*_+`'~-]{1,12}".prop_map(HeaderName::from_bytes),
        prop::sample::select(vec![
            "v",
            "Via",
            "Route",
            "Subject",
            "s",
            "k",
            "Supported",
            "X-a",
            "x-A",
            "From",
            "f",
            "m",
        ])
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
    ReplaceBack(HeaderName, Vec<u8>),
    UpdateFront(HeaderName),
    UpdateBack(HeaderName),
    Update(HeaderName, Vec<u8>),
    SetIfAbsent(HeaderName, Vec<u8>),
    Retain(u8),
    SetTyped(u32),
    PushTyped(u32),
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
        (name(), value()).prop_map(|(name, value)| Edit::ReplaceBack(name, value)),
        name().prop_map(Edit::UpdateFront),
        name().prop_map(Edit::UpdateBack),
        (name(), value()).prop_map(|(name, value)| Edit::Update(name, value)),
        (name(), value()).prop_map(|(name, value)| Edit::SetIfAbsent(name, value)),
        any::<u8>().prop_map(Edit::Retain),
        (0..256_u32).prop_map(Edit::SetTyped),
        any::<u32>().prop_map(Edit::PushTyped),
        Just(Edit::SetUri),
        vec(any::<u8>(), 0..20).prop_map(Edit::SetBody),
        Just(Edit::Detach),
    ]
}

/// Applies an edit, and checks it against what it means for the list of fields.
fn apply(request: &mut Request, edit: Edit) {
    let mut model = Model::of(request);
    match edit {
        Edit::PushFront(name, value) => {
            request.push_front(name.clone(), value.clone());
            model.fields.insert(0, (name, safe(&value)));
        }
        Edit::PushBack(name, value) => {
            request.push_back(name.clone(), value.clone());
            model.fields.push((name, safe(&value)));
        }
        Edit::Set(name, value) => {
            request.set(name.clone(), value.clone());
            model.set(name, safe(&value));
        }
        Edit::SetIfAbsent(name, value) => {
            let is_absent = !request.has(&name);
            assert_eq!(request.set_if_absent(name.clone(), value.clone()), is_absent);
            if is_absent {
                model.fields.push((name, safe(&value)));
            }
        }
        Edit::Remove(name) => {
            let before = model.fields.len();
            model.fields.retain(|(found, _)| *found != name);
            assert_eq!(request.remove(&name), before - model.fields.len());
        }
        Edit::Retain(bound) => {
            let is_kept = |value: &[u8]| value.first().is_none_or(|first| *first < bound);
            let before = model.fields.len();
            model.fields.retain(|(_, value)| is_kept(value));
            let removed = request.retain(|header| is_kept(header.value));
            assert_eq!(removed, before - model.fields.len());
        }
        Edit::Update(name, value) => {
            let all = model.fields.iter_mut().filter(|(found, _)| *found == name);
            let count = all.map(|(_, old)| *old = safe(&[&old[..], &value].concat())).count();
            let updated = request.update(&name, |old| [old, &value].concat());
            assert_eq!(updated, count);
        }
        Edit::SetTyped(hops) => {
            request.set_typed(&MaxForwards(hops));
            assert_eq!(request.require(), Ok(MaxForwards(hops)));
            model.set(HeaderName::MaxForwards, hops.to_string().into_bytes());
        }
        Edit::PushTyped(seconds) => {
            request.push_front_typed(&Expires(seconds));
            assert_eq!(request.header(), Ok(Some(Expires(seconds))));
            model.fields.insert(0, (HeaderName::Expires, seconds.to_string().into_bytes()));
        }
        Edit::SetUri => request.set_uri("sip:elsewhere"),
        Edit::Detach => request.detach(),
        Edit::SetBody(body) => {
            request.set_body("a/b", body);
            model.set(HeaderName::ContentType, b"a/b".to_vec());
        }
        elements => return apply_to_elements(request, elements),
    }
    assert_eq!(Model::of(request), model);
}

/// The edits of one element of a list.
fn apply_to_elements(request: &mut Request, edit: Edit) {
    let list = |request: &Request, name: &HeaderName| -> Vec<Vec<u8>> {
        let forwards: Vec<_> = request.list(name).map(<[u8]>::to_vec).collect();
        let mut backwards: Vec<_> = request.list_rev(name).map(<[u8]>::to_vec).collect();
        backwards.reverse();
        assert_eq!(forwards, backwards);
        forwards
    };
    let (name, expected) = match edit {
        Edit::PopFront(name) => {
            let mut before = list(request, &name);
            let popped = request.pop_front(&name);
            assert_eq!(popped.as_deref(), before.first().map(Vec::as_slice));
            before.drain(..before.len().min(1));
            (name, before)
        }
        Edit::PopBack(name) => {
            let mut before = list(request, &name);
            let popped = request.pop_back(&name);
            assert_eq!(popped.as_deref(), before.pop().as_deref());
            (name, before)
        }
        Edit::UpdateFront(name) => {
            let mut before = list(request, &name);
            assert_eq!(request.update_front(&name, |_| "new"), !before.is_empty());
            before.first_mut().into_iter().for_each(|first| *first = b"new".to_vec());
            (name, before)
        }
        Edit::UpdateBack(name) => {
            let mut before = list(request, &name);
            assert_eq!(request.update_back(&name, |_| "new"), !before.is_empty());
            before.last_mut().into_iter().for_each(|last| *last = b"new".to_vec());
            (name, before)
        }
        // What is put there may be no element, or several.
        Edit::ReplaceFront(name, value) => return request.replace_front(name, value),
        Edit::ReplaceBack(name, value) => return request.replace_back(name, value),
        other => panic!("{other:?} is no edit of an element"),
    };
    let after = list(request, &name);
    // A single empty element that is left over is no element any more.
    assert!(after == expected || expected.iter().any(Vec::is_empty), "{after:?} {expected:?}");
}

/// The fields of a message but for Content-Length, as the simplest thing that could be edited.
#[derive(Debug, PartialEq)]
struct Model {
    fields: Vec<(HeaderName, Vec<u8>)>,
}

impl Model {
    fn of(request: &Request) -> Self {
        let fields = request.iter().filter(|header| *header.name != HeaderName::ContentLength);
        Self { fields: fields.map(|it| (it.name.clone(), it.value.to_vec())).collect() }
    }

    fn set(&mut self, name: HeaderName, value: Vec<u8>) {
        match self.fields.iter().position(|(found, _)| *found == name) {
            Some(first) => {
                self.fields[first].1 = value;
                let mut index = 0;
                self.fields.retain(|(found, _)| {
                    index += 1;
                    index - 1 <= first || *found != name
                });
            }
            None => self.fields.push((name, value)),
        }
    }
}

/// A value as it is kept: trimmed, without line ends.
fn safe(value: &[u8]) -> Vec<u8> {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let start = value.iter().position(|byte| !is_space(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    let plain = |byte: &u8| if matches!(byte, b'\r' | b'\n') { b' ' } else { *byte };
    value[start..end].iter().map(plain).collect()
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
        prop_assert_eq!(&edited, &again);
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
        prop_assert_eq!(&built, &again);
        let answer = answer.build();
        let again = response(answer.to_bytes());
        prop_assert_eq!(fields(&answer), fields(&again));
        prop_assert_eq!(answer.status(), again.status());
        prop_assert_eq!(answer, again);
    }

    #[test]
    fn equality_is_that_of_what_is_read(text in wire(), other in wire(), edits in vec(edit(), 0..4)) {
        let (one, two) = (request(&text), request(&other));
        let read = |message: &Request| (Model::of(message), message.body().clone());
        prop_assert_eq!(one == two, read(&one) == read(&two));
        let mut edited = one.clone();
        for edit in edits {
            apply(&mut edited, edit);
        }
        let uris = (one.uri_bytes(), edited.uri_bytes());
        prop_assert_eq!(one == edited, read(&one) == read(&edited) && uris.0 == uris.1);
        prop_assert_eq!(SipMessage::Request(edited.clone()), SipMessage::Request(edited));
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
