//! Staying on the path of a dialog (RFC 3261 section 16.6, step 4).

use std::net::SocketAddr;

use bytes::Bytes;
use sip_proto::message::{HeaderName, Method, Route, Scheme, Uri};
use sip_proto::{Request, Source, TransportKind};

use crate::local_names::{LocalNames, transport_of};
use crate::proxy::targets::Target;

/// Whether a dialog may come of a request, so that its Record-Route matters.
pub(super) fn makes_dialog(request: &Request) -> bool {
    matches!(request.method(), Method::Invite | Method::Subscribe | Method::Refer | Method::Notify)
}

/// Puts us into the route set of the dialog. Where the request leaves by another address or
/// transport than it came in, twice (RFC 5658): each side then finds the one it can reach on top.
pub(super) fn add(request: &mut Request, target: &Target, source: &Source, local: &LocalNames) {
    let incoming = (source.transport, source.local);
    let outgoing = outgoing(request, target, source, local).unwrap_or(incoming);
    // A sips request is recorded by a sips URI.
    let scheme =
        if request.uri().is_ok_and(|uri| uri.scheme() == Scheme::Sips) { "sips" } else { "sip" };
    request.push_front(HeaderName::RecordRoute, value(scheme, incoming));
    if outgoing != incoming {
        request.push_front(HeaderName::RecordRoute, value(scheme, outgoing));
    }
}

/// By which of our addresses the request will leave, as far as its next hop tells: a host name is
/// taken to be in the family that the request came in by.
fn outgoing(
    request: &Request,
    target: &Target,
    source: &Source,
    local: &LocalNames,
) -> Option<(TransportKind, SocketAddr)> {
    if let Some(received) = target.received.as_ref().filter(|received| received.use_flow) {
        return Some((received.transport, received.local));
    }
    let route = request.header::<Route<'_>>().ok().flatten();
    let raw = route.as_ref().map_or_else(|| request.uri_bytes(), |route| route.0.uri);
    let uri = Uri::parse(raw).ok()?;
    let transport = transport_of(&uri);
    let remote = uri.host().and_then(|host| host.ip()).or_else(|| Some(source.remote.ip()));
    let address = local.address_towards(transport, remote, source.local.ip())?;
    Some((transport, address))
}

fn value(scheme: &str, (transport, address): (TransportKind, SocketAddr)) -> Bytes {
    let transport = match transport {
        TransportKind::Udp => "",
        TransportKind::Tcp => ";transport=tcp",
        TransportKind::Tls => ";transport=tls",
        TransportKind::Ws => ";transport=ws",
        TransportKind::Wss => ";transport=wss",
    };
    Bytes::from(format!("<{scheme}:{address}{transport};lr>"))
}
