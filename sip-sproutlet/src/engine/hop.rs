//! What changes in a request where it enters, hops between services and leaves
//! (RFC 3261 sections 16.4 and 16.6).

use bytes::Bytes;
use sip_proto::message::{HeaderName, MaxForwards, Route, Uri};
use sip_proto::{Request, StatusCode};

use crate::local_names::LocalNames;

/// What a request without Max-Forwards gets (RFC 3261 section 16.6, step 3).
const MAX_FORWARDS_DEFAULT: u32 = 70;

/// Why a request goes no further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HopError {
    /// It has been forwarded as often as it may be (RFC 3261 section 16.3, step 3).
    TooMany,
    /// Its Max-Forwards is not a number: counted as none, it could go round for ever.
    Malformed,
}

impl HopError {
    /// What it is answered with, and why.
    pub(super) const fn refusal(self) -> (StatusCode, &'static str) {
        match self {
            Self::TooMany => (StatusCode::TOO_MANY_HOPS, "Max-Forwards is 0"),
            Self::Malformed => (StatusCode::BAD_REQUEST, "Max-Forwards cannot be read"),
        }
    }
}

/// Takes out of the Request-URI what is not allowed there (RFC 3261 section 16.6, step 2).
pub(super) fn clean_request_uri(request: &mut Request) {
    // Most have no such thing, and need no parsing to see it.
    if !request.uri_bytes().iter().any(|byte| matches!(byte, b';' | b'?')) {
        return;
    }
    let clean = match request.uri() {
        Ok(uri) if !uri.is_request_uri() => uri.to_request_uri(),
        Ok(_) | Err(_) => return,
    };
    request.set_uri(clean);
}

/// Where a request is heading: its topmost Route, else its Request-URI.
pub(super) fn target(request: &Request) -> &[u8] {
    top_route(request).unwrap_or_else(|| request.uri_bytes())
}

/// The URI of the topmost Route.
pub(super) fn top_route(request: &Request) -> Option<&[u8]> {
    request.header::<Route<'_>>().ok().flatten().map(|route| route.0.uri)
}

/// RFC 3261 section 16.4: a strict router before us put our Record-Route into the Request-URI, and
/// the real one last among the Routes. Puts both where a loose router would have left them.
pub(super) fn undo_strict_routing(request: &mut Request, local: &LocalNames) {
    let was_ours = request.uri().is_ok_and(|uri| uri.is_lr() && local.leads_here(&uri));
    if !was_ours {
        return;
    }
    let last = request.header_list::<Route<'_>>().last();
    if let Some(Ok(route)) = last {
        let uri = Bytes::copy_from_slice(route.0.uri);
        let ours = [b"<", request.uri_bytes(), b">"].concat();
        request.set_uri(uri);
        request.pop_back(&HeaderName::Route);
        request.push_front(HeaderName::Route, ours);
    }
}

/// RFC 3261 section 16.6, step 6: if the next hop is a strict router, its URI goes into the
/// Request-URI and ours to the end of the Routes. Returns where the request then goes.
pub(super) fn prepare_strict_next_hop(request: &mut Request) -> Option<Bytes> {
    let uri = top_route(request)?;
    if Uri::parse(uri).is_ok_and(|uri| uri.is_lr()) {
        return None;
    }
    let next_hop = Bytes::copy_from_slice(uri);
    let last = [b"<", request.uri_bytes(), b">"].concat();
    request.pop_front(&HeaderName::Route);
    request.push_back(HeaderName::Route, last);
    request.set_uri(next_hop.clone());
    Some(next_hop)
}

/// Removes the topmost Route if it is ours, and with it those below that are ours and satisfy
/// `is_plain`: the other half of a double Record-Route (RFC 5658), which names no service.
/// Returns the URI of the topmost.
pub(super) fn take_own_routes(
    request: &mut Request,
    local: &LocalNames,
    is_plain: impl Fn(&Uri<'_>) -> bool,
) -> Option<Bytes> {
    let taken = own_top_route(request, local, |_| true)?;
    request.pop_front(&HeaderName::Route);
    while own_top_route(request, local, &is_plain).is_some() {
        request.pop_front(&HeaderName::Route);
    }
    Some(taken)
}

fn own_top_route(
    request: &Request,
    local: &LocalNames,
    also: impl Fn(&Uri<'_>) -> bool,
) -> Option<Bytes> {
    let raw = top_route(request)?;
    let uri = Uri::parse(raw).ok()?;
    (local.leads_here(&uri) || local.service_label(&uri).is_some())
        .then(|| also(&uri).then(|| Bytes::copy_from_slice(raw)))
        .flatten()
}

/// Counts one hop.
pub(super) fn decrement_max_forwards(request: &mut Request) -> Result<(), HopError> {
    let left = match request.header::<MaxForwards>() {
        Ok(Some(MaxForwards(hops))) => hops.checked_sub(1).ok_or(HopError::TooMany)?,
        Ok(None) => MAX_FORWARDS_DEFAULT,
        Err(_) => return Err(HopError::Malformed),
    };
    request.set(HeaderName::MaxForwards, decimal(left));
    Ok(())
}

fn decimal(number: u32) -> Bytes {
    Bytes::from(number.to_string())
}

/// Identifies what is asked of whom: the service, the Request-URI and the Routes. Two requests of
/// one tree with the same key are a loop (RFC 3261 section 16.3, step 4), since the same service
/// would decide the same again. FNV-1a: whoever forces a collision fails only his own request.
pub(super) fn key(service: Option<usize>, request: &Request) -> u64 {
    const PRIME: u64 = 0x0100_0000_01b3;
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |bytes: &[u8]| {
        for byte in bytes.iter().chain(&[0xff]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
        }
    };
    eat(&service.map_or(u64::MAX, |index| index as u64).to_le_bytes());
    eat(request.uri_bytes());
    for route in request.values(&HeaderName::Route) {
        eat(route);
    }
    hash
}

#[cfg(test)]
mod tests {
    use sip_proto::TransportKind;
    use sip_proto::message::Method;

    use super::*;
    use crate::LocalSocket;

    fn local() -> LocalNames {
        let mut local = LocalNames::new(&["example.com".to_owned()]);
        local.add(LocalSocket {
            transport: TransportKind::Udp,
            local: "192.0.2.1:5060".parse().expect("a socket address"),
            advertised: None,
        });
        local
    }

    fn request(uri: &'static str, routes: &[&'static str]) -> Request {
        let mut builder = Request::builder(Method::Bye, uri);
        for route in routes {
            builder = builder.header(HeaderName::Route, *route);
        }
        builder.build()
    }

    fn routes(request: &Request) -> Vec<String> {
        request
            .list(&HeaderName::Route)
            .map(|route| String::from_utf8_lossy(route).into_owned())
            .collect()
    }

    /// RFC 3261 section 16.12.1.2, seen by the proxy after the strict router.
    #[test]
    fn what_a_strict_router_did_is_undone() {
        let mut bye = request(
            "sip:192.0.2.1;lr",
            &["<sip:p3.example.org;lr>", "<sip:callee@u2.example.org>"],
        );
        undo_strict_routing(&mut bye, &local());
        assert_eq!(bye.uri_bytes(), b"sip:callee@u2.example.org");
        assert_eq!(routes(&bye), ["<sip:192.0.2.1;lr>", "<sip:p3.example.org;lr>"]);

        let mut foreign = request("sip:192.0.2.9;lr", &["<sip:a@b>"]);
        undo_strict_routing(&mut foreign, &local());
        assert_eq!(foreign.uri_bytes(), b"sip:192.0.2.9;lr");
    }

    #[test]
    fn a_strict_next_hop_gets_its_own_uri_as_request_uri() {
        let mut bye = request("sip:callee@u2", &["<sip:strict.example.org>, <sip:p4;lr>"]);
        let next_hop = prepare_strict_next_hop(&mut bye);
        assert_eq!(next_hop.as_deref(), Some(&b"sip:strict.example.org"[..]));
        assert_eq!(bye.uri_bytes(), b"sip:strict.example.org");
        assert_eq!(routes(&bye), ["<sip:p4;lr>", "<sip:callee@u2>"]);

        let mut loose = request("sip:callee@u2", &["<sip:p4;lr>"]);
        assert_eq!(prepare_strict_next_hop(&mut loose), None);
        assert_eq!(loose.uri_bytes(), b"sip:callee@u2");
    }

    #[test]
    fn both_halves_of_a_double_record_route_are_removed_and_other_services_kept() {
        let plain = |uri: &Uri<'_>| uri.params().value("service").is_none();
        let mut bye = request(
            "sip:a@b",
            &[
                "<sip:192.0.2.1;transport=tcp;lr>, <sip:192.0.2.1;lr>",
                "<sip:example.com;service=x;lr>",
                "<sip:p4;lr>",
            ],
        );
        // The address is ours on UDP port 5060, which TCP shares.
        let taken = take_own_routes(&mut bye, &local(), plain);
        assert_eq!(taken.as_deref(), Some(&b"sip:192.0.2.1;transport=tcp;lr"[..]));
        assert_eq!(routes(&bye), ["<sip:example.com;service=x;lr>", "<sip:p4;lr>"]);
    }

    #[test]
    fn hops_are_counted_down_to_zero() {
        let with = |hops: &'static str| {
            Request::builder(Method::Bye, "sip:a@b").header(HeaderName::MaxForwards, hops).build()
        };
        let mut two = with("2");
        assert_eq!(decrement_max_forwards(&mut two), Ok(()));
        assert_eq!(two.value(&HeaderName::MaxForwards), Some(&b"1"[..]));
        assert_eq!(decrement_max_forwards(&mut with("0")), Err(HopError::TooMany));
        assert_eq!(decrement_max_forwards(&mut with("many")), Err(HopError::Malformed));
        let mut none = with("1");
        none.remove(&HeaderName::MaxForwards);
        assert_eq!(decrement_max_forwards(&mut none), Ok(()));
        assert_eq!(none.value(&HeaderName::MaxForwards), Some(&b"70"[..]));
    }
}
