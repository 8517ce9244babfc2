//! What moving a datagram costs on glommio; see the shared part for how it is measured.

use sip_driver::test_support::{Echo, Reporter};
use sip_driver::{DriverError, RunSummary, Sockets, StopSignal};

#[path = "../../sip-driver/examples/cost/mod.rs"]
mod cost;

fn run(sockets: Sockets, stop: StopSignal, app: Reporter) -> Result<RunSummary, DriverError> {
    sip_glommio::run(sockets, stop, Echo::new, app)
}

fn main() {
    cost::print(run);
}
