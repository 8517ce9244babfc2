//! The server, end to end: bytes in, bytes out.

mod wire;

use std::time::Duration;

use bytes::Bytes;
use sip_proto::message::{HeaderName, Method};
use sip_proto::{CloseReason, EndpointConfig, Input, Request, SipMessage};

use wire::{Server, answer, of_callee, of_caller, register, request};

const ALICE: &str = "127.0.0.1:5070";
const BOB: &str = "127.0.0.1:5080";
const BOB_URI: &str = "sip:bob@127.0.0.1:5080";
/// Longer than any transaction lives.
const LATER: Duration = Duration::from_secs(70);

fn with_bob() -> Server {
    let mut server = Server::start();
    server.datagram(BOB, register("bob", BOB).to_bytes());
    let registered = server.response(BOB);
    assert_eq!(registered.status().as_u16(), 200);
    assert_eq!(
        registered.value(&HeaderName::Contact),
        Some(&b"<sip:bob@127.0.0.1:5080>;expires=3600"[..])
    );
    server
}

fn invite(branch: &str) -> Request {
    request(Method::Invite, "sip:bob@localhost", "alice", ALICE, branch)
}

fn count(request: &Request, name: &HeaderName) -> usize {
    request.list(name).count()
}

/// INVITE, 100, 180, 200, ACK, BYE of the callee, 200.
#[test]
fn a_call() {
    let mut server = with_bob();
    let invite = invite("call");
    server.datagram(ALICE, invite.to_bytes());
    assert_eq!(server.statuses(ALICE), [100]);
    let ringing = server.request(BOB);
    assert_eq!(ringing.uri_bytes(), BOB_URI.as_bytes());
    assert_eq!(
        (count(&ringing, &HeaderName::Via), count(&ringing, &HeaderName::RecordRoute)),
        (2, 1)
    );

    server.datagram(BOB, answer(&ringing, 180, BOB_URI).to_bytes());
    assert_eq!(server.statuses(ALICE), [180]);
    let ok = answer(&ringing, 200, BOB_URI);
    server.datagram(BOB, ok.to_bytes());
    let answered = server.response(ALICE);
    assert_eq!((answered.status().as_u16(), answered.list(&HeaderName::Via).count()), (200, 1));
    // The 2xx again, because the ACK is on its way: it goes through.
    server.datagram(BOB, ok.to_bytes());
    assert_eq!(server.statuses(ALICE), [200]);

    server.datagram(ALICE, of_caller(Method::Ack, &invite, &answered).to_bytes());
    let ack = server.request(BOB);
    assert_eq!((ack.method(), ack.uri_bytes()), (&Method::Ack, BOB_URI.as_bytes()));
    assert_eq!(count(&ack, &HeaderName::Route), 0);

    server.datagram(BOB, of_callee(Method::Bye, &ringing, &ok, BOB).to_bytes());
    let bye = server.request(ALICE);
    assert_eq!(bye.method(), &Method::Bye);
    server.datagram(ALICE, answer(&bye, 200, "sip:alice@127.0.0.1:5070").to_bytes());
    assert_eq!(server.statuses(BOB), [200]);

    server.pass(LATER);
    assert!(server.take(ALICE).is_empty() && server.take(BOB).is_empty());
    server.assert_idle();
}

/// A phone on TCP, whose bytes arrive one by one, calls one on UDP; either side may hang up.
#[test]
fn a_call_from_tcp_to_udp() {
    for callee_hangs_up in [false, true] {
        let mut server = with_bob();
        let alice = server.connect(ALICE);
        let invite = invite("tcp");
        server.write(alice, &invite.to_bytes());
        assert_eq!(server.statuses(ALICE), [100]);
        let ringing = server.request(BOB);
        assert_eq!(count(&ringing, &HeaderName::RecordRoute), 2);
        let ok = answer(&ringing, 200, BOB_URI);
        server.datagram(BOB, ok.to_bytes());
        let answered = server.response(ALICE);
        server.write(alice, &of_caller(Method::Ack, &invite, &answered).to_bytes());
        assert_eq!(server.request(BOB).method(), &Method::Ack);

        if callee_hangs_up {
            server.datagram(BOB, of_callee(Method::Bye, &ringing, &ok, BOB).to_bytes());
            let bye = server.request(ALICE);
            assert_eq!((bye.method(), count(&bye, &HeaderName::Route)), (&Method::Bye, 0));
        } else {
            server.write(alice, &of_caller(Method::Bye, &invite, &answered).to_bytes());
            let bye = server.request(BOB);
            assert_eq!((bye.method(), count(&bye, &HeaderName::Route)), (&Method::Bye, 0));
            server.datagram(BOB, answer(&bye, 200, BOB_URI).to_bytes());
            assert_eq!(server.statuses(ALICE), [200]);
        }
        server.pass(LATER);
        server.assert_idle();
    }
}

/// A phone that connects from a port of its own and listens nowhere is reached over its connection;
/// once that is closed, at its Contact.
#[test]
fn a_phone_is_called_over_the_connection_that_it_registered_on() {
    let mut server = Server::start();
    let port = "127.0.0.1:40001";
    let connection = server.connect(port);
    let register = request(Method::Register, "sip:localhost", "bob", BOB, "tcpreg");
    server.write(connection, &register.to_bytes());
    assert_eq!(server.statuses(port), [200]);
    let first = invite("first");
    server.datagram(ALICE, first.to_bytes());
    let ringing = server.request(port);
    assert_eq!(ringing.uri_bytes(), b"sip:bob@127.0.0.1:5080;transport=tcp");
    assert_eq!(count(&ringing, &HeaderName::RecordRoute), 2);
    server.write(connection, &answer(&ringing, 486, BOB_URI).to_bytes());
    assert_eq!(server.statuses(ALICE), [100, 486]);
    assert_eq!(server.request(port).method(), &Method::Ack);
    assert!(server.take(BOB).is_empty());

    server.input(Input::Closed { connection, reason: CloseReason::PeerClosed });
    server.datagram(ALICE, invite("second").to_bytes());
    assert_eq!(server.request(BOB).method(), &Method::Invite);
    assert!(server.take(port).is_empty());
}

#[test]
fn a_busy_phone() {
    let mut server = with_bob();
    server.datagram(ALICE, invite("busy").to_bytes());
    let ringing = server.request(BOB);
    server.datagram(BOB, answer(&ringing, 486, BOB_URI).to_bytes());
    assert_eq!(server.request(BOB).method(), &Method::Ack, "hop by hop");
    assert_eq!(server.statuses(ALICE), [100, 486]);
    let mut ack = invite("busy");
    ack = {
        let mut builder = Request::builder(Method::Ack, "sip:bob@localhost");
        for name in [HeaderName::Via, HeaderName::From, HeaderName::CallId] {
            builder = builder.header(name.clone(), ack.value(&name).expect("it has one"));
        }
        builder.to("<sip:bob@localhost>;tag=callee").cseq(1).build()
    };
    server.datagram(ALICE, ack.to_bytes());
    assert!(server.take(BOB).is_empty(), "it ends here");
    server.pass(LATER);
    server.assert_idle();
}

/// The endpoint answers without a transaction while it drains: the ACK to that matches nothing, and
/// looks like one to a 2xx but for where it leads.
#[test]
fn an_ack_to_an_answer_without_a_transaction_reaches_no_phone() {
    let mut server = with_bob();
    server.input(Input::Drain);
    let invite = invite("late");
    server.datagram(ALICE, invite.to_bytes());
    let refused = server.response(ALICE);
    assert_eq!(refused.status().as_u16(), 503);
    let ack = sip_proto::transaction::build_ack(&invite, &refused);
    server.datagram(ALICE, ack.to_bytes());
    assert!(server.take(BOB).is_empty());
}

#[test]
fn a_caller_gives_up() {
    let mut server = with_bob();
    let invite = invite("cancel");
    server.datagram(ALICE, invite.to_bytes());
    let ringing = server.request(BOB);
    server.datagram(BOB, answer(&ringing, 180, BOB_URI).to_bytes());
    assert_eq!(server.statuses(ALICE), [100, 180]);

    let mut cancel = request(Method::Cancel, "sip:bob@localhost", "alice", ALICE, "cancel");
    cancel.remove(&HeaderName::Contact);
    server.datagram(ALICE, cancel.to_bytes());
    assert_eq!(server.statuses(ALICE), [200], "to the CANCEL");
    let cancelled = server.request(BOB);
    assert_eq!(cancelled.method(), &Method::Cancel);
    server.datagram(BOB, answer(&cancelled, 200, BOB_URI).to_bytes());
    server.datagram(BOB, answer(&ringing, 487, BOB_URI).to_bytes());
    assert_eq!(server.request(BOB).method(), &Method::Ack);
    assert_eq!(server.statuses(ALICE), [487]);
    server.pass(LATER);
    server.assert_idle();
}

#[test]
fn a_repeated_request_is_answered_again_and_forwarded_once() {
    let mut server = with_bob();
    server.datagram(ALICE, invite("again").to_bytes());
    server.datagram(ALICE, invite("again").to_bytes());
    assert_eq!(server.request(BOB).method(), &Method::Invite);
    assert_eq!(server.statuses(ALICE), [100, 100]);
    let message = request(Method::Message, "sip:nobody@localhost", "alice", ALICE, "im");
    server.datagram(ALICE, message.to_bytes());
    server.datagram(ALICE, message.to_bytes());
    let answers = server.take(ALICE);
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0].to_bytes(), answers[1].to_bytes());
}

#[test]
fn a_phone_that_is_silent() {
    let mut server = with_bob();
    server.datagram(ALICE, invite("silent").to_bytes());
    server.pass(Duration::from_secs(33));
    assert_eq!(server.statuses(ALICE)[..2], [100, 408]);
    assert!(server.take(BOB).len() > 5, "timer A");
    server.pass(LATER);
    server.assert_idle();
}

/// A name that leads back here, though it is not one of ours: our own Via tells.
#[test]
fn a_loop() {
    let hosts = vec![("loop.example".to_owned(), "127.0.0.1".parse().expect("an address"))];
    let mut server = Server::with(EndpointConfig { hosts, ..EndpointConfig::default() });
    let looping = request(Method::Invite, "sip:x@loop.example", "alice", ALICE, "loop");
    server.datagram(ALICE, looping.to_bytes());
    assert_eq!(server.statuses(ALICE), [100, 482]);
    server.pass(LATER);
    server.assert_idle();
}

/// RFC 5393: a user whose two contacts are the user himself, each by a Path that leads back here
/// though it is not one of ours, does not turn one request into ever more.
#[test]
fn a_user_that_forks_to_himself_over_the_wire() {
    let hosts = vec![("loop.example".to_owned(), "127.0.0.1".parse().expect("an address"))];
    let mut server = Server::with(EndpointConfig { hosts, ..EndpointConfig::default() });
    let mut both = register("bob", BOB);
    both.remove(&HeaderName::Contact);
    both.push_back(HeaderName::Contact, "<sip:bob@localhost;i=1>, <sip:bob@localhost;i=2>");
    both.push_back(HeaderName::Path, "<sip:loop.example;lr>");
    server.datagram(BOB, both.to_bytes());
    assert_eq!(server.statuses(BOB), [200]);
    server.sent.clear();
    let message = request(Method::Message, "sip:bob@localhost", "alice", ALICE, "fork");
    server.datagram(ALICE, message.to_bytes());
    assert_eq!(server.statuses(ALICE), [482]);
    let sent = String::from_utf8_lossy(&server.sent);
    assert_eq!(sent.matches("MESSAGE sip:bob@localhost;i=").count(), 2);
    server.pass(LATER);
    server.assert_idle();
}

#[test]
fn a_drain_waits_for_what_is_there() {
    let mut server = with_bob();
    server.pass(LATER);
    let invite = invite("drain");
    server.datagram(ALICE, invite.to_bytes());
    let ringing = server.request(BOB);
    server.input(Input::Drain);
    assert_eq!(server.drained, 0);
    server.datagram(BOB, answer(&ringing, 486, BOB_URI).to_bytes());
    let answers = server.take(ALICE);
    let SipMessage::Response(busy) = &answers[1] else { panic!("a response") };
    assert_eq!(
        (busy.status().as_u16(), server.drained),
        (486, 0),
        "without its ACK it is repeated"
    );
    server.datagram(ALICE, sip_proto::transaction::build_ack(&invite, busy).to_bytes());
    assert_eq!(server.drained, 1);
    server.pass(LATER);
    server.assert_idle();
}

/// An answered call lingers for retransmissions (RFC 6026 Timer L); an operator's Ctrl-C does not
/// wait for that.
#[test]
fn a_drain_does_not_wait_for_what_is_answered() {
    let mut server = with_bob();
    server.datagram(ALICE, invite("answered").to_bytes());
    let ringing = server.request(BOB);
    server.datagram(BOB, answer(&ringing, 200, BOB_URI).to_bytes());
    assert_eq!(server.statuses(ALICE), [100, 200]);
    server.input(Input::Drain);
    assert_eq!(server.drained, 1);
}

#[test]
fn garbage_does_no_harm() {
    let mut server = with_bob();
    let good = invite("good").to_bytes();
    for cut in 0..good.len() {
        server.datagram(ALICE, good.slice(..cut));
        let mut flipped = good.to_vec();
        flipped[cut] ^= 0x15;
        server.datagram("127.0.0.1:5071", flipped);
    }
    server.datagram(ALICE, Bytes::from_static(&[0xff; 2000]));
    let stream = server.connect("127.0.0.1:5072");
    server.write(stream, &Bytes::from_static(b"GET / HTTP/1.1\r\n\r\n"));
    server.take(ALICE);
    server.take(BOB);
    let message = request(Method::Options, "sip:localhost", "alice", ALICE, "alive");
    server.datagram(ALICE, message.to_bytes());
    assert_eq!(server.statuses(ALICE), [200]);
    server.pass(Duration::from_secs(400));
    server.assert_idle();
}

/// The same inputs give the same bytes.
#[test]
fn two_runs_are_the_same() {
    let run = || {
        let mut server = with_bob();
        server.datagram(ALICE, invite("same").to_bytes());
        let ringing = server.request(BOB);
        server.datagram(BOB, answer(&ringing, 180, BOB_URI).to_bytes());
        server.datagram(
            ALICE,
            request(Method::Invite, "sip:no@localhost", "alice", ALICE, "no").to_bytes(),
        );
        server.pass(LATER);
        server.sent
    };
    let first = run();
    assert!(first.len() > 1000);
    assert_eq!(first, run());
}

/// The answer to a query is what a phone parses: a whole message with a To tag and a date.
#[test]
fn a_register_on_the_wire() {
    let mut server = Server::start();
    server.datagram(BOB, register("bob", BOB).to_bytes());
    let taken = server.take(BOB);
    let SipMessage::Response(response) = &taken[0] else { panic!("a response") };
    let text = response.to_string();
    assert!(text.starts_with("SIP/2.0 200 OK\r\n"), "{text}");
    assert!(
        text.contains("Date: Tue, 14 Nov 2023 22:13:21 GMT") || text.contains("22:13:20 GMT"),
        "{text}"
    );
    assert!(text.contains("To: <sip:bob@localhost>;tag="), "{text}");
    assert!(text.contains(";received=127.0.0.1") || text.contains("rport=5080"), "{text}");
}
