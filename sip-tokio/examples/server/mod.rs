//! A registrar and proxy in a thread of its own.

use std::error::Error;
use std::thread::{JoinHandle, spawn};

use sip_driver::{App, Start};
use sip_proto::{EndpointConfig, Instant};
use sip_sproutlet::{EffectCall, EffectReply, ServiceConfig, ServiceGraph, SproutletHost};

use crate::stacks::Place;

/// It keeps its bindings itself.
struct NoEffects;

impl App<SproutletHost> for NoEffects {
    fn handle_output(&mut self, _: Instant, _: EffectCall, _: &mut Vec<EffectReply>) {}
}

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// Serves at `place` until it is stopped.
pub(crate) fn serve(place: Place, config: ServiceConfig) -> JoinHandle<Outcome> {
    spawn(move || {
        let graph = ServiceGraph::from_config(&config)?;
        let build = |Start { now, unix, seed, secrets }: Start| {
            SproutletHost::new(graph, EndpointConfig::default(), &seed, secrets, now, unix)
        };
        sip_tokio::run(place.sockets, place.signal, build, NoEffects)?;
        Ok(())
    })
}
