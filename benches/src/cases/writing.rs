//! From messages to bytes: forwarded, built, answered.

use bytes::{Bytes, BytesMut};
use sip_proto::message::MaxForwards;
use sip_proto::{HeaderName, Limits, Method, Request, Response, SipMessage, StatusCode};

use super::{Case, measured};
use crate::messages::{INVITE, OK};

const OUR_VIA: &str = "SIP/2.0/UDP 203.0.113.5;branch=z9hG4bKf3a8817c05de";
const NEXT_HOP: &str = "sip:ben@10.4.0.81:5060";

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case { name: "edit and write a forward INVITE", run: edit_and_write },
        Case { name: "write an edited forward INVITE", run: write_edited },
        Case { name: "parse, edit and write a forward INVITE", run: forward },
        Case { name: "parse, edit and write a forward 200", run: forward_response },
        Case { name: "build and write INVITE", run: build },
        Case { name: "write a built INVITE", run: write_built },
        Case { name: "answer and write 180 to INVITE", run: answer },
    ]
}

fn invite() -> Request {
    parse_request(&Bytes::from(INVITE.as_bytes().to_vec()), &Limits::default())
}

fn parse_request(bytes: &Bytes, limits: &Limits) -> Request {
    match SipMessage::parse(bytes.clone(), limits) {
        Ok(SipMessage::Request(request)) => request,
        other => panic!("a request is expected, not {other:?}"),
    }
}

/// What a proxy changes (RFC 3261 section 16.6).
fn edit(request: &mut Request) {
    let hops = request.require().map_or(70, |MaxForwards(hops)| hops);
    request.set_uri(NEXT_HOP);
    request.set(HeaderName::MaxForwards, hops.saturating_sub(1).to_string());
    request.remove_front(&HeaderName::Route);
    request.push_front(HeaderName::Via, OUR_VIA);
}

fn edit_and_write(rounds: usize) {
    let request = invite();
    for _ in 0..rounds {
        measured(|| {
            let mut fork = request.clone();
            edit(&mut fork);
            fork.to_bytes()
        });
    }
}

fn write_edited(rounds: usize) {
    let mut request = invite();
    edit(&mut request);
    let mut out = BytesMut::with_capacity(4096);
    for _ in 0..rounds {
        out.clear();
        measured(|| request.write(&mut out));
    }
}

fn forward(rounds: usize) {
    let (bytes, limits) = (Bytes::from(INVITE.as_bytes().to_vec()), Limits::default());
    for _ in 0..rounds {
        measured(|| {
            let mut request = parse_request(&bytes, &limits);
            edit(&mut request);
            request.to_bytes()
        });
    }
}

fn forward_response(rounds: usize) {
    let (bytes, limits) = (Bytes::from(OK.as_bytes().to_vec()), Limits::default());
    for _ in 0..rounds {
        measured(|| match SipMessage::parse(bytes.clone(), &limits) {
            Ok(SipMessage::Response(mut response)) => {
                response.remove_front(&HeaderName::Via);
                response.to_bytes()
            }
            other => panic!("a response is expected, not {other:?}"),
        });
    }
}

fn build_invite(body: &[u8]) -> Request {
    Request::builder(Method::Invite, "sip:ben@example.org")
        .header(HeaderName::Via, "SIP/2.0/UDP 192.168.17.24:5062;branch=z9hG4bK0c77d1e95a;rport")
        .max_forwards(70)
        .header(HeaderName::Route, "<sip:edge.example.net;lr>")
        .from("\"Anna Berg\" <sip:anna@example.net>;tag=41c9d07be2")
        .to("<sip:ben@example.org>")
        .call_id("e0a41b9c2f7d4c63@192.168.17.24")
        .cseq(8102)
        .contact("\"Anna Berg\" <sip:anna@192.168.17.24:5062;transport=udp>")
        .header(
            HeaderName::Allow,
            "INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, INFO, UPDATE",
        )
        .header(HeaderName::Supported, "replaces, timer, 100rel")
        .header(HeaderName::SessionExpires, "1800;refresher=uac")
        .header(HeaderName::MinSe, "90")
        .header(HeaderName::UserAgent, "Desk Phone 7.2.11")
        .body("application/sdp", body)
        .build()
}

fn build(rounds: usize) {
    let body = invite().body().clone();
    for _ in 0..rounds {
        measured(|| build_invite(&body).to_bytes());
    }
}

fn write_built(rounds: usize) {
    let request = build_invite(invite().body());
    let mut out = BytesMut::with_capacity(4096);
    for _ in 0..rounds {
        out.clear();
        measured(|| request.write(&mut out));
    }
}

fn answer(rounds: usize) {
    let request = invite();
    for _ in 0..rounds {
        measured(|| {
            let mut ringing = Response::to(&request, StatusCode::RINGING);
            ringing.set_to_tag("c70a2b");
            ringing.to_bytes()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_is_what_is_parsed() {
        let mut parsed = invite();
        parsed.set(HeaderName::MaxForwards, "70");
        assert_eq!(build_invite(parsed.body()).to_bytes(), parsed.to_bytes());
    }

    #[test]
    fn a_forward_has_all_four_edits() {
        let mut request = invite();
        edit(&mut request);
        let text = String::from_utf8(request.to_bytes().to_vec()).expect("ASCII");
        assert!(text.starts_with(&format!("INVITE {NEXT_HOP} SIP/2.0\r\nVia: {OUR_VIA}\r\nVia: ")));
        assert!(text.contains("\r\nMax-Forwards: 68\r\n"));
        assert!(!text.contains("Route:"));
    }
}
