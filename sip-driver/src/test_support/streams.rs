//! Checks of connections. Each is named after what it checks.
#![expect(missing_docs, reason = "the names say it")]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use sip_proto::{CloseReason, ConnectionId};

use super::{Observed, Run, Running};
use crate::DriverConfig;

/// More than the kernel buffers.
const FLOOD_BYTES: usize = 16 * 1024 * 1024;

pub fn echoes_a_stream_in_one_byte_pieces(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    let mut stream = running.connect();
    let text = b"the quick brown fox jumps over the lazy dog".repeat(5);
    for byte in &text {
        stream.write_all(&[*byte]).expect("written");
    }
    let mut echo = vec![0; text.len()];
    stream.read_exact(&mut echo).expect("an echo");
    assert_eq!(echo, text);
    drop(stream);
    assert_eq!(closed(&running), CloseReason::PeerClosed);
    let summary = running.finish();
    assert_eq!((summary.connections_accepted, summary.connections_dialled), (1, 0));
    assert_eq!((summary.stream_bytes_in, summary.stream_bytes_out), (215, 215));
}

pub fn tells_which_of_our_addresses_was_reached(run: Run) {
    let Some(running) = Running::start_at(run, "0.0.0.0:0", |_| {}) else {
        return;
    };
    for host in ["127.0.0.1", "127.0.0.2"] {
        let address = SocketAddr::new(host.parse().expect("an address"), running.tcp.port());
        let _stream = TcpStream::connect(address).expect("accepted");
        running.wait_for(|observed| {
            matches!(observed, Observed::Accepted(_, local) if *local == address).then_some(())
        });
    }
}

pub fn leaves_descriptors_for_everything_else(run: Run) {
    let few = |config: &mut DriverConfig| {
        (config.connections_max, config.descriptors_reserved) = (2, 2);
    };
    let Some(running) = Running::start_at(run, "127.0.0.1:0", few) else {
        return;
    };
    let first = running.connect();
    let _second = running.connect();
    let mut third = TcpStream::connect(running.tcp).expect("the kernel completes it");
    assert_eq!(third.read_to_end(&mut Vec::new()).expect("the end"), 0);
    // What is dialled has one more, what is no connection does not care.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let dial = format!("dial {}", listener.local_addr().expect("bound"));
    running.command(&dial);
    let _dialled = listener.accept().expect("dialled");
    running.command(&dial);
    assert_eq!(closed(&running), CloseReason::Unreachable);
    running.send(b"hello");
    assert_eq!(running.receive().0, b"hello");

    drop(first);
    assert_eq!(closed(&running), CloseReason::PeerClosed);
    let summary = running.finish();
    assert_eq!((summary.connections_accepted, summary.connections_refused), (2, 1));
}

pub fn dials_out(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    running.command(&format!("dial {}", listener.local_addr().expect("bound")));
    // Written before the connection is open: kept for it.
    running.command("write 5");
    let (mut stream, _) = listener.accept().expect("dialled");
    let mut written = [0; 5];
    stream.read_exact(&mut written).expect("what was written");
    running.wait_for(|observed| {
        (*observed == Observed::Connected(ConnectionId::dialled(0))).then_some(())
    });
    stream.write_all(b"hello").expect("written");
    stream.read_exact(&mut written).expect("an echo");
    assert_eq!(&written, b"hello");
    drop(stream);
    assert_eq!(closed(&running), CloseReason::PeerClosed);
    assert_eq!(running.finish().connections_dialled, 1);
}

pub fn reports_a_refused_dial(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    running.command(&format!("dial {}", nobody.expect("a port that was free a moment ago")));
    assert_eq!(closed(&running), CloseReason::Refused);
}

pub fn reports_that_the_peer_closed(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    drop(running.connect());
    assert_eq!(closed(&running), CloseReason::PeerClosed);
    let stream = running.connect();
    running.command("write 1000");
    running.wait_for(|observed| (*observed == Observed::Flushed(0)).then_some(()));
    // Closing with something unread is a reset.
    drop(stream);
    assert_eq!(closed(&running), CloseReason::Reset);
}

pub fn answers_a_half_closed_peer(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    let mut stream = running.connect();
    stream.write_all(b"the last words").expect("written");
    stream.shutdown(Shutdown::Write).expect("closed");
    let mut echo = String::new();
    stream.read_to_string(&mut echo).expect("an echo, then the end");
    assert_eq!(echo, "the last words");
    assert_eq!(closed(&running), CloseReason::PeerClosed);
}

pub fn writes_everything_before_it_closes(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    let mut stream = running.connect();
    // Unread when the machine closes: must not cost what it wrote before.
    running.command(&format!("write {FLOOD_BYTES}"));
    running.command("close");
    let mut received = Vec::new();
    stream.write_all(b"nobody reads this").expect("written");
    stream.read_to_end(&mut received).expect("everything, then the end");
    assert_eq!(received.len(), FLOOD_BYTES);
    assert_eq!(closed(&running), CloseReason::Requested);
}

pub fn reports_how_much_a_slow_reader_leaves_queued(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    let mut stream = running.connect();
    running.command(&format!("write {FLOOD_BYTES}"));
    let mut queued = running.wait_for(flushed);
    assert!(queued > 0, "the peer reads nothing");
    // Others are not kept waiting.
    running.send(b"hello");
    assert_eq!(running.receive().0, b"hello");
    let reader = std::thread::spawn(move || {
        let mut buffer = vec![0; FLOOD_BYTES];
        stream.read_exact(&mut buffer).expect("everything");
        stream
    });
    while queued > 0 {
        let now_queued = running.wait_for(flushed);
        assert!(now_queued < queued, "{now_queued} after {queued}");
        queued = now_queued;
    }
    drop(reader.join().expect("everything was read"));
    assert_eq!(running.finish().stream_bytes_out, FLOOD_BYTES as u64);
}

pub fn resets_what_never_reads(run: Run) {
    let impatient = |config: &mut DriverConfig| {
        config.close_timeout = Duration::from_millis(100);
    };
    let Some(running) = Running::start_at(run, "127.0.0.1:0", impatient) else {
        return;
    };
    let mut stream = running.connect();
    running.command(&format!("write {FLOOD_BYTES}"));
    running.command("close");
    assert_eq!(closed(&running), CloseReason::Requested);
    let mut received = Vec::new();
    stream.read_to_end(&mut received).expect_err("a reset, not an end");
    assert!(received.len() < FLOOD_BYTES);
}

/// Once the machine closed, the peer may go on writing for a while; not so where too many do.
pub fn lingers_for_the_peer_within_its_limit(run: Run) {
    let no_linger = |config: &mut DriverConfig| config.lingering_max = 0;
    for lingers in [true, false] {
        let change = if lingers { |_: &mut DriverConfig| {} } else { no_linger };
        let Some(running) = Running::start_at(run, "127.0.0.1:0", change) else { return };
        let mut stream = running.connect();
        running.command("close");
        assert_eq!(closed(&running), CloseReason::Requested);
        assert_eq!(stream.read_to_end(&mut Vec::new()).expect("the end"), 0);
        // The first write draws the reset, if one comes; a later one fails by it.
        let write = |_| {
            std::thread::sleep(Duration::from_millis(20));
            stream.write_all(b"more").is_ok()
        };
        let written = [0; 5].map(write);
        assert_eq!(written.iter().all(|ok| *ok), lingers, "{written:?}");
    }
}

fn closed(running: &Running) -> CloseReason {
    running.wait_for(|observed| match observed {
        Observed::Closed(_, reason) => Some(*reason),
        _ => None,
    })
}

fn flushed(observed: &Observed) -> Option<usize> {
    match observed {
        Observed::Flushed(queued) => Some(*queued),
        _ => None,
    }
}
