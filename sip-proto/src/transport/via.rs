//! The topmost Via: pushing ours, and stamping where a request really came from.

use core::fmt::Write as _;
use std::net::SocketAddr;

use crate::TransportKind;
use crate::message::{HeaderName, Message, Via};

/// Puts our Via on top (RFC 3261 section 18.1.1), asking for `rport` where the transport has no
/// connection to answer on (RFC 3581 section 3).
pub(crate) fn push_via(
    message: &mut Message,
    transport: TransportKind,
    sent_by: SocketAddr,
    branch: &str,
) {
    let rport = if transport.is_reliable() { "" } else { ";rport" };
    let value = format!("SIP/2.0/{transport} {sent_by};branch={branch}{rport}");
    message.push_front(HeaderName::Via, value);
}

/// Writes into the topmost Via where the message came from; see [`stamp`].
///
/// A message without a readable Via is left alone.
pub(crate) fn stamp_top_via(message: &mut Message, source: SocketAddr) {
    let stamped = message.header::<Via<'_>>().ok().flatten().and_then(|via| stamp(&via, source));
    if let Some(value) = stamped {
        message.replace_front(HeaderName::Via, value);
    }
}

/// A topmost Via with where its message came from: `received` if the sent-by host is not the source
/// address (RFC 3261 section 18.2.1), and always, with the port, if the sender asked for `rport`
/// (RFC 3581 section 4). What the sender itself claims there is replaced. `None` if it stays as it
/// is.
pub(crate) fn stamp(via: &Via<'_>, source: SocketAddr) -> Option<Vec<u8>> {
    let asked = via.rport().is_some();
    let claimed = via.params.has("received");
    let same = via.host.ip() == Some(source.ip().to_canonical());
    let stays = same && !asked && !claimed;
    (!stays).then(|| stamped(via, source, asked, asked || !same))
}

fn stamped(via: &Via<'_>, source: SocketAddr, rport: bool, received: bool) -> Vec<u8> {
    let mut out = format!("SIP/2.0/{} {}", via.transport, via.host);
    // Writing to a String cannot fail.
    if let Some(port) = via.port {
        let _ = write!(out, ":{port}");
    }
    let mut bytes = out.into_bytes();
    for (name, value) in via.params.iter() {
        if name.eq_ignore_ascii_case(b"received") || name.eq_ignore_ascii_case(b"rport") {
            continue;
        }
        bytes.push(b';');
        bytes.extend_from_slice(name);
        if let Some(value) = value {
            bytes.push(b'=');
            bytes.extend_from_slice(value);
        }
    }
    if received {
        bytes.extend_from_slice(format!(";received={}", source.ip().to_canonical()).as_bytes());
    }
    if rport {
        bytes.extend_from_slice(format!(";rport={}", source.port()).as_bytes());
    }
    bytes
}

/// Whether a Via names `sent_by` as its sender (RFC 3261 section 18.1.2).
pub(crate) fn sent_by_is(via: &Via<'_>, transport: TransportKind, sent_by: SocketAddr) -> bool {
    via.host.ip() == Some(sent_by.ip())
        && via.port.unwrap_or_else(|| transport.default_port()) == sent_by.port()
}
