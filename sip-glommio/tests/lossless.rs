//! The wait takes nothing from the sockets: no datagram is lost to it, whatever it races with.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::Duration;

use sip_driver::test_support::{Echo, Reporter, Running};
use sip_driver::{DriverError, RunSummary, Sockets, StopSignal};

const DATAGRAMS: u32 = 20_000;
/// Less than the receive buffer holds.
const WINDOW: u32 = 40;

fn run(sockets: Sockets, stop: StopSignal, app: Reporter) -> Result<RunSummary, DriverError> {
    sip_glommio::run(sockets, stop, Echo::new, app)
}

#[test]
fn twenty_thousand_datagrams_with_pauses_and_timers_all_return() {
    let Some(running) = Running::start(run) else {
        return;
    };
    for window in 0..DATAGRAMS / WINDOW {
        // A timer that fires while datagrams arrive ends the wait in the other way.
        running.command("arm 1");
        let numbers = window * WINDOW..(window + 1) * WINDOW;
        for number in numbers.clone() {
            running.send(&number.to_be_bytes());
            if number % 7 == window % 7 {
                sleep(Duration::from_micros(u64::from(number % 13) * 40));
            }
        }
        let echoed: BTreeSet<_> = numbers.clone().map(|_| running.receive().0).collect();
        assert!(echoed.iter().eq(&numbers.map(|n| n.to_be_bytes().to_vec()).collect::<Vec<_>>()));
    }
    let summary = running.finish();
    assert_eq!(summary.datagrams_in, u64::from(DATAGRAMS + DATAGRAMS / WINDOW));
    assert_eq!(summary.datagrams_out, u64::from(DATAGRAMS));
}
