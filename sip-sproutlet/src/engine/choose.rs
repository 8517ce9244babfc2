//! Which service takes a request.

use std::rc::Rc;

use sip_proto::message::{HeaderName, To, Uri};
use sip_proto::{Request, Secrets, Source, StatusCode, UnixTime};
use smallvec::SmallVec;

use crate::abi::{Context, Hop, PassThrough, Sproutlet, Start, Transaction};
use crate::engine::hop;
use crate::graph::ServiceGraph;
use crate::local_names::LocalNames;

/// Who takes a request.
pub(super) enum Chosen {
    /// A service, or the pass-through where no service wants it but its target is elsewhere.
    Service { index: Option<usize>, transaction: Box<dyn Transaction> },
    /// Nobody.
    Nobody(StatusCode),
}

/// What the choice depends on besides the request.
#[derive(Clone, Copy)]
pub(super) struct Chooser<'a> {
    pub(super) graph: &'a ServiceGraph,
    pub(super) local: &'a Rc<LocalNames>,
    pub(super) secrets: &'a Secrets,
    pub(super) source: &'a Source,
    pub(super) unix: UnixTime,
    /// Whether the request came from the wire rather than from a service.
    pub(super) from_wire: bool,
}

impl Chooser<'_> {
    /// Finds the service for `request` and removes our own topmost Route. A service that declines
    /// is not asked again, so that this ends.
    pub(super) fn choose(&self, request: &mut Request) -> Chosen {
        let mut declined: SmallVec<[usize; 4]> = SmallVec::new();
        let (mut found, mut name) = self.match_target(request, &declined);
        let mut route = self.take_own_routes(request);
        while let Some(index) = found {
            let Some(service) = self.graph.services.get(index) else { break };
            let cx = Context {
                local: self.local,
                secrets: self.secrets,
                source: self.source,
                route: route.as_ref(),
                unix: self.unix,
                from_wire: self.from_wire,
                name: name.unwrap_or_else(|| service.name()),
            };
            let next_hop = match service.start(request, &cx) {
                Start::Accept(transaction) => {
                    return Chosen::Service { index: Some(index), transaction };
                }
                Start::Decline { next_hop } => next_hop,
            };
            declined.push(index);
            (found, name) = match next_hop {
                Some(Hop::Service(name)) => (self.named(name.as_bytes(), &declined), None),
                Some(Hop::Uri(uri)) => {
                    let value = [b"<", uri.as_ref(), b">"].concat();
                    request.push_front(HeaderName::Route, value);
                    let matched = self.match_target(request, &declined);
                    route = self.take_own_routes(request).or(route);
                    matched
                }
                None => self.match_target(request, &declined),
            };
        }
        self.no_service(request)
    }

    /// RFC 3261 section 16: without a service this is still a router for what leads elsewhere.
    fn no_service(&self, request: &Request) -> Chosen {
        let leads_on = hop::top_route(request).is_some()
            || request.uri().is_ok_and(|uri| uri.is_sip() && !self.local.leads_here(&uri));
        if leads_on {
            Chosen::Service { index: None, transaction: Box::new(PassThrough) }
        } else if has_to_tag(request) {
            Chosen::Nobody(StatusCode::CALL_DOES_NOT_EXIST)
        } else {
            Chosen::Nobody(StatusCode::NOT_FOUND)
        }
    }

    /// The matching rules of [`Sproutlet`].
    fn match_target(&self, request: &Request, declined: &[usize]) -> (Option<usize>, Option<&str>) {
        let uri = Uri::parse(hop::target(request)).ok();
        let by_name = uri.as_ref().and_then(|uri| self.match_name(uri, declined));
        if by_name.is_some() {
            let (index, name) = by_name.unzip();
            return (index, name);
        }
        let port = if self.from_wire {
            Some(self.source.local.port())
        } else {
            uri.and_then(|uri| uri.port())
        };
        let by_port = port.and_then(|port| {
            self.graph.services.iter().position(|service| service.port() == Some(port))
        });
        let allowed = |index: &usize| !declined.contains(index);
        (by_port.filter(allowed).or_else(|| self.graph.entry.filter(allowed)), None)
    }

    fn match_name(&self, uri: &Uri<'_>, declined: &[usize]) -> Option<(usize, &str)> {
        let tokens = if self.local.leads_here(uri) {
            [uri.params().value("service"), uri.user()]
        } else {
            [self.local.service_label(uri).map(str::as_bytes), None]
        };
        tokens.into_iter().flatten().find_map(|token| self.named_as(token, declined))
    }

    fn named(&self, token: &[u8], declined: &[usize]) -> Option<usize> {
        self.named_as(token, declined).map(|(index, _)| index)
    }

    fn named_as(&self, token: &[u8], declined: &[usize]) -> Option<(usize, &str)> {
        self.graph
            .services
            .iter()
            .enumerate()
            .filter(|(index, _)| !declined.contains(index))
            .find_map(|(index, service)| Some((index, name_like(service.as_ref(), token)?)))
    }

    fn take_own_routes(&self, request: &mut Request) -> Option<bytes::Bytes> {
        hop::take_own_routes(request, self.local, |uri| self.match_name(uri, &[]).is_none())
    }

    /// Whether a request of a service stays here: its target is ours.
    pub(super) fn is_local(graph: &ServiceGraph, local: &LocalNames, request: &Request) -> bool {
        Uri::parse(hop::target(request)).is_ok_and(|uri| {
            local.leads_here(&uri)
                || local.service_label(&uri).is_some_and(|label| graph.find(label).is_some())
        })
    }
}

fn name_like<'s>(service: &'s dyn Sproutlet, token: &[u8]) -> Option<&'s str> {
    core::iter::once(service.name())
        .chain(service.aliases().iter().map(String::as_str))
        .find(|name| name.as_bytes().eq_ignore_ascii_case(token))
}

/// Whether a request is inside a dialog (RFC 3261 section 12).
pub(super) fn has_to_tag(request: &Request) -> bool {
    request.header::<To<'_>>().is_ok_and(|to| to.is_some_and(|to| to.tag().is_some()))
}
