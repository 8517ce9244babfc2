//! The smallest adapter: it waits by blocking the thread.

use std::os::fd::AsFd as _;
use std::time::Instant;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use sip_driver::test_support::{Echo, Reporter};
use sip_driver::{Driver, DriverError, RunSummary, Sockets, StopSignal, Turn};

pub(crate) fn run(
    sockets: Sockets,
    stop: StopSignal,
    app: Reporter,
) -> Result<RunSummary, DriverError> {
    let mut driver = Driver::start(sockets, stop, Echo::new, app)?;
    let readiness = driver.readiness()?;
    loop {
        match driver.turn()? {
            Turn::Again => {}
            Turn::Wait { until } => {
                let mut descriptors = [PollFd::new(readiness.as_fd(), PollFlags::POLLIN)];
                // An interrupted wait is a spurious turn.
                let _ = poll(&mut descriptors, timeout(until));
            }
            Turn::Done(summary) => return Ok(summary),
        }
    }
}

/// Rounded up, lest the last millisecond be spent spinning.
fn timeout(until: Option<Instant>) -> PollTimeout {
    let Some(until) = until else {
        return PollTimeout::NONE;
    };
    let wait = until.saturating_duration_since(Instant::now());
    let millis = wait.as_nanos().div_ceil(1_000_000);
    i32::try_from(millis).ok().and_then(|ms| ms.try_into().ok()).unwrap_or(PollTimeout::MAX)
}
