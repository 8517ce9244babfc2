//! Many datagrams by one `sendmmsg`; several of one size to one peer by one segmented `sendmsg`.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::net::{IpAddr, UdpSocket};
use std::os::fd::AsRawFd;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::{
    ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg, sendmsg,
};
use sip_proto::{Transmit, TransmitError};

use super::Failure;

/// The kernel's limit (`UDP_MAX_SEGMENTS` of older kernels).
const SEGMENTS_MAX: usize = 64;
/// One segmented send is one datagram to the kernel until it is cut: it must be a legal one.
const SEGMENTED_BYTES_MAX: usize = 65_000;
/// The kernel refuses segments that do not fit the path's MTU; larger ones need fragmenting.
const SEGMENT_BYTES_MAX: usize = 1_400;
/// Refused so many times in a row, segmentation is not tried again on a socket.
const REFUSALS_MAX: u8 = 3;

/// The system calls, so that tests can be the kernel.
pub(super) trait Kernel {
    /// Sends each datagram of `batch` by itself, all from one source; says how many went.
    fn send_each(&self, batch: &[Transmit]) -> Result<usize, Errno>;
    /// Sends all of `run`, whose sizes are equal except that the last may be shorter.
    fn send_segmented(&self, run: &[Transmit]) -> Result<(), Errno>;
}

/// What a flush did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) datagrams: u64,
    pub(crate) bytes: u64,
    pub(crate) dropped: u64,
    pub(crate) failures: Vec<Failure>,
}

/// What waits to be sent on one socket.
pub(super) struct SendQueue {
    waiting: VecDeque<Transmit>,
    batch: Vec<Transmit>,
    batch_max: usize,
    /// Refusals left before segmentation is given up; zero where it is off.
    segmentation_chances: u8,
}

impl SendQueue {
    pub(super) fn new(batch_max: usize, segmentation: bool) -> Self {
        Self {
            waiting: VecDeque::new(),
            batch: Vec::with_capacity(batch_max),
            batch_max,
            segmentation_chances: if segmentation { REFUSALS_MAX } else { 0 },
        }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn push(&mut self, transmit: Transmit) {
        self.waiting.push_back(transmit);
    }

    /// Sends until nothing waits, or until the kernel takes no more: then `false`.
    pub(super) fn flush(&mut self, kernel: &impl Kernel, sent: &mut Sent) -> bool {
        while !self.waiting.is_empty() {
            let count = self.batch_max.min(self.waiting.len());
            self.batch.extend(self.waiting.drain(..count));
            // Stable: what goes to one peer keeps its order.
            self.batch.sort_by_key(|transmit| (transmit.source, transmit.destination));
            let done = self.send_batch(kernel, sent);
            let blocked = done < self.batch.len();
            for transmit in self.batch.drain(..).skip(done).rev() {
                self.waiting.push_front(transmit);
            }
            if blocked {
                return false;
            }
        }
        true
    }

    /// How much of the batch is done with.
    fn send_batch(&mut self, kernel: &impl Kernel, sent: &mut Sent) -> usize {
        let mut done = 0;
        while let Some(rest) = self.batch.get(done..).filter(|rest| !rest.is_empty()) {
            let group = Group::next(rest, self.segmentation_chances > 0);
            let (members, _) = rest.split_at(group.len);
            if group.segmented {
                match kernel.send_segmented(members) {
                    Ok(()) => {
                        self.segmentation_chances = REFUSALS_MAX;
                        sent.count(members);
                        done += group.len;
                        continue;
                    }
                    Err(Errno::EAGAIN) => return done,
                    Err(Errno::EINTR) => continue,
                    Err(error) if is_refusal(error) => self.segmentation_chances -= 1,
                    Err(_) => {}
                }
            }
            let went = send_each(kernel, members, sent);
            done += went;
            if went < group.len {
                return done;
            }
        }
        done
    }
}

/// The datagrams at the front of a batch that leave together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Group {
    len: usize,
    segmented: bool,
}

impl Group {
    /// `batch` is not empty.
    fn next(batch: &[Transmit], segmentation: bool) -> Self {
        let run = if segmentation { run_len(batch) } else { 1 };
        if run > 1 {
            return Self { len: run, segmented: true };
        }
        let source = batch.first().and_then(|first| first.source);
        let ends =
            |&i: &usize| batch[i].source != source || (segmentation && run_len(&batch[i..]) > 1);
        let len = (1..batch.len()).find(ends).unwrap_or(batch.len());
        Self { len, segmented: false }
    }
}

/// How many datagrams at the front of `batch` can leave as segments of one.
fn run_len(batch: &[Transmit]) -> usize {
    let Some((first, rest)) = batch.split_first() else {
        return 0;
    };
    let size = first.data.len();
    if size == 0 || size > SEGMENT_BYTES_MAX {
        return 1;
    }
    let len_max = SEGMENTS_MAX.min(SEGMENTED_BYTES_MAX / size);
    let mut len = 1;
    for next in rest.iter().take(len_max - 1) {
        let same_way = next.destination == first.destination && next.source == first.source;
        if !same_way || next.data.is_empty() || next.data.len() > size {
            break;
        }
        len += 1;
        if next.data.len() < size {
            break;
        }
    }
    len
}

/// Whether the error says that the kernel, the device or the path cannot segment, rather than
/// something about the datagrams.
const fn is_refusal(error: Errno) -> bool {
    matches!(
        error,
        Errno::EINVAL | Errno::EIO | Errno::EMSGSIZE | Errno::ENOPROTOOPT | Errno::EOPNOTSUPP
    )
}

/// Sends each of `batch`; says how many are done with, fewer than all if the kernel takes no more.
fn send_each(kernel: &impl Kernel, batch: &[Transmit], sent: &mut Sent) -> usize {
    let mut done = 0;
    let mut tried_again = false;
    while let Some((next, _)) = batch.get(done..).and_then(<[_]>::split_first) {
        match kernel.send_each(&batch[done..]) {
            Ok(count) => {
                sent.count(&batch[done..done + count]);
                done += count;
                tried_again = false;
            }
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => break,
            // The error may be an earlier datagram's, reported by ICMP meanwhile. Reporting it
            // cleared it.
            Err(_) if !tried_again => tried_again = true,
            Err(error) => {
                sent.refuse(next, error);
                done += 1;
                tried_again = false;
            }
        }
    }
    done
}

impl Sent {
    fn count(&mut self, transmits: &[Transmit]) {
        self.datagrams += transmits.len() as u64;
        self.bytes += transmits.iter().map(|transmit| transmit.data.len() as u64).sum::<u64>();
    }

    fn refuse(&mut self, transmit: &Transmit, error: Errno) {
        self.dropped += 1;
        let error = match error {
            // The host is short of memory, which says nothing about the destination.
            Errno::ENOBUFS | Errno::ENOMEM => return,
            Errno::ECONNREFUSED => TransmitError::Refused,
            Errno::EMSGSIZE => TransmitError::TooLarge,
            _ => TransmitError::Unreachable,
        };
        self.failures.push(Failure { destination: transmit.destination, error });
    }
}

impl Kernel for UdpSocket {
    fn send_each(&self, batch: &[Transmit]) -> Result<usize, Errno> {
        let source = batch.first().and_then(|first| first.source).map(Source::from);
        let control: Vec<_> = source.iter().map(Source::control).collect();
        let space = source.as_ref().map(Source::space);
        let mut headers = MultiHeaders::preallocate(batch.len(), space);
        let slices: Vec<_> = batch.iter().map(|transmit| [IoSlice::new(&transmit.data)]).collect();
        let addresses: Vec<_> = batch
            .iter()
            .map(|transmit| Some(SockaddrStorage::from(transmit.destination)))
            .collect();
        let flags = MsgFlags::MSG_DONTWAIT;
        let sent = sendmmsg(self.as_raw_fd(), &mut headers, &slices, addresses, control, flags)?;
        Ok(sent.count())
    }

    fn send_segmented(&self, run: &[Transmit]) -> Result<(), Errno> {
        let Some(first) = run.first() else {
            return Ok(());
        };
        let size = u16::try_from(first.data.len()).map_err(|_| Errno::EMSGSIZE)?;
        let source = first.source.map(Source::from);
        let mut control = vec![ControlMessage::UdpGsoSegments(&size)];
        control.extend(source.iter().map(Source::control));
        let slices: Vec<_> = run.iter().map(|transmit| IoSlice::new(&transmit.data)).collect();
        let address = SockaddrStorage::from(first.destination);
        let flags = MsgFlags::MSG_DONTWAIT;
        sendmsg(self.as_raw_fd(), &slices, &control, flags, Some(&address))?;
        Ok(())
    }
}

/// The local address to send from, as the kernel wants it.
enum Source {
    V4(in_pktinfo),
    V6(in6_pktinfo),
}

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => Self::V4(in_pktinfo {
                ipi_ifindex: 0,
                ipi_spec_dst: in_addr { s_addr: u32::from(v4).to_be() },
                ipi_addr: in_addr { s_addr: 0 },
            }),
            IpAddr::V6(v6) => Self::V6(in6_pktinfo {
                ipi6_addr: in6_addr { s6_addr: v6.octets() },
                ipi6_ifindex: 0,
            }),
        }
    }
}

impl Source {
    fn control(&self) -> ControlMessage<'_> {
        match self {
            Self::V4(info) => ControlMessage::Ipv4PacketInfo(info),
            Self::V6(info) => ControlMessage::Ipv6PacketInfo(info),
        }
    }

    /// Space for exactly that control message: the kernel reads what is left over as another.
    fn space(&self) -> Vec<u8> {
        match self {
            Self::V4(_) => cmsg_space!(in_pktinfo),
            Self::V6(_) => cmsg_space!(in6_pktinfo),
        }
    }
}

#[cfg(test)]
#[path = "send_tests.rs"]
mod tests;
