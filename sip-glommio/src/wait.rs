//! The wait: one descriptor and one timer.

use std::future::pending;
use std::os::fd::{FromRawFd as _, IntoRawFd as _, OwnedFd};
use std::time::Instant;

use futures_lite::AsyncReadExt as _;
use glommio::net::TcpStream;
use glommio::timer::Timer;

/// What ended a wait.
pub(crate) enum Woken {
    Readable,
    Time,
}

/// Completes once `readiness` polls readable, at once if it does already. It takes nothing from
/// the descriptor, so that dropping it loses nothing.
///
/// glommio has no readiness future. Its streams, though, have io_uring poll their descriptor from
/// the moment they are made and read only after that; and reading `readiness`, which is no socket,
/// is an error without effect.
pub(crate) async fn readable(readiness: OwnedFd) {
    // SAFETY: the descriptor is open, and ours to give away.
    let mut stream = unsafe { TcpStream::from_raw_fd(readiness.into_raw_fd()) };
    let _ = stream.read(&mut [0]).await;
}

/// Completes at `until`.
pub(crate) async fn time(until: Option<Instant>) -> Woken {
    match until {
        Some(until) => _ = Timer::new(until.saturating_duration_since(Instant::now())).await,
        None => pending().await,
    }
    Woken::Time
}
