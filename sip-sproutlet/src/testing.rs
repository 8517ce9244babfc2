//! A stand-in for the endpoint: deliveries by hand, commands as a ladder of short lines.

use core::time::Duration;
use std::cell::RefCell;
use std::rc::Rc;

use bytes::Bytes;
use sip_proto::message::{HeaderName, Method};
use sip_proto::transport::FlowId;
use sip_proto::{
    ClientId, Command, Delivery, DropReason, EndpointConfig, Event, Instant, NextHop, Request,
    Response, Secrets, Seed, ServerId, SocketId, Source, StatusCode, TransactionError,
    TransportKind, UnixTime,
};

use crate::abi::{
    Actions, Context, EffectCallId, EffectOutcome, EffectReply, Sproutlet, Start, Transaction,
    TransactionEvent,
};
use crate::config::ServiceConfig;
use crate::engine::{Engine, EngineOutput, HostCounts};
use crate::graph::ServiceGraph;
use crate::local_names::LocalSocket;

/// The engine with a stand-in for its endpoint. Client transactions are `#0`, `#1`, ..., server
/// transactions `s0`, `s1`, ..., in the order of their making.
pub(crate) struct Lower {
    pub(crate) engine: Engine,
    now: Instant,
    servers: u32,
    clients: Vec<(ClientId, Request)>,
    next_hops: Vec<NextHop>,
    calls: Vec<EffectCallId>,
    pub(crate) responses: Vec<Response>,
    pub(crate) stateless: Vec<Request>,
    pub(crate) decisions: Vec<String>,
    pub(crate) dropped: Vec<DropReason>,
}

/// Where phones are: `Alice` calls, over UDP.
pub(crate) const ALICE: &str = "127.0.0.1:5070";

pub(crate) fn source(remote: &str, transport: TransportKind) -> Source {
    let peer = remote.parse().expect("a socket address");
    Source {
        transport,
        remote: peer,
        local: "127.0.0.1:5060".parse().expect("a socket address"),
        flow: FlowId::Datagram { socket: SocketId(0), peer },
    }
}

/// A request outside a dialog, with what every request has.
pub(crate) fn request(method: &str, uri: &str) -> Request {
    Request::builder(Method::from_bytes(method), uri)
        .header(HeaderName::Via, "SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKa")
        .from("<sip:alice@localhost>;tag=a")
        .to("<sip:bob@localhost>")
        .call_id("call")
        .cseq(1)
        .build()
}

/// `request`, but inside a dialog.
pub(crate) fn in_dialog(method: &str, uri: &str) -> Request {
    let mut request = request(method, uri);
    request.set(HeaderName::To, "<sip:bob@localhost>;tag=b");
    request
}

/// A REGISTER of `contacts` for bob.
pub(crate) fn register(cseq: u32, contacts: &[&str]) -> Request {
    let mut builder = Request::builder(Method::Register, "sip:localhost")
        .header(HeaderName::Via, "SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKr")
        .from("<sip:bob@localhost>;tag=r")
        .to("<sip:bob@localhost>")
        .call_id("registration")
        .cseq(cseq);
    for contact in contacts {
        builder = builder.header(HeaderName::Contact, contact);
    }
    builder.build()
}

impl Lower {
    /// The server of the default configuration.
    pub(crate) fn server() -> Self {
        Self::configured(&ServiceConfig::default())
    }

    pub(crate) fn configured(config: &ServiceConfig) -> Self {
        Self::new(ServiceGraph::from_config(config).expect("a valid configuration"))
    }

    /// A host of `graph` on 127.0.0.1:5060, UDP and TCP, which tells its decisions.
    pub(crate) fn new(graph: ServiceGraph) -> Self {
        Self::untold(graph.decisions(true))
    }

    /// A host of `graph` that does with its decisions what the graph says.
    pub(crate) fn untold(graph: ServiceGraph) -> Self {
        let now = Instant::from_secs(1000);
        let mut engine = Engine::new(
            graph,
            &EndpointConfig::default(),
            &Seed::from_u64(1),
            Secrets::new([1; 16]),
            now,
            UnixTime::from_secs(1_000_000),
        );
        for transport in [TransportKind::Udp, TransportKind::Tcp] {
            engine.handle_opened(LocalSocket {
                transport,
                local: "127.0.0.1:5060".parse().expect("a socket address"),
                advertised: None,
            });
        }
        Self {
            engine,
            now,
            servers: 0,
            clients: Vec::new(),
            next_hops: Vec::new(),
            calls: Vec::new(),
            responses: Vec::new(),
            stateless: Vec::new(),
            decisions: Vec::new(),
            dropped: Vec::new(),
        }
    }

    /// A request of Alice arrives in a new server transaction; what the host does.
    pub(crate) fn receive(&mut self, request: Request) -> Vec<String> {
        self.receive_from(request, source(ALICE, TransportKind::Udp))
    }

    pub(crate) fn receive_from(&mut self, request: Request, source: Source) -> Vec<String> {
        let id = ServerId::new(self.servers, 0);
        self.servers += 1;
        self.deliver(Delivery::Request { id, request, source })
    }

    /// An ACK to a 2xx arrives.
    pub(crate) fn receive_ack(&mut self, request: Request) -> Vec<String> {
        let source = source(ALICE, TransportKind::Udp);
        self.deliver(Delivery::Ack { request, source })
    }

    /// Alice cancels server transaction `server`.
    pub(crate) fn cancel(&mut self, server: u32, reason: &'static str) -> Vec<String> {
        let mut request = request("CANCEL", "sip:bob@localhost");
        if !reason.is_empty() {
            request.push_back(HeaderName::Reason, reason);
        }
        self.deliver(Delivery::Cancel { id: ServerId::new(server, 0), request })
    }

    pub(crate) fn server_failed(&mut self, server: u32) -> Vec<String> {
        let error = TransactionError::Transport;
        self.deliver(Delivery::ServerFailed { id: ServerId::new(server, 0), error })
    }

    pub(crate) fn server_ended(&mut self, server: u32) -> Vec<String> {
        self.deliver(Delivery::ServerEnded { id: ServerId::new(server, 0) })
    }

    /// A response arrives on client transaction `client`.
    pub(crate) fn answer(&mut self, client: usize, status: u16) -> Vec<String> {
        let response = self.response(client, status);
        self.answer_with(client, response)
    }

    pub(crate) fn response(&self, client: usize, status: u16) -> Response {
        let status = StatusCode::new(status).expect("a status code");
        let mut response = Response::to(&self.clients[client].1, status);
        response.set_to_tag("b");
        response
    }

    pub(crate) fn answer_with(&mut self, client: usize, response: Response) -> Vec<String> {
        let (id, source) = (self.clients[client].0, source("127.0.0.1:5080", TransportKind::Udp));
        self.deliver(Delivery::Response { id, response, source })
    }

    /// A client transaction fails, and is over.
    pub(crate) fn fail(&mut self, client: usize, error: TransactionError) -> Vec<String> {
        let id = self.clients[client].0;
        let mut lines = self.deliver(Delivery::ClientFailed { id, error });
        lines.extend(self.end(client));
        lines
    }

    /// A client transaction is over.
    pub(crate) fn end(&mut self, client: usize) -> Vec<String> {
        let id = self.clients[client].0;
        self.deliver(Delivery::ClientEnded { id })
    }

    /// The `call`th effect that left is answered.
    pub(crate) fn reply(&mut self, call: usize, outcome: EffectOutcome) -> Vec<String> {
        let id = self.calls[call];
        self.engine.handle_reply(self.now, EffectReply { id, outcome });
        self.drain()
    }

    /// Time passes.
    pub(crate) fn pass(&mut self, duration: Duration) -> Vec<String> {
        let end = self.now + duration;
        while let Some(at) = self.engine.poll_timeout().filter(|at| *at <= end) {
            // The wheel fires within its tick.
            self.now = self.now.max(at) + Duration::from_millis(1);
            self.engine.handle_timeout(self.now);
        }
        self.now = self.now.max(end);
        self.engine.handle_timeout(self.now);
        self.drain()
    }

    /// The request of a client transaction, as it was sent.
    pub(crate) fn sent(&self, client: usize) -> &Request {
        &self.clients[client].1
    }

    /// Where it was sent.
    pub(crate) fn next_hop(&self, client: usize) -> &NextHop {
        &self.next_hops[client]
    }

    /// How many client transactions there have been.
    pub(crate) fn clients(&self) -> usize {
        self.clients.len()
    }

    /// How many server transactions there have been.
    pub(crate) fn servers(&self) -> u32 {
        self.servers
    }

    /// The last response that went upstream.
    pub(crate) fn last_response(&self) -> &Response {
        self.responses.last().expect("a response")
    }

    /// Nothing is in work any more.
    pub(crate) fn assert_idle(&self) {
        assert_eq!(self.engine.counts(), HostCounts::default());
    }

    fn deliver(&mut self, delivery: Delivery) -> Vec<String> {
        self.engine.handle_delivery(self.now, delivery);
        self.drain()
    }

    fn drain(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(output) = self.engine.poll_output() {
            match output {
                EngineOutput::Command(command) => lines.push(self.line(command)),
                EngineOutput::Call(call) => {
                    self.calls.push(call.id);
                    lines.push("effect".to_owned());
                }
                EngineOutput::Event(Event::Decision { service, detail }) => {
                    self.decisions.push(format!("{service}: {detail}"));
                }
                EngineOutput::Event(Event::Dropped { reason, .. }) => self.dropped.push(reason),
                EngineOutput::Event(event) => panic!("an unexpected event: {event:?}"),
            }
        }
        lines
    }

    fn line(&mut self, command: Command) -> String {
        match command {
            Command::Request { id, request, next_hop } => {
                let line = format!("#{} {}", self.clients.len(), describe(&request, &next_hop));
                self.clients.push((id, request));
                self.next_hops.push(next_hop);
                line
            }
            Command::Cancel { id, reason } => {
                let reason = reason.map_or_else(String::new, |reason| {
                    format!(" {}", String::from_utf8_lossy(&reason))
                });
                format!("#{} CANCEL{reason}", self.client(id))
            }
            Command::Respond { id, response } => {
                let line = format!("s{} {}", id.index(), response.status());
                self.responses.push(response);
                line
            }
            Command::SendRequest { request, next_hop } => {
                let line = describe(&request, &next_hop);
                self.stateless.push(request);
                line
            }
            Command::Abandon { id } => format!("s{} abandoned", id.index()),
            Command::SendResponse { response } => format!("{} statelessly", response.status()),
            Command::Terminate { id } => format!("#{} forgotten", self.client(id)),
        }
    }

    fn client(&self, id: ClientId) -> usize {
        self.clients.iter().position(|(client, _)| *client == id).expect("a known client")
    }
}

fn describe(request: &Request, next_hop: &NextHop) -> String {
    let uri = String::from_utf8_lossy(request.uri_bytes());
    let hop = match next_hop {
        NextHop::ByMessage => String::new(),
        NextHop::Uri(uri) => format!(" by {}", String::from_utf8_lossy(uri)),
        NextHop::Address { transport, address } => format!(" by {transport} {address}"),
        NextHop::Flow(_) => " by flow".to_owned(),
        NextHop::FlowOrMessage(_) => " by flow or message".to_owned(),
    };
    format!("{} {uri}{hop}", request.method().as_str())
}

/// A service made of a function, which sees every event of every transaction.
pub(crate) struct Scripted<F> {
    pub(crate) name: &'static str,
    pub(crate) aliases: Vec<String>,
    pub(crate) port: Option<u16>,
    pub(crate) function: &'static str,
    pub(crate) script: F,
}

/// A service called `name` that does what `script` does.
pub(crate) fn scripted<F>(name: &'static str, script: F) -> Box<Scripted<F>>
where
    F: Fn(TransactionEvent, &mut Actions) + Clone + 'static,
{
    Box::new(Scripted { name, aliases: Vec::new(), port: None, function: name, script })
}

impl<F> Sproutlet for Scripted<F>
where
    F: Fn(TransactionEvent, &mut Actions) + Clone + 'static,
{
    fn name(&self) -> &str {
        self.name
    }

    fn aliases(&self) -> &[String] {
        &self.aliases
    }

    fn port(&self) -> Option<u16> {
        self.port
    }

    fn network_function(&self) -> &str {
        self.function
    }

    fn start(&self, _request: &Request, _cx: &Context<'_>) -> Start {
        Start::Accept(Box::new(Script(self.script.clone())))
    }
}

struct Script<F>(F);

impl<F: Fn(TransactionEvent, &mut Actions)> Transaction for Script<F> {
    fn handle(&mut self, _now: Instant, event: TransactionEvent, actions: &mut Actions) {
        (self.0)(event, actions);
    }
}

/// A graph for the domain `localhost` with these services, the first being the entry.
pub(crate) fn graph_of(services: Vec<Box<dyn Sproutlet>>) -> ServiceGraph {
    let entry = services.first().expect("a service").name().to_owned();
    let graph = ServiceGraph::new(vec!["localhost".to_owned()]);
    services
        .into_iter()
        .try_fold(graph, ServiceGraph::with)
        .and_then(|graph| graph.entry(&entry))
        .expect("distinct names")
}

/// A log that scripts share.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, line: impl Into<String>) {
        self.0.borrow_mut().push(line.into());
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.borrow().clone()
    }
}

/// What an event is, in a word or two.
pub(crate) fn name_of(event: &TransactionEvent) -> String {
    match event {
        TransactionEvent::Initial { request } => format!("initial {}", request.method().as_str()),
        TransactionEvent::InDialog { request } => {
            format!("in-dialog {}", request.method().as_str())
        }
        TransactionEvent::Response { fork, response, error } => match error {
            Some(error) => format!("{} on {} for {error:?}", response.status(), fork.0),
            None => format!("{} on {}", response.status(), fork.0),
        },
        TransactionEvent::Cancel { .. } => "cancel".to_owned(),
        TransactionEvent::Timer { timer } => format!("timer {}", timer.0),
        TransactionEvent::Effect { outcome, .. } => format!("effect {outcome:?}"),
    }
}

/// Header values, for comparison.
pub(crate) fn values(message: &sip_proto::Message, name: &HeaderName) -> Vec<String> {
    message.list(name).map(|value| String::from_utf8_lossy(value).into_owned()).collect()
}

/// Bytes of a text.
pub(crate) fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}
