//! Where requests go: the Route, the Request-URI, a hosts table; what needs DNS has no address yet.

use bytes::Bytes;
use sip_proto::message::{HeaderName, Method};
use sip_proto::transport::FlowId;
use sip_proto::{
    ClientId, Command, Delivery, EndpointConfig, NextHop, TransactionError, TransportKind,
};

use crate::messages::{BOB_URI, in_dialog, options, request};
use crate::wire::{ALICE, UDP, Wire, address};

fn wire() -> Wire {
    Wire::with(1, |_| EndpointConfig {
        hosts: vec![
            ("Peer.Example".to_owned(), "2001:db8::9".parse().expect("an address")),
            ("peer.example".to_owned(), "192.0.2.9".parse().expect("an address")),
        ],
        ..EndpointConfig::default()
    })
}

#[test]
fn a_uri_leads_to_an_address_or_to_none() {
    for (uri, destination) in [
        ("sip:a@192.0.2.9", Some("192.0.2.9:5060")),
        ("sip:a@192.0.2.9:5080;transport=UDP", Some("192.0.2.9:5080")),
        ("sip:a@nowhere.example;maddr=192.0.2.9", Some("192.0.2.9:5060")),
        ("sip:a@peer.example", Some("192.0.2.9:5060")),
        ("sip:a@PEER.example:5099", Some("192.0.2.9:5099")),
        ("sip:a@localhost", Some("127.0.0.1:5060")),
        // No socket of that family here.
        ("sip:a@[2001:db8::9]", None),
        ("sip:a@nowhere.example", None),
        ("sip:a@192.0.2.9;transport=sctp", None),
        // A browser takes no connections, and sips goes over nothing that can be read.
        ("sip:a@192.0.2.9;transport=ws", None),
        ("sips:a@192.0.2.9;transport=wss", None),
        ("sips:a@192.0.2.9;transport=udp", None),
        ("tel:+15551234", None),
        ("not a URI", None),
    ] {
        let mut wire = wire();
        let next_hop = NextHop::Uri(Bytes::from_static(uri.as_bytes()));
        wire.request(ALICE, 1, options(), next_hop);
        match destination {
            Some(destination) => {
                wire.assert_ladder(&[&format!("0 alice --> {destination} OPTIONS")]);
            }
            None => assert!(
                matches!(
                    wire.deliveries(ALICE).as_slice(),
                    [
                        Delivery::ClientFailed {
                            id: ClientId(1),
                            error: TransactionError::NoAddress
                        },
                        Delivery::ClientEnded { id: ClientId(1) }
                    ]
                ),
                "{uri}"
            ),
        }
    }
}

/// RFC 3261 sections 8.1.2 and 16.6 step 7: the topmost Route comes before the Request-URI.
#[test]
fn the_topmost_route_comes_first() {
    let mut wire = wire();
    let mut routed = options();
    routed.push_back(HeaderName::Route, "<sip:192.0.2.9:5090;lr>, <sip:192.0.2.10;lr>");
    wire.request(ALICE, 1, routed, NextHop::ByMessage);
    wire.request(ALICE, 2, options(), NextHop::ByMessage);
    wire.assert_ladder(&["0 alice --> 192.0.2.9:5090 OPTIONS", "0 alice --> bob OPTIONS"]);
}

#[test]
fn an_address_or_a_flow_overrules_the_message() {
    let mut wire = wire();
    let peer = "192.0.2.9:5091".parse().expect("an address");
    let next_hop = NextHop::Address { transport: TransportKind::Udp, address: peer };
    wire.request(ALICE, 1, options(), next_hop);
    let flow = FlowId::Datagram { socket: UDP, peer };
    wire.request(ALICE, 2, options(), NextHop::Flow(flow));
    wire.assert_ladder(&[
        "0 alice --> 192.0.2.9:5091 OPTIONS",
        "0 alice --> 192.0.2.9:5091 OPTIONS",
    ]);
}

/// RFC 3261 section 16.11: a request without transaction has the same branch each time it is sent,
/// so that the next hop knows it again.
#[test]
fn a_stateless_request_has_one_branch() {
    let mut wire = wire();
    let ok = {
        let mut ok =
            sip_proto::Response::to(&request(Method::Invite, BOB_URI), sip_proto::StatusCode::OK);
        ok.set_to_tag("bob1");
        ok
    };
    for _ in 0..2 {
        let request = in_dialog(Method::Ack, 1, &ok);
        wire.command(ALICE, Command::SendRequest { request, next_hop: NextHop::ByMessage });
    }
    let branches: Vec<&str> = wire
        .log()
        .split("branch=")
        .skip(1)
        .filter_map(|rest| rest.split([';', '\\']).next())
        .collect();
    assert_eq!(branches.len(), 2);
    assert_eq!(branches[0], branches[1]);
    assert_eq!(wire.endpoint(ALICE).counts(), sip_proto::Counts::default());
    assert_ne!(address(0), address(1));
}
