//! One connection.

use std::io::{self, ErrorKind, Read as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use nix::errno::Errno;
use sip_proto::{CloseReason, ConnectionId, SocketId, TransportKind};
use socket2::{Protocol, SockAddr, SockRef, Type};

use super::write_queue::WriteQueue;
use crate::layers::Layers;
use crate::poller::Interest;
use crate::sockets::new_socket;

/// Where a connection is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Being opened.
    Dialling,
    /// Open, but its TLS or WebSocket is not.
    Handshaking,
    /// Open both ways.
    Open,
    /// The peer closed its end; what is queued may still reach it.
    PeerClosed,
    /// The machine closed it; what is queued is still written.
    Closing,
    /// Over for the machine. Our end is closed, the peer's not yet: closing the descriptor now
    /// could make the kernel discard what is still on its way to the peer.
    Lingering,
}

/// What reading came to.
#[derive(Debug)]
pub(super) enum ReadOutcome {
    Bytes(usize),
    Nothing,
    PeerClosed,
    Failed,
}

/// Where a connection comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    /// What it carries.
    pub(super) transport: TransportKind,
    pub(super) peer: SocketAddr,
    /// Which listener accepted it; `None` if it was dialled.
    pub(super) listener: Option<SocketId>,
    /// Counted among the handshakes under way.
    pub(super) counted: bool,
}

pub(super) struct Connection {
    pub(super) id: ConnectionId,
    pub(super) phase: Phase,
    pub(super) queue: WriteQueue,
    /// What the poller was last told.
    pub(super) interest: Interest,
    /// Listed among those with something to flush.
    pub(super) listed: bool,
    /// What lies between its bytes and the machine's.
    pub(super) layers: Option<Box<Layers>>,
    /// The machine knows it and has not heard of its end.
    pub(super) known: bool,
    /// What the machine is to be told once the handshake is over.
    pub(super) origin: Origin,
    /// Nothing more is read while as much as this waits to be written.
    pub(super) read_below_bytes: usize,
    stream: TcpStream,
}

impl Connection {
    /// `stream` comes from a listener.
    pub(super) fn accepted(
        id: ConnectionId,
        stream: TcpStream,
        origin: Origin,
    ) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self::new(id, stream, Phase::Open, origin))
    }

    /// Starts to open a connection to the peer of `origin`.
    pub(super) fn dial(id: ConnectionId, origin: Origin) -> Result<Self, CloseReason> {
        let peer = origin.peer;
        let socket = new_socket(peer, Type::STREAM, Protocol::TCP).map_err(|e| dial_failed(&e))?;
        match socket.connect(&SockAddr::from(peer)) {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(Errno::EINPROGRESS as i32) => {}
            Err(error) => return Err(dial_failed(&error)),
        }
        Ok(Self::new(id, socket.into(), Phase::Dialling, origin))
    }

    fn new(id: ConnectionId, stream: TcpStream, phase: Phase, origin: Origin) -> Self {
        // Messages are written whole: waiting for more to fill a segment only delays them. It fails
        // only where the peer is gone already, which reading tells.
        let _ = stream.set_nodelay(true);
        let mut connection = Self {
            id,
            phase,
            queue: WriteQueue::default(),
            interest: Interest::READ,
            listed: false,
            layers: None,
            known: origin.listener.is_none(),
            origin,
            read_below_bytes: usize::MAX,
            stream,
        };
        connection.interest = connection.wanted();
        connection
    }

    /// What the poller should be told now.
    pub(super) fn wanted(&self) -> Interest {
        let queued = self.queue.bytes() > 0;
        match self.phase {
            Phase::Dialling => Interest { read: false, write: true },
            Phase::Handshaking | Phase::Open => {
                let read = self.queue.bytes() < self.read_below_bytes;
                Interest { read, write: queued }
            }
            Phase::PeerClosed | Phase::Closing => Interest { read: false, write: queued },
            Phase::Lingering => Interest::READ,
        }
    }

    /// Whether dialling succeeded, once the descriptor is writable; our end's address if so.
    pub(super) fn dialled(&self) -> Result<SocketAddr, CloseReason> {
        let opened = match self.stream.take_error() {
            Ok(None) => self.stream.local_addr(),
            Ok(Some(error)) | Err(error) => Err(error),
        };
        opened.map_err(|error| dial_failed(&error))
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> ReadOutcome {
        match self.stream.read(buffer) {
            Ok(0) => ReadOutcome::PeerClosed,
            Ok(count) => ReadOutcome::Bytes(count),
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                ReadOutcome::Nothing
            }
            Err(_) => ReadOutcome::Failed,
        }
    }

    /// Writes what the kernel takes; says how many bytes it took.
    pub(super) fn flush(&mut self) -> io::Result<usize> {
        self.queue.write_to(&mut self.stream)
    }

    /// Our end's address.
    pub(super) fn local(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    /// Tells the peer that nothing more comes.
    pub(super) fn close_our_end(&self) -> io::Result<()> {
        self.stream.shutdown(Shutdown::Write)
    }

    /// Makes closing the descriptor a reset, so that the kernel keeps nothing for the peer.
    pub(super) fn reset_on_drop(&self) {
        let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

fn dial_failed(error: &io::Error) -> CloseReason {
    match error.kind() {
        ErrorKind::ConnectionRefused => CloseReason::Refused,
        _ => CloseReason::Unreachable,
    }
}
