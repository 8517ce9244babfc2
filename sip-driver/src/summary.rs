//! What a run moved.

use std::fmt;

/// What a run moved, and how it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunSummary {
    /// Datagrams received.
    pub datagrams_in: u64,
    /// Datagrams handed to the kernel.
    pub datagrams_out: u64,
    /// Datagrams not handed to the kernel: its queue or ours was full, or it refused them.
    pub datagrams_dropped: u64,
    /// Bytes in datagrams received.
    pub datagram_bytes_in: u64,
    /// Bytes in datagrams handed to the kernel.
    pub datagram_bytes_out: u64,
    /// Connections accepted.
    pub connections_accepted: u64,
    /// Connections closed as soon as they were accepted, because there were too many.
    pub connections_refused: u64,
    /// Handshakes of TLS and WebSocket that opened a connection.
    pub handshakes_completed: u64,
    /// Handshakes that did not.
    pub handshakes_failed: u64,
    /// Connections dialled, whether or not they opened.
    pub connections_dialled: u64,
    /// Bytes read from connections.
    pub stream_bytes_in: u64,
    /// Bytes written to connections.
    pub stream_bytes_out: u64,
    /// What was to be handed to another shard: dropped, because there is only this one.
    pub forwards_dropped: u64,
    /// Whether the machine said that it finished, rather than being abandoned.
    pub drained: bool,
}

impl fmt::Display for RunSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} datagrams in, {} out, {} dropped; {} connections accepted, {} dialled; {}",
            self.datagrams_in,
            self.datagrams_out,
            self.datagrams_dropped,
            self.connections_accepted,
            self.connections_dialled,
            if self.drained { "drained" } else { "abandoned" },
        )
    }
}
