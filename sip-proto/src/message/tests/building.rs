use super::super::{HeaderName, Method, StatusCode};
use super::*;

#[test]
fn a_built_request_is_complete() {
    let request = Request::builder(Method::Message, "sip:bob@b.example")
        .header(HeaderName::Via, "SIP/2.0/UDP a;branch=z9hG4bK1")
        .from("<sip:a@a.example>;tag=1")
        .to(String::from("<sip:bob@b.example>"))
        .call_id(b"1@a")
        .cseq(7)
        .contact("<sip:a@192.0.2.1>")
        .header(HeaderName::from_bytes("x-Mine"), " value\r\n ")
        .body("text/plain", "hello")
        .build();
    assert_eq!(
        request.to_bytes(),
        "MESSAGE sip:bob@b.example SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n\
         From: <sip:a@a.example>;tag=1\r\nTo: <sip:bob@b.example>\r\nCall-ID: 1@a\r\n\
         CSeq: 7 MESSAGE\r\nContact: <sip:a@192.0.2.1>\r\nx-Mine: value\r\n\
         Content-Type: text/plain\r\nMax-Forwards: 70\r\nContent-Length: 5\r\n\r\nhello"
    );
}

#[test]
fn what_the_builder_fills_in_is_there_once() {
    let request = Request::builder(Method::Bye, "sip:b")
        .max_forwards(3)
        .header(HeaderName::ContentLength, "99")
        .build();
    assert_eq!(
        request.to_bytes(),
        "BYE sip:b SIP/2.0\r\nMax-Forwards: 3\r\nContent-Length: 0\r\n\r\n"
    );
}

#[test]
fn nothing_given_to_a_builder_starts_a_line_of_its_own() {
    let request = Request::builder(Method::from_bytes("X\r\nEvil:"), "sip:b\r\nEvil: 1")
        .header(HeaderName::from_bytes("A\r\nEvil"), "x\r\nEvil: 2")
        .header(HeaderName::Other(Bytes::new()), "nameless")
        .build();
    assert_eq!(
        request.to_bytes(),
        "X  Evil: sip:b  Evil: 1 SIP/2.0\r\nA--Evil: x  Evil: 2\r\n-: nameless\r\n\
         Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    );
}

const INVITE: &str = "INVITE sip:b SIP/2.0\r\n\
    v:  SIP/2.0/UDP  p;branch=1 ,SIP/2.0/UDP a\r\n\
    Max-Forwards: 70\r\nVIA: SIP/2.0/UDP\r\n c\r\n\
    Record-Route: <sip:p;lr>\r\nf: <sip:a>;tag=1\r\nT: <sip:b>\r\nTimestamp: 54\r\n\
    i: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:a>\r\nContent-Type: a/b\r\nl: 1\r\n\r\nx";

#[test]
fn a_response_copies_what_it_must_byte_for_byte() {
    // RFC 3261 sections 8.2.6 and 12.1.1
    let request = request(INVITE);
    let vias = "v:  SIP/2.0/UDP  p;branch=1 ,SIP/2.0/UDP a\r\nVIA: SIP/2.0/UDP\r\n c\r\n";
    let rest = "i: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
    let route = "Record-Route: <sip:p;lr>\r\n";
    let parties = "f: <sip:a>;tag=1\r\nT: <sip:b>\r\n";
    for (code, line, route, timestamp) in [
        (100, "100 Trying", "", "Timestamp: 54\r\n"),
        (180, "180 Ringing", route, ""),
        (200, "200 OK", route, ""),
        (486, "486 Busy Here", "", ""),
    ] {
        let response = Response::to(&request, StatusCode::new(code).unwrap());
        assert_eq!(
            response.to_bytes(),
            format!("SIP/2.0 {line}\r\n{vias}{route}{parties}{timestamp}{rest}")
        );
        assert_eq!(fields(&response), fields(&super::response(response.to_bytes())));
    }
}

#[test]
fn a_response_copies_what_was_edited() {
    let mut request = request(INVITE);
    request.replace_front(HeaderName::Via, "SIP/2.0/UDP p;branch=1;received=192.0.2.1");
    let mut response = Response::to(&request, StatusCode::RINGING);
    response.set_to_tag("t");
    response.push_back(HeaderName::Contact, "<sip:b>");
    let written = response.to_bytes();
    assert!(written.starts_with(
        b"SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP p;branch=1;received=192.0.2.1,SIP/2.0/UDP a\r\n"
    ));
    assert!(super::response(written).value(&HeaderName::To) == Some(b"<sip:b>;tag=t"));
}

#[test]
fn only_what_may_start_a_dialog_carries_record_route() {
    let text = INVITE.replace("INVITE", "MESSAGE");
    let response = Response::to(&request(text), StatusCode::OK);
    assert_eq!(response.count(&HeaderName::RecordRoute), 0);
}
