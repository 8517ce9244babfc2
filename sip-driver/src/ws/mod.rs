//! WebSocket between a connection's bytes and the machine (RFC 6455, RFC 7118), without I/O:
//! tungstenite's context over a stream in memory.

mod config;
mod engine;
mod memory;
mod upgrade;

pub use config::WsConfig;
pub(crate) use engine::{WsEngine, WsFault};

#[cfg(test)]
mod tests;
