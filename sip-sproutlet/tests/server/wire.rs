//! The server with phones around it that speak in bytes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use sip_proto::framing::{Deframer, Framed};
use sip_proto::message::{HeaderName, Method};
use sip_proto::{
    ConnectionId, EndpointConfig, Input, Instant, Limits, Machine as _, Output, PeerIdentity,
    Request, Response, Secrets, Seed, SipMessage, SocketId, StatusCode, TransportKind, UnixTime,
};
use sip_sproutlet::{EffectCall, HostCounts, ServiceConfig, SproutletHost, build};

const UDP: SocketId = SocketId(0);
const TCP: SocketId = SocketId(1);
pub(crate) const SERVER: &str = "127.0.0.1:5060";

/// The server, what it sent to whom, and everything it sent in order.
pub(crate) struct Server {
    pub(crate) host: SproutletHost,
    pub(crate) now: Instant,
    inboxes: BTreeMap<SocketAddr, Vec<SipMessage>>,
    streams: BTreeMap<ConnectionId, (SocketAddr, Deframer)>,
    accepted: u64,
    pub(crate) sent: Vec<u8>,
    pub(crate) drained: usize,
}

pub(crate) fn address(text: &str) -> SocketAddr {
    text.parse().expect("a socket address")
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(EndpointConfig::default())
    }

    pub(crate) fn with(endpoint: EndpointConfig) -> Self {
        let now = Instant::from_secs(1);
        let host = build(
            &ServiceConfig::default(),
            endpoint,
            &Seed::from_u64(7),
            Secrets::new([7; 16]),
            now,
            UnixTime::from_secs(1_700_000_000),
        )
        .expect("the default configuration is valid");
        let mut server = Self {
            host,
            now,
            inboxes: BTreeMap::new(),
            streams: BTreeMap::new(),
            accepted: 0,
            sent: Vec::new(),
            drained: 0,
        };
        for (socket, transport) in [(UDP, TransportKind::Udp), (TCP, TransportKind::Tcp)] {
            let local = address(SERVER);
            server.input(Input::Opened { socket, transport, local, advertised: None });
        }
        server
    }

    /// A datagram from a phone.
    pub(crate) fn datagram(&mut self, from: &str, data: impl Into<Bytes>) {
        let source = address(from);
        self.input(Input::Datagram { socket: UDP, source, local: None, data: data.into() });
    }

    /// A phone connects.
    pub(crate) fn connect(&mut self, from: &str) -> ConnectionId {
        let connection = ConnectionId::accepted(self.accepted);
        self.accepted += 1;
        self.open(connection, address(from));
        let (listener, identity) = (TCP, PeerIdentity::default());
        let (local, peer) = (address(SERVER), address(from));
        self.input(Input::Accepted { connection, listener, local, peer, identity });
        connection
    }

    /// A phone writes to its connection, in pieces of one byte.
    pub(crate) fn write(&mut self, connection: ConnectionId, data: &Bytes) {
        for at in 0..data.len() {
            self.input(Input::Received { connection, data: data.slice(at..=at) });
        }
    }

    /// Time passes.
    pub(crate) fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(at) = self.host.poll_timeout().filter(|at| *at <= end) {
            self.now = self.now.max(at) + Duration::from_micros(100);
            self.input(Input::Timeout);
        }
        self.now = self.now.max(end);
        self.input(Input::Timeout);
    }

    /// What a phone was sent since it last looked.
    pub(crate) fn take(&mut self, at: &str) -> Vec<SipMessage> {
        self.inboxes.remove(&address(at)).unwrap_or_default()
    }

    /// The one request that a phone was sent.
    pub(crate) fn request(&mut self, at: &str) -> Request {
        match self.take(at).as_slice() {
            [SipMessage::Request(request)] => request.clone(),
            other => panic!("{at} expected one request, got {other:?}"),
        }
    }

    /// The one response that a phone was sent.
    pub(crate) fn response(&mut self, at: &str) -> Response {
        match self.take(at).as_slice() {
            [SipMessage::Response(response)] => response.clone(),
            other => panic!("{at} expected one response, got {other:?}"),
        }
    }

    /// The statuses of the responses that a phone was sent.
    pub(crate) fn statuses(&mut self, at: &str) -> Vec<u16> {
        self.take(at)
            .into_iter()
            .map(|message| match message {
                SipMessage::Response(response) => response.status().as_u16(),
                SipMessage::Request(request) => panic!("{at} got {request}"),
            })
            .collect()
    }

    pub(crate) fn input(&mut self, input: Input<sip_sproutlet::EffectReply>) {
        self.host.handle_input(self.now, input);
        let mut inputs = Vec::new();
        while let Some(output) = self.host.poll_output() {
            inputs.extend(self.output(output));
        }
        for input in inputs {
            self.input(input);
        }
    }

    /// Nothing is in work any more, above or below.
    pub(crate) fn assert_idle(&self) {
        assert_eq!(self.host.counts(), HostCounts::default());
        let below = self.host.endpoint().counts();
        assert_eq!((below.server_transactions, below.client_transactions), (0, 0));
    }

    fn output(&mut self, output: Output<EffectCall>) -> Option<Input<sip_sproutlet::EffectReply>> {
        match output {
            Output::Transmit(transmit) => {
                self.sent.extend_from_slice(&transmit.data);
                if transmit.destination == address(SERVER) {
                    // It sends to itself.
                    let (source, data) = (address(SERVER), transmit.data);
                    return Some(Input::Datagram { socket: UDP, source, local: None, data });
                }
                let message = SipMessage::parse(transmit.data, &Limits::default());
                let inbox = self.inboxes.entry(transmit.destination).or_default();
                inbox.push(message.expect("what the server sends is SIP"));
                None
            }
            Output::Write { connection, data } => {
                self.sent.extend_from_slice(&data);
                let (peer, deframer) = self.streams.get_mut(&connection).expect("it is open");
                deframer.push(&data);
                while let Some(framed) = deframer.poll() {
                    let Framed::Message(bytes) = framed else { continue };
                    let message = SipMessage::parse(bytes, &Limits::default());
                    let inbox = self.inboxes.entry(*peer).or_default();
                    inbox.push(message.expect("what the server sends is SIP"));
                }
                Some(Input::Flushed { connection, queued_bytes: 0 })
            }
            Output::Connect { connection, peer, .. } => {
                self.open(connection, peer);
                let (local, identity) = (address("127.0.0.1:40000"), PeerIdentity::default());
                Some(Input::Connected { connection, local, identity })
            }
            Output::Drained => {
                self.drained += 1;
                None
            }
            Output::Close { .. }
            | Output::Open { .. }
            | Output::CloseSocket { .. }
            | Output::Forward { .. }
            | Output::Event(_)
            | Output::App(_) => None,
        }
    }

    fn open(&mut self, connection: ConnectionId, peer: SocketAddr) {
        self.streams.insert(connection, (peer, Deframer::new(&Limits::default())));
    }
}

/// A request of a user at a phone.
pub(crate) fn request(method: Method, uri: &str, from: &str, phone: &str, branch: &str) -> Request {
    let tcp = if branch.starts_with("tcp") { ";transport=tcp" } else { "" };
    let via = if tcp.is_empty() { "UDP" } else { "TCP" };
    let builder = Request::builder(method, uri)
        .header(HeaderName::Via, format!("SIP/2.0/{via} {phone};rport;branch=z9hG4bK{branch}"))
        .from(format!("<sip:{from}@localhost>;tag={from}"))
        .to("<sip:bob@localhost>")
        .call_id(format!("{branch}@{phone}"))
        .cseq(1)
        .contact(format!("<sip:{from}@{phone}{tcp}>"));
    builder.build()
}

pub(crate) fn register(user: &str, phone: &str) -> Request {
    let branch = format!("reg{user}");
    let mut request = request(Method::Register, "sip:localhost", user, phone, &branch);
    request.set(HeaderName::To, format!("<sip:{user}@localhost>"));
    request
}

/// A phone's answer.
pub(crate) fn answer(request: &Request, status: u16, contact: &str) -> Response {
    let status = StatusCode::new(status).expect("a status code");
    let mut response = Response::to(request, status);
    response.set_to_tag("callee");
    response.push_back(HeaderName::Contact, format!("<{contact}>"));
    response
}

/// A request inside the dialog that `response` to `invite` set up, of its caller.
pub(crate) fn of_caller(method: Method, invite: &Request, response: &Response) -> Request {
    let mut routes: Vec<Bytes> =
        response.list(&HeaderName::RecordRoute).map(Bytes::copy_from_slice).collect();
    routes.reverse();
    let to = response.value(&HeaderName::To).expect("a To");
    let from = invite.value(&HeaderName::From).expect("a From");
    let via = invite.value(&HeaderName::Via).expect("a Via");
    in_dialog(method, invite, response, (from, to), (via, &routes))
}

/// A request inside the dialog that `response` to `invite` set up, of its callee at `phone`.
pub(crate) fn of_callee(
    method: Method,
    invite: &Request,
    response: &Response,
    phone: &str,
) -> Request {
    let routes: Vec<Bytes> =
        invite.list(&HeaderName::RecordRoute).map(Bytes::copy_from_slice).collect();
    let from = response.value(&HeaderName::To).expect("a To");
    let to = invite.value(&HeaderName::From).expect("a From");
    let via = format!("SIP/2.0/UDP {phone};branch=z9hG4bKcallee");
    in_dialog(method, response, invite, (from, to), (via.as_bytes(), &routes))
}

fn in_dialog(
    method: Method,
    ours: &sip_proto::Message,
    theirs: &sip_proto::Message,
    (from, to): (&[u8], &[u8]),
    (via, routes): (&[u8], &[Bytes]),
) -> Request {
    let contact = theirs.require::<sip_proto::message::Contact<'_>>().expect("a Contact");
    let uri = contact.address().expect("an address").uri;
    let cseq = if method == Method::Ack { 1 } else { 2 };
    let via =
        String::from_utf8_lossy(via).replace("branch=z9hG4bK", &format!("branch=z9hG4bK{method}"));
    let mut builder = Request::builder(method, uri)
        .header(HeaderName::Via, via)
        .from(from)
        .to(to)
        .call_id(ours.call_id().expect("a Call-ID"))
        .cseq(cseq);
    for route in routes {
        builder = builder.header(HeaderName::Route, route);
    }
    builder.build()
}
