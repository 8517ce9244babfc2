//! TLS between a connection's bytes and the machine (RFC 3261 section 26.2, RFC 5922), without
//! I/O: rustls' buffered connections, fed with slices.

mod certificates;
mod config;
mod context;
mod engine;
mod error;
mod identity;
mod resolver;
mod verifier;

pub use certificates::CertificateExpiry;
pub use config::{ClientAuth, KeyPair, TlsConfig};
pub use context::TlsContext;
pub(crate) use engine::TlsEngine;
pub use error::{FileProblem, TlsError};

#[cfg(test)]
mod tests;
