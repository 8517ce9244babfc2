//! Telling a loop from a spiral: RFC 3261 sections 16.3 (4) and 16.6 (8), as RFC 5393 has it.

use core::hash::Hasher as _;

use siphasher::sip::SipHasher24;

use super::BranchToken;
use crate::message::{self, CSeq, CallId, HeaderName, To, Via};
use crate::{Request, Secrets};

/// A hash of all that decides where `request` goes: when it comes by again with the same hash, it
/// will go the same way again.
///
/// Request-URI, Route, Proxy-Require and Proxy-Authorization, and what makes the request itself:
/// tags, Call-ID, CSeq number. Not the method, since CANCEL and ACK share the branch; not the Vias,
/// which differ each time around (RFC 5393 section 4.2). The same on all nodes. Not keyed: who
/// makes two of his requests collide only has one of them taken for a loop.
#[must_use]
pub fn loop_hash(request: &Request) -> u32 {
    let mut hasher = SipHasher24::new();
    let mut add = |field: &[u8]| {
        hasher.write_u64(field.len() as u64);
        hasher.write(field);
    };
    add(request.uri_bytes());
    for name in [HeaderName::Route, HeaderName::ProxyRequire, HeaderName::ProxyAuthorization] {
        request.list(&name).for_each(&mut add);
        add(b"");
    }
    let from = request.require::<message::From<'_>>().ok();
    add(from.and_then(|from| from.tag()).unwrap_or_default());
    let to = request.require::<To<'_>>().ok();
    add(to.and_then(|to| to.tag()).unwrap_or_default());
    add(request.require::<CallId<'_>>().map_or(&[], |call_id| call_id.0));
    let cseq = request.require::<CSeq>().map_or(0, |cseq| cseq.number);
    add(&cseq.to_le_bytes());
    hasher.finish() as u32
}

/// Whether `request` has been here before, to be routed just as now: one of its Vias has a branch
/// of ours with its [`loop_hash`].
///
/// Look at it at the point where the hash for its own branch is taken: both as received, or both
/// as sent. Otherwise a request for u that is sent on to ourselves as one for v, which is legal,
/// counts as a loop.
#[must_use]
pub fn is_looped(request: &Request, secrets: &Secrets) -> bool {
    let mut hash = None;
    request
        .header_list::<Via<'_>>()
        .filter_map(|via| BranchToken::decode(via.ok()?.branch()?, secrets))
        .any(|token| token.loop_hash == *hash.get_or_insert_with(|| loop_hash(request)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ShardId;
    use crate::message::Method;

    const SECRETS: Secrets = Secrets::new([7; 16]);

    fn request(uri: &'static str, vias: &[String], route: &'static str) -> Request {
        let mut builder = Request::builder(Method::Invite, uri);
        for via in vias {
            builder = builder.header(HeaderName::Via, via.clone());
        }
        builder
            .header(HeaderName::Route, route)
            .header(HeaderName::From, "<sip:a@a>;tag=1")
            .header(HeaderName::To, "<sip:b@b>")
            .header(HeaderName::CallId, "c")
            .cseq(1)
            .build()
    }

    /// The Via under which `request` leaves.
    fn via_of(request: &Request) -> String {
        let token = BranchToken {
            shard: ShardId(0),
            slot: 1,
            generation: 1,
            loop_hash: loop_hash(request),
        };
        format!("SIP/2.0/UDP us;branch={}", token.encode(&SECRETS))
    }

    #[test]
    fn the_same_request_again_is_a_loop_whoever_was_in_between() {
        let first = request("sip:b@b", &[], "<sip:p;lr>");
        assert!(!is_looped(&first, &SECRETS));
        let other = "SIP/2.0/UDP other;branch=z9hG4bKxyz".to_owned();
        let again = request("sip:b@b", &[other, via_of(&first)], "<sip:p;lr>");
        assert!(is_looped(&again, &SECRETS));
        assert!(!is_looped(&again, &Secrets::new([8; 16])), "another cluster's Via");
    }

    /// RFC 3261 section 16.3 (4): with another Request-URI or route it is a spiral.
    #[test]
    fn a_changed_target_or_route_is_a_spiral() {
        let via = via_of(&request("sip:b@b", &[], "<sip:p;lr>"));
        let retargeted = request("sip:c@b", core::slice::from_ref(&via), "<sip:p;lr>");
        assert!(!is_looped(&retargeted, &SECRETS));
        assert!(!is_looped(&request("sip:b@b", &[via], "<sip:q;lr>"), &SECRETS));
    }

    #[test]
    fn the_method_does_not_count() {
        let invite = request("sip:b@b", &[], "<sip:p;lr>");
        let cancel = super::super::build_cancel(&invite, None);
        assert_eq!(loop_hash(&invite), loop_hash(&cancel));
    }
}
