//! What a URI or a Via asks the resolver for (RFC 3263 sections 4 and 5).

use std::net::{IpAddr, SocketAddr};

use smallvec::SmallVec;

use super::DomainName;
use crate::TransportKind;
use crate::message::{Host, Request, Route, Scheme, Uri, Via};

/// Whom to find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) host: WantedHost,
    pub(crate) port: Option<u16>,
    pub(crate) transport: Option<TransportKind>,
    /// A `sips:` URI: over TLS only.
    pub(crate) secure: bool,
}

/// By address or by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WantedHost {
    Address(IpAddr),
    /// A name; whether a dot at its end says that it is complete.
    Name {
        name: DomainName,
        complete: bool,
    },
}

/// What this side can send over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Means {
    /// The transports, the preferred one first.
    pub(crate) transports: SmallVec<[TransportKind; 5]>,
    pub(crate) ipv4: bool,
    pub(crate) ipv6: bool,
}

impl Wanted {
    /// Whom a SIP or SIPS URI names: its `maddr`, else its host (RFC 3263 section 4). `None` where
    /// that is nobody a request can be sent to.
    pub(crate) fn from_uri(uri: &Uri<'_>) -> Option<Self> {
        let secure = match uri.scheme() {
            Scheme::Sip => false,
            Scheme::Sips => true,
            _ => return None,
        };
        let host = match uri.maddr() {
            Some(maddr) => WantedHost::parse(core::str::from_utf8(maddr).ok()?)?,
            None => WantedHost::from_host(&uri.host()?)?,
        };
        let transport = match uri.transport() {
            Some(token) => Some(secured(TransportKind::from_token(token)?, secure)?),
            None => None,
        };
        Some(Self { host, port: uri.port(), transport, secure })
    }

    /// The next hop of a request: its topmost Route, else its Request-URI (RFC 3261 sections 8.1.2
    /// and 16.6 step 7).
    pub(crate) fn from_request(request: &Request) -> Option<Self> {
        match request.header::<Route<'_>>().ok()? {
            Some(route) => Self::from_uri(&route.0.parsed_uri().ok()?),
            None => Self::from_uri(&request.uri().ok()?),
        }
    }

    /// The one target of a numeric host, which nobody has to be asked for.
    pub(crate) fn numeric(&self) -> Option<(TransportKind, SocketAddr)> {
        let WantedHost::Address(ip) = self.host else { return None };
        let transport = self.default_transport();
        let port = self.port.unwrap_or_else(|| transport.default_port());
        Some((transport, SocketAddr::new(ip, port)))
    }

    /// The transport where DNS has nothing to say about it (RFC 3263 section 4.1).
    pub(crate) fn default_transport(&self) -> TransportKind {
        let default = if self.secure { TransportKind::Tls } else { TransportKind::Udp };
        self.transport.unwrap_or(default)
    }

    /// Whom a response goes to that cannot go back the way its request came: the sent-by of the
    /// topmost Via, over the transport it names (RFC 3263 section 5).
    pub(crate) fn from_via(via: &Via<'_>, transport: TransportKind) -> Option<Self> {
        let secure = matches!(transport, TransportKind::Tls | TransportKind::Wss);
        let host = WantedHost::from_host(&via.host)?;
        Some(Self { host, port: via.port, transport: Some(transport), secure })
    }
}

impl WantedHost {
    fn from_host(host: &Host<'_>) -> Option<Self> {
        match host {
            Host::V4(ip) => Some(Self::Address((*ip).into())),
            Host::V6(ip) => Some(Self::Address((*ip).into())),
            Host::Name(name) => Self::parse(name),
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        if let Ok(ip) = bare.parse() {
            return Some(Self::Address(ip));
        }
        let complete = text.ends_with('.');
        DomainName::parse(text).map(|name| Self::Name { name, complete })
    }
}

/// What a transport parameter means in a SIPS URI: TLS over it (RFC 3261 section 26.2.2). There is
/// no such thing over UDP.
const fn secured(transport: TransportKind, secure: bool) -> Option<TransportKind> {
    match (transport, secure) {
        (TransportKind::Udp, true) => None,
        (TransportKind::Tcp, true) => Some(TransportKind::Tls),
        (TransportKind::Ws, true) => Some(TransportKind::Wss),
        (transport, _) => Some(transport),
    }
}

#[cfg(test)]
mod tests {
    use TransportKind::{Tcp, Tls, Udp, Ws, Wss};

    use super::*;

    #[test]
    fn what_uris_ask_for() {
        let table = [
            ("sip:a@Example.com", Some(("example.com", None, None, false))),
            ("sip:a@example.com.", Some(("example.com", None, None, false))),
            ("sip:example.com:5070", Some(("example.com", Some(5070), None, false))),
            ("sip:example.com;transport=TCP", Some(("example.com", None, Some(Tcp), false))),
            ("sip:example.com;transport=tls", Some(("example.com", None, Some(Tls), false))),
            ("sip:example.com;transport=ws", Some(("example.com", None, Some(Ws), false))),
            ("sips:example.com", Some(("example.com", None, None, true))),
            ("sips:example.com;transport=tcp", Some(("example.com", None, Some(Tls), true))),
            ("sips:example.com;transport=ws", Some(("example.com", None, Some(Wss), true))),
            ("sips:example.com;transport=udp", None),
            ("sip:example.com;transport=sctp", None),
            ("sip:a.example;maddr=b.example", Some(("b.example", None, None, false))),
            ("sip:a.example;maddr=192.0.2.1", Some(("192.0.2.1", None, None, false))),
            ("sip:a@192.0.2.7;transport=udp", Some(("192.0.2.7", None, Some(Udp), false))),
            ("sip:a@[2001:db8::1]:5062", Some(("2001:db8::1", Some(5062), None, false))),
            ("tel:+123", None),
        ];
        for (text, expected) in table {
            let uri = Uri::parse(text.as_bytes()).expect("a URI");
            let wanted = Wanted::from_uri(&uri);
            let shown = wanted.as_ref().map(|wanted| {
                let host = match &wanted.host {
                    WantedHost::Address(ip) => ip.to_string(),
                    WantedHost::Name { name, .. } => name.to_string(),
                };
                (host, wanted.port, wanted.transport, wanted.secure)
            });
            let expected = expected.map(|(host, a, b, c)| (host.to_owned(), a, b, c));
            assert_eq!(shown, expected, "{text}");
        }
    }
}
