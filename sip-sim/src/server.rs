//! The server: the same service graph as the deployed one.

use std::net::SocketAddr;

use sip_proto::{EndpointConfig, Instant, Secrets, Seed, TransportKind, UnixTime};
use sip_sproutlet::{ServiceConfig, SproutletHost};

use crate::node::{Hosted, Node, NodeId, Residue};
use crate::plan::{DOMAIN, Plan, PlanError};
use crate::sim::Sim;

/// Makes the node under judgement from a plan, its seed and the wall clock.
pub type ServerFactory<'a> =
    dyn Fn(&Plan, &Seed, UnixTime) -> Result<Box<dyn Node>, PlanError> + 'a;

/// The server as it is deployed, with what the plan says of it.
///
/// # Errors
///
/// [`PlanError::Server`] when the service graph refuses the configuration.
pub fn deployed(plan: &Plan, seed: &Seed, unix: UnixTime) -> Result<Box<dyn Node>, PlanError> {
    let mut config = ServiceConfig { domains: vec![DOMAIN.to_owned()], ..ServiceConfig::default() };
    config.proxy.record_route = plan.server.record_route;
    config.proxy.timer_c_s = plan.server.timer_c_s;
    service_node(&config, seed, unix)
}

/// A node that runs the service graph of `config`.
///
/// # Errors
///
/// [`PlanError::Server`] when the service graph refuses the configuration.
pub fn service_node(
    config: &ServiceConfig,
    seed: &Seed,
    unix: UnixTime,
) -> Result<Box<dyn Node>, PlanError> {
    let secrets = Secrets::new([0xa5; 16]);
    let endpoint = EndpointConfig::default();
    let host = sip_sproutlet::build(config, endpoint, seed, secrets, Instant::ZERO, unix)
        .map_err(|error| PlanError::Server { reason: error.to_string() })?;
    Ok(Box::new(Hosted::new(host, |_, _, _| {}, residue)))
}

fn residue(host: &SproutletHost) -> Residue {
    let below = host.endpoint().counts();
    let above = host.counts();
    vec![
        ("server transactions", below.server_transactions),
        ("client transactions", below.client_transactions),
        ("transaction bytes", below.transaction_bytes),
        ("connections", below.connections),
        ("endpoint timers", below.timers),
        ("requests", above.requests),
        ("service instances", above.instances),
        ("forks", above.forks),
        ("service timers", above.timers),
        ("effects", above.effects),
    ]
}

impl Sim {
    /// An empty network with the server on it, listening at `address` for datagrams and streams:
    /// what a test with hand-written peers begins with.
    ///
    /// # Errors
    ///
    /// [`PlanError::Server`] when the service graph refuses the configuration.
    pub fn with_service(
        seed: u64,
        config: &ServiceConfig,
        address: SocketAddr,
    ) -> Result<(Self, NodeId), PlanError> {
        let mut sim = Self::empty(seed);
        let node = service_node(config, &sim.node_seed("server"), sim.unix_time())?;
        let listens = [(TransportKind::Udp, address), (TransportKind::Tcp, address)];
        let server = sim.add_node("server", &listens, node);
        Ok((sim, server))
    }
}
