//! The identity of a path to a peer.

use std::net::SocketAddr;

use crate::{ConnectionId, SocketId};

/// A path to a peer: a connection, or a datagram socket with the peer's address.
///
/// A request sent over the flow that a REGISTER came in on reaches a phone behind a NAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FlowId {
    /// Datagrams between a socket of ours and a peer.
    Datagram {
        /// Our socket.
        socket: SocketId,
        /// The peer.
        peer: SocketAddr,
    },
    /// A stream connection.
    Stream {
        /// Which.
        connection: ConnectionId,
    },
}
