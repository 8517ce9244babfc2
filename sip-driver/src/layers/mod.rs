//! What lies between a connection's bytes and the machine: TLS, WebSocket, both, or nothing.

mod failure;
mod stack;

pub use failure::{HandshakeError, HandshakeFailure};
pub(crate) use stack::{Exchange, Fault, Layers};
