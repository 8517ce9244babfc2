//! The host's own rules, with scripted services.

mod actions;
mod chain;
mod chaos;
mod limits;

use crate::abi::{Actions, TransactionEvent};

/// What [`PassThrough`](crate::PassThrough) does.
fn pass(event: TransactionEvent, actions: &mut Actions) {
    match event {
        TransactionEvent::Initial { request } | TransactionEvent::InDialog { request } => {
            actions.send_request(request);
        }
        TransactionEvent::Response { fork, response, .. } => actions.forward(fork, response),
        TransactionEvent::Cancel { .. }
        | TransactionEvent::Timer { .. }
        | TransactionEvent::Effect { .. } => {}
    }
}
