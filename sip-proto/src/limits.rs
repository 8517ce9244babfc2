//! Every bound of the protocol core, in one place.

use core::time::Duration;

/// Every bound of an [`Endpoint`](crate::Endpoint): what it is, its default, and what happens
/// when it is reached. A test reaches each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of start line and headers of one message. Beyond: 513 to a request (where its Via can
    /// be read), a drop otherwise; a stream is closed.
    pub header_bytes_max: usize,
    /// Bytes of one body. Beyond: 413 (RFC 3261 section 21.4.11) or a drop; a stream is closed.
    pub body_bytes_max: usize,
    /// Parts of one multipart body, and parts looked through for one. Beyond: the body is an error
    /// to who reads it.
    pub body_parts_max: usize,
    /// How deep multipart bodies may stand in each other. Beyond: the inner one is an error to who
    /// reads it.
    pub body_depth_max: usize,
    /// Header fields of one message. Beyond: 513 or a drop.
    pub header_count_max: usize,
    /// Bytes of one header field value. Beyond: 513 or a drop.
    pub header_value_bytes_max: usize,
    /// Live server transactions. Beyond: a new request gets a stateless 503; an
    /// ACK or a CANCEL, which needs none of its own, passes.
    pub server_transactions_max: usize,
    /// Live client transactions. Beyond: the command fails with `TransactionError::Limit`.
    pub client_transactions_max: usize,
    /// Bytes of the messages that all live transactions retain, together: a server transaction its
    /// request until it is answered and its last response, a client transaction what it may have to
    /// send again. What two of them share counts twice. Beyond: a new request gets a stateless 503,
    /// an ACK or a CANCEL passes, a command that sends a request fails with
    /// `TransactionError::Limit`; and a response that does not fit is sent, but not kept to be
    /// sent again.
    pub transaction_bytes_max: usize,
    /// Bytes of a request that leaves as a datagram. Beyond: it goes over TCP to the same address,
    /// and as a datagram only where no connection can be opened (RFC 3261 section 18.1.1);
    /// `usize::MAX` leaves all as they are. Not for what goes back over a flow, or to an address
    /// and transport that the application names.
    pub datagram_request_bytes_max: usize,
    /// Open accepted connections. Beyond: a new one is closed at once.
    pub connections_max: usize,
    /// Open dialled connections, those being dialled included. Beyond: a connect fails. Apart from
    /// the accepted ones, so that neither can use up what the others need.
    pub dialled_connections_max: usize,
    /// Open accepted connections from one IP address. Beyond: a new one is closed at once.
    pub connections_per_peer_max: usize,
    /// Destinations remembered as unreachable by datagram. Beyond: the oldest is forgotten, and the
    /// client transactions to it end by their timeout instead of at their next retransmission.
    pub failed_destinations_max: usize,
    /// Bytes waiting to be written on one connection. Beyond: the connection is closed, because a
    /// peer that never reads must not hold memory.
    pub write_queue_bytes_max: usize,
    /// How long a connection may be idle before it is closed: without a message or a keep-alive,
    /// and nobody waiting for one. Parts of a message do not count.
    pub connection_idle: Duration,
    /// How long a message on a stream may take from its first byte to its last. Beyond: the
    /// connection is closed.
    pub message_timeout: Duration,
    /// How long an accepted connection over TCP or TLS may be open before its first message or
    /// keep-alive is whole. Beyond: it is closed. Over WebSocket its HTTP request was the first.
    pub first_message_timeout: Duration,
    /// How long a dialled connection may take to open.
    pub connect_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header_bytes_max: 32 * 1024,
            body_bytes_max: 64 * 1024,
            body_parts_max: 32,
            body_depth_max: 4,
            header_count_max: 128,
            header_value_bytes_max: 8 * 1024,
            server_transactions_max: 1_000_000,
            client_transactions_max: 1_000_000,
            transaction_bytes_max: 1024 * 1024 * 1024,
            datagram_request_bytes_max: 1_300,
            connections_max: 16_384,
            dialled_connections_max: 4_096,
            connections_per_peer_max: 4_096,
            failed_destinations_max: 1_024,
            write_queue_bytes_max: 1024 * 1024,
            connection_idle: Duration::from_secs(600),
            message_timeout: Duration::from_secs(30),
            first_message_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(2),
        }
    }
}
