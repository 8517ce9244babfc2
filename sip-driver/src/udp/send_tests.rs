//! The send queue against a scripted kernel, and against the real one.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use sip_proto::SocketId;

use super::*;

fn peer(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// A datagram of `size` bytes to the peer at `port`.
fn datagram(port: u16, size: usize) -> Transmit {
    let data = Bytes::from(vec![b'x'; size]);
    Transmit { socket: SocketId(0), destination: peer(port), source: None, data }
}

/// Answers from a script, then takes everything; writes down what it took as (port, size).
#[derive(Default)]
struct Script {
    each: RefCell<VecDeque<Result<usize, Errno>>>,
    segmented: RefCell<VecDeque<Errno>>,
    taken: RefCell<Vec<Vec<(u16, usize)>>>,
}

impl Script {
    fn take(&self, batch: &[Transmit]) {
        let sizes = batch.iter().map(|t| (t.destination.port(), t.data.len())).collect();
        self.taken.borrow_mut().push(sizes);
    }
}

impl Kernel for Script {
    fn send_each(&self, batch: &[Transmit]) -> Result<usize, Errno> {
        let count = self.each.borrow_mut().pop_front().unwrap_or(Ok(batch.len()))?;
        self.take(&batch[..count]);
        Ok(count)
    }

    fn send_segmented(&self, run: &[Transmit]) -> Result<(), Errno> {
        match self.segmented.borrow_mut().pop_front() {
            Some(error) => Err(error),
            None => {
                self.take(run);
                Ok(())
            }
        }
    }
}

fn queue(segmentation: bool, datagrams: &[(u16, usize)]) -> SendQueue {
    let mut queue = SendQueue::new(32, segmentation);
    for &(port, size) in datagrams {
        queue.push(datagram(port, size));
    }
    queue
}

#[test]
fn equal_sizes_to_one_peer_leave_as_one_and_the_last_may_be_shorter() {
    let mut queue = queue(true, &[(1, 500), (2, 300), (1, 500), (1, 200), (1, 200), (2, 400)]);
    let (kernel, mut sent) = (Script::default(), Sent::default());
    assert!(queue.flush(&kernel, &mut sent));
    let expected: [&[_]; 2] = [&[(1, 500), (1, 500), (1, 200)], &[(1, 200), (2, 300), (2, 400)]];
    assert_eq!(*kernel.taken.borrow(), expected);
    assert_eq!((sent.datagrams, sent.bytes), (6, 2100));
}

#[test]
fn runs_end_where_the_kernel_would_refuse_them() {
    let run = |size, count| run_len(&vec![datagram(1, size); count]);
    assert_eq!(run(100, 100), SEGMENTS_MAX);
    assert_eq!(run(1_400, 100), SEGMENTED_BYTES_MAX / 1_400);
    assert_eq!(run(1_401, 100), 1);
    assert_eq!(run(0, 100), 1);
    let from = |host: [u8; 4]| Transmit { source: Some(host.into()), ..datagram(1, 100) };
    assert_eq!(run_len(&[from([127, 0, 0, 1]), from([127, 0, 0, 2])]), 1);
}

#[test]
fn datagrams_from_different_sources_leave_in_different_calls() {
    let mut queue = SendQueue::new(32, false);
    for last in [2, 1, 2] {
        queue.push(Transmit { source: Some([127, 0, 0, last].into()), ..datagram(1, 10) });
    }
    let (kernel, mut sent) = (Script::default(), Sent::default());
    assert!(queue.flush(&kernel, &mut sent));
    let counts: Vec<_> = kernel.taken.borrow().iter().map(Vec::len).collect();
    assert_eq!(counts, [1, 2]);
}

#[test]
fn what_the_kernel_does_not_take_waits_in_order() {
    let mut queue = queue(false, &[(1, 1), (1, 2), (1, 3)]);
    let (kernel, mut sent) = (Script::default(), Sent::default());
    *kernel.each.borrow_mut() = [Ok(1), Err(Errno::EAGAIN)].into();
    assert!(!queue.flush(&kernel, &mut sent), "blocked");
    assert_eq!((queue.len(), sent.datagrams), (2, 1));
    queue.push(datagram(1, 4));
    assert!(queue.flush(&kernel, &mut sent));
    let taken = kernel.taken.borrow().concat();
    assert_eq!(taken, [(1, 1), (1, 2), (1, 3), (1, 4)]);
}

#[test]
fn a_blocked_segmented_send_waits_too() {
    let mut queue = queue(true, &[(1, 5), (1, 5)]);
    let (kernel, mut sent) = (Script::default(), Sent::default());
    *kernel.segmented.borrow_mut() = [Errno::EAGAIN].into();
    assert!(!queue.flush(&kernel, &mut sent));
    assert!(queue.flush(&kernel, &mut sent));
    assert_eq!(*kernel.taken.borrow(), [[(1, 5), (1, 5)]]);
}

#[test]
fn refused_segmentation_falls_back_and_is_given_up() {
    let (kernel, mut sent) = (Script::default(), Sent::default());
    *kernel.segmented.borrow_mut() = [Errno::EIO; 4].into();
    let mut queue = queue(true, &[]);
    for _ in 0..5 {
        queue.push(datagram(1, 5));
        queue.push(datagram(1, 5));
        assert!(queue.flush(&kernel, &mut sent));
    }
    assert_eq!(sent.datagrams, 10);
    assert_eq!(kernel.segmented.borrow().len(), 1, "three refusals, then it was not tried again");
}

#[test]
fn an_error_of_an_earlier_datagram_does_not_cost_this_one() {
    let mut queue = queue(false, &[(1, 1)]);
    let (kernel, mut sent) = (Script::default(), Sent::default());
    *kernel.each.borrow_mut() = [Err(Errno::ECONNREFUSED)].into();
    assert!(queue.flush(&kernel, &mut sent));
    assert_eq!((sent.datagrams, sent.dropped), (1, 0));
}

#[test]
fn a_datagram_that_cannot_leave_is_reported_and_the_others_go_on() {
    let mut queue = queue(false, &[(1, 1), (2, 2), (3, 3)]);
    let (kernel, mut sent) = (Script::default(), Sent::default());
    *kernel.each.borrow_mut() = [
        Ok(1),
        Err(Errno::EMSGSIZE),
        Err(Errno::EMSGSIZE),
        Err(Errno::ENOBUFS),
        Err(Errno::ENOBUFS),
    ]
    .into();
    assert!(queue.flush(&kernel, &mut sent));
    let too_large = Failure { destination: peer(2), error: TransmitError::TooLarge };
    assert_eq!(sent.failures, [too_large]);
    assert_eq!((sent.datagrams, sent.dropped), (1, 2));
}

#[test]
fn the_real_kernel_delivers_every_datagram_whole() {
    let receiver = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    receiver.set_read_timeout(Some(Duration::from_secs(2))).expect("a timeout");
    let sender = UdpSocket::bind("0.0.0.0:0").expect("a free port");
    let to = receiver.local_addr().expect("bound").port();
    let sizes = [700, 700, 700, 20, 3000, 20, 20, 0, 9];
    for (segmentation, source) in [(false, 1), (true, 1), (false, 2), (true, 2)] {
        let source = IpAddr::from([127, 0, 0, source]);
        let mut queue = SendQueue::new(32, segmentation);
        for size in sizes {
            queue.push(Transmit { source: Some(source), ..datagram(to, size) });
        }
        let mut sent = Sent::default();
        assert!(queue.flush(&sender, &mut sent));
        assert_eq!(sent.failures, []);
        for size in sizes {
            let mut buffer = [0; 4000];
            let (len, from) = receiver.recv_from(&mut buffer).expect("a datagram");
            assert_eq!((len, from.ip()), (size, source));
        }
    }
}
