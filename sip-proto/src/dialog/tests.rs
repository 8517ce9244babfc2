//! RFC 3261 section 12 by the example: both ends of a dialog, and what they write and accept.

use super::*;
use crate::message::RequestBuilder;
use crate::message::{CSeq, From, To};
use crate::{HeaderName, Method, Request, Response, StatusCode};

fn invite() -> RequestBuilder {
    Request::builder(Method::Invite, "sip:bob@biloxi.example")
        .from("Alice <sip:alice@atlanta.example>;tag=1928")
        .to("Bob <sip:bob@biloxi.example>")
        .call_id("a84b4c76e66710")
        .cseq(314159)
}

fn invite_with_contact() -> Request {
    invite()
        .contact("<sip:alice@192.0.2.4>")
        .header(HeaderName::RecordRoute, "<sip:p2.example;lr>, <sip:p1.example;lr>")
        .build()
}

fn answer(request: &Request, status: StatusCode, contact: &'static str) -> Response {
    let mut response = Response::to(request, status);
    response.set_to_tag("a6c85cf");
    if !contact.is_empty() {
        response.push_back(HeaderName::Contact, contact);
    }
    response
}

/// Both ends after the 2xx.
fn both() -> (Dialog, Dialog) {
    let invite = invite_with_contact();
    let ok = answer(&invite, StatusCode::OK, "<sip:bob@192.0.2.8>");
    (Dialog::uac(&invite, &ok).unwrap(), Dialog::uas(&invite, &ok).unwrap())
}

fn routes(request: &Request) -> Vec<&[u8]> {
    request.list(&HeaderName::Route).collect()
}

#[test]
fn the_two_ends_mirror_each_other() {
    let (mut alice, mut bob) = both();
    assert_eq!(alice.id().local_tag, bob.id().remote_tag);
    assert_eq!((alice.state(), alice.role()), (DialogState::Confirmed, DialogRole::Uac));
    assert_eq!((bob.state(), bob.role()), (DialogState::Confirmed, DialogRole::Uas));

    // Section 12.1.1: in order at the server; section 12.1.2: reversed at the client.
    let bye = alice.request(Method::Bye).build();
    assert_eq!(bye.uri_bytes(), b"sip:bob@192.0.2.8");
    assert_eq!(routes(&bye), [b"<sip:p1.example;lr>", b"<sip:p2.example;lr>"]);
    assert_eq!(bye.require(), Ok(CSeq { number: 314160, method: Method::Bye }));
    assert_eq!(bob.receive(&bye), Ok(()));

    let info = bob.request(Method::Info).build();
    assert_eq!(info.uri_bytes(), b"sip:alice@192.0.2.4");
    assert_eq!(routes(&info), [b"<sip:p2.example;lr>", b"<sip:p1.example;lr>"]);
    assert_eq!(info.require::<From<'_>>().unwrap().tag(), Some(&b"a6c85cf"[..]));
    assert_eq!(info.require::<To<'_>>().unwrap().tag(), Some(&b"1928"[..]));
    assert_eq!(alice.receive(&info), Ok(()));
}

#[test]
fn an_ack_repeats_the_cseq_of_its_invite() {
    // Section 13.2.2.4
    let (mut alice, _) = both();
    let info = alice.request(Method::Info).build();
    let ack = alice.ack(314159).build();
    assert_eq!(info.require(), Ok(CSeq { number: 314160, method: Method::Info }));
    assert_eq!(ack.require(), Ok(CSeq { number: 314159, method: Method::Ack }));
    assert_eq!(routes(&ack), routes(&info));
    assert_eq!(alice.local_cseq(), Some(314160));
}

#[test]
fn a_strict_router_takes_the_request_uri() {
    // Section 12.2.1.1, with what may not stand in a Request-URI taken out.
    let invite = invite().contact("<sip:alice@192.0.2.4;method=INVITE?Subject=x>").build();
    let mut ok = answer(&invite, StatusCode::OK, "<sip:bob@192.0.2.8>");
    ok.push_back(HeaderName::RecordRoute, "<sip:p2.example;lr>, <sip:strict.example;method=BYE>");
    let mut alice = Dialog::uac(&invite, &ok).unwrap();
    let bye = alice.request(Method::Bye).build();
    assert_eq!(bye.uri_bytes(), b"sip:strict.example");
    assert_eq!(routes(&bye), [&b"<sip:p2.example;lr>"[..], b"<sip:bob@192.0.2.8>"]);

    let mut bob = Dialog::uas(&invite, &answer(&invite, StatusCode::OK, "")).unwrap();
    assert_eq!(bob.request(Method::Bye).build().uri_bytes(), b"sip:alice@192.0.2.4");
    assert_eq!(bob.remote_target(), "sip:alice@192.0.2.4;method=INVITE?Subject=x");
}

/// RFC 3261 section 12.2.2.
#[test]
fn requests_out_of_order_are_refused() {
    // Section 12.2.2
    let (mut alice, mut bob) = both();
    let first = alice.request(Method::Info).build();
    let second = alice.request(Method::Info).build();
    assert_eq!(bob.receive(&second), Ok(()));
    let refused = RequestRefused::OutOfOrder { received: 314160, last: 314161 };
    assert_eq!(bob.receive(&first), Err(refused));
    assert_eq!(refused.status(), StatusCode::SERVER_INTERNAL_ERROR);
    assert!(bob.receive(&second).is_err(), "a new transaction has a new number");
    // ACK and CANCEL repeat one; they are not judged by it.
    assert_eq!(bob.receive(&alice.ack(314159).build()), Ok(()));

    let strangers = Request::builder(Method::Bye, "sip:bob@192.0.2.8")
        .from("<sip:alice@atlanta.example>;tag=other")
        .to("<sip:bob@biloxi.example>;tag=a6c85cf")
        .call_id("a84b4c76e66710")
        .cseq(900_000)
        .build();
    let refused = bob.receive(&strangers).unwrap_err();
    assert_eq!(refused, RequestRefused::OtherDialog);
    assert_eq!(refused.status(), StatusCode::CALL_DOES_NOT_EXIST);
    assert_eq!(bob.remote_cseq(), Some(314161));
}

/// RFC 3261 sections 12.2.1.2 and 12.2.2.
#[test]
fn a_refresh_moves_the_target_and_nothing_else_does() {
    // Section 12.2.1.2 and 12.2.2, RFC 3311 section 5.
    let (mut alice, mut bob) = both();
    let update = alice.request(Method::Update).contact("<sip:alice@198.51.100.1>").build();
    bob.receive(&update).unwrap();
    assert_eq!(bob.remote_target(), "sip:alice@198.51.100.1");
    let moved = answer(&update, StatusCode::OK, "<sip:bob@198.51.100.2>");
    alice.receive_response(&Method::Update, &moved);
    assert_eq!(alice.remote_target(), "sip:bob@198.51.100.2");

    let info = alice.request(Method::Info).contact("<sip:elsewhere@203.0.113.1>").build();
    bob.receive(&info).unwrap();
    assert_eq!(bob.remote_target(), "sip:alice@198.51.100.1");
    let refused = answer(&update, StatusCode::REQUEST_PENDING, "<sip:bob@203.0.113.1>");
    alice.receive_response(&Method::Update, &refused);
    assert_eq!(alice.remote_target(), "sip:bob@198.51.100.2");
}

#[test]
fn the_route_set_is_computed_anew_from_the_2xx() {
    // Section 13.2.2.4
    let invite = invite().contact("<sip:alice@192.0.2.4>").build();
    let mut ringing = answer(&invite, StatusCode::RINGING, "<sip:bob@192.0.2.8>");
    ringing.push_back(HeaderName::RecordRoute, "<sip:old.example;lr>");
    let mut ok = answer(&invite, StatusCode::OK, "<sip:bob@192.0.2.9>");
    ok.push_back(HeaderName::RecordRoute, "<sip:new.example;lr>");
    let mut alice = Dialog::uac(&invite, &ringing).unwrap();
    assert_eq!(
        (alice.state(), alice.route_set()),
        (DialogState::Early, &["<sip:old.example;lr>".into()][..])
    );
    assert!(alice.confirm(&ringing).is_err());
    alice.confirm(&ok).unwrap();
    let confirmed = (alice.state(), alice.route_set(), alice.remote_target());
    let expected =
        (DialogState::Confirmed, &["<sip:new.example;lr>".into()][..], &"sip:bob@192.0.2.9".into());
    assert_eq!(confirmed, expected);
    // Later 2xx, to re-INVITEs, leave it (section 12.2).
    alice.confirm(&answer(&invite, StatusCode::OK, "<sip:bob@192.0.2.9>")).unwrap();
    assert_eq!(alice.route_set(), ["<sip:new.example;lr>"]);
}

#[test]
fn what_establishes_no_dialog() {
    let invite = invite_with_contact();
    let contact = "<sip:bob@192.0.2.8>";
    let table = [
        (answer(&invite, StatusCode::TRYING, contact), DialogError::Status(StatusCode::TRYING)),
        (
            answer(&invite, StatusCode::BUSY_HERE, contact),
            DialogError::Status(StatusCode::BUSY_HERE),
        ),
        (answer(&invite, StatusCode::OK, ""), DialogError::NoContact),
        (answer(&invite, StatusCode::OK, "<tel:+1201>"), DialogError::NoContact),
        (answer(&invite, StatusCode::OK, "*"), DialogError::NoContact),
    ];
    for (response, error) in table {
        assert_eq!(Dialog::uac(&invite, &response), Err(error), "{response}");
    }
    let mut untagged = Response::to(&invite, StatusCode::RINGING);
    untagged.push_back(HeaderName::Contact, contact);
    assert_eq!(Dialog::uac(&invite, &untagged), Err(DialogError::NoTag));
    assert_eq!(Dialog::uas(&invite, &untagged), Err(DialogError::NoTag));
    // Section 12.1.2: an RFC 2543 server may leave the tag out of its 2xx.
    let mut old = Response::to(&invite, StatusCode::OK);
    old.push_back(HeaderName::Contact, contact);
    assert_eq!(Dialog::uac(&invite, &old).unwrap().id().remote_tag, "");
    let mut broken = answer(&invite, StatusCode::OK, contact);
    broken.set(HeaderName::RecordRoute, "sip:no-brackets.example");
    let error = Dialog::uac(&invite, &broken).unwrap_err();
    assert!(error.to_string().starts_with("Record-Route: malformed"), "{error}");
}

#[test]
fn a_sips_request_makes_a_secure_dialog() {
    let mut invite = invite_with_contact();
    invite.set_uri("sips:bob@biloxi.example");
    let ok = answer(&invite, StatusCode::OK, "<sips:bob@192.0.2.8>");
    assert!(Dialog::uas(&invite, &ok).unwrap().is_secure());
    assert!(!both().0.is_secure());
}

#[test]
fn a_dialog_survives_being_stored() {
    let invite = invite().contact("<sip:alice@192.0.2.4>").header(HeaderName::Subject, "x").build();
    let mut ok = answer(&invite, StatusCode::OK, "<sip:bob@192.0.2.8>");
    ok.set(HeaderName::To, &b"\"B\xf6b\" <sip:bob@biloxi.example>;tag=a6c85cf"[..]);
    let mut before = Dialog::uac(&invite, &ok).unwrap();
    let stored = toml::to_string(&before).unwrap();
    assert!(stored.contains("call_id = \"a84b4c76e66710\""), "{stored}");
    let mut after: Dialog = toml::from_str(&stored).unwrap();
    assert_eq!(after, before);
    assert_eq!(
        after.request(Method::Bye).build().to_bytes(),
        before.request(Method::Bye).build().to_bytes()
    );
    let broken = stored.replace("a84b4c76e66710", "\u{2014}");
    assert!(toml::from_str::<Dialog>(&broken).is_err());
}
