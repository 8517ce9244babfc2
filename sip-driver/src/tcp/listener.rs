//! One listener.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use sip_proto::{Instant, TransportKind};

/// Connections taken at a time; what remains keeps the listener ready.
const ACCEPTS_MAX: usize = 64;

/// A listener, which rests while the system is out of descriptors or memory.
pub(crate) struct Listener {
    socket: TcpListener,
    /// What it accepts.
    pub(crate) transport: TransportKind,
    /// Until when it rests.
    pub(crate) rests_until: Option<Instant>,
}

/// What accepting came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Accepting {
    /// No more for now.
    Done,
    /// The system is out of descriptors or memory: try again later.
    Exhausted,
}

impl Listener {
    pub(crate) const fn new(socket: TcpListener, transport: TransportKind) -> Self {
        Self { socket, transport, rests_until: None }
    }

    pub(crate) fn accept(&self, take: impl FnMut(TcpStream, SocketAddr)) -> Accepting {
        accept_with(|| self.socket.accept(), take)
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn accept_with(
    mut accept: impl FnMut() -> io::Result<(TcpStream, SocketAddr)>,
    mut take: impl FnMut(TcpStream, SocketAddr),
) -> Accepting {
    for _ in 0..ACCEPTS_MAX {
        let error = match accept() {
            Ok((stream, peer)) => {
                take(stream, peer);
                continue;
            }
            Err(error) => error,
        };
        match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EAGAIN) => return Accepting::Done,
            // That connection is gone already; the next one may be fine.
            Some(Errno::ECONNABORTED | Errno::EINTR | Errno::EPROTO | Errno::EPERM) => {}
            // Errors that would come back at once: without a rest this would be a busy loop.
            _ => return Accepting::Exhausted,
        }
    }
    Accepting::Done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_of_descriptors_is_a_reason_to_rest_and_an_aborted_connection_is_not() {
        let mut script = vec![Errno::EMFILE, Errno::ECONNABORTED, Errno::EINTR];
        let scripted = || Err(script.pop().unwrap_or(Errno::EAGAIN).into());
        assert_eq!(accept_with(scripted, |_, _| {}), Accepting::Exhausted);
        let empty = || Err(Errno::EAGAIN.into());
        assert_eq!(accept_with(empty, |_, _| {}), Accepting::Done);
    }

    #[test]
    fn a_flood_of_aborted_connections_does_not_hold_the_thread() {
        let mut calls = 0;
        let aborted = || {
            calls += 1;
            Err(Errno::ECONNABORTED.into())
        };
        assert_eq!(accept_with(aborted, |_, _| {}), Accepting::Done);
        assert_eq!(calls, ACCEPTS_MAX);
    }
}
