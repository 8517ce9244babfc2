//! What is above the machine: effects that nobody here performs, and events for the operator.

use sip_driver::App;
use sip_proto::{Event, Instant};
use sip_sproutlet::{EffectCall, EffectReply, SproutletHost};

/// The server's side of the machine.
#[derive(Debug)]
pub struct ServerApp {
    verbose: bool,
}

impl ServerApp {
    /// With `verbose`, every event becomes a line on standard error.
    pub const fn new(verbose: bool) -> Self {
        Self { verbose }
    }
}

impl App<SproutletHost> for ServerApp {
    fn handle_output(&mut self, _now: Instant, call: EffectCall, inbox: &mut Vec<EffectReply>) {
        inbox.push(call.unavailable());
    }

    fn handle_event(&mut self, event: Event) {
        if self.verbose {
            eprintln!("{event:?}");
        }
    }
}
