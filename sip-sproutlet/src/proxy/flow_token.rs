//! Which flow the rest of a dialog takes, told in our own Record-Route (RFC 5626 section 5.3).

use std::net::{IpAddr, SocketAddr};

use sip_proto::message::{Contact, Uri, Via};
use sip_proto::transport::FlowId;
use sip_proto::{ConnectionId, Request, Secrets, SocketId, Source, TransportKind};

use crate::location::needs_flow;

/// The parameter of our Record-Route URI that holds a flow.
const PARAMETER: &str = "flow";
/// The domain of its MAC.
const LABEL: &str = "flow-token";

/// A flow as a parameter value: `c` and a connection, or `d`, a socket and the far end; then a MAC
/// over that and the Call-ID. So the flow serves no other dialog, and none can be made up.
pub(super) fn write(flow: FlowId, call_id: &[u8], secrets: &Secrets) -> String {
    let flow = encode(flow);
    let mac = secrets.mac(LABEL, &signed(&flow, call_id));
    format!(";{PARAMETER}={flow}.{mac:016x}")
}

/// The flow in the Route that a request came by, if we wrote it for this dialog.
pub(super) fn read(route: &[u8], request: &Request, secrets: &Secrets) -> Option<FlowId> {
    let uri = Uri::parse(route).ok()?;
    let value = core::str::from_utf8(uri.params().value(PARAMETER)?).ok()?;
    let (flow, mac) = value.rsplit_once('.')?;
    let mac = u64::from_str_radix(mac, 16).ok()?;
    let call_id = request.call_id().unwrap_or_default();
    secrets.verify(LABEL, &signed(flow, call_id), mac, u64::MAX).then(|| decode(flow))?
}

/// The flow that requests to the sender of `request` need, if they do: it came directly, and its
/// Contact cannot be reached but over the way it came. A browser never can (RFC 7118 section 5), and
/// a phone over TLS hardly: to be dialled it would have to prove its address by a certificate.
pub(super) fn of_sender(request: &Request, source: &Source) -> Option<FlowId> {
    if request.header_list::<Via<'_>>().nth(1).is_some() {
        return None;
    }
    let takes_no_connection =
        matches!(source.transport, TransportKind::Tls | TransportKind::Ws | TransportKind::Wss);
    let behind = || match request.header_list::<Contact<'_>>().next() {
        Some(Ok(Contact::Address(address))) => {
            Uri::parse(address.uri).is_ok_and(|uri| uri.is_sip() && needs_flow(&uri, source))
        }
        _ => false,
    };
    (takes_no_connection || behind()).then_some(source.flow)
}

fn encode(flow: FlowId) -> String {
    match flow {
        FlowId::Stream { connection } => format!("c{:x}", connection.to_bits()),
        FlowId::Datagram { socket, peer } => {
            let ip = match peer.ip() {
                IpAddr::V4(ip) => format!("{:08x}", ip.to_bits()),
                IpAddr::V6(ip) => format!("{:032x}", ip.to_bits()),
            };
            format!("d{:x}-{ip}-{:x}", socket.0, peer.port())
        }
    }
}

fn decode(text: &str) -> Option<FlowId> {
    if let Some(connection) = text.strip_prefix('c') {
        let connection = ConnectionId::from_bits(u64::from_str_radix(connection, 16).ok()?);
        return Some(FlowId::Stream { connection });
    }
    let mut parts = text.strip_prefix('d')?.split('-');
    let socket = SocketId(u32::from_str_radix(parts.next()?, 16).ok()?);
    let ip = parts.next()?;
    let ip = match ip.len() {
        8 => IpAddr::from(u32::from_str_radix(ip, 16).ok()?.to_be_bytes()),
        _ => IpAddr::from(u128::from_str_radix(ip, 16).ok()?.to_be_bytes()),
    };
    let port = u16::from_str_radix(parts.next()?, 16).ok()?;
    Some(FlowId::Datagram { socket, peer: SocketAddr::new(ip, port) })
}

fn signed(flow: &str, call_id: &[u8]) -> Vec<u8> {
    [flow.as_bytes(), b"\0", call_id].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::in_dialog;

    #[test]
    fn a_flow_survives_the_way_out_and_back_and_no_change() {
        let secrets = Secrets::new([7; 16]);
        let request = in_dialog("BYE", "sip:a@b");
        let call_id = request.call_id().expect("a Call-ID");
        let peer = |text: &str| text.parse().expect("an address");
        for flow in [
            FlowId::Stream { connection: ConnectionId::accepted(0) },
            FlowId::Stream { connection: ConnectionId::dialled(77) },
            FlowId::Datagram { socket: SocketId(3), peer: peer("192.0.2.1:40000") },
            FlowId::Datagram { socket: SocketId(0), peer: peer("[2001:db8::1]:5060") },
        ] {
            let uri = format!("sip:127.0.0.1;lr{}", write(flow, call_id, &secrets));
            assert_eq!(read(uri.as_bytes(), &request, &secrets), Some(flow), "{uri}");
            let other = format!("sip:127.0.0.1;lr{}", write(flow, b"another", &secrets));
            assert_eq!(read(other.as_bytes(), &request, &secrets), None, "another dialog's");
            let forged = uri.replacen("flow=", "flow=0", 1);
            assert_eq!(read(forged.as_bytes(), &request, &secrets), None);
            assert_eq!(read(uri.as_bytes(), &request, &Secrets::new([8; 16])), None);
        }
        for nonsense in ["sip:a;flow", "sip:a;flow=", "sip:a;flow=c", "sip:a;flow=.", "sip:a"] {
            assert_eq!(read(nonsense.as_bytes(), &request, &secrets), None, "{nonsense}");
        }
    }
}
