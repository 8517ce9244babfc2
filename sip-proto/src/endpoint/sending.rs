//! Putting bytes on their way, over datagrams and connections alike.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use super::clients::ClientEvent;
use super::servers::ServerEvent;
use super::{Endpoint, NextHop, TransactionError};
use crate::message::Uri;
use crate::resolve::Wanted;
use crate::slab::SlabKey;
use crate::transport::{FlowId, QueueError, Target};
use crate::{ConnectionId, Output, Request, SocketId, Transmit, TransportKind};

/// A path that a message takes from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Path {
    Datagram { socket: SocketId, destination: SocketAddr, source: Option<IpAddr> },
    Stream { connection: ConnectionId },
}

impl Path {
    pub(super) const fn is_reliable(self) -> bool {
        matches!(self, Self::Stream { .. })
    }
}

/// The path of a request, and what its Via says of us.
#[derive(Clone, Debug)]
pub(super) struct Departure {
    pub(super) path: Path,
    pub(super) transport: TransportKind,
    pub(super) sent_by: SocketAddr,
    /// The transport of the target, which it leaves by unless it is too large for a datagram.
    pub(super) target_transport: TransportKind,
    /// How it leaves if no connection can be opened.
    pub(super) instead: Option<Box<Self>>,
    /// Whom the next hop must prove to be, over TLS.
    pub(super) server_name: Option<Box<str>>,
}

impl Departure {
    fn new(
        path: Path,
        transport: TransportKind,
        sent_by: SocketAddr,
        server_name: Option<Box<str>>,
    ) -> Self {
        Self { path, transport, sent_by, target_transport: transport, instead: None, server_name }
    }
}

/// How a request gets to its next hop.
#[derive(Debug)]
pub(super) enum Way {
    /// Over this.
    Known(Departure),
    /// Over what the resolver finds.
    Wanted(Wanted),
}

/// Who fails when a message cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum User {
    Client(SlabKey),
    Cancel(SlabKey),
    Server(SlabKey),
}

impl User {
    pub(super) const MIN: Self = Self::Client(SlabKey { index: 0, generation: 0 });
}

impl Endpoint {
    /// Sends `bytes`; if that is impossible, `user` hears of it at the end of this input.
    pub(super) fn transmit(&mut self, user: Option<User>, path: Path, data: Bytes) {
        match path {
            Path::Datagram { socket, destination, source } => {
                self.push(Output::Transmit(Transmit { socket, destination, source, data }));
            }
            Path::Stream { connection } => {
                match self.connections.queue(self.now, connection, data.len()) {
                    Ok(()) => return self.push(Output::Write { connection, data }),
                    Err(QueueError::Full) => self.close_connection(connection),
                    Err(QueueError::Gone) => {}
                }
                self.broken.extend(user);
            }
        }
    }

    /// Tells those whose message could not be sent.
    pub(super) fn fail_broken(&mut self) {
        while let Some(user) = self.broken.pop_first() {
            match user {
                User::Client(key) => self.drive_client(key, ClientEvent::TransportError),
                User::Cancel(key) => self.drive_cancel(key, ClientEvent::TransportError),
                User::Server(key) if self.seek_sender(key) => {}
                User::Server(key) => {
                    self.drive_server(key, ServerEvent::TransportError);
                }
            }
        }
    }

    /// The path to a next hop that is an address, else the name whose servers are to be found.
    pub(super) fn depart(
        &mut self,
        request: &Request,
        next_hop: &NextHop,
    ) -> Result<Way, TransactionError> {
        if let NextHop::FlowOrMessage(flow) = next_hop
            && let Ok(departure) = self.depart_on(*flow)
        {
            return Ok(Way::Known(departure));
        }
        let wanted = match next_hop {
            NextHop::Flow(flow) => return self.depart_on(*flow).map(Way::Known),
            NextHop::Address { transport, address } => {
                let server_name = name_by_address(*transport, *address);
                let target = Target { transport: *transport, address: *address, server_name };
                return self.depart_for(target).map(Way::Known);
            }
            NextHop::Uri(uri) => Uri::parse(uri).ok().and_then(|uri| Wanted::from_uri(&uri)),
            NextHop::ByMessage | NextHop::FlowOrMessage(_) => Wanted::from_request(request),
        };
        let wanted = wanted.ok_or(TransactionError::NoAddress)?;
        match wanted.numeric() {
            Some((transport, address)) => {
                let server_name = name_by_address(transport, address);
                let target = Target { transport, address, server_name };
                self.depart_with(request, target).map(Way::Known)
            }
            None => Ok(Way::Wanted(wanted)),
        }
    }

    /// The path to a target; a connection is dialled if there is none to reuse.
    pub(super) fn depart_for(&mut self, target: Target) -> Result<Departure, TransactionError> {
        let Target { transport, address, server_name } = target;
        if !transport.is_reliable() {
            let socket = self.sockets.towards(transport, address.ip());
            let socket = socket.ok_or(TransactionError::NoAddress)?;
            let path = Path::Datagram { socket: socket.id, destination: address, source: None };
            let sent_by = socket.public(None);
            return Ok(Departure::new(path, transport, sent_by, None));
        }
        let sent_by = self.sockets.sent_by_towards(transport, address.ip(), None);
        let sent_by = sent_by.ok_or(TransactionError::NoAddress)?;
        let connection = self.connection_to(transport, address, server_name.as_deref())?;
        Ok(Departure::new(Path::Stream { connection }, transport, sent_by, server_name))
    }

    /// Back over a flow, as the peer knows us there.
    fn depart_on(&self, flow: FlowId) -> Result<Departure, TransactionError> {
        match flow {
            FlowId::Datagram { socket, peer } => {
                let socket = self.sockets.get(socket).ok_or(TransactionError::NoAddress)?;
                let path = Path::Datagram { socket: socket.id, destination: peer, source: None };
                let (transport, sent_by) = (socket.transport, socket.public(None));
                Ok(Departure::new(path, transport, sent_by, None))
            }
            FlowId::Stream { connection } if self.connections.is_usable(connection) => {
                let open = self.connections.get(connection).ok_or(TransactionError::Transport)?;
                let sent_by = self.public_address_of(open);
                let (path, transport) = (Path::Stream { connection }, open.transport);
                let server_name = name_by_address(transport, open.peer);
                Ok(Departure::new(path, transport, sent_by, server_name))
            }
            FlowId::Stream { .. } => Err(TransactionError::Transport),
        }
    }

    /// The connection to `peer`, who over TLS must be `server_name`; dialled if there is none.
    /// WebSocket is only accepted: browsers take no connections (RFC 7118 section 5).
    pub(super) fn connection_to(
        &mut self,
        transport: TransportKind,
        peer: SocketAddr,
        server_name: Option<&str>,
    ) -> Result<ConnectionId, TransactionError> {
        if let Some(connection) = self.connections.find(transport, peer, server_name) {
            return Ok(connection);
        }
        let server_name = match transport {
            TransportKind::Tcp => None,
            TransportKind::Tls => Some(server_name.ok_or(TransactionError::NoAddress)?),
            TransportKind::Udp | TransportKind::Ws | TransportKind::Wss => {
                return Err(TransactionError::NoAddress);
            }
        };
        let dialled = self.connections.dial(self.now, transport, peer, server_name);
        let connection = dialled.ok_or(TransactionError::Limit)?;
        let server_name = server_name.map(str::to_owned);
        self.push(Output::Connect { connection, transport, peer, server_name });
        self.watch_connection(connection);
        Ok(connection)
    }
}

/// Whom the far end must prove to be over TLS where all that is known is its address.
pub(super) fn name_by_address(transport: TransportKind, peer: SocketAddr) -> Option<Box<str>> {
    (transport == TransportKind::Tls).then(|| peer.ip().to_string().into())
}
