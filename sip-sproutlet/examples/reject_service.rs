//! A service of one's own: it declines every call with 603 and lets everything else pass.
//!
//! `cargo run -p sip-sproutlet --example reject_service`

#![expect(clippy::disallowed_macros, reason = "an example prints")]

use bytes::Bytes;
use sip_proto::message::Method;
use sip_proto::{
    EndpointConfig, Input, Instant, Machine as _, Output, Request, Response, Secrets, Seed,
    SocketId, StatusCode, TransportKind, UnixTime,
};
use sip_sproutlet::{
    Actions, ConfigError, Context, PassThrough, ServiceGraph, Sproutlet, SproutletHost, Start,
    Transaction, TransactionEvent,
};

// The service: what it is called, and which requests are for it.
struct Reject;

impl Sproutlet for Reject {
    fn name(&self) -> &str {
        "reject"
    }

    fn start(&self, request: &Request, _cx: &Context<'_>) -> Start {
        match request.method() {
            Method::Invite => Start::Accept(Box::new(RejectTransaction)),
            _ => Start::Accept(Box::new(PassThrough)),
        }
    }
}

// One transaction of it: events in, actions out.
struct RejectTransaction;

impl Transaction for RejectTransaction {
    fn handle(&mut self, _now: Instant, event: TransactionEvent, actions: &mut Actions) {
        if let TransactionEvent::Initial { request } = event {
            actions.explain(format_args!("no calls today"));
            actions.respond(Response::to(&request, StatusCode::DECLINE));
        }
    }
}

const INVITE: &[u8] = b"INVITE sip:bob@example.com SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n\
    Max-Forwards: 70\r\n\
    From: <sip:alice@example.com>;tag=1\r\n\
    To: <sip:bob@example.com>\r\n\
    Call-ID: 1@192.0.2.1\r\n\
    CSeq: 1 INVITE\r\n\
    Content-Length: 0\r\n\r\n";

// The server around it is a machine: bytes and time in, bytes out. A driver would move them.
fn main() -> Result<(), ConfigError> {
    let graph = ServiceGraph::new(vec!["example.com".to_owned()])
        .with(Box::new(Reject))?
        .entry("reject")?;
    let (now, unix) = (Instant::ZERO, UnixTime::from_secs(0));
    let (seed, secrets) = (Seed::from_u64(1), Secrets::new([0; 16]));
    let mut host = SproutletHost::new(graph, EndpointConfig::default(), &seed, secrets, now, unix);

    let (socket, transport) = (SocketId(0), TransportKind::Udp);
    let local = ([192, 0, 2, 2], 5060).into();
    host.handle_input(now, Input::Opened { socket, transport, local, advertised: None });
    let (source, data) = (([192, 0, 2, 1], 5060).into(), Bytes::from_static(INVITE));
    host.handle_input(now, Input::Datagram { socket, source, local: None, data });

    while let Some(output) = host.poll_output() {
        match output {
            Output::Transmit(transmit) => {
                println!("to {}:", transmit.destination);
                println!("{}", String::from_utf8_lossy(&transmit.data));
            }
            Output::Event(event) => println!("{event:?}"),
            other => println!("{other:?}"),
        }
    }
    Ok(())
}
