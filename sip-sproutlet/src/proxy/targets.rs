//! Where a request is forwarded to (RFC 3261 section 16.5).

use std::collections::VecDeque;

use bytes::Bytes;
use sip_proto::TransportKind;
use sip_proto::message::Uri;
use sip_proto::transport::FlowId;

use crate::location::{Binding, FlowUse, Received};

/// One place to forward a request to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The Request-URI there; `None` to leave it as it is.
    pub(super) uri: Option<Bytes>,
    /// The Path to it, topmost first.
    pub(super) path: Vec<Bytes>,
    /// How it registered, if it did.
    pub(super) received: Option<Received>,
    /// The flow that the dialog's route set tells.
    pub(super) flow: Option<FlowId>,
}

impl Target {
    /// Where the request is heading anyway; over `flow`, if its route set tells one.
    pub(super) const fn unchanged(flow: Option<FlowId>) -> Self {
        Self { uri: None, path: Vec::new(), received: None, flow }
    }

    /// The flow without which it cannot be reached, if there is one.
    pub(super) fn only_flow(&self) -> Option<FlowId> {
        let received = self.received.as_ref().filter(|_| self.path.is_empty());
        let only = received.filter(|received| match received.use_flow {
            FlowUse::Only => true,
            // To be dialled it would have to prove its address by a certificate.
            FlowUse::Preferred => received.transport == TransportKind::Tls,
            FlowUse::Never => false,
        });
        self.flow.or_else(|| only.map(|received| received.flow))
    }

    fn registered(binding: Binding) -> Self {
        Self {
            uri: Some(request_uri(binding.uri)),
            path: binding.path,
            received: Some(binding.received),
            flow: None,
        }
    }
}

/// A contact as a Request-URI (RFC 3261 section 16.6, step 2).
fn request_uri(contact: Bytes) -> Bytes {
    match Uri::parse(&contact) {
        Ok(uri) if !uri.is_request_uri() => uri.to_request_uri(),
        Ok(_) | Err(_) => contact,
    }
}

/// Groups of targets: those of one group are tried in parallel, one group after the other.
pub(super) type Groups = VecDeque<Vec<Target>>;

/// The targets that `bindings` are, by falling q (RFC 3261 section 16.6): the same q in parallel.
/// At most `forks_max`, the best. A sips request goes to sips contacts only.
pub(super) fn of_bindings(mut bindings: Vec<Binding>, secure: bool, forks_max: usize) -> Groups {
    bindings.retain(|binding| !secure || starts_with_sips(&binding.uri));
    bindings.sort_by_key(|binding| core::cmp::Reverse(binding.q_per_mille));
    bindings.truncate(forks_max);
    let mut groups = Groups::new();
    let mut q_last = None;
    for binding in bindings {
        let q = Some(binding.q_per_mille);
        match groups.back_mut() {
            Some(group) if q == q_last => group.push(Target::registered(binding)),
            _ => groups.push_back(vec![Target::registered(binding)]),
        }
        q_last = q;
    }
    groups
}

fn starts_with_sips(uri: &[u8]) -> bool {
    uri.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"sips:"))
}
