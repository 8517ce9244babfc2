//! Keep-alives of UDP: STUN binding requests on the SIP port (RFC 5626 section 4.4.2).

use std::net::{IpAddr, SocketAddr};

use super::Endpoint;
use super::sending::Path;
use crate::transport::Stun;
use crate::{DropReason, SocketId};

impl Endpoint {
    /// Answers from where the request arrived, so that it comes back through the same binding of a
    /// NAT.
    pub(super) fn handle_stun(
        &mut self,
        stun: Stun,
        (socket, local): (SocketId, Option<IpAddr>),
        remote: SocketAddr,
    ) {
        match stun {
            Stun::Answer(answer) => {
                let path = Path::Datagram { socket, destination: remote, source: local };
                self.transmit(None, path, answer);
            }
            Stun::Refused => self.report_drop(remote, DropReason::Stun),
        }
    }
}
