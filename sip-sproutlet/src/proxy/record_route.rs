//! Staying on the path of a dialog (RFC 3261 section 16.6, step 4).

use std::net::SocketAddr;

use bytes::Bytes;
use sip_proto::message::{HeaderName, Method, Route, Scheme, Uri};
use sip_proto::{Request, Secrets, Source, TransportKind};

use crate::local_names::{LocalNames, transport_of};
use crate::location::{FlowUse, Received};
use crate::proxy::ends::Ends;
use crate::proxy::flow_token;
use crate::proxy::targets::Target;

/// The parameter of our Record-Route URI that says which dialog it was made for.
const PARAMETER: &str = "dialog";
/// The domain of its MAC.
const LABEL: &str = "record-route";

/// Which dialog a Record-Route of ours is made for: a MAC of the Call-ID, which is the same in
/// both directions and from the first request on. Nobody can make one up, and whoever has the
/// [`Secrets`] can tell without keeping anything: this server after a restart, and any other of
/// its cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DialogToken(u64);

impl DialogToken {
    pub(super) fn of(request: &Request, secrets: &Secrets) -> Self {
        Self(secrets.mac(LABEL, request.call_id().unwrap_or_default()))
    }

    /// Whether `route`, the URI of a Route, is a Record-Route that was made for the dialog of
    /// `request`, under these keys or the ones before.
    pub(super) fn is_in(route: &[u8], request: &Request, secrets: &Secrets) -> bool {
        let Ok(uri) = Uri::parse(route) else { return false };
        let Some(Ok(digits)) = uri.params().value(PARAMETER).map(core::str::from_utf8) else {
            return false;
        };
        let call_id = request.call_id().unwrap_or_default();
        u64::from_str_radix(digits, 16)
            .is_ok_and(|tag| secrets.verify(LABEL, call_id, tag, u64::MAX))
    }
}

/// What our Record-Route says of a dialog, and the keys to say more with.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    pub(super) dialog: DialogToken,
    /// Where callers are asked for passwords: whom nobody has to be asked for again.
    pub(super) ends: Option<MarkedEnds>,
    pub(super) secrets: Secrets,
}

/// The ends of a dialog as far as they are known before its request is forwarded.
#[derive(Clone, Debug)]
pub(super) enum MarkedEnds {
    /// The dialog begins here; `caller` says whether its sender has proved who it is.
    New { caller: bool },
    /// It has begun: what its Route tells goes on.
    Told(Ends),
}

impl MarkedEnds {
    fn of(&self, request: &Request, target: &Target, secrets: &Secrets) -> Ends {
        match self {
            Self::Told(ends) => ends.clone(),
            Self::New { caller } => {
                let mut ends = Ends::default();
                if target.received.is_some() {
                    ends.add_next_hop(request, secrets);
                }
                if *caller {
                    ends.add_sender(request, secrets);
                }
                ends
            }
        }
    }
}

/// Whether a request may set up a dialog, or is one in it that says anew where its sender is: its
/// Record-Route matters. Inside a dialog it changes nothing as a rule (section 16.6, step 4), but
/// an end that has lost its route set finds it again.
pub(super) fn is_for(request: &Request) -> bool {
    matches!(
        request.method(),
        Method::Invite | Method::Subscribe | Method::Refer | Method::Notify | Method::Update
    )
}

/// Puts us into the route set of the dialog. Where the request leaves by another address or
/// transport than it came in, twice (RFC 5658): each side then finds the one it can reach on top.
/// Likewise where an end can only be reached over its flow: the one that the other end finds on top
/// tells which (RFC 5626 section 5.3).
pub(super) fn add(
    request: &mut Request,
    target: &Target,
    mark: &Mark,
    (source, local): (&Source, &LocalNames),
) {
    let at_sender = (source.transport, source.local);
    let at_target = outgoing(request, target, source, local).unwrap_or(at_sender);
    let call_id = request.call_id().unwrap_or_default();
    let written = |flow| flow_token::write(flow, call_id, &mark.secrets);
    let to_sender = flow_token::of_sender(request, source).map(written);
    let to_target = target.only_flow().map(written);
    let ends = mark.ends.as_ref().map(|ends| ends.of(request, target, &mark.secrets));
    let dialog = (mark.dialog, ends.unwrap_or_default().parameter());
    // A sips request is recorded by a sips URI.
    let scheme =
        if request.uri().is_ok_and(|uri| uri.scheme() == Scheme::Sips) { "sips" } else { "sip" };
    let sender_finds = value(scheme, at_sender, &dialog, to_target.as_deref());
    let target_finds = value(scheme, at_target, &dialog, to_sender.as_deref());
    if sender_finds != target_finds {
        request.push_front(HeaderName::RecordRoute, sender_finds);
    }
    request.push_front(HeaderName::RecordRoute, target_finds);
}

/// By which of our addresses the request will leave, as far as its next hop tells: a host name is
/// taken to be in the family that the request came in by.
fn outgoing(
    request: &Request,
    target: &Target,
    source: &Source,
    local: &LocalNames,
) -> Option<(TransportKind, SocketAddr)> {
    let by_flow = |received: &&Received| received.use_flow != FlowUse::Never;
    if let Some(received) = target.received.as_ref().filter(by_flow) {
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

fn value(
    scheme: &str,
    (transport, address): (TransportKind, SocketAddr),
    (DialogToken(token), ends): &(DialogToken, String),
    flow: Option<&str>,
) -> Bytes {
    let transport = match transport {
        TransportKind::Udp => "",
        TransportKind::Tcp => ";transport=tcp",
        TransportKind::Tls => ";transport=tls",
        // RFC 7118 section 5.2.2 has no other name for it, secure or not.
        TransportKind::Ws | TransportKind::Wss => ";transport=ws",
    };
    let flow = flow.unwrap_or_default();
    Bytes::from(format!("<{scheme}:{address}{transport};lr{flow}{ends};{PARAMETER}={token:016x}>"))
}
