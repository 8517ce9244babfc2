//! Which requests a proxy may forward at all (RFC 3261 sections 16.3 and 16.4).

use bytes::Bytes;
use sip_proto::message::{HeaderName, MaxForwards, Method, ProxyRequire, Route, Scheme};
use sip_proto::{Request, StatusCode, TransportKind};

use crate::breadth;
use crate::local_names::{LocalNames, transport_of};
use crate::refusal::{Refusal, check_extensions};

/// What a valid request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// To be forwarded.
    Forward,
    /// An OPTIONS that may not go further: answered as if it were for this server.
    Answer,
}

/// RFC 3261 section 16.3, steps 1, 2, 3 and 5, in that order. Loops (step 4) are found where a
/// request is sent.
pub(super) fn validate(request: &Request) -> Result<Verdict, Refusal> {
    let uri = request
        .uri()
        .map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, "its Request-URI cannot be read"))?;
    let has_route = request.count(&HeaderName::Route) > 0;
    match uri.scheme() {
        Scheme::Sip | Scheme::Sips => {}
        // Understood as far as somebody else's Route leads.
        Scheme::Tel if has_route => {}
        Scheme::Tel | Scheme::Other(_) => {
            return Err(Refusal::new(
                StatusCode::UNSUPPORTED_URI_SCHEME,
                "its Request-URI is not a SIP URI",
            ));
        }
    }
    let malformed_route = request.header_list::<Route<'_>>().any(|route| route.is_err());
    if malformed_route {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "a Route cannot be read"));
    }
    let verdict = check_max_forwards(request)?;
    if breadth::is_malformed(request) {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, "Max-Breadth cannot be read"));
    }
    check_proxy_require(request)?;
    Ok(verdict)
}

fn check_max_forwards(request: &Request) -> Result<Verdict, Refusal> {
    match request.header::<MaxForwards>() {
        Err(_) => Err(Refusal::new(StatusCode::BAD_REQUEST, "Max-Forwards cannot be read")),
        Ok(Some(MaxForwards(0))) => {
            if *request.method() == Method::Options {
                Ok(Verdict::Answer)
            } else {
                Err(Refusal::new(StatusCode::TOO_MANY_HOPS, "Max-Forwards is 0"))
            }
        }
        Ok(_) => Ok(Verdict::Forward),
    }
}

/// None of the extensions that demand something of a proxy is supported.
fn check_proxy_require(request: &Request) -> Result<(), Refusal> {
    // An ACK must not carry it (section 20.29) and cannot be answered.
    if *request.method() == Method::Ack {
        return Ok(());
    }
    let demanded = request.header_list::<ProxyRequire<'_>>().flatten().map(|tag| tag.0);
    check_extensions(demanded, &[], "it demands an extension of proxies")
}

/// RFC 3261 section 16.4: a `maddr` that is ours has done its work, and with it the port and the
/// transport that led here. A request that names another of our sockets would be sent to ourselves
/// (section 16.5) and lose them there: the same is done at once.
pub(super) fn strip_own_maddr(request: &mut Request, local: &LocalNames) {
    let Some(stripped) = without_own_maddr(request, local) else { return };
    request.set_uri(stripped);
}

fn without_own_maddr(request: &Request, local: &LocalNames) -> Option<Bytes> {
    let uri = request.uri().ok()?;
    if !uri.params().has("maddr") || !local.leads_here(&uri) {
        return None;
    }
    // The default port stays, and with UDP there is no transport parameter to lose.
    let port = uri.port().unwrap_or_else(|| transport_of(&uri).default_port());
    let names = ["maddr", "transport"];
    let is_port_stripped = port != TransportKind::Udp.default_port();
    Some(if is_port_stripped {
        uri.without_port_and_params(&names)
    } else {
        uri.without_params(&names)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(
        method: Method,
        uri: &'static str,
        headers: &[(HeaderName, &'static str)],
    ) -> Request {
        let mut builder = Request::builder(method, uri);
        for (name, value) in headers {
            builder = builder.header(name.clone(), *value);
        }
        builder.build()
    }

    /// RFC 3261 section 16.3.
    #[test]
    fn what_may_not_be_forwarded() {
        use HeaderName::{MaxBreadth, MaxForwards, ProxyRequire, Route};
        let invite = || Method::Invite;
        let table = [
            (request(invite(), "sip:a@b", &[]), Ok(Verdict::Forward)),
            (request(invite(), "sips:a@b", &[(MaxForwards, "1")]), Ok(Verdict::Forward)),
            (request(invite(), "http://a", &[]), Err(416)),
            (request(invite(), "tel:+1", &[]), Err(416)),
            (request(invite(), "tel:+1", &[(Route, "<sip:p;lr>")]), Ok(Verdict::Forward)),
            (request(invite(), "sip:a@b", &[(MaxForwards, "0")]), Err(483)),
            (request(Method::Options, "sip:a@b", &[(MaxForwards, "0")]), Ok(Verdict::Answer)),
            (request(invite(), "sip:a@b", &[(MaxForwards, "many")]), Err(400)),
            (request(invite(), "sip:a@b", &[(MaxBreadth, "wide")]), Err(400)),
            (request(invite(), "sip:a@b", &[(MaxBreadth, "1")]), Ok(Verdict::Forward)),
            (request(invite(), "sip:a@b", &[(ProxyRequire, "x")]), Err(420)),
            (request(Method::Ack, "sip:a@b", &[(ProxyRequire, "x")]), Ok(Verdict::Forward)),
            // Steps 2, 3 and 5 are taken in that order.
            (request(invite(), "http://a", &[(MaxForwards, "0"), (ProxyRequire, "x")]), Err(416)),
            (request(invite(), "sip:a@b", &[(MaxForwards, "0"), (ProxyRequire, "x")]), Err(483)),
        ];
        for (request, expected) in table {
            let verdict = validate(&request).map_err(|refusal| refusal.status.as_u16());
            assert_eq!(verdict, expected, "{request:?}");
        }
    }

    #[test]
    fn every_extension_demanded_is_named_as_unsupported() {
        let request = request(
            Method::Invite,
            "sip:a@b",
            &[(HeaderName::ProxyRequire, "one, two"), (HeaderName::ProxyRequire, "three")],
        );
        let refusal = validate(&request).expect_err("a refusal");
        let unsupported = (HeaderName::Unsupported, Bytes::from_static(b"one, two, three"));
        assert_eq!(refusal.header, Some(unsupported));
    }
}
