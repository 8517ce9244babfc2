//! Stream connections: accepting, dialling, reading, write queues, closing.

mod connection;
mod connections;
mod handshakes;
mod layered;
mod listener;
mod write_queue;

pub(crate) use connections::Connections;
pub(crate) use listener::{Accepting, Listener};
