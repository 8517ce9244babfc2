//! Datagram sockets: batched receives, batched and segmented sends, ICMP errors.

mod icmp;
mod port;
mod receive;
mod send;

use std::net::SocketAddr;

use nix::sys::socket::SockaddrStorage;
use sip_proto::TransmitError;

pub(crate) use port::UdpPort;
pub(crate) use receive::Receiver;
pub(crate) use send::Sent;

/// A datagram that did not reach its destination, as far as anyone told us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) destination: SocketAddr,
    pub(crate) error: TransmitError,
}

fn to_std(address: &SockaddrStorage) -> Option<SocketAddr> {
    if let Some(v4) = address.as_sockaddr_in() {
        return Some(SocketAddr::V4((*v4).into()));
    }
    address.as_sockaddr_in6().map(|v6| SocketAddr::V6((*v6).into()))
}
