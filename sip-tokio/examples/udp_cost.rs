//! What moving a datagram costs, with and without batches and segmentation; takes five seconds.
//!
//! An echo server on Tokio answers a closed window of 64 datagrams of 450 bytes over loopback, from
//! one peer and from 16. The cost is the CPU time of the server's thread, divided by the datagrams
//! that it received and sent; on loopback a sender also pays for the delivery.

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use sip_driver::test_support::{Echo, Observed, Reporter, Running};
use sip_driver::{DriverConfig, DriverError, RunSummary, Sockets, StopSignal};

const WINDOW: usize = 64;
const BYTES: usize = 450;
const ROUNDS: usize = 3;
const ROUND: Duration = Duration::from_millis(270);

type Change = fn(&mut DriverConfig);

const VARIANTS: [(&str, Change); 3] = [
    ("one at a time", |config| {
        config.datagram_batch = 1;
        config.segmentation_offload = false;
    }),
    ("batches of 32", |config| config.segmentation_offload = false),
    ("batches of 32, segmented", |_| {}),
];

fn run(sockets: Sockets, stop: StopSignal, app: Reporter) -> Result<RunSummary, DriverError> {
    sip_tokio::run(sockets, stop, Echo::new, app)
}

fn main() {
    println!("peers  variant                   datagrams/s  CPU us/datagram");
    for peers in [1, 16] {
        let mut results = [const { Vec::new() }; VARIANTS.len()];
        // Interleaved, because the machine itself changes from second to second.
        for _ in 0..ROUNDS {
            for (result, (_, change)) in results.iter_mut().zip(VARIANTS) {
                result.push(measure(peers, change));
            }
        }
        for (mut result, (name, _)) in results.into_iter().zip(VARIANTS) {
            result.sort_by(|(_, cost), (_, other)| cost.total_cmp(other));
            let (rate, cost) = result[ROUNDS / 2];
            println!("{peers:>5}  {name:<24}  {rate:>11.0}  {cost:>15.2}");
        }
    }
}

/// Datagrams a second, and microseconds of CPU time for each.
fn measure(peers: usize, change: Change) -> (f64, f64) {
    let running = Running::start_at(run, "127.0.0.1:0", change).expect("Tokio works everywhere");
    let sockets: Vec<_> = (0..peers)
        .map(|_| {
            let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
            socket.connect(running.udp).expect("an address");
            socket
        })
        .collect();
    let used_before = cpu(&running);
    let began = Instant::now();
    while began.elapsed() < ROUND {
        for socket in &sockets {
            for _ in 0..WINDOW / peers {
                socket.send(&[b'x'; BYTES]).expect("sent");
            }
        }
        for socket in &sockets {
            for _ in 0..WINDOW / peers {
                assert_eq!(socket.recv(&mut [0; BYTES]).expect("an echo"), BYTES);
            }
        }
    }
    let took = began.elapsed();
    let used = cpu(&running) - used_before;
    let summary = running.finish();
    let datagrams = (summary.datagrams_in + summary.datagrams_out) as f64;
    (datagrams / took.as_secs_f64(), used.as_secs_f64() * 1e6 / datagrams)
}

fn cpu(running: &Running) -> Duration {
    running.command("cpu");
    running.wait_for(|observed| match observed {
        Observed::Cpu(nanos) => Some(Duration::from_nanos(*nanos)),
        _ => None,
    })
}
