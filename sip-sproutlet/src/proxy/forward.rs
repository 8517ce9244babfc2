//! One copy of a request for one target (RFC 3261 section 16.6).

use sip_proto::message::{HeaderName, Route, Uri};
use sip_proto::{NextHop, Request, Source};

use crate::local_names::LocalNames;
use crate::location::{FlowUse, Received};
use crate::proxy::record_route::{self, Mark};
use crate::proxy::targets::Target;

/// What does not depend on the target.
#[derive(Clone, Copy)]
pub(super) struct Forwarding<'a> {
    pub(super) local: &'a LocalNames,
    pub(super) source: &'a Source,
    /// What to say of the dialog in our Record-Route, if we stay on its path.
    pub(super) record_route: Option<&'a Mark>,
}

/// The copy for `target`, and where to send it. The host does what holds for every service:
/// Max-Forwards, a strict next hop, the Via.
pub(super) fn copy(
    request: &Request,
    target: &Target,
    forwarding: Forwarding<'_>,
) -> (Request, NextHop) {
    // RFC 3261 section 16.6, step 1: what is not edited stays as it came, byte for byte.
    let mut copy = request.clone();
    if let Some(uri) = &target.uri {
        copy.set_uri(uri.clone());
    }
    // RFC 3327 section 5.3: the Path, in its order. Where there is one, no Route was left.
    for route in target.path.iter().rev() {
        copy.push_front(HeaderName::Route, route.clone());
    }
    let has_route = copy.count(&HeaderName::Route) > 0;
    let stays_here = stays_here(&copy, forwarding.local);
    let next_hop = match target.received.as_ref().filter(|_| !has_route) {
        // Without the flow there may be another way, if the phone listens after all.
        _ if target.flow.is_some() && !has_route => {
            target.flow.map_or(NextHop::ByMessage, NextHop::FlowOrMessage)
        }
        Some(Received { use_flow: FlowUse::Only, flow, .. }) => NextHop::Flow(*flow),
        // A contact that is a user here is found here, however it was registered.
        Some(Received { use_flow: FlowUse::Preferred, flow, .. }) if !stays_here => {
            NextHop::FlowOrMessage(*flow)
        }
        _ => NextHop::ByMessage,
    };
    // Where it stays in this host it passes here again, and is recorded then.
    let leaves = next_hop != NextHop::ByMessage || !stays_here;
    if let Some(mark) = forwarding.record_route.filter(|_| leaves) {
        record_route::add(&mut copy, target, mark, (forwarding.source, forwarding.local));
    }
    (copy, next_hop)
}

fn stays_here(request: &Request, local: &LocalNames) -> bool {
    let route = request.header::<Route<'_>>().ok().flatten();
    let raw = route.as_ref().map_or_else(|| request.uri_bytes(), |route| route.0.uri);
    Uri::parse(raw).is_ok_and(|uri| local.leads_here(&uri))
}
