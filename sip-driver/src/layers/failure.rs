//! A handshake that came to nothing.

use std::net::SocketAddr;

use sip_proto::TransportKind;

/// A connection over TLS or WebSocket that was never opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandshakeFailure {
    /// The other end.
    pub peer: SocketAddr,
    /// What it was to carry.
    pub transport: TransportKind,
    /// Whether we dialled it.
    pub dialled: bool,
    /// Why.
    pub error: HandshakeError,
}

/// Why a handshake came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandshakeError {
    /// TLS: the certificate is wrong, there is none, or what came is no TLS.
    #[error("TLS: {0}")]
    Tls(String),
    /// WebSocket: the HTTP request was refused.
    #[error("WebSocket: {0}")]
    WebSocket(String),
    /// The peer closed before it was over.
    #[error("the peer closed before the handshake was over")]
    Closed,
    /// It took longer than [`DriverConfig::handshake_timeout`](crate::DriverConfig).
    #[error("it took longer than handshake_timeout")]
    TimedOut,
    /// As many as [`DriverConfig::handshakes_max`](crate::DriverConfig) were under way.
    #[error("as many as handshakes_max were under way")]
    TooMany,
    /// As many as [`DriverConfig::handshakes_per_address_max`](crate::DriverConfig) were under way
    /// with that address.
    #[error("as many as handshakes_per_address_max were under way with that address")]
    TooManyFromAddress,
    /// There are no certificates or authorities for it.
    #[error("{0}")]
    NotConfigured(&'static str),
}
