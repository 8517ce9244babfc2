//! The scenarios: what a user of the server sees, in bytes.

mod phone;

use std::time::Duration;

use sip_proto::{HeaderName, TransportKind};

use self::phone::Phone;
use super::net::Net;

/// Longer than any answer of a healthy server takes; shorter than a retransmission of ours.
const SOON: Duration = Duration::from_secs(2);
/// Long enough that something which must not come would have come.
const QUIET: Duration = Duration::from_millis(300);

/// A scenario with its name.
pub type Scenario = (&'static str, fn(&mut dyn Net));

/// All of them.
pub const ALL: [Scenario; 10] = [
    ("register", register),
    ("call", call),
    ("busy", busy),
    ("cancel", cancel),
    ("bye", bye_from_the_callee),
    ("retransmission", retransmission),
    ("tcp framing", tcp_in_one_byte_pieces),
    ("tcp to udp call", call_between_transports),
    ("unknown user", unknown_user),
    ("malformed", malformed),
];

/// Those that need a server with TLS and WebSocket.
pub const SECURE: [Scenario; 2] = [
    ("tls and websocket registration", register_securely),
    ("tls and websocket calls", call_securely),
];

/// Over each transport: added, listed, removed; twice on one connection.
pub fn register_securely(net: &mut dyn Net) {
    for transport in [TransportKind::Tls, TransportKind::Ws, TransportKind::Wss] {
        let mut alice = Phone::secure(net, "alice", transport);
        for _ in 0..2 {
            let added = alice.register(net, 600);
            assert_eq!((added.status(), added.list(&HeaderName::Contact).len()), (200, 1));
            let removed = alice.register(net, 0);
            assert_eq!((removed.status(), removed.list(&HeaderName::Contact).len()), (200, 0));
        }
    }
}

/// Each transport calls another, and either side hangs up: two Record-Routes (RFC 5658), and
/// browsers without an address are found over their connections (RFC 7118).
pub fn call_securely(net: &mut dyn Net) {
    use TransportKind::{Tls, Udp, Ws, Wss};
    for (of_alice, of_bob) in [(Tls, Udp), (Wss, Udp), (Udp, Ws), (Wss, Tls), (Ws, Ws)] {
        let [mut alice, mut bob] =
            [("alice", of_alice), ("bob", of_bob)].map(|(user, transport)| match transport {
                Udp => Phone::udp(net, user),
                _ => Phone::secure(net, user, transport),
            });
        established(net, &mut alice, &mut bob);
        alice.send_bye(net);
        let bye = bob.expect_request(net, "BYE");
        bob.send(net, &bye.answer(200, "b", ""));
        assert_eq!(alice.expect_response(net, "BYE", SOON).status(), 200);

        established(net, &mut alice, &mut bob);
        bob.send_bye(net);
        let bye = alice.expect_request(net, "BYE");
        alice.send(net, &bye.answer(200, "a", ""));
        assert_eq!(bob.expect_response(net, "BYE", SOON).status(), 200);
        assert_eq!(bob.register(net, 0).status(), 200);
    }
}

/// RFC 3665 section 2: registration, query, removal.
pub fn register(net: &mut dyn Net) {
    let mut alice = Phone::udp(net, "alice");
    let added = alice.register(net, 600);
    assert_eq!(added.status(), 200);
    let contacts = added.list(&HeaderName::Contact);
    assert_eq!(contacts.len(), 1, "{contacts:?}");
    assert!(contacts[0].contains(&alice.contact(net)), "{contacts:?}");
    assert!(contacts[0].contains("expires="), "{contacts:?}");

    let queried = alice.query(net);
    assert_eq!(queried.list(&HeaderName::Contact).len(), 1, "a query lists the binding");

    let removed = alice.register(net, 0);
    assert_eq!(removed.status(), 200);
    assert!(removed.list(&HeaderName::Contact).is_empty(), "expires=0 removes the binding");
}

/// RFC 3665 section 3.1 through one proxy: INVITE, 100, 180, 200, ACK, BYE, 200.
pub fn call(net: &mut dyn Net) {
    let mut alice = Phone::udp(net, "alice");
    let mut bob = Phone::udp(net, "bob");
    established(net, &mut alice, &mut bob);
    alice.send_bye(net);
    let bye = bob.expect_request(net, "BYE");
    bob.send(net, &bye.answer(200, "b", ""));
    assert_eq!(alice.expect_response(net, "BYE", SOON).status(), 200);
}

/// The callee hangs up: its BYE follows the route set the other way.
pub fn bye_from_the_callee(net: &mut dyn Net) {
    let mut alice = Phone::udp(net, "alice");
    let mut bob = Phone::udp(net, "bob");
    established(net, &mut alice, &mut bob);
    bob.send_bye(net);
    let bye = alice.expect_request(net, "BYE");
    alice.send(net, &bye.answer(200, "a", ""));
    assert_eq!(bob.expect_response(net, "BYE", SOON).status(), 200);
}

/// RFC 3665 section 3.9: 486, and the ACK is hop by hop.
pub fn busy(net: &mut dyn Net) {
    let (mut alice, mut bob) = registered_pair(net);
    alice.send_invite(net, "bob");
    let invite = bob.expect_request(net, "INVITE");
    bob.send(net, &invite.answer(486, "b", ""));
    bob.expect_request(net, "ACK");
    let busy = alice.expect_final(net, "INVITE");
    assert_eq!(busy.status(), 486);
    alice.send_ack_to_failure(net, &busy);
    assert!(alice.receive(net, QUIET).is_none(), "the ACK ends it");
    assert!(bob.receive(net, QUIET).is_none(), "the caller's ACK stays with the server");
}

/// RFC 3665 section 3.8: CANCEL while it rings.
pub fn cancel(net: &mut dyn Net) {
    let (mut alice, mut bob) = registered_pair(net);
    alice.send_invite(net, "bob");
    let invite = bob.expect_request(net, "INVITE");
    bob.send(net, &invite.answer(180, "b", ""));
    assert_eq!(alice.expect_provisional(net), 180);
    alice.send_cancel(net);
    assert_eq!(alice.expect_response(net, "CANCEL", SOON).status(), 200);
    let cancel = bob.expect_request(net, "CANCEL");
    bob.send(net, &cancel.answer(200, "b", ""));
    bob.send(net, &invite.answer(487, "b", ""));
    bob.expect_request(net, "ACK");
    let ended = alice.expect_final(net, "INVITE");
    assert_eq!(ended.status(), 487);
    alice.send_ack_to_failure(net, &ended);
}

/// RFC 3261 sections 17.1.1.2 and 17.2.1: the server repeats what is not answered, and absorbs
/// what is repeated.
pub fn retransmission(net: &mut dyn Net) {
    let (mut alice, mut bob) = registered_pair(net);
    alice.send_invite(net, "bob");
    let first = bob.expect_request(net, "INVITE");
    alice.repeat(net);
    let second = bob.expect_request(net, "INVITE");
    assert_eq!(
        first.list(&HeaderName::Via),
        second.list(&HeaderName::Via),
        "the server's own Timer A, not the caller's repetition, with the same branch"
    );
    bob.send(net, &first.answer(486, "b", ""));
    bob.expect_request(net, "ACK");
    let busy = alice.expect_final(net, "INVITE");
    let again = alice.expect_final(net, "INVITE");
    assert_eq!((busy.status(), again.status()), (486, 486), "Timer G repeats it until the ACK");
    alice.send_ack_to_failure(net, &busy);
}

/// RFC 3261 section 18.3: a stream has no message boundaries; two messages, byte by byte, with
/// keep-alives between.
pub fn tcp_in_one_byte_pieces(net: &mut dyn Net) {
    let mut alice = Phone::tcp(net, "alice");
    let register = alice.register_text(net, 600);
    for byte in register.as_bytes() {
        alice.send_bytes(net, &[*byte]);
    }
    let added = alice.receive(net, SOON).expect("an answer to the pieces");
    assert_eq!((added.status(), added.method().as_str()), (200, "REGISTER"));

    let two = format!("\r\n\r\n{}\r\n{}", alice.options_text(net), alice.options_text(net));
    alice.send_bytes(net, two.as_bytes());
    for _ in 0..2 {
        let answer = alice.receive(net, SOON).expect("an answer to each of two in one piece");
        assert_eq!((answer.status(), answer.method().as_str()), (200, "OPTIONS"));
    }
}

/// A TCP phone calls a UDP phone, and is called back: Record-Route on both sides (RFC 5658).
pub fn call_between_transports(net: &mut dyn Net) {
    let mut alice = Phone::tcp(net, "alice");
    let mut bob = Phone::udp(net, "bob");
    established(net, &mut alice, &mut bob);
    alice.send_bye(net);
    let bye = bob.expect_request(net, "BYE");
    bob.send(net, &bye.answer(200, "b", ""));
    assert_eq!(alice.expect_response(net, "BYE", SOON).status(), 200);

    alice.register(net, 0);
    established(net, &mut bob, &mut alice);
    alice.send_bye(net);
    let bye = bob.expect_request(net, "BYE");
    bob.send(net, &bye.answer(200, "b", ""));
    assert_eq!(alice.expect_response(net, "BYE", SOON).status(), 200);
}

/// Nobody is registered: 404 or 480, once.
pub fn unknown_user(net: &mut dyn Net) {
    let mut alice = Phone::udp(net, "alice");
    alice.send_invite(net, "nobody");
    let refused = alice.expect_final(net, "INVITE");
    assert!(matches!(refused.status(), 404 | 480), "{}", refused.status());
    alice.send_ack_to_failure(net, &refused);
}

/// Garbage gets silence or a clear answer, and the server goes on.
pub fn malformed(net: &mut dyn Net) {
    let mut alice = Phone::udp(net, "alice");
    for garbage in ["\0\0\0\0", "INVITE", "SIP/2.0 200 OK\r\n\r\n", "\r\n\r\n"] {
        alice.send_bytes(net, garbage.as_bytes());
    }
    assert!(alice.receive(net, QUIET).is_none(), "no answer is owed to any of them");
    let bad = alice.options_text(net).replace("Content-Length: 0", "Content-Length: banana");
    alice.send_bytes(net, bad.as_bytes());
    let refused = alice.receive(net, SOON).expect("a request that can be answered is");
    assert_eq!(refused.status(), 400);
    assert_eq!(alice.register(net, 600).status(), 200);
}

fn registered_pair(net: &mut dyn Net) -> (Phone, Phone) {
    let alice = Phone::udp(net, "alice");
    let mut bob = Phone::udp(net, "bob");
    assert_eq!(bob.register(net, 600).status(), 200);
    (alice, bob)
}

/// `callee` registers and answers a call from `caller`; the ACK has arrived.
fn established(net: &mut dyn Net, caller: &mut Phone, callee: &mut Phone) {
    assert_eq!(callee.register(net, 600).status(), 200);
    caller.send_invite(net, callee.user());
    let invite = callee.expect_request(net, "INVITE");
    assert_eq!(invite.uri(), callee.contact(net));
    assert_eq!(invite.value(&HeaderName::MaxForwards), "69");
    assert_eq!(invite.body(), b"v=0\r\n", "the body passes untouched");
    callee.send(net, &invite.answer(180, "called", ""));
    assert_eq!(caller.expect_provisional(net), 180);
    let contact = format!("Contact: <{}>\r\n", callee.contact(net));
    callee.answered(&invite);
    callee.send(net, &invite.answer(200, "called", &contact));
    let answer = caller.expect_final(net, "INVITE");
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.list(&HeaderName::Via).len(), 1, "only the caller's own Via is left");
    caller.established(&answer);
    caller.send_ack(net);
    callee.expect_request(net, "ACK");
}
