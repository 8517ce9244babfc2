//! Whole messages.

use bytes::Bytes;
use sip_proto::message::{
    CSeq, Contact, ContentType, From, HeaderName, MaxForwards, Route, To, Via,
};
use sip_proto::{Limits, Message, ParseError, Request, Response, SipMessage, StatusCode};

use super::is_as_it_came;

/// A datagram.
///
/// What parses is written as it came and reads the same again, also after edits; what does not
/// parse has an answer that does, or none.
pub fn message(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    let limits = Limits::default();
    match SipMessage::parse(bytes.clone(), &limits) {
        Ok(message) => {
            written_as_it_came(&bytes, &message);
            read_again(&message.to_bytes(), &message);
            read_values(message.headers());
            edit(message);
        }
        Err(error) => answer(&bytes, &error),
    }
}

fn written_as_it_came(bytes: &Bytes, message: &SipMessage) {
    let written = message.to_bytes();
    if message.headers().count(&HeaderName::ContentLength) == 0 {
        return; // The writer adds one.
    }
    let start = bytes.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or_default();
    assert!(is_as_it_came(&bytes[start..], &written), "{message} is not what came");
}

fn read_again(written: &Bytes, message: &SipMessage) {
    let limits = Limits {
        // Content-Length may have been added.
        header_bytes_max: usize::MAX,
        header_count_max: usize::MAX,
        ..Limits::default()
    };
    let again = SipMessage::parse(written.clone(), &limits)
        .unwrap_or_else(|error| panic!("{written:?} is written: {error}"));
    assert_eq!(again.to_bytes(), *written);
    assert_eq!(again.headers().body(), message.headers().body());
    let lines = |message: &SipMessage| -> Vec<(HeaderName, Vec<u8>)> {
        let is_kept = |name: &HeaderName| *name != HeaderName::ContentLength;
        let headers = message.headers().iter().filter(|header| is_kept(header.name));
        headers.map(|header| (header.name.clone(), header.value.to_vec())).collect()
    };
    assert_eq!(lines(&again), lines(message));
    match (&again, message) {
        (SipMessage::Request(again), SipMessage::Request(request)) => {
            assert_eq!(again.method(), request.method());
            assert_eq!(again.uri_bytes(), request.uri_bytes());
        }
        (SipMessage::Response(again), SipMessage::Response(response)) => {
            assert_eq!(again.status(), response.status());
            assert_eq!(again.reason(), response.reason());
        }
        _ => panic!("a request became a response, or a response a request"),
    }
}

/// Reading costs no panic, and elements lie within their field.
fn read_values(message: &Message) {
    let _ = (message.call_id(), message.require::<CSeq>(), message.require::<MaxForwards>());
    let _ = (message.require::<From<'_>>(), message.require::<To<'_>>());
    let _ = message.header::<ContentType<'_>>();
    let _ = message.header_list::<Via<'_>>().filter(Result::is_ok).count();
    let _ = message.header_list::<Contact<'_>>().filter(Result::is_ok).count();
    let _ = message.header_list::<Route<'_>>().filter(Result::is_ok).count();
    let _ = (message.to_string(), format!("{message:?}"));
    for header in message.iter() {
        let elements: usize = message.list(header.name).map(<[u8]>::len).sum();
        let fields: usize = message.values(header.name).map(<[u8]>::len).sum();
        assert!(elements <= fields, "the elements of {} are more than there was", header.name);
    }
}

/// What a proxy and a server do to a message.
fn edit(message: SipMessage) {
    let before = message.to_bytes();
    match message.clone() {
        SipMessage::Request(request) => {
            let _ = request.uri();
            let mut fork = request.clone();
            fork.set_uri("sip:b.example");
            fork.push_front(HeaderName::Via, "SIP/2.0/UDP a.example;branch=z9hG4bK1");
            fork.pop_front(&HeaderName::Route);
            fork.pop_back(&HeaderName::RecordRoute);
            fork.set(HeaderName::MaxForwards, "69");
            fork.remove(&HeaderName::ContentType);
            read_again(&fork.to_bytes(), &SipMessage::Request(fork));
            let mut answer = Response::to(&request, StatusCode::RINGING);
            answer.set_to_tag("t");
            read_again(&answer.to_bytes(), &SipMessage::Response(answer));
        }
        SipMessage::Response(mut response) => {
            response.pop_front(&HeaderName::Via);
            response.set_reason("Changed");
            response.set_body("text/plain", "x");
            read_again(&response.to_bytes(), &SipMessage::Response(response));
        }
    }
    assert_eq!(message.to_bytes(), before, "an edit changed another copy");
}

fn answer(bytes: &Bytes, error: &ParseError) {
    assert!(error.offset <= bytes.len(), "{error}");
    let _ = error.to_string();
    if let Some(answer) = Request::salvage(bytes, error) {
        assert!(answer.status() >= StatusCode::BAD_REQUEST);
        read_again(&answer.to_bytes(), &SipMessage::Response(answer));
    }
}
