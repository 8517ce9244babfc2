//! Services on an endpoint, as one machine.

use std::collections::{BTreeSet, VecDeque};

use sip_proto::{
    Delivery, Endpoint, EndpointConfig, Input, Instant, Machine, Output, Secrets, Seed, SocketId,
    UnixTime,
};

use crate::abi::{EffectCall, EffectReply};
use crate::config::{ConfigError, ServiceConfig};
use crate::engine::{Engine, EngineOutput, HostCounts};
use crate::graph::ServiceGraph;
use crate::local_names::LocalSocket;
use crate::location::LocationStore;

/// A server: services chained in memory on top of a [`sip_proto::Endpoint`], as one [`Machine`].
///
/// Bytes and time come in, bytes come out. What a service asks of the outside world leaves as
/// [`Output::App`] with an [`EffectCall`], and its [`EffectReply`] comes in as [`Input::App`].
/// See [`build`](crate::build) for the server that a configuration describes, and
/// [`ServiceGraph`] for one of your own services.
pub struct SproutletHost {
    endpoint: Endpoint,
    engine: Engine,
    out: VecDeque<Output<EffectCall>>,
    draining: Draining,
    /// Sockets that the endpoint asked for: nobody sends requests there.
    ephemeral: BTreeSet<SocketId>,
}

/// How far a drain is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Draining {
    No,
    /// Wanted; the endpoint still has work.
    Wanted,
    /// Every transaction has its final answer; a service may still wait for an effect.
    Answered,
    Done,
}

impl SproutletHost {
    /// A host for the services of `graph`, on an endpoint set up by `endpoint`.
    #[must_use]
    pub fn new(
        graph: ServiceGraph,
        endpoint: EndpointConfig,
        seed: &Seed,
        secrets: Secrets,
        now: Instant,
        unix: UnixTime,
    ) -> Self {
        let host_seed = seed.fork("sproutlet");
        let engine = Engine::new(graph, &endpoint, &host_seed, secrets.clone(), now, unix);
        let endpoint = Endpoint::new(endpoint, &seed.fork("endpoint"), secrets, now, unix);
        Self {
            endpoint,
            engine,
            out: VecDeque::new(),
            draining: Draining::No,
            ephemeral: BTreeSet::new(),
        }
    }

    /// How much the services have in work.
    #[must_use]
    pub fn counts(&self) -> HostCounts {
        self.engine.counts()
    }

    /// The endpoint below, for its counts.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The bindings, for observers.
    #[must_use]
    pub const fn location(&self) -> &LocationStore {
        self.engine.location()
    }

    /// What the host takes the wall clock to say.
    #[must_use]
    pub fn unix(&self) -> UnixTime {
        self.engine.unix()
    }

    /// Moves deliveries up and commands down until both are at rest. Ends because every command
    /// answers a delivery, and the engine's work for one is bounded.
    fn settle(&mut self, now: Instant) {
        loop {
            while let Some(output) = self.engine.poll_output() {
                match output {
                    EngineOutput::Command(command) => {
                        self.endpoint.handle_input(now, Input::App(command));
                    }
                    EngineOutput::Event(event) => self.out.push_back(Output::Event(event)),
                    EngineOutput::Call(call) => self.out.push_back(Output::App(call)),
                }
            }
            let Some(output) = self.endpoint.poll_output() else { break };
            self.raise(now, output);
        }
        // What else the services hold waits for retransmissions, which nobody has to wait for.
        if self.draining == Draining::Answered && self.engine.counts().effects == 0 {
            self.draining = Draining::Done;
            self.out.push_back(Output::Drained);
        }
    }

    /// What the endpoint puts out: deliveries to the services, the rest to the driver.
    fn raise(&mut self, now: Instant, output: Output<Delivery>) {
        let output = match output {
            Output::App(delivery) => return self.engine.handle_delivery(now, delivery),
            Output::Drained => {
                if self.draining == Draining::Wanted {
                    self.draining = Draining::Answered;
                }
                return;
            }
            Output::Transmit(transmit) => Output::Transmit(transmit),
            Output::Open { socket, local } => {
                self.ephemeral.insert(socket);
                Output::Open { socket, local }
            }
            Output::CloseSocket { socket } => {
                self.ephemeral.remove(&socket);
                Output::CloseSocket { socket }
            }
            Output::Write { connection, data } => Output::Write { connection, data },
            Output::Connect { connection, transport, peer, server_name } => {
                Output::Connect { connection, transport, peer, server_name }
            }
            Output::Close { connection } => Output::Close { connection },
            Output::Forward { to, item } => Output::Forward { to, item },
            Output::Event(event) => Output::Event(event),
        };
        self.out.push_back(output);
    }
}

impl Machine for SproutletHost {
    type In = EffectReply;
    type Out = EffectCall;

    fn handle_input(&mut self, now: Instant, input: Input<EffectReply>) {
        let below = match input {
            Input::App(reply) => {
                self.engine.handle_reply(now, reply);
                return self.settle(now);
            }
            Input::Timeout => {
                self.engine.handle_timeout(now);
                Input::Timeout
            }
            Input::Opened { socket, transport, local, advertised } => {
                if !self.ephemeral.remove(&socket) {
                    self.engine.handle_opened(LocalSocket { transport, local, advertised });
                }
                Input::Opened { socket, transport, local, advertised }
            }
            Input::Clock(unix) => {
                self.engine.handle_clock(now, unix);
                Input::Clock(unix)
            }
            Input::Secrets(secrets) => {
                self.engine.handle_secrets(secrets.clone());
                Input::Secrets(secrets)
            }
            Input::Drain => {
                if self.draining == Draining::No {
                    self.draining = Draining::Wanted;
                }
                Input::Drain
            }
            Input::Datagram { socket, source, local, data } => {
                Input::Datagram { socket, source, local, data }
            }
            Input::Accepted { connection, listener, local, peer, identity } => {
                Input::Accepted { connection, listener, local, peer, identity }
            }
            Input::Connected { connection, local, identity } => {
                Input::Connected { connection, local, identity }
            }
            Input::Received { connection, data } => Input::Received { connection, data },
            Input::Flushed { connection, queued_bytes } => {
                Input::Flushed { connection, queued_bytes }
            }
            Input::Closed { connection, reason } => Input::Closed { connection, reason },
            Input::TransmitFailed { socket, destination, error } => {
                Input::TransmitFailed { socket, destination, error }
            }
            Input::Forwarded(forwarded) => Input::Forwarded(forwarded),
        };
        self.endpoint.handle_input(now, below);
        self.settle(now);
    }

    fn poll_output(&mut self) -> Option<Output<EffectCall>> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.endpoint.poll_timeout().into_iter().chain(self.engine.poll_timeout()).min()
    }
}

/// The server that `config` describes, on an endpoint set up by `endpoint`.
///
/// # Errors
///
/// [`ConfigError`] for the first mistake in `config`.
pub fn build(
    config: &ServiceConfig,
    endpoint: EndpointConfig,
    seed: &Seed,
    secrets: Secrets,
    now: Instant,
    unix: UnixTime,
) -> Result<SproutletHost, ConfigError> {
    let graph = ServiceGraph::from_config(config)?;
    Ok(SproutletHost::new(graph, endpoint, seed, secrets, now, unix))
}
