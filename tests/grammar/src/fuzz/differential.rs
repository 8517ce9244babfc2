//! The library's parser and the reference reader, side by side.

use core::fmt::Debug;

use bytes::Bytes;
use sip_proto::message::{
    CSeq, CallId, Contact, From, MaxForwards, NameAddr, Params, RecordRoute, Route, Scheme, To,
    TypedHeader, Uri, Via,
};
use sip_proto::{HeaderName, Limits, Message, SipMessage};

use crate::reference::{self, Param, Reading, Rule, StartLine};

/// A datagram.
///
/// Both take it or neither does, and both find the same in it: start line, header fields, body;
/// and so in each value of the headers that the reference reader knows, and in each URI.
pub fn differential(data: &[u8]) {
    let ours = SipMessage::parse(Bytes::copy_from_slice(data), &unlimited());
    let theirs = reference::message(data, Reading::Lenient);
    let (ours, theirs) = match (ours, theirs) {
        (Ok(ours), Some(theirs)) => (ours, theirs),
        (Err(_), None) => return,
        (Err(error), Some(theirs)) => panic!("only the library refuses {theirs:?}: {error}"),
        (Ok(ours), None) => panic!("only the library takes {ours:?}"),
    };
    match (&ours, &theirs.start) {
        (SipMessage::Request(request), StartLine::Request(method, uri)) => {
            assert_eq!(request.method().as_str().as_bytes(), method);
            assert_eq!(request.uri_bytes(), uri);
            same(Rule::Uri, uri);
        }
        (SipMessage::Response(response), StartLine::Response(code, reason)) => {
            assert_eq!(u64::from(response.status().as_u16()), *code);
            assert_eq!(response.reason(), reason);
        }
        (ours, theirs) => panic!("{ours:?} is {theirs:?}"),
    }
    assert_eq!(ours.headers().body(), &theirs.body);
    assert_eq!(ours.headers().iter().count(), theirs.headers.len());
    for (ours, (name, value)) in ours.headers().iter().zip(&theirs.headers) {
        assert_eq!(*ours.name, HeaderName::from_bytes(name));
        assert_eq!(ours.value, value);
    }
    values(ours.headers());
}

/// Every limit out of the way: the reference reader has none.
fn unlimited() -> Limits {
    Limits {
        header_bytes_max: usize::MAX,
        header_count_max: usize::MAX,
        header_value_bytes_max: usize::MAX,
        body_bytes_max: usize::MAX,
        ..Limits::default()
    }
}

fn values(message: &Message) {
    let rules = [
        (HeaderName::Via, Rule::Via),
        (HeaderName::From, Rule::Address),
        (HeaderName::To, Rule::Address),
        (HeaderName::Route, Rule::Address),
        (HeaderName::RecordRoute, Rule::Address),
        (HeaderName::Contact, Rule::Contact),
        (HeaderName::CSeq, Rule::CSeq),
        (HeaderName::CallId, Rule::CallId),
        (HeaderName::MaxForwards, Rule::MaxForwards),
    ];
    for (name, rule) in rules {
        for value in message.list(&name) {
            same(rule, value);
        }
    }
}

/// Reads `raw` both ways; both must find the same in it. Whether they found anything.
pub fn same(rule: Rule, raw: &[u8]) -> bool {
    let reading = Reading::Lenient;
    match rule {
        Rule::Address => equal(raw, address(raw), reference::address(raw, reading)),
        Rule::CallId => {
            let ours = CallId::parse(raw).ok().map(|id| id.0.to_vec());
            equal(raw, ours, reference::call_id(raw, reading))
        }
        Rule::Contact => equal(raw, contact(raw), reference::contact(raw, reading)),
        Rule::CSeq => {
            let ours = CSeq::parse(raw).ok();
            let ours = ours.map(|it| (u64::from(it.number), it.method.as_str().into()));
            equal(raw, ours, reference::cseq(raw, reading))
        }
        Rule::MaxForwards => {
            let ours = MaxForwards::parse(raw).ok().map(|hops| u64::from(hops.0));
            equal(raw, ours, reference::number(raw, 255))
        }
        Rule::Message => {
            differential(raw);
            reference::message(raw, reading).is_some()
        }
        Rule::Uri => equal(raw, Uri::parse(raw).ok().map(uri), reference::uri(raw, reading)),
        Rule::Via => equal(raw, via(raw), reference::via(raw, reading)),
    }
}

fn equal<T: Debug + PartialEq>(raw: &[u8], ours: Option<T>, theirs: Option<T>) -> bool {
    assert_eq!(
        ours,
        theirs,
        "library and reference differ over {:?}",
        String::from_utf8_lossy(raw)
    );
    ours.is_some()
}

fn via(raw: &[u8]) -> Option<reference::Via> {
    let via = Via::parse(raw).ok()?;
    Some(reference::Via {
        transport: via.transport.as_bytes().to_vec(),
        host: via.host.to_string().to_ascii_lowercase(),
        port: via.port.map(u64::from),
        params: params(via.params),
    })
}

/// From, To, Route and Record-Route read the same.
fn address(raw: &[u8]) -> Option<reference::Address> {
    let from = From::parse(raw).ok().map(|header| header.0);
    assert_eq!(To::parse(raw).ok().map(|header| header.0), from);
    let route = Route::parse(raw).ok().map(|header| header.0);
    assert_eq!(RecordRoute::parse(raw).ok().map(|header| header.0), route);
    as_reference(from?)
}

fn contact(raw: &[u8]) -> Option<Option<reference::Address>> {
    match Contact::parse(raw).ok()? {
        Contact::Star => Some(None),
        Contact::Address(address) => as_reference(address).map(Some),
    }
}

/// The library leaves a URI unread until it is asked for.
fn as_reference(address: NameAddr<'_>) -> Option<reference::Address> {
    Some(reference::Address {
        display: address.display.map(reference::unfold),
        uri_text: address.uri.to_vec(),
        uri: uri(address.parsed_uri().ok()?),
        params: params(address.params),
    })
}

fn uri(uri: Uri<'_>) -> reference::Uri {
    reference::Uri {
        scheme: match uri.scheme() {
            Scheme::Sip => "sip".into(),
            Scheme::Sips => "sips".into(),
            Scheme::Tel => "tel".into(),
            Scheme::Other(scheme) => scheme.to_ascii_lowercase(),
        },
        user: uri.user().map(<[u8]>::to_vec),
        password: uri.password().map(<[u8]>::to_vec),
        host: uri.host().map(|host| host.to_string().to_ascii_lowercase()),
        port: uri.port().map(u64::from),
        params: params(uri.params()),
        headers: uri.headers_raw().map(<[u8]>::to_vec),
    }
}

fn params(params: Params<'_>) -> Vec<Param> {
    params.iter().map(|(name, value)| (name.to_vec(), value.map(reference::unfold))).collect()
}
