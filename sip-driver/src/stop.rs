//! Telling a running driver, from any thread, to finish.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::DriverError;

const RUN: u8 = 0;
const DRAIN: u8 = 1;
const ABORT: u8 = 2;

/// Tells the driver that holds the [`StopSignal`] to finish.
#[derive(Clone, Debug)]
pub struct StopHandle(Arc<Shared>);

/// What a driver watches.
#[derive(Debug)]
pub struct StopSignal(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    wanted: AtomicU8,
    doorbell: EventFd,
}

/// How a run is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    No,
    Drain,
    Abort,
}

/// A connected pair.
///
/// # Errors
/// [`DriverError::System`] if the process is out of descriptors.
pub fn stop_channel() -> Result<(StopHandle, StopSignal), DriverError> {
    let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
    let doorbell =
        EventFd::from_flags(flags).map_err(DriverError::system("making a stop channel"))?;
    let shared = Arc::new(Shared { wanted: AtomicU8::new(RUN), doorbell });
    Ok((StopHandle(Arc::clone(&shared)), StopSignal(shared)))
}

impl StopHandle {
    /// Take no new work, finish what is there, then return from `run`; at the latest after
    /// [`DriverConfig::drain_timeout`](crate::DriverConfig::drain_timeout).
    pub fn drain(&self) {
        self.ask(DRAIN);
    }

    /// Return from `run` at once, abandoning what is unfinished.
    pub fn abort(&self) {
        self.ask(ABORT);
    }

    fn ask(&self, wanted: u8) {
        self.0.wanted.fetch_max(wanted, Ordering::Release);
        // Fails only where it has been rung 2^64 - 2 times without anyone listening.
        let _ = self.0.doorbell.write(1);
    }
}

impl StopSignal {
    pub(crate) fn wanted(&self) -> Stop {
        match self.0.wanted.load(Ordering::Acquire) {
            RUN => Stop::No,
            DRAIN => Stop::Drain,
            _ => Stop::Abort,
        }
    }

    /// Makes the descriptor unreadable until the next ring.
    pub(crate) fn silence(&self) -> io::Result<()> {
        match self.0.doorbell.read() {
            Ok(_) | Err(nix::errno::Errno::EAGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for StopSignal {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.doorbell.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_abort_outranks_a_drain_in_any_order() {
        let (handle, signal) = stop_channel().expect("an eventfd");
        assert_eq!(signal.wanted(), Stop::No);
        handle.drain();
        assert_eq!(signal.wanted(), Stop::Drain);
        handle.clone().abort();
        handle.drain();
        assert_eq!(signal.wanted(), Stop::Abort);
        signal.silence().expect("rung");
        signal.silence().expect("silence is not an error");
    }
}
