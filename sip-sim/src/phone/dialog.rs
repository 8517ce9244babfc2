//! A dialog's state, as much of RFC 3261 section 12 as a call needs.

use bytes::Bytes;
use sip_proto::message::{Contact, From, HeaderName, Method, RecordRoute, To, Uri};
use sip_proto::{Request, Response, ServerId};

/// A dialog's identity (RFC 3261 section 12).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct DialogKey {
    call_id: Bytes,
    local_tag: Bytes,
    remote_tag: Bytes,
}

/// One end of a dialog.
#[derive(Debug)]
pub(super) struct Dialog {
    call_id: Bytes,
    /// Our From value, with its tag.
    local: Bytes,
    /// Their To value, with its tag.
    remote: Bytes,
    target: Bytes,
    route_set: Vec<Bytes>,
    cseq: u32,
    /// Whether our BYE is on the way.
    ending: bool,
    /// The call and attempt whose caller's side this is.
    pub(super) reports: Option<(u32, u32)>,
    /// Our 2xx, until its ACK comes.
    pub(super) unacknowledged: Option<(ServerId, Response)>,
}

impl DialogKey {
    pub(super) fn call_id(&self) -> &[u8] {
        &self.call_id
    }

    /// Of a request that we received; `None` outside any dialog.
    pub(super) fn of_request(request: &Request) -> Option<Self> {
        let to = request.header::<To<'_>>().ok()??;
        let from = request.header::<From<'_>>().ok()??;
        Some(Self {
            call_id: copy(request.call_id().ok()?),
            local_tag: copy(to.tag()?),
            remote_tag: copy(from.tag()?),
        })
    }

    /// Of a response that we send: its To is ours.
    pub(super) fn of_answer(response: &Response) -> Option<Self> {
        Self::of_response(response).map(|Self { call_id, local_tag, remote_tag }| Self {
            call_id,
            local_tag: remote_tag,
            remote_tag: local_tag,
        })
    }

    /// Of a response that we received.
    pub(super) fn of_response(response: &Response) -> Option<Self> {
        let to = response.header::<To<'_>>().ok()??;
        let from = response.header::<From<'_>>().ok()??;
        Some(Self {
            call_id: copy(response.call_id().ok()?),
            local_tag: copy(from.tag()?),
            remote_tag: copy(to.tag()?),
        })
    }
}

impl Dialog {
    /// The caller's, from the 2xx to its INVITE (RFC 3261 section 12.1.2).
    pub(super) fn of_caller(response: &Response, reports: Option<(u32, u32)>) -> Option<Self> {
        let mut route_set = record_routes(response.header_list::<RecordRoute<'_>>());
        route_set.reverse();
        Some(Self {
            call_id: copy(response.call_id().ok()?),
            local: copy(response.value(&HeaderName::From)?),
            remote: copy(response.value(&HeaderName::To)?),
            target: target(response.header::<Contact<'_>>().ok()??)?,
            route_set,
            cseq: 1,
            ending: false,
            reports,
            unacknowledged: None,
        })
    }

    /// The callee's, from the INVITE and the 2xx to it (RFC 3261 section 12.1.1).
    pub(super) fn of_callee(invite: &Request, id: ServerId, answer: &Response) -> Option<Self> {
        Some(Self {
            call_id: copy(invite.call_id().ok()?),
            local: copy(answer.value(&HeaderName::To)?),
            remote: copy(invite.value(&HeaderName::From)?),
            target: target(invite.header::<Contact<'_>>().ok()??)?,
            route_set: record_routes(invite.header_list::<RecordRoute<'_>>()),
            cseq: 0,
            ending: false,
            reports: None,
            unacknowledged: Some((id, answer.clone())),
        })
    }

    /// The ACK to the 2xx: the INVITE's number (RFC 3261 section 13.2.2.4).
    pub(super) fn ack(&self) -> Request {
        self.request(Method::Ack)
    }

    /// The BYE; `None` if it has been sent.
    pub(super) fn bye(&mut self) -> Option<Request> {
        if self.ending {
            return None;
        }
        self.ending = true;
        self.cseq += 1;
        Some(self.request(Method::Bye))
    }

    /// RFC 3261 section 12.2.1.1.
    fn request(&self, method: Method) -> Request {
        let strict = self.route_set.first().filter(|route| !is_loose(route));
        let mut routes: Vec<_> = self.route_set.clone();
        let mut uri = self.target.clone();
        if let Some(first) = strict {
            uri = bare_uri(first);
            routes.remove(0);
            routes.push(bracketed(&self.target));
        }
        let mut builder = Request::builder(method, uri)
            .from(self.local.clone())
            .to(self.remote.clone())
            .call_id(self.call_id.clone())
            .cseq(self.cseq);
        for route in routes {
            builder = builder.header(HeaderName::Route, route);
        }
        builder.build()
    }
}

fn record_routes<'a, E>(
    routes: impl Iterator<Item = Result<RecordRoute<'a>, E>>,
) -> Vec<Bytes> {
    routes.flatten().map(|route| Bytes::from(route.to_string())).collect()
}

fn target(contact: Contact<'_>) -> Option<Bytes> {
    match contact {
        Contact::Address(address) => Some(copy(address.uri)),
        Contact::Star => None,
    }
}

fn bare_uri(route: &[u8]) -> Bytes {
    let start = route.iter().position(|b| *b == b'<').map_or(0, |at| at + 1);
    let end = route.iter().position(|b| *b == b'>').unwrap_or(route.len());
    copy(route.get(start..end).unwrap_or_default())
}

fn bracketed(uri: &[u8]) -> Bytes {
    [b"<", uri, b">"].concat().into()
}

fn is_loose(route: &[u8]) -> bool {
    Uri::parse(&bare_uri(route)).is_ok_and(|uri| uri.is_lr())
}

fn copy(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}
