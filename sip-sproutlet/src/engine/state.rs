//! The state of the host, and what comes in.

use core::time::Duration;
use std::collections::VecDeque;
use std::rc::Rc;

use bytes::Bytes;
use sip_proto::message::{HeaderName, Method};
use sip_proto::timer::{self, Wheel};
use sip_proto::{
    ClientId, Command, Delivery, DropReason, EndpointConfig, Event, Instant, Request, Response,
    Rng, Secrets, Seed, SeededMap, ServerId, Slab, SlabKey, Source, StatusCode, TransactionError,
    UnixTime,
};

use crate::abi::{
    Actions, CancelCause, EffectCall, EffectError, EffectId, EffectOutcome, EffectReply, ForkError,
    TimerId, TransactionEvent,
};
use crate::engine::clock::Clock;
use crate::engine::hop;
use crate::engine::instance::{Answer, Instance, Upstream};
use crate::graph::ServiceGraph;
use crate::local_names::{LocalNames, LocalSocket};
use crate::location::LocationStore;

/// The host without its endpoint.
pub(crate) struct Engine {
    pub(super) graph: ServiceGraph,
    pub(super) local: Rc<LocalNames>,
    pub(super) secrets: Secrets,
    pub(super) rng: Rng,
    pub(super) clock: Clock,
    pub(super) now: Instant,
    /// How long after its CANCEL an INVITE may go without a final response: 64 * T1
    /// (RFC 3261 section 9.1).
    pub(super) cancel_wait: Duration,
    pub(super) instances: Slab<Instance>,
    pub(super) servers: SeededMap<ServerId, SlabKey>,
    /// Which fork each client transaction is.
    pub(super) clients: Slab<ForkKey>,
    pub(super) calls: Slab<PendingCall>,
    pub(super) timers: Wheel<Timeout>,
    pub(super) location: LocationStore,
    pub(super) work: VecDeque<Work>,
    pub(super) actions: Actions,
    out: VecDeque<EngineOutput>,
    pub(super) requests: usize,
    /// ACKs in work. They end in the turn they came in, unless a service asks somebody about them.
    pub(super) acks: usize,
}

/// What the engine wants done.
#[derive(Debug)]
pub(crate) enum EngineOutput {
    Command(Command),
    Event(Event),
    Call(EffectCall),
}

/// A fork of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ForkKey {
    pub(super) instance: SlabKey,
    pub(super) fork: usize,
}

/// An effect that left the machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct PendingCall {
    pub(super) instance: SlabKey,
    pub(super) effect: EffectId,
    pub(super) timer: timer::TimerId,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Timeout {
    /// A service's own.
    Service { instance: SlabKey, timer: TimerId },
    /// Timer C of an INVITE fork, or the end of the wait after its CANCEL.
    Fork(ForkKey),
    /// An effect took too long.
    Call(SlabKey),
}

/// What is still to be done in this turn. A queue, not recursion: a chain of services is as deep
/// as its limit, never as the stack.
pub(super) enum Work {
    /// A request on its way down to a service here.
    Place { upstream: Upstream, request: Request, source: Source },
    /// An event for an instance.
    Event { instance: SlabKey, event: TransactionEvent },
    /// A response on a fork.
    Response { to: ForkKey, response: Response, error: Option<ForkError> },
    /// The caller of an instance gave up.
    Cancel { instance: SlabKey, cause: CancelCause },
    /// What carried a fork is over.
    BelowEnded(ForkKey),
}

/// How much is in work. All zero when nothing is going on: then nothing has leaked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HostCounts {
    /// Received requests.
    pub requests: usize,
    /// Service instances for them.
    pub instances: usize,
    /// Forks with a client transaction.
    pub forks: usize,
    /// Timers of the services and of the forks.
    pub timers: usize,
    /// Effects that left the machine.
    pub effects: usize,
}

impl Engine {
    pub(crate) fn new(
        graph: ServiceGraph,
        endpoint: &EndpointConfig,
        seed: &Seed,
        secrets: Secrets,
        now: Instant,
        unix: UnixTime,
    ) -> Self {
        if let Some(guard) = &graph.guard {
            guard.start(secrets.clone(), &seed.fork("guard"));
        }
        Self {
            local: Rc::new(LocalNames::new(&graph.domains)),
            location: LocationStore::new(seed, graph.location),
            actions: Actions::new(graph.decisions),
            graph,
            secrets,
            rng: seed.fork("host").rng(),
            clock: Clock::new(now, unix),
            now,
            cancel_wait: endpoint.t1 * 64,
            instances: Slab::new(0),
            servers: SeededMap::new(&seed.fork("servers")),
            clients: Slab::new(0),
            calls: Slab::new(0),
            timers: Wheel::new(now),
            work: VecDeque::new(),
            out: VecDeque::new(),
            requests: 0,
            acks: 0,
        }
    }

    pub(crate) fn poll_output(&mut self) -> Option<EngineOutput> {
        self.out.pop_front()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let sweep = self.location.next_due().map(|unix| self.clock.instant_of(unix));
        self.timers.next().into_iter().chain(sweep).min()
    }

    pub(crate) fn counts(&self) -> HostCounts {
        HostCounts {
            requests: self.requests + self.acks,
            instances: self.instances.len(),
            forks: self.clients.len(),
            timers: self.timers.len(),
            effects: self.calls.len(),
        }
    }

    pub(crate) const fn location(&self) -> &LocationStore {
        &self.location
    }

    pub(crate) fn unix(&self) -> UnixTime {
        self.clock.unix(self.now)
    }

    pub(crate) fn handle_opened(&mut self, socket: LocalSocket) {
        Rc::make_mut(&mut self.local).add(socket);
    }

    pub(crate) fn handle_clock(&mut self, now: Instant, unix: UnixTime) {
        self.advance(now);
        self.clock = Clock::new(self.now, unix);
    }

    pub(crate) fn handle_secrets(&mut self, secrets: Secrets) {
        if let Some(guard) = &self.graph.guard {
            guard.handle_secrets(secrets.clone());
        }
        self.secrets = secrets;
    }

    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        self.advance(now);
        while let Some(timeout) = self.timers.pop(self.now) {
            match timeout {
                Timeout::Service { instance, timer } => self.service_timer(instance, timer),
                Timeout::Fork(fork) => self.fork_timer(fork),
                Timeout::Call(call) => {
                    self.end_call(call, EffectOutcome::Failed(EffectError::Timeout));
                }
            }
            self.run();
        }
        let unix = self.unix();
        self.location.sweep(unix);
    }

    pub(crate) fn handle_reply(&mut self, now: Instant, reply: EffectReply) {
        self.advance(now);
        self.end_call(key_of(reply.id.0), reply.outcome);
        self.run();
    }

    pub(crate) fn handle_delivery(&mut self, now: Instant, delivery: Delivery) {
        self.advance(now);
        match delivery {
            Delivery::Request { id, request, source, .. } => self.receive(id, request, source),
            Delivery::Ack { request, source } => self.receive_ack(request, source),
            // Services are made of transactions.
            Delivery::Stateless { .. } => {}
            Delivery::Cancel { id, request } => {
                let reason = request.value(&HeaderName::Reason).map(Bytes::copy_from_slice);
                self.cancel_server(id, CancelCause::Requested { reason });
            }
            Delivery::Response { id, response, source: _ } => {
                if let Some(to) = self.clients.get(key_of(id.0)) {
                    self.work.push_back(Work::Response { to: *to, response, error: None });
                }
            }
            Delivery::ClientFailed { id, error } => self.client_failed(id, error),
            Delivery::ClientEnded { id } => self.client_ended(id),
            Delivery::ServerFailed { id, .. } => {
                self.cancel_server(id, CancelCause::UpstreamFailed);
            }
            Delivery::ServerEnded { id } => self.server_ended(id),
        }
        self.run();
    }

    fn receive(&mut self, id: ServerId, mut request: Request, source: Source) {
        if self.requests >= self.graph.limits.requests_max {
            let mut response = self.own_response(&request, StatusCode::SERVICE_UNAVAILABLE);
            response.push_back(HeaderName::RetryAfter, "1");
            self.respond(id, response);
            return;
        }
        self.learn(&source);
        let is_invite = *request.method() == Method::Invite;
        hop::undo_strict_routing(&mut request, &self.local);
        self.work.push_back(Work::Place { upstream: Upstream::Server(id), request, source });
        self.run();
        if is_invite {
            self.send_trying(id);
        }
    }

    /// An ACK is let in however many requests are in work: without it, the call that it answers
    /// for would go on as unanswered.
    fn receive_ack(&mut self, mut request: Request, source: Source) {
        if self.acks >= self.graph.limits.requests_max {
            let reason = DropReason::Limit("requests_max");
            return self.event(Event::Dropped { source: source.remote, reason });
        }
        self.learn(&source);
        hop::undo_strict_routing(&mut request, &self.local);
        self.work.push_back(Work::Place { upstream: Upstream::Nobody, request, source });
    }

    /// An INVITE that was not answered at once gets 100, which ends its retransmissions
    /// (RFC 3261 section 16.2).
    fn send_trying(&mut self, id: ServerId) {
        let Some(key) = self.servers.get(&id) else { return };
        let Some(instance) = self.instances.get_mut(*key) else { return };
        if instance.answer != Answer::Owed {
            return;
        }
        let Some(request) = &instance.request else { return };
        let response = Response::to(request, StatusCode::TRYING);
        self.command(Command::Respond { id, response });
    }

    fn cancel_server(&mut self, id: ServerId, cause: CancelCause) {
        if let Some(instance) = self.servers.get(&id) {
            self.work.push_back(Work::Cancel { instance: *instance, cause });
        }
    }

    /// Nobody can be answered there any more.
    fn server_ended(&mut self, id: ServerId) {
        let Some(key) = self.servers.get(&id).copied() else { return };
        self.cancel_server(id, CancelCause::UpstreamFailed);
        self.run();
        if let Some(instance) = self.instances.get_mut(key)
            && instance.answer.is_owed()
        {
            instance.answer = Answer::NotOwed;
            self.forget_if_over(key);
        }
    }

    fn client_failed(&mut self, id: ClientId, error: TransactionError) {
        let Some(to) = self.clients.get(key_of(id.0)).copied() else { return };
        let status = match error {
            // RFC 3261 section 16.9: as if a 503 had come; section 16.7, step 2: as if a 408 had.
            TransactionError::Timeout => StatusCode::REQUEST_TIMEOUT,
            TransactionError::Cancelled => StatusCode::REQUEST_TERMINATED,
            TransactionError::Transport
            | TransactionError::NoAddress
            | TransactionError::Unresolved
            | TransactionError::Limit
            | TransactionError::Misuse => StatusCode::SERVICE_UNAVAILABLE,
        };
        self.fail_fork(to, status, Some(error.into()));
    }

    fn client_ended(&mut self, id: ClientId) {
        let Some(to) = self.clients.remove(key_of(id.0)) else { return };
        // An end without a final response is a failure: the fork must not hang.
        self.fail_fork(to, StatusCode::SERVICE_UNAVAILABLE, Some(ForkError::Transport));
        self.work.push_back(Work::BelowEnded(to));
    }

    /// Time never goes backwards.
    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    fn learn(&mut self, source: &Source) {
        if self.local.is_news(source.local.ip()) {
            let max = self.graph.limits.learned_addresses_max;
            Rc::make_mut(&mut self.local).learn(source.local.ip(), max);
        }
    }

    pub(super) fn command(&mut self, command: Command) {
        self.out.push_back(EngineOutput::Command(command));
    }

    pub(super) fn effect_call(&mut self, call: EffectCall) {
        self.out.push_back(EngineOutput::Call(call));
    }

    pub(super) fn event(&mut self, event: Event) {
        self.out.push_back(EngineOutput::Event(event));
    }

    /// Tells why the host itself decided something for a service.
    pub(super) fn explain(&mut self, service: Option<usize>, detail: core::fmt::Arguments<'_>) {
        if !self.graph.decisions {
            return;
        }
        let service = self.service_name(service).to_owned();
        self.event(Event::Decision { service, detail: detail.to_string() });
    }

    pub(super) fn service_name(&self, service: Option<usize>) -> &str {
        service
            .and_then(|index| self.graph.services.get(index))
            .map_or("host", |service| service.name())
    }

    /// Answers a server transaction.
    pub(super) fn respond(&mut self, id: ServerId, response: Response) {
        self.command(Command::Respond { id, response });
    }

    /// A response of this server's own to a request that has no instance.
    pub(super) fn own_response(&mut self, request: &Request, status: StatusCode) -> Response {
        let mut response = Response::to(request, status);
        response.set_to_tag(&self.rng.tag());
        response
    }

    /// Gives a response of this server's own its To tag, the same for all of one instance
    /// (RFC 3261 section 8.2.6.2). What was forwarded keeps what it has.
    pub(super) fn tag(&mut self, key: SlabKey, response: &mut Response) {
        let Some(instance) = self.instances.get_mut(key) else { return };
        let rng = &mut self.rng;
        let tag = instance.tag.get_or_insert_with(|| rng.tag().into());
        response.set_to_tag(tag);
    }
}

/// The engine's key in an id that went out.
pub(super) const fn key_of(id: u64) -> SlabKey {
    SlabKey { index: id as u32, generation: (id >> 32) as u32 }
}

/// The id that goes out for a key.
pub(super) const fn id_of(key: SlabKey) -> u64 {
    ((key.generation as u64) << 32) | key.index as u64
}
