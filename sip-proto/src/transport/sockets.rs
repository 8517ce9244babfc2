//! The sockets and listeners a driver has opened, and which of them to send from.

use std::net::{IpAddr, SocketAddr};

use crate::{SocketId, TransportKind};

/// A datagram socket or a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Socket {
    pub(crate) id: SocketId,
    pub(crate) transport: TransportKind,
    pub(crate) local: SocketAddr,
    pub(crate) advertised: Option<SocketAddr>,
}

impl Socket {
    /// What peers are told: the advertised address, else the bound one, whose unspecified IP
    /// gives way to `seen`, the local address a datagram was seen to arrive at.
    pub(crate) fn public(&self, seen: Option<IpAddr>) -> SocketAddr {
        match (self.advertised, seen) {
            (Some(advertised), _) => advertised,
            (None, Some(ip)) if self.local.ip().is_unspecified() => {
                SocketAddr::new(ip, self.local.port())
            }
            (None, _) => self.local,
        }
    }
}

/// All of them, in the order they were opened; a handful, so that searching is scanning.
#[derive(Debug, Default)]
pub(crate) struct Sockets(Vec<Socket>);

impl Sockets {
    /// Takes in a socket; one with the same id is replaced.
    pub(crate) fn insert(&mut self, socket: Socket) {
        match self.0.iter_mut().find(|known| known.id == socket.id) {
            Some(known) => *known = socket,
            None => self.0.push(socket),
        }
    }

    pub(crate) fn get(&self, id: SocketId) -> Option<&Socket> {
        self.0.iter().find(|socket| socket.id == id)
    }

    /// Whether there is one of that address family.
    pub(crate) fn has_family(&self, is_ipv4: bool) -> bool {
        self.0.iter().any(|socket| socket.local.is_ipv4() == is_ipv4)
    }

    /// Whether there is one of that transport.
    pub(crate) fn has_transport(&self, transport: TransportKind) -> bool {
        self.0.iter().any(|socket| socket.transport == transport)
    }

    /// The socket to reach `destination` from: of that transport and address family, bound to
    /// loopback if and only if the destination is loopback, as far as there is a choice.
    pub(crate) fn towards(&self, transport: TransportKind, destination: IpAddr) -> Option<&Socket> {
        self.best(destination, |socket| socket.transport == transport)
    }

    /// Every address that is given as ours, `seen` standing in for that of sockets that are bound
    /// to all of them.
    pub(crate) fn public_addresses(&self, seen: IpAddr) -> impl Iterator<Item = SocketAddr> {
        self.0.iter().map(move |socket| socket.public(Some(seen)))
    }

    /// The address to give as ours on a connection to `destination`: where a listener of that
    /// transport can be reached, else any socket's, for a client that does not listen; by `seen`,
    /// our end of that connection, where the socket is bound to all addresses.
    pub(crate) fn sent_by_towards(
        &self,
        transport: TransportKind,
        destination: IpAddr,
        seen: Option<IpAddr>,
    ) -> Option<SocketAddr> {
        self.towards(transport, destination)
            .or_else(|| self.best(destination, |_| true))
            .map(|socket| socket.public(seen))
    }

    fn best(&self, destination: IpAddr, eligible: impl Fn(&Socket) -> bool) -> Option<&Socket> {
        self.0
            .iter()
            .filter(|socket| eligible(socket) && socket.local.is_ipv4() == destination.is_ipv4())
            .max_by_key(|socket| {
                let preference = preference(socket.local.ip(), destination);
                // The first opened wins a tie; max_by_key would take the last.
                (preference, core::cmp::Reverse(socket.id))
            })
    }
}

fn preference(local: IpAddr, destination: IpAddr) -> u8 {
    match (local.is_loopback(), destination.is_loopback()) {
        (true, true) => 2,
        (false, false) => 2,
        (false, true) => 1,
        // A loopback-bound socket cannot reach beyond the host; the driver reports the failure.
        (true, false) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(id: u32, transport: TransportKind, local: &str) -> Socket {
        let local = local.parse().expect("a socket address");
        Socket { id: SocketId(id), transport, local, advertised: None }
    }

    fn table(sockets: &[(TransportKind, &str)]) -> Sockets {
        let mut table = Sockets::default();
        for (id, (transport, local)) in (0..).zip(sockets) {
            table.insert(socket(id, *transport, local));
        }
        table
    }

    #[test]
    fn a_destination_picks_transport_family_and_loopback() {
        use TransportKind::{Tcp, Udp};
        let table = table(&[
            (Tcp, "192.0.2.1:5060"),
            (Udp, "192.0.2.1:5060"),
            (Udp, "127.0.0.1:5060"),
            (Udp, "192.0.2.2:5070"),
            (Udp, "[::1]:5060"),
        ]);
        for (transport, destination, expected) in [
            (Udp, "198.51.100.7", Some(1)),
            (Udp, "127.0.0.1", Some(2)),
            (Udp, "127.9.9.9", Some(2)),
            (Udp, "::1", Some(4)),
            (Udp, "2001:db8::1", Some(4)),
            (Tcp, "127.0.0.1", Some(0)),
            (Tcp, "::1", None),
            (TransportKind::Tls, "127.0.0.1", None),
        ] {
            let destination = destination.parse().expect("an IP address");
            let chosen = table.towards(transport, destination).map(|socket| socket.id.0);
            assert_eq!(chosen, expected, "{transport} to {destination}");
        }
    }

    #[test]
    fn a_client_without_listener_still_has_an_address() {
        let table = table(&[(TransportKind::Udp, "127.0.0.1:5062")]);
        let ip = "127.0.0.1".parse().expect("an IP address");
        let sent_by = table.sent_by_towards(TransportKind::Tcp, ip, None);
        assert_eq!(sent_by, Some("127.0.0.1:5062".parse().expect("a socket address")));
    }

    #[test]
    fn what_peers_are_told() {
        let any = socket(0, TransportKind::Udp, "0.0.0.0:5060");
        let seen = "192.0.2.9".parse().ok();
        assert_eq!(any.public(None).to_string(), "0.0.0.0:5060");
        assert_eq!(any.public(seen).to_string(), "192.0.2.9:5060");
        let behind = Socket { advertised: "203.0.113.1:5070".parse().ok(), ..any };
        assert_eq!(behind.public(seen).to_string(), "203.0.113.1:5070");
    }

    #[test]
    fn the_same_id_is_replaced() {
        let mut table = table(&[(TransportKind::Udp, "127.0.0.1:5060")]);
        table.insert(socket(0, TransportKind::Udp, "127.0.0.1:5070"));
        assert_eq!(table.get(SocketId(0)).map(|socket| socket.local.port()), Some(5070));
        assert_eq!(table.0.len(), 1);
    }
}
