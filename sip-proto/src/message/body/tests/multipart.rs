use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::super::{ContentType, HeaderName, Method, Request, TypedHeader};
use super::super::{InvalidBoundary, Multipart, MultipartBuilder};
use crate::{Limits, ParseErrorKind};

fn parse(boundary: &str, body: &str) -> Result<Multipart, (ParseErrorKind, usize)> {
    let value = format!("multipart/mixed;boundary={boundary}");
    let kind = ContentType::parse(value.as_bytes()).unwrap();
    Multipart::parse(&kind, &Bytes::copy_from_slice(body.as_bytes()), &Limits::default())
        .map_err(|error| (error.kind, error.offset))
}

fn bodies(multipart: &Multipart) -> Vec<&[u8]> {
    multipart.parts().iter().map(|part| &part.body()[..]).collect()
}

/// RFC 2046 section 5.1.1, with its own example of implicit and explicit types.
#[test]
fn parts_stand_between_delimiters() {
    let body = "This is the preamble.\r\n--simple boundary\r\n\r\n\
                No line break at the end.\r\n--simple boundary\r\n\
                Content-type: text/plain; charset=us-ascii\r\nx-odd:  kept \r\n\r\n\
                A line break at the end.\r\n\r\n--simple boundary--\r\n\r\nThe epilogue.\r\n";
    let multipart = parse("\"simple boundary\"", body).unwrap();
    assert_eq!(multipart.preamble(), "This is the preamble.");
    assert_eq!(multipart.epilogue(), "\r\nThe epilogue.\r\n");
    let [first, second] = multipart.parts() else { panic!("{multipart:?}") };
    assert_eq!((first.iter().count(), &first.body()[..]), (0, &b"No line break at the end."[..]));
    assert_eq!(second.body(), "A line break at the end.\r\n");
    assert_eq!(second.value(&HeaderName::from_bytes("X-Odd")), Some(&b"kept"[..]));
    assert!(first.is_type("text", "plain") && second.is_type("TEXT", "Plain"));
    assert!(!first.is_type("application", "sdp"));
    assert_eq!(
        second.to_bytes(),
        "Content-type: text/plain; charset=us-ascii\r\nx-odd:  kept \r\n\r\n\
         A line break at the end.\r\n"
    );
}

#[test]
fn odd_parts() {
    let table: &[(&str, &[&[u8]])] = &[
        ("--b\r\n\r\n--b--", &[b""]),
        ("--b\r\n--b\r\n\r\n\r\n--b--", &[b"", b""]),
        ("--b\r\nA: b\r\n--b--", &[b""]),
        ("--b\r\nA: b\r\n\r\n--b--", &[b""]),
        ("--b\r\nA: b\r\n\r\n\r\n--b--", &[b""]),
        ("--b\r\n\r\n\r\n\r\n--b--", &[b"\r\n"]),
        ("--b \t\r\n\r\n--bc\r\n --b\r\n--b--\t", &[b"--bc\r\n --b"]),
    ];
    for (body, expected) in table {
        let multipart = parse("b", body).unwrap_or_else(|error| panic!("{body:?}: {error:?}"));
        assert_eq!(bodies(&multipart), *expected, "{body:?}");
    }
}

#[test]
fn what_is_no_multipart_body() {
    for (boundary, body, kind, offset) in [
        ("b", "", ParseErrorKind::Multipart, 0),
        ("b", "no delimiter", ParseErrorKind::Multipart, 0),
        ("b", "--b\r\n\r\nnot closed", ParseErrorKind::Multipart, 17),
        ("b", "--b\r\n\r\n--b\r\n\r\n", ParseErrorKind::Multipart, 14),
        ("\"b \"", "--b \r\n\r\n--b --", ParseErrorKind::Multipart, 0),
        ("b", "--b\r\nno colon\r\n\r\n\r\n--b--", ParseErrorKind::Header, 8),
        ("b", "--b\r\nA: \n\r\n\r\n--b--", ParseErrorKind::Header, 8),
    ] {
        assert_eq!(parse(boundary, body).map(|_| ()), Err((kind, offset)), "{body:?}");
    }
    let kind = ContentType::parse(b"multipart/mixed").unwrap();
    assert!(Multipart::parse(&kind, &Bytes::from("--b--"), &Limits::default()).is_err());
    let kind = ContentType::parse(b"text/plain;boundary=b").unwrap();
    assert!(Multipart::parse(&kind, &Bytes::from("--b--"), &Limits::default()).is_err());
}

/// A body of `depth` multipart bodies in each other, around a text with a Content-ID.
fn nested(depth: usize) -> Request {
    let id = HeaderName::from_bytes("Content-ID");
    let mut part = (String::from("text/html"), Bytes::from("core"));
    for level in 0..depth {
        let fields = [(HeaderName::ContentType, part.0.as_str()), (id.clone(), "<deep%1@b>")];
        let fields = if level == 0 { &fields[..] } else { &fields[..1] };
        part = MultipartBuilder::new("mixed", &format!("level{level}"))
            .part("text/plain", "beside")
            .part_with(fields, &part.1)
            .build()
            .unwrap();
    }
    Request::builder(Method::Message, "sip:b").body(&part.0, part.1).build()
}

#[test]
fn body_depth_max() {
    let limits = Limits::default();
    let deepest = nested(limits.body_depth_max);
    let found = deepest.body_of_type("text", "html", &limits).unwrap();
    assert_eq!(found.as_deref(), Some(&b"core"[..]));
    for id in ["cid:deep%251@b", "deep%1@b", "<deep%1@b>"] {
        let found = deepest.body_by_id(id, &limits).unwrap().expect(id);
        assert_eq!(found.body(), "core");
    }
    assert!(deepest.body_by_id("cid:other@b", &limits).unwrap().is_none());
    let deeper = nested(limits.body_depth_max + 1);
    let error = deeper.body_of_type("text", "html", &limits).unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::BodyDepth);
    assert_eq!(
        deeper.body_of_type("text", "plain", &limits).unwrap().as_deref(),
        Some(&b"beside"[..])
    );
}

#[test]
fn body_parts_max() {
    let limits = Limits { body_parts_max: 3, ..Limits::default() };
    let message = |parts: usize| {
        let builder = MultipartBuilder::new("mixed", "b");
        let builder = (0..parts).fold(builder, |builder, _| builder.part("a/b", "x"));
        let (kind, body) = builder.build().unwrap();
        Request::builder(Method::Message, "sip:b").body(&kind, body).build()
    };
    let parts = |message: &Request| message.multipart(&limits).map(|it| it.unwrap().parts().len());
    assert_eq!(parts(&message(3)), Ok(3));
    assert_eq!(parts(&message(4)).unwrap_err().kind, ParseErrorKind::BodyParts);
    // Looked through, those of all levels count together.
    let limits = Limits { body_parts_max: 5, ..Limits::default() };
    assert!(nested(3).body_of_type("no", "such", &limits).is_err());
    assert_eq!(nested(2).body_of_type("no", "such", &limits), Ok(None));
}

#[test]
fn a_boundary_in_a_part_is_refused() {
    let build = |boundary: &str, body: &str| {
        MultipartBuilder::new("mixed", boundary).part("text/plain", body).build().map(|_| ())
    };
    assert_eq!(build("b", "x--b"), Ok(()));
    assert_eq!(build("b", "--b"), Err(InvalidBoundary::Occurs));
    assert_eq!(build("b", "x\r\n--bcd"), Err(InvalidBoundary::Occurs));
    assert_eq!(build("b\"", "x"), Err(InvalidBoundary::Syntax));
    assert_eq!(build("", "x"), Err(InvalidBoundary::Syntax));
}

#[test]
fn bodies_of_other_types_are_none() {
    let limits = Limits::default();
    let request = Request::builder(Method::Info, "sip:b").build();
    assert!(request.multipart(&limits).unwrap().is_none());
    assert!(request.sip_body(&limits).unwrap().is_none());
    assert!(request.sipfrag_body(&limits).unwrap().is_none());
    assert_eq!(request.body_of_type("application", "sdp", &limits), Ok(None));
    assert!(request.body_by_id("cid:a", &limits).unwrap().is_none());
}

proptest! {
    #[test]
    fn what_was_written_is_read(parts in vec(vec(any::<u8>(), 0..60), 0..6)) {
        let builder = MultipartBuilder::new("mixed", "some boundary");
        let builder = parts.iter().fold(builder, |builder, part| builder.part("a/b", part));
        let (kind, body) = builder.build().unwrap();
        let kind = ContentType::parse(kind.as_bytes()).unwrap();
        let read = Multipart::parse(&kind, &body, &Limits::default()).unwrap();
        let written = if parts.is_empty() { vec![Vec::new()] } else { parts };
        prop_assert_eq!(bodies(&read), written);
    }

    #[test]
    fn no_body_panics(body in "(--b|--|\r\n|a: b|;| |x){0,40}", bytes in vec(any::<u8>(), 0..99)) {
        let _ = parse("b", &body);
        let _ = parse("b", &String::from_utf8_lossy(&bytes));
    }
}
