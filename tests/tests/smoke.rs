//! The same scenarios on each runtime adapter and in the simulator.

use sip_tests::smoke::{LoopbackNet, Runtime, SimNet, scenarios};

/// Each scenario gets a server of its own, so that one cannot lean on what another left behind.
fn on(runtime: Runtime) {
    if !runtime.is_available() {
        return;
    }
    for (name, scenario) in scenarios::ALL {
        println!("{runtime:?}: {name}");
        let mut net = LoopbackNet::start(runtime);
        scenario(&mut net);
        let summary = net.stop();
        println!("{runtime:?}: {name}: {summary}");
    }
    for (name, scenario) in scenarios::SECURE {
        println!("{runtime:?}: {name}");
        let mut net = LoopbackNet::start_secure(runtime);
        scenario(&mut net);
        let summary = net.stop();
        assert_eq!(summary.handshakes_failed, 0, "{summary}");
    }
}

#[test]
fn tokio() {
    on(Runtime::Tokio);
}

#[test]
fn async_std() {
    on(Runtime::AsyncStd);
}

#[test]
fn glommio() {
    on(Runtime::Glommio);
}

#[test]
fn simulator() {
    for seed in 0..5 {
        for (name, scenario) in scenarios::ALL {
            println!("seed {seed}: {name}");
            let mut net = SimNet::start(seed);
            scenario(&mut net);
        }
    }
}
