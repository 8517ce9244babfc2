//! One datagram socket.

use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use sip_proto::Transmit;

use super::receive::Arrival;
use super::send::{SendQueue, Sent};
use super::{Failure, Receiver, icmp};
use crate::DriverConfig;
use crate::poller::Interest;
use crate::pool::Pool;

/// A datagram socket and what waits to leave by it.
pub(crate) struct UdpPort {
    socket: UdpSocket,
    /// Bound to all addresses, so that each datagram has one of its own.
    bound_to_all: bool,
    queue: SendQueue,
    queue_max: usize,
    /// The kernel takes no more until it says so.
    blocked: bool,
    /// What the poller was last told.
    interest: Interest,
}

impl UdpPort {
    pub(crate) fn new(socket: UdpSocket, local: SocketAddr, config: &DriverConfig) -> Self {
        Self {
            socket,
            bound_to_all: local.ip().is_unspecified(),
            queue: SendQueue::new(config.datagram_batch(), config.segmentation_offload),
            queue_max: config.datagram_queue_max,
            blocked: false,
            interest: Interest::READ,
        }
    }

    /// One batch of what arrived; nothing if nothing did.
    pub(crate) fn receive<'a>(
        &self,
        receiver: &'a mut Receiver,
        pool: &'a mut Pool,
    ) -> impl Iterator<Item = Arrival> + 'a {
        // An error is an earlier datagram's, taken from the error queue; the socket stays ready.
        let arrivals = receiver.receive(&self.socket, self.bound_to_all, pool).ok();
        arrivals.into_iter().flatten()
    }

    /// What ICMP said.
    pub(crate) fn take_errors(&self, failures: &mut Vec<Failure>) {
        icmp::take(&self.socket, failures);
    }

    /// Queues `transmit`. `false` if the queue is full and it is dropped.
    pub(crate) fn push(&mut self, mut transmit: Transmit, sent: &mut Sent) -> bool {
        if self.queue.len() >= self.queue_max && !self.flush(sent) {
            return false;
        }
        if !self.bound_to_all {
            transmit.source = None;
        }
        self.queue.push(transmit);
        true
    }

    /// Sends what waits. `false` if some still does.
    pub(crate) fn flush(&mut self, sent: &mut Sent) -> bool {
        if !self.blocked {
            self.blocked = !self.queue.flush(&self.socket, sent);
        }
        !self.blocked
    }

    /// The kernel takes more again.
    pub(crate) fn unblock(&mut self) {
        self.blocked = false;
    }

    /// What the poller should be told, where that is news.
    pub(crate) fn news(&mut self) -> Option<Interest> {
        let wanted = Interest { read: true, write: self.blocked };
        (std::mem::replace(&mut self.interest, wanted) != wanted).then_some(wanted)
    }

    pub(crate) fn is_blocked(&self) -> bool {
        self.blocked
    }
}

impl AsFd for UdpPort {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use sip_proto::SocketId;

    use super::*;
    use crate::sockets::bind_udp;

    #[test]
    fn beyond_its_bound_a_blocked_queue_drops_the_newest() {
        let config = DriverConfig { datagram_queue_max: 3, ..DriverConfig::default() };
        let here = "127.0.0.1:0".parse().expect("an address");
        let socket = bind_udp(here, 1 << 16).expect("a free port");
        let mut port = UdpPort::new(socket, here, &config);
        let datagram = |byte| Transmit {
            socket: SocketId(0),
            destination: port.socket.local_addr().expect("bound"),
            source: None,
            data: Bytes::copy_from_slice(&[byte]),
        };
        let datagrams = [1, 2, 3, 4].map(datagram);
        let mut sent = Sent::default();
        port.blocked = true;
        let taken = datagrams.map(|datagram| port.push(datagram, &mut sent));
        assert_eq!(taken, [true, true, true, false]);
        assert_eq!(port.news(), Some(Interest { read: true, write: true }));
        port.unblock();
        assert!(port.flush(&mut sent));
        assert_eq!(sent.datagrams, 3);
        assert_eq!(port.news(), Some(Interest::READ));
        assert_eq!(port.news(), None);
    }
}
