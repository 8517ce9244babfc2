//! Where a response goes (RFC 3261 section 18.2.2, RFC 3581 section 4).

use std::net::{IpAddr, SocketAddr};

use crate::message::Via;
use crate::{ConnectionId, SocketId, TransportKind};

/// Where the responses to one request go. Decided when the request arrives: what happens to its
/// Via on the way through an application cannot redirect them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ResponseRoute {
    /// In a datagram, from the socket and the local address that the request arrived at.
    Datagram { socket: SocketId, destination: SocketAddr, source: Option<IpAddr> },
    /// On the connection the request arrived on; once that is gone, on one to `dial`.
    Stream { connection: ConnectionId, transport: TransportKind, dial: SocketAddr },
}

impl ResponseRoute {
    /// The route back over a datagram socket to `remote`, by the topmost Via of the request.
    ///
    /// The address is always the one the request came from: where sent-by says otherwise,
    /// `received` overrules it. RFC 3261 section 18.2.2 sends to `maddr` whatever it says, so that
    /// anybody could have us send anywhere, under our address; but what it is for is multicast, to
    /// whose group the request itself went (section 18.1.1). So only a group goes elsewhere, and
    /// any other `maddr` than the sender's own address is passed over.
    pub(crate) fn datagram(
        via: Option<&Via<'_>>,
        socket: SocketId,
        remote: SocketAddr,
        source: Option<IpAddr>,
    ) -> Self {
        let destination = match via {
            None => remote,
            Some(via) => {
                let port = via.port.unwrap_or(TransportKind::Udp.default_port());
                match maddr(via).filter(|address| may_redirect(*address, remote.ip())) {
                    Some(address) => SocketAddr::new(address, port),
                    None if via.rport().is_some() => remote,
                    None => SocketAddr::new(remote.ip(), port),
                }
            }
        };
        Self::Datagram { socket, destination, source }
    }

    /// The route back over a connection from `peer`.
    pub(crate) fn stream(
        via: Option<&Via<'_>>,
        connection: ConnectionId,
        transport: TransportKind,
        peer: SocketAddr,
    ) -> Self {
        let port = via.and_then(|via| via.port).unwrap_or_else(|| transport.default_port());
        Self::Stream { connection, transport, dial: SocketAddr::new(peer.ip(), port) }
    }

    /// Whether the transport repeats what is lost.
    pub(crate) const fn is_reliable(&self) -> bool {
        matches!(self, Self::Stream { .. })
    }
}

fn maddr(via: &Via<'_>) -> Option<IpAddr> {
    let value = core::str::from_utf8(via.params.value("maddr")?).ok()?;
    value.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn may_redirect(address: IpAddr, sender: IpAddr) -> bool {
    let is_group = address.is_multicast() && address.is_ipv4() == sender.is_ipv4();
    is_group || address == sender
}
