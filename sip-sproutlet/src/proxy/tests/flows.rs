//! Dialogs whose ends can be reached over nothing but the flow they opened: browsers (RFC 7118
//! section 5), phones behind a NAT (RFC 5626 section 5.3).

use sip_proto::message::HeaderName;
use sip_proto::transport::FlowId;
use sip_proto::{ConnectionId, NextHop, Request, SocketId, Source, TransportKind};

use crate::LocalSocket;
use crate::testing::{ALICE, Lower, in_dialog, register, request, source, values};

const BROWSER: &str = "<sip:alice@df7jal23ls0d.invalid;transport=ws>";
const WSS_PORT: &str = "127.0.0.1:8443";

fn server() -> Lower {
    let mut lower = Lower::server();
    let local = WSS_PORT.parse().expect("an address");
    lower.engine.handle_opened(LocalSocket {
        transport: TransportKind::Wss,
        local,
        advertised: None,
    });
    lower
}

/// A browser's connection.
fn browser(number: u64) -> Source {
    let mut browser = source(&format!("127.0.0.1:4000{number}"), TransportKind::Wss);
    browser.local = WSS_PORT.parse().expect("an address");
    browser.flow = FlowId::Stream { connection: ConnectionId::accepted(number) };
    browser
}

fn with(mut request: Request, name: HeaderName, value: &str) -> Request {
    request.set(name, value.to_owned());
    request
}

fn invite(contact: &str) -> Request {
    with(request("INVITE", "sip:bob@localhost"), HeaderName::Contact, contact)
}

/// The Routes of both ends, of the one who called first (RFC 3261 section 12.1).
fn route_sets(invite: &Request) -> (String, String) {
    let recorded = values(invite, &HeaderName::RecordRoute);
    let reversed: Vec<&str> = recorded.iter().rev().map(String::as_str).collect();
    (reversed.join(", "), recorded.join(", "))
}

fn bye(uri: &str, routes: &str) -> Request {
    with(in_dialog("BYE", uri), HeaderName::Route, routes)
}

/// A browser calls a phone on UDP: two Record-Routes (RFC 5658), and the phone's requests go over
/// the browser's connection, though its Contact names nothing.
#[test]
fn a_browser_calls_a_phone_and_either_hangs_up() {
    let mut lower = server();
    lower.receive(register(1, &["<sip:bob@127.0.0.1:5080>"]));
    lower.receive_from(invite(BROWSER), browser(1));
    let recorded = values(lower.sent(0), &HeaderName::RecordRoute);
    assert_eq!(recorded.len(), 2, "{recorded:?}");
    assert!(recorded[0].starts_with("<sip:127.0.0.1:5060;lr;flow=c1."), "{recorded:?}");
    assert!(recorded[1].starts_with("<sip:127.0.0.1:8443;transport=ws;lr;dialog="), "{recorded:?}");
    let (of_browser, of_phone) = route_sets(lower.sent(0));
    lower.answer(0, 200);

    lower.receive(bye("sip:alice@df7jal23ls0d.invalid;transport=ws", &of_phone));
    let expected = NextHop::FlowOrMessage(browser(1).flow);
    assert_eq!(lower.next_hop(1), &expected);
    assert!(values(lower.sent(1), &HeaderName::Route).is_empty());

    lower.receive_from(bye("sip:bob@127.0.0.1:5080", &of_browser), browser(1));
    assert_eq!(lower.next_hop(2), &NextHop::ByMessage);
}

/// A phone on UDP calls a browser.
#[test]
fn a_browser_is_called_and_either_hangs_up() {
    let mut lower = server();
    lower.receive_from(register(1, &[&BROWSER.replace("alice", "bob")]), browser(2));
    lower.receive(invite("<sip:alice@127.0.0.1:5070>"));
    assert_eq!(lower.next_hop(0), &NextHop::Flow(browser(2).flow));
    let recorded = values(lower.sent(0), &HeaderName::RecordRoute);
    assert!(recorded[0].starts_with("<sip:127.0.0.1:8443;transport=ws;lr;dialog="), "{recorded:?}");
    assert!(recorded[1].starts_with("<sip:127.0.0.1:5060;lr;flow=c2."), "{recorded:?}");
    let (of_phone, of_browser) = route_sets(lower.sent(0));
    lower.answer(0, 200);

    lower.receive(bye("sip:bob@df7jal23ls0d.invalid;transport=ws", &of_phone));
    assert_eq!(lower.next_hop(1), &NextHop::FlowOrMessage(browser(2).flow));
    lower.receive_from(bye("sip:alice@127.0.0.1:5070", &of_browser), browser(2));
    assert_eq!(lower.next_hop(2), &NextHop::ByMessage);
}

/// Two browsers at one listener: two Record-Routes all the same, for two flows.
#[test]
fn a_browser_calls_a_browser() {
    let mut lower = server();
    lower.receive_from(register(1, &[&BROWSER.replace("alice", "bob")]), browser(2));
    lower.receive_from(invite(BROWSER), browser(1));
    let (of_caller, of_callee) = route_sets(lower.sent(0));
    lower.answer(0, 200);
    for (routes, sender, hears) in [(&of_caller, 1, 2), (&of_callee, 2, 1)] {
        let index = lower.clients();
        lower.receive_from(bye("sip:x@df7jal23ls0d.invalid;transport=ws", routes), browser(sender));
        assert_eq!(lower.next_hop(index), &NextHop::FlowOrMessage(browser(hears).flow));
    }
    // A flow is told for one dialog.
    let mut other = bye("sip:x@df7jal23ls0d.invalid;transport=ws", &of_callee);
    other.set(HeaderName::CallId, "another");
    let index = lower.clients();
    lower.receive_from(other, browser(2));
    assert_eq!(lower.next_hop(index), &NextHop::ByMessage);
}

/// A phone over TLS names an address that it may listen at, but hardly has a certificate for.
#[test]
fn a_phone_over_tls_is_reached_in_its_dialogs_over_its_connection() {
    let mut lower = Lower::server();
    let mut phone = source("127.0.0.1:40003", TransportKind::Tls);
    phone.flow = FlowId::Stream { connection: ConnectionId::accepted(3) };
    lower.receive_from(register(1, &["<sip:bob@127.0.0.1:5091;transport=tls>"]), phone);
    lower.receive(invite("<sip:alice@127.0.0.1:5070>"));
    let (of_caller, _) = route_sets(lower.sent(0));
    lower.answer(0, 200);
    lower.receive(bye("sip:bob@127.0.0.1:5091;transport=tls", &of_caller));
    assert_eq!(lower.next_hop(1), &NextHop::FlowOrMessage(phone.flow));
}

/// A phone whose Contact is an address of its own network.
#[test]
fn a_phone_behind_a_nat_is_reached_in_its_dialogs() {
    let mut lower = server();
    lower.receive(register(1, &["<sip:bob@127.0.0.1:5080>"]));
    lower.receive(invite("<sip:alice@10.0.0.1:5060>"));
    let (_, of_phone) = route_sets(lower.sent(0));
    lower.answer(0, 200);
    lower.receive(bye("sip:alice@10.0.0.1:5060", &of_phone));
    let (socket, peer) = (SocketId(0), ALICE.parse().expect("an address"));
    let expected = NextHop::FlowOrMessage(FlowId::Datagram { socket, peer });
    assert_eq!(lower.next_hop(1), &expected);
}
