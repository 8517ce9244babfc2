//! The wait: one descriptor and one timer.

use std::future::pending;
use std::os::fd::OwnedFd;
use std::time::Instant;

use async_io::{Async, Timer};
use futures_lite::future::{or, yield_now};
use sip_driver::{App, Driver, DriverError, RunSummary, Sockets, Start, StopSignal, Turn};
use sip_proto::Machine;

#[cfg(not(feature = "async-std"))]
use async_io::block_on;
#[cfg(feature = "async-std")]
use async_std::task::block_on;

#[cfg(not(any(feature = "async-std", feature = "smol")))]
compile_error!("enable the feature `async-std` or `smol`");

/// Drives a machine on the calling thread until it is told to stop.
///
/// The machine is built in that thread and never leaves it.
///
/// # Errors
/// [`DriverError`] if the system fails.
pub fn run<M: Machine, A: App<M>>(
    sockets: Sockets,
    stop: StopSignal,
    build: impl FnOnce(Start) -> M,
    app: A,
) -> Result<RunSummary, DriverError> {
    block_on(drive(sockets, stop, build, app))
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
    let readiness = Async::new_nonblocking(driver.readiness()?)
        .map_err(DriverError::system("watching the sockets"))?;
    loop {
        match driver.turn()? {
            Turn::Again => yield_now().await,
            Turn::Wait { until } => or(readable(&readiness), time(until)).await?,
            Turn::Done(summary) => return Ok(summary),
        }
    }
}

async fn readable(readiness: &Async<OwnedFd>) -> Result<(), DriverError> {
    readiness.readable().await.map_err(DriverError::system("waiting for the sockets"))
}

async fn time(until: Option<Instant>) -> Result<(), DriverError> {
    match until {
        Some(until) => _ = Timer::at(until).await,
        None => pending().await,
    }
    Ok(())
}
