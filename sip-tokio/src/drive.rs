//! The wait: one descriptor and one timer.

use std::future::pending;
use std::os::fd::OwnedFd;
use std::time::Instant;

use sip_driver::{App, Driver, DriverError, RunSummary, Sockets, Start, StopSignal, Turn};
use sip_proto::Machine;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::runtime::Builder;
use tokio::task::{LocalSet, yield_now};
use tokio::time::sleep_until;

/// Drives a machine on the calling thread until it is told to stop.
///
/// The machine is built in that thread and never leaves it. What `app` spawns with
/// [`tokio::task::spawn_local`] runs beside it.
///
/// # Errors
/// [`DriverError`] if the runtime cannot start or the system fails.
pub fn run<M: Machine, A: App<M>>(
    sockets: Sockets,
    stop: StopSignal,
    build: impl FnOnce(Start) -> M,
    app: A,
) -> Result<RunSummary, DriverError> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(DriverError::system("starting Tokio"))?;
    LocalSet::new().block_on(&runtime, drive(sockets, stop, build, app))
}

/// Drives a machine until it is told to stop.
///
/// # Errors
/// [`DriverError`] if the system fails.
pub async fn drive<M: Machine, A: App<M>>(
    sockets: Sockets,
    stop: StopSignal,
    build: impl FnOnce(Start) -> M,
    app: A,
) -> Result<RunSummary, DriverError> {
    let mut driver = Driver::start(sockets, stop, build, app)?;
    let readiness = watch(driver.readiness()?)?;
    loop {
        match driver.turn()? {
            Turn::Again => yield_now().await,
            Turn::Wait { until } => {
                tokio::select! {
                    ready = readable(&readiness) => ready?,
                    () = time(until) => {}
                }
            }
            Turn::Done(summary) => return Ok(summary),
        }
    }
}

fn watch(readiness: OwnedFd) -> Result<AsyncFd<OwnedFd>, DriverError> {
    // SAFETY: an `OwnedFd` is open, and always the same descriptor, for as long as it lives, and
    // the `AsyncFd` owns it.
    unsafe { AsyncFd::register_with_interest(readiness, Interest::READABLE) }
        .map_err(|error| error.into_parts().1)
        .map_err(DriverError::system("watching the sockets"))
}

/// Tokio is told of a change only once. So its note is torn up *before* the turn, which looks until
/// there is nothing left: whatever arrives after that look is a new change.
async fn readable(readiness: &AsyncFd<OwnedFd>) -> Result<(), DriverError> {
    let ready = readiness.readable().await;
    ready.map_err(DriverError::system("waiting for the sockets"))?.clear_ready();
    Ok(())
}

async fn time(until: Option<Instant>) {
    match until {
        Some(until) => sleep_until(until.into()).await,
        None => pending().await,
    }
}
