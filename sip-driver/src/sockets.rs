//! Binding sockets, before any runtime runs.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};

use nix::sys::socket::{setsockopt, sockopt};
use sip_proto::TransportKind;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::descriptors::Descriptors;
use crate::{BindError, DescriptorShortage, DriverConfig, Listen};

/// Bound sockets, ready to be moved into the thread that drives them.
#[derive(Debug)]
pub struct Sockets {
    pub(crate) config: DriverConfig,
    pub(crate) bound: Vec<Bound>,
    pub(crate) descriptors: Descriptors,
    local: Vec<(TransportKind, SocketAddr)>,
}

/// One of [`Sockets`].
#[derive(Debug)]
pub(crate) enum Bound {
    Datagram(UdpSocket),
    Listener(TcpListener),
}

impl Sockets {
    /// Binds everything in [`DriverConfig::listen`], or nothing.
    ///
    /// Raises the soft limit of this process on open files as far as
    /// [`DriverConfig::connections_max`] needs it.
    ///
    /// An address that another process has is an error, on every transport.
    ///
    /// # Errors
    /// [`BindError`] for the first that cannot be bound.
    pub fn bind(config: DriverConfig) -> Result<Self, BindError> {
        let mut bound = Vec::with_capacity(config.listen.len());
        let mut local = Vec::with_capacity(config.listen.len());
        for listen in &config.listen {
            let Listen { transport, address, .. } = *listen;
            let failed = |source| BindError { transport, address, source };
            let (socket, at) = bind_one(listen, &config).map_err(failed)?;
            bound.push(socket);
            local.push((transport, at));
        }
        let descriptors = Descriptors::claim(&config);
        Ok(Self { config, bound, descriptors, local })
    }

    /// Whether there are fewer descriptors than the configuration needs: a warning to print.
    #[must_use]
    pub fn shortage(&self) -> Option<DescriptorShortage> {
        self.descriptors.shortage()
    }

    /// Where each is bound, in the order of the configuration, with the ports that the kernel
    /// chose.
    #[must_use]
    pub fn local(&self) -> &[(TransportKind, SocketAddr)] {
        &self.local
    }
}

fn bind_one(listen: &Listen, config: &DriverConfig) -> io::Result<(Bound, SocketAddr)> {
    match listen.transport {
        TransportKind::Udp => {
            let socket = bind_udp(listen.address, config.receive_buffer_bytes)?;
            let at = socket.local_addr()?;
            Ok((Bound::Datagram(socket), at))
        }
        TransportKind::Tls | TransportKind::Wss if !config.tls.can_listen() => {
            Err(io::Error::new(io::ErrorKind::Unsupported, "there is no certificate to show"))
        }
        TransportKind::Tcp | TransportKind::Tls | TransportKind::Ws | TransportKind::Wss => {
            let listener = bind_tcp(listen.address, config.accept_backlog)?;
            let at = listener.local_addr()?;
            Ok((Bound::Listener(listener), at))
        }
    }
}

/// Binds a datagram socket.
///
/// Without `SO_REUSEADDR`: Linux would let a second process bind the same port and take over its
/// datagrams without a word.
pub(crate) fn bind_udp(address: SocketAddr, receive_buffer_bytes: usize) -> io::Result<UdpSocket> {
    let socket = new_socket(address, Type::DGRAM, Protocol::UDP)?;
    enlarge_receive_buffer(&socket, receive_buffer_bytes);
    if address.is_ipv4() {
        setsockopt(&socket, sockopt::Ipv4RecvErr, &true)?;
    } else {
        setsockopt(&socket, sockopt::Ipv6RecvErr, &true)?;
    }
    if address.ip().is_unspecified() {
        match address.ip() {
            IpAddr::V4(_) => setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?,
            IpAddr::V6(_) => setsockopt(&socket, sockopt::Ipv6RecvPacketInfo, &true)?,
        }
    }
    socket.bind(&SockAddr::from(address))?;
    Ok(socket.into())
}

/// Best effort: without the privilege to exceed it, the kernel's `net.core.rmem_max` holds.
fn enlarge_receive_buffer(socket: &Socket, bytes: usize) {
    if setsockopt(socket, sockopt::RcvBufForce, &bytes).is_err() {
        let _ = socket.set_recv_buffer_size(bytes);
    }
}

/// Listens.
///
/// With `SO_REUSEADDR`, which for a listener only means that connections of a process that is gone
/// do not keep its successor from the port.
fn bind_tcp(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let socket = new_socket(address, Type::STREAM, Protocol::TCP)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SockAddr::from(address))?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    Ok(socket.into())
}

/// A non-blocking socket for the family of `address`.
pub(crate) fn new_socket(address: SocketAddr, kind: Type, over: Protocol) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, Some(over))?;
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen_on(transport: TransportKind, address: SocketAddr) -> DriverConfig {
        DriverConfig { listen: vec![Listen::new(transport, address)], ..DriverConfig::default() }
    }

    const ANY_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

    #[test]
    fn a_second_server_on_the_port_fails_loudly() {
        for transport in [TransportKind::Udp, TransportKind::Tcp] {
            let first = Sockets::bind(listen_on(transport, ANY_PORT)).expect("a free port");
            let (_, address) = first.local()[0];
            assert_ne!(address.port(), 0);
            let error = Sockets::bind(listen_on(transport, address)).expect_err("it is taken");
            assert!(error.to_string().contains(&address.to_string()), "{error}");
            drop(first);
            Sockets::bind(listen_on(transport, address)).expect("it is free again");
        }
    }

    #[test]
    fn ipv6_leaves_ipv4_alone() {
        let six = SocketAddr::from((std::net::Ipv6Addr::UNSPECIFIED, 0));
        let Ok(first) = Sockets::bind(listen_on(TransportKind::Udp, six)) else {
            eprintln!("skipped: this machine has no IPv6");
            return;
        };
        let port = first.local()[0].1.port();
        let four = SocketAddr::from((std::net::Ipv4Addr::UNSPECIFIED, port));
        Sockets::bind(listen_on(TransportKind::Udp, four)).expect("another family, another port");
    }

    #[test]
    fn without_a_certificate_nothing_listens_for_tls() {
        for transport in [TransportKind::Tls, TransportKind::Wss] {
            let error = Sockets::bind(listen_on(transport, ANY_PORT)).expect_err("no certificate");
            let said = error.to_string();
            assert!(said.contains(transport.as_str()) && said.contains("certificate"), "{said}");
        }
        Sockets::bind(listen_on(TransportKind::Ws, ANY_PORT)).expect("it needs none");
    }
}
