//! Many datagrams by one `recvmmsg`.

use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;

use bytes::Bytes;
use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc::{in_pktinfo, in6_pktinfo};
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrStorage, recvmmsg,
};

use super::to_std;
use crate::pool::Pool;

/// No UDP payload is larger, so that nothing is ever truncated.
const SLOT_BYTES: usize = 64 * 1024;

/// A datagram that arrived.
pub(crate) struct Arrival {
    pub(crate) source: SocketAddr,
    pub(crate) local: Option<IpAddr>,
    pub(crate) data: Bytes,
}

/// The scratch buffers of all datagram sockets of a driver.
pub(crate) struct Receiver {
    /// One slot for each datagram of a batch. Pages that no datagram ever reached cost nothing.
    scratch: Vec<u8>,
    envelopes: Vec<Option<Envelope>>,
}

struct Envelope {
    len: usize,
    source: SocketAddr,
    local: Option<IpAddr>,
}

impl Receiver {
    /// Receives `batch` datagrams at a time.
    pub(crate) fn new(batch: usize) -> Self {
        Self { scratch: vec![0; batch * SLOT_BYTES], envelopes: Vec::with_capacity(batch) }
    }

    /// One batch from `socket`, without waiting. `wants_local` where the socket is bound to all
    /// addresses and has been told to say which one a datagram came to.
    pub(crate) fn receive<'a>(
        &'a mut self,
        socket: &UdpSocket,
        wants_local: bool,
        pool: &'a mut Pool,
    ) -> Result<impl Iterator<Item = Arrival> + 'a, Errno> {
        self.fill(socket, wants_local)?;
        let slots = self.scratch.chunks_exact(SLOT_BYTES);
        Ok(slots.zip(self.envelopes.drain(..)).filter_map(|(slot, envelope)| {
            let Envelope { len, source, local } = envelope?;
            Some(Arrival { source, local, data: pool.copy(slot.get(..len)?) })
        }))
    }

    fn fill(&mut self, socket: &UdpSocket, wants_local: bool) -> Result<(), Errno> {
        let mut slices: Vec<_> =
            self.scratch.chunks_exact_mut(SLOT_BYTES).map(|slot| [IoSliceMut::new(slot)]).collect();
        // Made afresh each time: the kernel shortens the lengths in the headers that it fills, and
        // the next call would offer it only that much space.
        let control = wants_local.then(|| cmsg_space!(in6_pktinfo));
        let mut headers = MultiHeaders::<SockaddrStorage>::preallocate(slices.len(), control);
        let flags = MsgFlags::MSG_DONTWAIT;
        let messages = recvmmsg(socket.as_raw_fd(), &mut headers, slices.iter_mut(), flags, None)?;
        self.envelopes.clear();
        self.envelopes.extend(messages.map(|message| envelope(&message, wants_local)));
        Ok(())
    }
}

/// `None` for a datagram that came from nowhere or does not fit, neither of which exists in UDP.
fn envelope(message: &RecvMsg<'_, '_, SockaddrStorage>, wants_local: bool) -> Option<Envelope> {
    if message.flags.contains(MsgFlags::MSG_TRUNC) {
        return None;
    }
    let source = to_std(message.address.as_ref()?)?;
    let local = if wants_local { local_address(message) } else { None };
    Some(Envelope { len: message.bytes, source, local })
}

fn local_address(message: &RecvMsg<'_, '_, SockaddrStorage>) -> Option<IpAddr> {
    message.cmsgs().ok()?.find_map(|control| match control {
        ControlMessageOwned::Ipv4PacketInfo(in_pktinfo { ipi_addr, .. }) => {
            Some(IpAddr::V4(Ipv4Addr::from(u32::from_be(ipi_addr.s_addr))))
        }
        ControlMessageOwned::Ipv6PacketInfo(in6_pktinfo { ipi6_addr, .. }) => {
            Some(IpAddr::V6(Ipv6Addr::from(ipi6_addr.s6_addr)))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sockets::bind_udp;

    fn sender() -> UdpSocket {
        UdpSocket::bind("127.0.0.1:0").expect("a free port")
    }

    #[test]
    fn a_batch_is_taken_at_once_and_the_rest_stays() {
        let socket = bind_udp("127.0.0.1:0".parse().expect("an address"), 1 << 20).expect("bind");
        let to = socket.local_addr().expect("bound");
        let sender = sender();
        for i in 0..5u8 {
            sender.send_to(&vec![i; usize::from(i)], to).expect("sent");
        }
        let (mut receiver, mut pool) = (Receiver::new(4), Pool::default());
        let mut take = || -> Vec<(usize, Option<IpAddr>, SocketAddr)> {
            let arrivals = receiver.receive(&socket, false, &mut pool).expect("datagrams");
            arrivals.map(|a| (a.data.len(), a.local, a.source)).collect()
        };
        let from = sender.local_addr().expect("bound");
        assert_eq!(take(), (0..4).map(|len| (len, None, from)).collect::<Vec<_>>());
        assert_eq!(take(), [(4, None, from)]);
        let nothing = receiver.receive(&socket, false, &mut pool).map(Iterator::count);
        assert_eq!(nothing, Err(Errno::EAGAIN));
    }

    #[test]
    fn the_largest_datagram_fits() {
        let socket = bind_udp("127.0.0.1:0".parse().expect("an address"), 1 << 20).expect("bind");
        let to = socket.local_addr().expect("bound");
        sender().send_to(&[7; 65_507], to).expect("sent");
        let (mut receiver, mut pool) = (Receiver::new(1), Pool::default());
        let arrivals = receiver.receive(&socket, false, &mut pool).expect("a datagram");
        assert_eq!(arrivals.map(|a| a.data.len()).collect::<Vec<_>>(), [65_507]);
    }

    #[test]
    fn a_socket_bound_to_all_addresses_says_which_one_it_was() {
        let socket = bind_udp("0.0.0.0:0".parse().expect("an address"), 1 << 20).expect("bind");
        let port = socket.local_addr().expect("bound").port();
        let (mut receiver, mut pool) = (Receiver::new(8), Pool::default());
        // Two rounds: the second would find no space for the address if headers were reused.
        for host in [[127, 0, 0, 1], [127, 0, 0, 2]] {
            sender().send_to(b"x", SocketAddr::from((host, port))).expect("sent");
            let arrivals = receiver.receive(&socket, true, &mut pool).expect("a datagram");
            let local: Vec<_> = arrivals.map(|arrival| arrival.local).collect();
            assert_eq!(local, [Some(IpAddr::from(host))]);
        }
    }
}
