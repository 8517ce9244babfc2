//! What ICMP said about datagrams that were sent earlier.
//!
//! Best effort: Linux queues an error only for datagrams whose ICMP quotes a socket that is still
//! bound, rate-limits what it sends itself, and firewalls drop much of the rest.

use std::io::IoSliceMut;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc::{self, sock_extended_err, sockaddr_in6};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, RecvMsg, SockaddrStorage, recvmsg};
use sip_proto::TransmitError;

use super::{Failure, to_std};

/// Errors taken at a time; what remains keeps the socket ready.
const ERRORS_MAX: usize = 64;

/// Takes the errors that wait on `socket`.
pub(super) fn take(socket: &UdpSocket, failures: &mut Vec<Failure>) {
    for _ in 0..ERRORS_MAX {
        let mut control = cmsg_space!(sock_extended_err, sockaddr_in6);
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        // The payload is the start of our own datagram; only its envelope is of interest.
        let mut payload = [0; 1];
        let mut slices = [IoSliceMut::new(&mut payload)];
        let message: Result<RecvMsg<'_, '_, SockaddrStorage>, Errno> =
            recvmsg(socket.as_raw_fd(), &mut slices, Some(&mut control), flags);
        match message {
            Ok(message) => failures.extend(failure(&message)),
            Err(Errno::EINTR) => {}
            Err(_) => break,
        }
    }
    // An error may be pending without a queue entry; reading it clears it.
    let _ = socket.take_error();
}

fn failure(message: &RecvMsg<'_, '_, SockaddrStorage>) -> Option<Failure> {
    let destination = to_std(message.address.as_ref()?)?;
    let error = message.cmsgs().ok()?.find_map(|control| match control {
        ControlMessageOwned::Ipv4RecvErr(error, _) | ControlMessageOwned::Ipv6RecvErr(error, _) => {
            meaning(&error)
        }
        _ => None,
    })?;
    Some(Failure { destination, error })
}

/// `None` for what the sender need not know: local errors were already returned by the send, and a
/// datagram that met a smaller MTU goes through, fragmented, when it is sent again.
fn meaning(error: &sock_extended_err) -> Option<TransmitError> {
    if !matches!(error.ee_origin, libc::SO_EE_ORIGIN_ICMP | libc::SO_EE_ORIGIN_ICMP6) {
        return None;
    }
    match Errno::from_raw(i32::try_from(error.ee_errno).ok()?) {
        Errno::ECONNREFUSED => Some(TransmitError::Refused),
        Errno::EHOSTUNREACH
        | Errno::ENETUNREACH
        | Errno::EHOSTDOWN
        | Errno::ENONET
        | Errno::ENOPROTOOPT
        | Errno::EACCES => Some(TransmitError::Unreachable),
        _ => None,
    }
}
