//! The topmost Via: pushing ours, and stamping where a request really came from.

use std::net::{IpAddr, SocketAddr};

use crate::TransportKind;
use crate::message::{HeaderName, Host, Message, Via, put_number};

/// Room in a stamped Via for all but its own parameters, where the host is an IPv4 address or a name
/// of the usual length.
const STAMPED_ROOM_BYTES: usize = 96;

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

/// How many bytes a datagram's [`push_via`] adds.
pub(crate) fn via_len(sent_by: SocketAddr, branch_len: usize) -> usize {
    let value = format!("SIP/2.0/UDP {sent_by};branch=;rport");
    "Via: \r\n".len() + value.len() + branch_len
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

/// The same with address and port whether or not the sender asked: what a response finds the
/// connection by where nothing else remembers it.
pub(crate) fn stamp_way_back(message: &mut Message, source: SocketAddr) {
    let Ok(Some(via)) = message.header::<Via<'_>>() else { return };
    let value = stamped(&via, source, true, true);
    message.replace_front(HeaderName::Via, value);
}

fn stamped(via: &Via<'_>, source: SocketAddr, rport: bool, received: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(via.params.as_bytes().len() + STAMPED_ROOM_BYTES);
    out.extend_from_slice(b"SIP/2.0/");
    out.extend_from_slice(via.transport.as_bytes());
    out.push(b' ');
    via.host.put(&mut out);
    if let Some(port) = via.port {
        out.push(b':');
        put_number(&mut out, port);
    }
    for (name, value) in via.params.iter() {
        if name.eq_ignore_ascii_case(b"received") || name.eq_ignore_ascii_case(b"rport") {
            continue;
        }
        out.push(b';');
        out.extend_from_slice(name);
        if let Some(value) = value {
            out.push(b'=');
            out.extend_from_slice(value);
        }
    }
    if received {
        out.extend_from_slice(b";received=");
        put_address(&mut out, source.ip().to_canonical());
    }
    if rport {
        out.extend_from_slice(b";rport=");
        put_number(&mut out, source.port());
    }
    out
}

/// An address without the brackets that one in a URI would have (RFC 3261 section 25.1,
/// `via-received`).
fn put_address(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(_) => Host::from(address).put(out),
        IpAddr::V6(_) => out.extend_from_slice(address.to_string().as_bytes()),
    }
}

/// Whether a Via names `sent_by` as its sender (RFC 3261 section 18.1.2).
pub(crate) fn sent_by_is(via: &Via<'_>, transport: TransportKind, sent_by: SocketAddr) -> bool {
    via.host.ip() == Some(sent_by.ip())
        && via.port.unwrap_or_else(|| transport.default_port()) == sent_by.port()
}
