//! What is above the machine: effects that nobody here performs, and events for the operator.

use sip_driver::{App, HandshakeFailure};
use sip_proto::{Event, Instant};
use sip_sproutlet::{EffectCall, EffectError, EffectOutcome, EffectReply, SproutletHost};

/// The server's side of the machine.
#[derive(Debug)]
pub(crate) struct ServerApp {
    verbose: bool,
}

impl ServerApp {
    /// With `verbose`, every event becomes a line on standard error.
    pub(crate) const fn new(verbose: bool) -> Self {
        Self { verbose }
    }
}

impl App<SproutletHost> for ServerApp {
    fn handle_output(&mut self, _now: Instant, call: EffectCall, inbox: &mut Vec<EffectReply>) {
        let outcome = EffectOutcome::Failed(EffectError::Unsupported);
        inbox.push(EffectReply { id: call.id, outcome });
    }

    fn handle_handshake_failure(&mut self, failure: &HandshakeFailure) {
        if self.verbose {
            eprintln!("{} with {}: {}", failure.transport, failure.peer, failure.error);
        }
    }

    fn handle_event(&mut self, event: Event) {
        if self.verbose {
            eprintln!("{event:?}");
        }
    }
}
