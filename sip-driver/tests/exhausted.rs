//! A server that runs out of descriptors rests its listener and goes on. Alone in its process,
//! whose limits it lowers.

mod blocking;

use std::fs::File;
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use sip_driver::test_support::{Observed, Running};

const REST: Duration = Duration::from_millis(500);

#[test]
fn out_of_descriptors_the_listener_rests_and_comes_back() {
    let running = Running::start(blocking::run).expect("blocking works everywhere");
    let before = cpu(&running);
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    setrlimit(Resource::RLIMIT_NOFILE, 64, hard).expect("anyone may lower it");
    let mut files: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!(!files.is_empty() && files.len() < 64);

    // The one descriptor that is left goes to the peer; the server has none to accept it with.
    files.pop();
    let peer = TcpStream::connect(running.tcp).expect("the kernel completes it");
    sleep(REST);
    running.send(b"still there?");
    assert_eq!(running.receive().0, b"still there?");

    drop(files);
    running.wait_for(|observed| matches!(observed, Observed::Accepted(..)).then_some(()));
    drop(peer);
    let used = cpu(&running) - before;
    assert!(used < REST / 5, "{used:?} of CPU time: it did not rest");
    running.finish();
}

fn cpu(running: &Running) -> Duration {
    running.command("cpu");
    running.wait_for(|observed| match observed {
        Observed::Cpu(nanos) => Some(Duration::from_nanos(*nanos)),
        _ => None,
    })
}
