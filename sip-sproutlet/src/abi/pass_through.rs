//! The service that changes nothing.

use sip_proto::Instant;

use crate::abi::{Actions, Transaction, TransactionEvent};

/// Sends every request on and every response back. What the host uses for a request that no
/// service takes but whose Route leads on; and what a service does with events it has no opinion
/// on.
#[derive(Clone, Copy, Debug, Default)]
pub struct PassThrough;

impl Transaction for PassThrough {
    fn handle(&mut self, _now: Instant, event: TransactionEvent, actions: &mut Actions) {
        match event {
            TransactionEvent::Initial { request } | TransactionEvent::InDialog { request } => {
                actions.send_request(request);
            }
            TransactionEvent::Response { fork, response, error: _ } => {
                actions.forward(fork, response);
            }
            TransactionEvent::Cancel { .. }
            | TransactionEvent::Timer { .. }
            | TransactionEvent::Effect { .. } => {}
        }
    }
}
