//! Checks of datagrams. Each is named after what it checks.
#![expect(missing_docs, reason = "the names say it")]

use std::net::{Ipv6Addr, SocketAddr, UdpSocket};

use sip_proto::{SocketId, TransmitError};

use super::{Observed, Run, Running};

pub fn echoes_every_size(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    let sizes = [1, 0, 500, 1_400, 9_000, 65_507];
    for size in sizes {
        running.send(&vec![b'e'; size]);
        let (echo, from) = running.receive();
        assert_eq!((echo.len(), from), (size, running.udp));
        assert!(echo.iter().all(|byte| *byte == b'e'));
    }
    let summary = running.finish();
    let bytes: usize = sizes.iter().sum();
    assert_eq!((summary.datagrams_in, summary.datagrams_out), (6, 6));
    assert_eq!(
        (summary.datagram_bytes_in, summary.datagram_bytes_out),
        (bytes as u64, bytes as u64)
    );
}

pub fn loses_nothing_in_a_burst(run: Run) {
    const WINDOW: u32 = 50;
    const WINDOWS: u32 = 100;
    let Some(running) = Running::start(run) else {
        return;
    };
    for window in 0..WINDOWS {
        let numbers = window * WINDOW..(window + 1) * WINDOW;
        numbers.clone().for_each(|number| running.send(&number.to_be_bytes()));
        let mut echoed: Vec<Vec<u8>> = numbers.clone().map(|_| running.receive().0).collect();
        echoed.sort();
        assert!(
            echoed.iter().map(Vec::as_slice).eq(numbers
                .map(u32::to_be_bytes)
                .collect::<Vec<_>>()
                .iter()
                .map(|n| &n[..]))
        );
    }
    assert_eq!(running.finish().datagrams_dropped, 0);
}

/// Bound to all addresses, it learns which one a datagram came to and answers from that.
pub fn answers_from_the_address_that_was_asked(run: Run) {
    let Some(running) = Running::start_at(run, "0.0.0.0:0", |_| {}) else {
        return;
    };
    for last in [2, 3, 1] {
        let asked = SocketAddr::from(([127, 0, 0, last], running.udp.port()));
        running.peer.send_to(b"hello", asked).expect("sent");
        assert_eq!(running.receive().1, asked);
    }
}

pub fn speaks_ipv6(run: Run) {
    if UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_err() {
        return eprintln!("skipped: this machine has no IPv6");
    }
    let Some(running) = Running::start_at(run, "[::]:0", |_| {}) else {
        return;
    };
    let asked = SocketAddr::from((Ipv6Addr::LOCALHOST, running.udp.port()));
    running.peer.send_to(b"hello", asked).expect("sent");
    assert_eq!(running.receive(), (b"hello".to_vec(), asked));
}

pub fn reports_a_refused_datagram(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    let nobody = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let nobody = nobody.expect("a port that was free a moment ago");
    running.command(&format!("send {nobody}"));
    running.wait_for(|observed| {
        let refused = Observed::TransmitFailed(SocketId(0), nobody, TransmitError::Refused);
        (*observed == refused).then_some(())
    });
    // Others are not affected.
    running.send(b"still there?");
    assert_eq!(running.receive().0, b"still there?");
    running.finish();
}

pub fn opens_an_ephemeral_socket(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    running.command("open 77 127.0.0.1:0");
    let opened = running.wait_for(|observed| match observed {
        Observed::Opened(SocketId(77), local) => Some(*local),
        _ => None,
    });
    assert_ne!(opened, running.udp);
    running.peer.send_to(b"hello", opened).expect("sent");
    assert_eq!(running.receive(), (b"hello".to_vec(), opened));
}

/// Its port is free again, and its id names nothing.
pub fn closes_a_socket_it_opened(run: Run) {
    let Some(running) = Running::start(run) else {
        return;
    };
    running.command("open 77 127.0.0.1:0");
    let opened = running.wait_for(|observed| match observed {
        Observed::Opened(SocketId(77), local) => Some(*local),
        _ => None,
    });
    running.command("shut 77");
    running.command("shut 77");
    running.command("ask");
    running.wait_for(|observed| matches!(observed, Observed::Asked(_)).then_some(()));
    UdpSocket::bind(opened).expect("the port is free");
    running.command(&format!("open 77 {opened}"));
    let again = running.wait_for(|observed| match observed {
        Observed::Opened(SocketId(77), local) => Some(*local),
        _ => None,
    });
    assert_eq!(again, opened);
}
