//! The checks that every adapter must pass.

use sip_driver::test_support::{Echo, Reporter};
use sip_driver::{DriverError, RunSummary, Sockets, StopSignal};

fn run(sockets: Sockets, stop: StopSignal, app: Reporter) -> Result<RunSummary, DriverError> {
    sip_async_std::run(sockets, stop, Echo::new, app)
}

sip_driver::conformance!(run);
