use super::super::{ContentLength, HeaderError, HeaderName, Method, StatusCode};
use super::*;

const HEADERS: &str = "Via: SIP/2.0/UDP a\r\nContent-Length: 0\r\n\r\n";

#[test]
fn a_request_line_is_three_parts_with_single_spaces() {
    let table = [
        ("INVITE sip:b SIP/2.0", Method::Invite, "sip:b"),
        ("INVITE sip:b sip/2.0", Method::Invite, "sip:b"),
        (
            "!odd-Method0_*+`.%'~ tel:+1 SIP/2.0",
            Method::from_bytes("!odd-Method0_*+`.%'~"),
            "tel:+1",
        ),
        (
            "X any.scheme:%00?<>\"\u{e4} SIP/2.0",
            Method::from_bytes("X"),
            "any.scheme:%00?<>\"\u{e4}",
        ),
    ];
    for (line, method, uri) in table {
        let request = request(format!("{line}\r\n{HEADERS}"));
        assert_eq!(*request.method(), method);
        assert_eq!(request.uri_bytes(), uri.as_bytes());
    }
    use ParseErrorKind::{StartLine, Version};
    for (line, kind, offset) in [
        ("INVITE", StartLine, 6),
        ("INVITE sip:b", StartLine, 7),
        ("INVITE  sip:b SIP/2.0", StartLine, 7),
        ("INVITE sip:b  SIP/2.0", StartLine, 13),
        ("INVITE sip:b; lr SIP/2.0", StartLine, 14),
        ("INVITE sip:b SIP/2.0 ", StartLine, 20),
        (" INVITE sip:b SIP/2.0", StartLine, 0),
        ("INV\u{e4}TE sip:b SIP/2.0", StartLine, 3),
        ("INVITE sip:b HTTP/1.1", StartLine, 13),
        ("INVITE sip:b SIP/2", StartLine, 18),
        ("INVITE sip:b SIP/7.0", Version, 13),
        ("INVITE sip:b SIP/2.1", Version, 13),
        ("INVITE sip:b SIP/2.00", Version, 13),
    ] {
        assert_eq!(error(format!("{line}\r\n{HEADERS}")), (kind, offset), "{line}");
    }
}

#[test]
fn a_status_line_has_three_digits_and_any_phrase() {
    for (line, code, reason) in [
        ("SIP/2.0 200 OK", 200, "OK"),
        ("sip/2.0 100 ", 100, ""),
        ("SIP/2.0 699", 699, ""),
        ("SIP/2.0 200 = 2**3 * 5**2 \u{43d}\u{43e} ", 200, "= 2**3 * 5**2 \u{43d}\u{43e} "),
    ] {
        let response = response(format!("{line}\r\n{HEADERS}"));
        assert_eq!(response.status().as_u16(), code);
        assert_eq!(response.reason(), reason.as_bytes());
    }
    use ParseErrorKind::{StartLine, Version};
    for (line, kind, offset) in [
        ("SIP/2.0", StartLine, 7),
        ("SIP/2.0  200 OK", StartLine, 8),
        ("SIP/2.0 20 OK", StartLine, 8),
        ("SIP/2.0 0200 OK", StartLine, 8),
        ("SIP/2.0 99 OK", StartLine, 8),
        ("SIP/2.0 700 OK", StartLine, 8),
        ("SIP/2.0 4294967301 better not", StartLine, 8),
        ("SIP/2.0 200OK", StartLine, 11),
        ("SIP/3.0 200 OK", Version, 0),
    ] {
        assert_eq!(error(format!("{line}\r\n{HEADERS}")), (kind, offset), "{line}");
    }
}

#[test]
fn names_are_tokens_and_values_are_trimmed_and_keep_their_folds() {
    let request = request(lines(&[
        "X a:b SIP/2.0",
        "v:SIP/2.0/UDP a",
        "VIA  \t:\t SIP/2.0/UDP b \t",
        "subject: one",
        " two",
        "\t three ",
        "X-Empty:",
        "X-Folded-Empty:",
        "  ",
        "x-empty: \u{e4}\u{0}\u{7f}:;",
    ]));
    assert_eq!(
        fields(&request),
        [
            ("Via", "SIP/2.0/UDP a"),
            ("Via", "SIP/2.0/UDP b"),
            ("Subject", "one\r\n two\r\n\t three"),
            ("X-Empty", ""),
            ("X-Folded-Empty", ""),
            ("x-empty", "\u{e4}\u{0}\u{7f}:;"),
        ]
        .map(|(name, value)| (name.to_string(), value.to_string()))
    );
    assert_eq!(request.value(&HeaderName::from_bytes("X-EMPTY")), Some(&b""[..]));
    assert_eq!(request.count(&HeaderName::from_bytes("x-Empty")), 2);
    assert_eq!(request.count(&HeaderName::Route), 0);
}

#[test]
fn lines_that_are_no_headers_are_errors_at_their_place() {
    use ParseErrorKind::{Header, Truncated};
    for (text, kind, offset) in [
        ("X a:b SIP/2.0\r\nno colon\r\n\r\n", Header, 18),
        ("X a:b SIP/2.0\r\n: no name\r\n\r\n", Header, 15),
        ("X a:b SIP/2.0\r\n fold of nothing\r\n\r\n", Header, 16),
        ("X a:b SIP/2.0\r\nna(me: x\r\n\r\n", Header, 17),
        ("X a:b SIP/2.0\r\nA: x\n\r\n", Header, 19),
        ("X a:b SIP/2.0\r\nA: x\ry\r\n\r\n", Header, 19),
        ("X a:b SIP/2.0\nA: x\r\n\r\n", Header, 13),
        ("X a:b SIP/2.0\r\n\rA: x\r\n\r\n", Header, 15),
        ("", Truncated, 0),
        ("\r\n\r\n", Truncated, 4),
        ("X a:b SIP/2.0", Truncated, 13),
        ("X a:b SIP/2.0\r", Truncated, 14),
        ("X a:b SIP/2.0\r\n", Truncated, 15),
        ("X a:b SIP/2.0\r\nA: x\r\n", Truncated, 21),
        ("X a:b SIP/2.0\r\nA: x\r\n\r", Truncated, 22),
        ("\r\n\r\nX a:b SIP/2.0\r\nno colon\r\n\r\n", Header, 22),
    ] {
        assert_eq!(error(text), (kind, offset), "{text:?}");
    }
}

#[test]
fn a_body_is_as_long_as_content_length_says() {
    let text = |length: &str, body: &str| format!("X a:b SIP/2.0\r\n{length}\r\n{body}");
    for (length, body, expected) in [
        ("", "the rest", "the rest"),
        ("", "", ""),
        ("Content-Length: 3\r\n", "abcdef", "abc"),
        ("l:0\r\n", "abc", ""),
        ("l: 0003\r\nContent-Length:\r\n 3\r\n", "abc", "abc"),
    ] {
        let request = request(text(length, body));
        assert_eq!(request.body(), expected, "{length:?}");
    }
    for (length, offset) in [
        ("l: 4\r\n", 23),
        ("l: -1\r\n", 18),
        ("l: 1x\r\n", 19),
        ("l:\r\n", 17),
        ("l: 1\r\nl: 2\r\n", 24),
        ("l: 99999999999999999999999999\r\n", 18),
        ("l: 3, 3\r\n", 19),
    ] {
        let error = error(text(length, "abc"));
        assert_eq!(error, (ParseErrorKind::ContentLength, offset), "{length:?}");
    }
    let request = request(text("l: 3\r\n", "abc"));
    assert_eq!(request.header::<ContentLength>(), Ok(Some(ContentLength(3))));
}

#[test]
fn what_stands_around_a_message_makes_no_difference() {
    for text in [
        format!("INVITE sip:b SIP/2.0\r\n{HEADERS}"),
        "SIP/2.0 200 OK\r\nl: 3\r\nFrom: a\r\n b\r\n\r\nabc".to_string(),
    ] {
        let plain = parse(&text).unwrap();
        for (before, after) in
            [("\r\n", ""), ("\r\n\r\n\r\n", ""), ("", "trailing"), ("\r\n", "\r\n\r\n")]
        {
            let framed = parse(format!("{before}{text}{after}")).unwrap();
            assert_eq!(framed.to_bytes(), text);
            assert_eq!(fields(framed.headers()), fields(plain.headers()));
            assert_eq!(framed.headers().body(), plain.headers().body());
        }
        for cut in 0..text.len() {
            assert!(parse(&text[..cut]).is_err(), "cut at {cut}");
        }
    }
}

#[test]
fn a_list_is_the_elements_of_all_its_lines() {
    let request = request(lines(&[
        "X a:b SIP/2.0",
        "Route: <sip:a,b>;x=\",\" , <sip:c>",
        "Subject: a, b",
        "ROUTE:",
        "Route:<sip:d>",
        "X-List: 1, 2",
    ]));
    let list = |name: &HeaderName| request.list(name).collect::<Vec<_>>();
    assert_eq!(list(&HeaderName::Route), [&b"<sip:a,b>;x=\",\""[..], b"<sip:c>", b"<sip:d>"]);
    assert_eq!(list(&HeaderName::Subject), [b"a, b"]);
    assert_eq!(list(&HeaderName::from_bytes("x-list")), [b"1", b"2"]);
}

#[test]
fn what_must_be_there_must_be_there_once() {
    use super::super::{CSeq, From, To, Via};
    let request = request(lines(&[
        "INVITE a:b SIP/2.0",
        "Via: SIP/2.0/UDP a, SIP/2.0/UDP b",
        "From: <sip:a>",
        "CSeq: 1 INVITE",
        "f: <sip:b>",
        "Via: bad",
    ]));
    let kind = |error: Result<_, HeaderError>| error.map(|_: ()| ()).unwrap_err().kind;
    assert_eq!(kind(request.require::<To<'_>>().map(|_| ())), ParseErrorKind::Cardinality);
    assert_eq!(kind(request.require::<From<'_>>().map(|_| ())), ParseErrorKind::Cardinality);
    assert_eq!(kind(request.call_id().map(|_| ())), ParseErrorKind::Cardinality);
    assert_eq!(request.require::<CSeq>().unwrap().number, 1);
    assert_eq!(request.require::<Via<'_>>().unwrap().host.to_string(), "a");
    let hops: Vec<_> = request.header_list::<Via<'_>>().map(|via| via.is_ok()).collect();
    assert_eq!(hops, [true, true, false]);
}

#[test]
fn a_version_in_lower_case_is_sent_in_upper_case() {
    // RFC 3261 section 7.1
    let mut request = request("X sip:b Sip/2.0\r\nl: 0\r\n\r\n");
    assert_eq!(request.to_bytes(), "X sip:b SIP/2.0\r\nl: 0\r\n\r\n");
    request.set_uri("sip:c");
    assert_eq!(request.to_bytes(), "X sip:c SIP/2.0\r\nl: 0\r\n\r\n");
    let response = response("sip/2.0 200 Fine\r\nl: 0\r\n\r\n");
    assert_eq!(response.to_bytes(), "SIP/2.0 200 Fine\r\nl: 0\r\n\r\n");
    assert_eq!(response.status(), StatusCode::OK);
}
