//! Checks of timers, effects and the end. Each is named after what it checks.
#![expect(missing_docs, reason = "the names say it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sip_proto::{SocketId, TransmitError};

use super::{Observed, Run, Running};
use crate::DriverConfig;

pub fn fires_timers_never_early_and_hardly_late(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    let mut late: Vec<Duration> = [1, 5, 10, 20, 30, 50, 70, 100, 3]
        .into_iter()
        .map(|millis| {
            let armed = Instant::now();
            running.command(&format!("arm {millis}"));
            let late = running.wait_for(|observed| match observed {
                Observed::Fired(late) => Some(*late),
                _ => None,
            });
            assert!(armed.elapsed() >= Duration::from_millis(millis), "early");
            late
        })
        .collect();
    late.sort();
    // The median: a busy machine may hold any thread up now and then.
    assert!(late[late.len() / 2] < Duration::from_millis(20), "{late:?}");
}

pub fn hands_answers_of_the_application_to_the_machine(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    running.command("ask");
    assert_eq!(running.receive().0, b"answered");
}

pub fn ignores_forged_ids(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    running.command("forge");
    for socket in [SocketId(999), SocketId(1)] {
        running.wait_for(|observed| match observed {
            Observed::TransmitFailed(id, _, TransmitError::Unreachable) if *id == socket => {
                Some(())
            }
            _ => None,
        });
    }
    running.send(b"unharmed");
    assert_eq!(running.receive().0, b"unharmed");
    assert_eq!(running.finish().datagrams_dropped, 2);
}

pub fn tells_the_wall_clock(run: Run) {
    let often = |config: &mut DriverConfig| config.clock_interval = Duration::from_millis(50);
    let Some(running) = Running::start_at(run, "127.0.0.1:0", often) else { return };
    for _ in 0..3 {
        let told = running.wait_for(|observed| match observed {
            Observed::Clock(unix) => Some(*unix),
            _ => None,
        });
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        assert!(told.as_secs().abs_diff(now) <= 1);
    }
}

pub fn rests_while_idle(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    let _idle = running.connect();
    let used = || {
        running.command("cpu");
        running.wait_for(|observed| match observed {
            Observed::Cpu(nanos) => Some(Duration::from_nanos(*nanos)),
            _ => None,
        })
    };
    let before = used();
    sleep(Duration::from_secs(1));
    let idle = used() - before;
    eprintln!("{idle:?} of CPU time in 1 s of rest");
    assert!(idle < Duration::from_millis(20), "{idle:?} of CPU time in 1 s of rest");
}

pub fn drains(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    let began = Instant::now();
    running.finish();
    assert!(began.elapsed() < Duration::from_secs(5), "nothing was left to do");
}

pub fn gives_a_drain_up_in_time(run: Run) {
    let impatient = |config: &mut DriverConfig| config.drain_timeout = Duration::from_millis(200);
    let Some(running) = Running::start_at(run, "127.0.0.1:0", impatient) else {
        return;
    };
    running.command("hold");
    running.send(b"held?");
    assert_eq!(running.receive().0, b"held?");
    let began = Instant::now();
    running.stop.drain();
    running.send(b"still served");
    assert_eq!(running.receive().0, b"still served");
    assert!(!running.join().drained);
    assert!(began.elapsed() >= Duration::from_millis(200));
    assert!(began.elapsed() < Duration::from_secs(5));
}

pub fn stops_while_busy(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    let enough = Arc::new(AtomicBool::new(false));
    let flood = {
        let (enough, peer) = (Arc::clone(&enough), running.peer.try_clone().expect("a descriptor"));
        let to = running.udp;
        spawn(move || {
            while !enough.load(Ordering::Relaxed) {
                // Refused once the socket is gone.
                let _ = peer.send_to(b"busy", to);
            }
        })
    };
    sleep(Duration::from_millis(100));
    let began = Instant::now();
    running.stop.drain();
    let summary = running.join();
    enough.store(true, Ordering::Relaxed);
    flood.join().expect("no panic");
    assert!(summary.drained && summary.datagrams_in > 100, "{summary}");
    assert!(began.elapsed() < Duration::from_secs(5));
}
