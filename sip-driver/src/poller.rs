//! One epoll instance for all descriptors of a driver.
//!
//! It is itself a descriptor that polls readable while any of them is ready, so that a runtime
//! has a single thing to wait for.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use sip_proto::SocketId;

/// Events taken by one system call.
const EVENTS_MAX: usize = 256;

/// Whose descriptor it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// The stop signal.
    Doorbell,
    /// A datagram socket or a listener.
    Socket(SocketId),
    /// A connection, by its slot.
    Connection(u32),
}

impl Token {
    const fn pack(self) -> u64 {
        match self {
            Self::Doorbell => 0,
            Self::Socket(SocketId(id)) => 1 << 32 | id as u64,
            Self::Connection(slot) => 2 << 32 | slot as u64,
        }
    }

    const fn unpack(data: u64) -> Self {
        let low = data as u32;
        match data >> 32 {
            0 => Self::Doorbell,
            1 => Self::Socket(SocketId(low)),
            _ => Self::Connection(low),
        }
    }
}

/// What to be told about a descriptor. Errors are told in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interest {
    pub(crate) read: bool,
    pub(crate) write: bool,
}

impl Interest {
    pub(crate) const READ: Self = Self { read: true, write: false };

    fn flags(self) -> EpollFlags {
        let mut flags = EpollFlags::empty();
        flags.set(EpollFlags::EPOLLIN, self.read);
        flags.set(EpollFlags::EPOLLOUT, self.write);
        flags
    }
}

/// A descriptor that is ready. An error makes it both readable and writable: whoever tries is
/// told which error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    pub(crate) token: Token,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
    pub(crate) failed: bool,
}

pub(crate) struct Poller {
    epoll: Epoll,
    events: Vec<EpollEvent>,
}

impl Poller {
    pub(crate) fn new() -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        Ok(Self { epoll, events: vec![EpollEvent::empty(); EVENTS_MAX] })
    }

    pub(crate) fn add(&self, fd: impl AsFd, token: Token, interest: Interest) -> io::Result<()> {
        Ok(self.epoll.add(fd, EpollEvent::new(interest.flags(), token.pack()))?)
    }

    pub(crate) fn modify(&self, fd: impl AsFd, token: Token, interest: Interest) -> io::Result<()> {
        Ok(self.epoll.modify(fd, &mut EpollEvent::new(interest.flags(), token.pack()))?)
    }

    pub(crate) fn remove(&self, fd: impl AsFd) -> io::Result<()> {
        Ok(self.epoll.delete(fd)?)
    }

    /// What is ready now, without waiting.
    pub(crate) fn poll(&mut self, ready: &mut Vec<Ready>) -> io::Result<()> {
        let count = match self.epoll.wait(&mut self.events, EpollTimeout::ZERO) {
            Ok(count) => count,
            Err(Errno::EINTR) => 0,
            Err(error) => return Err(error.into()),
        };
        ready.extend(self.events.iter().take(count).map(|event| {
            let flags = event.events();
            let failed = flags.intersects(EpollFlags::EPOLLERR | EpollFlags::EPOLLHUP);
            Ready {
                token: Token::unpack(event.data()),
                readable: failed || flags.contains(EpollFlags::EPOLLIN),
                writable: failed || flags.contains(EpollFlags::EPOLLOUT),
                failed,
            }
        }));
        Ok(())
    }

    /// Another descriptor of the same epoll instance.
    pub(crate) fn readiness(&self) -> io::Result<OwnedFd> {
        self.epoll.0.try_clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_the_kernel() {
        let tokens =
            [Token::Doorbell, Token::Socket(SocketId(u32::MAX)), Token::Connection(u32::MAX)];
        for token in tokens {
            assert_eq!(Token::unpack(token.pack()), token);
        }
    }
}
