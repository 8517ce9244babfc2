//! The wait: one descriptor and one timer.

use std::future::pending;
use std::os::fd::{FromRawFd as _, IntoRawFd as _, OwnedFd};
use std::time::{Duration, Instant};

use futures_lite::AsyncReadExt as _;
use glommio::net::TcpStream;
use glommio::timer::Timer;
use sip_driver::DriverError;

/// How soon to look again without having been told to.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Completes once `readiness` polls readable, at once if it does already. It takes nothing from
/// the descriptor, so that dropping it loses nothing.
///
/// glommio has no readiness future. Its streams, though, have io_uring poll their descriptor from
/// the moment they are made and read only after that; and reading `readiness`, which is no socket,
/// is an error without effect.
///
/// Without a descriptor, for want of them, it completes soon: others may close theirs meanwhile.
pub(crate) async fn readable(readiness: Result<OwnedFd, DriverError>) {
    let Ok(readiness) = readiness else {
        Timer::new(LOOK_AGAIN).await;
        return;
    };
    // SAFETY: the descriptor is open, and ours to give away.
    let mut stream = unsafe { TcpStream::from_raw_fd(readiness.into_raw_fd()) };
    let _ = stream.read(&mut [0]).await;
}

/// Completes at `until`.
pub(crate) async fn time(until: Option<Instant>) {
    match until {
        Some(until) => {
            Timer::new(until.saturating_duration_since(Instant::now())).await;
        }
        None => pending().await,
    }
}
