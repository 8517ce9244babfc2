//! The executor around the wait.

use std::pin::pin;

use futures_lite::future::{or, yield_now};
use glommio::{LocalExecutorBuilder, Placement};
use sip_driver::{App, Driver, DriverError, RunSummary, Sockets, Start, StopSignal, Turn};
use sip_proto::Machine;

use crate::{uring, wait};

/// Drives a machine on the calling thread until it is told to stop.
///
/// The machine is built in that thread and never leaves it. What `app` spawns with
/// [`glommio::spawn_local`] runs beside it.
///
/// # Errors
/// [`DriverError::Runtime`] if io_uring cannot be used here; [`DriverError`] if the system fails.
pub fn run<M: Machine, A: App<M>>(
    sockets: Sockets,
    stop: StopSignal,
    build: impl FnOnce(Start) -> M,
    app: A,
) -> Result<RunSummary, DriverError> {
    available()?;
    let executor = LocalExecutorBuilder::new(Placement::Unbound)
        // For files, which there are none of here.
        .io_memory(0)
        .make()
        .map_err(|error| cannot(format!("{error}; `ulimit -l` shows the memlock limit")))?;
    executor.run(drive(sockets, stop, build, app))
}

/// Whether io_uring can be used here; containers often forbid it.
///
/// # Errors
/// [`DriverError::Runtime`] with what is missing, if it cannot.
pub fn available() -> Result<(), DriverError> {
    uring::probe().map_err(|error| cannot(uring::advice(&error)))
}

fn cannot(reason: String) -> DriverError {
    DriverError::Runtime { runtime: "glommio", reason }
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
    // Lives through any number of turns: made anew only once it has completed.
    let mut readable = pin!(wait::readable(driver.readiness()));
    loop {
        match driver.turn()? {
            Turn::Again => yield_now().await,
            Turn::Wait { until } => {
                let is_readable = async {
                    readable.as_mut().await;
                    true
                };
                let is_time = async {
                    wait::time(until).await;
                    false
                };
                if or(is_readable, is_time).await {
                    readable.set(wait::readable(driver.readiness()));
                }
            }
            Turn::Done(summary) => return Ok(summary),
        }
    }
}
