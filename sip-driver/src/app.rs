//! The in-thread face: who performs a machine's effects.

use sip_proto::{Event, Instant, Machine};

use crate::HandshakeFailure;

/// Sits above a machine, in its thread: takes what the machine hands up, puts what it answers into
/// the inbox.
///
/// Nothing here may block: the machine waits for it.
pub trait App<M: Machine> {
    /// The machine is built and knows its sockets; nothing else has happened yet.
    fn handle_start(&mut self, now: Instant, inbox: &mut Vec<M::In>) {
        let _ = (now, inbox);
    }

    /// The machine handed `out` up. What is put into `inbox` reaches it, in order, once it has
    /// nothing more to say.
    fn handle_output(&mut self, now: Instant, out: M::Out, inbox: &mut Vec<M::In>);

    /// A connection over TLS or WebSocket was never opened; only to be observed. The machine hears of
    /// those it dialled, and nothing of the others.
    fn handle_handshake_failure(&mut self, failure: &HandshakeFailure) {
        let _ = failure;
    }

    /// The machine reported something to observe.
    fn handle_event(&mut self, event: Event) {
        let _ = event;
    }
}
