//! Which names and addresses are our own.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use sip_proto::TransportKind;
use sip_proto::message::{Host, Uri};

/// Which names and addresses are our own: the configured domains, and where our sockets are bound
/// or advertised.
///
/// A URI is our own if its host is a domain of ours and it has no port or one of ours, or if host
/// and port (5060 or 5061 where it has none) are those of a socket of ours. A phone on the same
/// address at another port is somebody else. `localhost` is another name for a loopback address,
/// and so is the unspecified address (`0.0.0.0`, `::`), which hosts deliver to themselves.
#[derive(Clone, Debug, Default)]
pub struct LocalNames {
    domains: Vec<String>,
    /// The domains that are address literals.
    domain_addresses: Vec<IpAddr>,
    sockets: Vec<LocalSocket>,
    learned: Vec<IpAddr>,
}

/// A socket that requests can come in on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalSocket {
    /// What it carries.
    pub transport: TransportKind,
    /// Where it is bound.
    pub local: SocketAddr,
    /// What peers must be told instead.
    pub advertised: Option<SocketAddr>,
}

impl LocalNames {
    /// The domains, and no socket yet.
    #[must_use]
    pub fn new(domains: &[String]) -> Self {
        Self {
            domains: domains.iter().map(|domain| domain.to_ascii_lowercase()).collect(),
            domain_addresses: domains
                .iter()
                .filter_map(|domain| domain.trim_matches(['[', ']']).parse().ok())
                .collect(),
            sockets: Vec::new(),
            learned: Vec::new(),
        }
    }

    /// Adds a socket.
    pub fn add(&mut self, socket: LocalSocket) {
        if !self.sockets.contains(&socket) {
            self.sockets.push(socket);
        }
    }

    /// Takes note that `local` is an address of ours. Only news where a socket is bound to all
    /// addresses, and while fewer than `max` are known.
    pub(crate) fn learn(&mut self, local: IpAddr, max: usize) {
        if self.is_news(local) && self.learned.len() < max {
            self.learned.push(local);
        }
    }

    pub(crate) fn is_news(&self, local: IpAddr) -> bool {
        self.sockets.iter().any(|socket| socket.local.ip().is_unspecified())
            && !local.is_unspecified()
            && !self.learned.contains(&local)
    }

    /// The domains.
    #[must_use]
    pub fn domains(&self) -> &[String] {
        &self.domains
    }

    /// Whether a SIP URI names this server: whether its host is ours, wherever its `maddr` leads.
    /// Never for other schemes.
    #[must_use]
    pub fn is_own(&self, uri: &Uri<'_>) -> bool {
        if !uri.is_sip() {
            return false;
        }
        let own_port = || uri.port().is_none_or(|port| self.is_own_port(port));
        match uri.host() {
            None => false,
            Some(Host::Name(name)) => {
                (self.is_domain(name) && own_port())
                    || (name.eq_ignore_ascii_case("localhost")
                        && self.is_own_loopback(effective_port(uri)))
            }
            Some(host @ (Host::V4(_) | Host::V6(_))) => host.ip().is_some_and(|ip| {
                (self.domain_addresses.contains(&ip) && own_port())
                    || self.is_own_address(ip, effective_port(uri))
            }),
        }
    }

    /// Whether a request sent to a SIP URI arrives here: by its `maddr` if it has one
    /// (RFC 3261 section 19.1.1), else by its host.
    #[must_use]
    pub fn leads_here(&self, uri: &Uri<'_>) -> bool {
        match uri.params().value("maddr") {
            Some(maddr) if uri.is_sip() => {
                let port = effective_port(uri).to_string();
                let named = [b"sip:", maddr, b":", port.as_bytes()].concat();
                Uri::parse(&named).is_ok_and(|uri| self.is_own(&uri))
            }
            _ => self.is_own(uri),
        }
    }

    /// The canonical address-of-record that one of our own URIs names
    /// (RFC 3261 section 10.3, step 5); `None` if it has no user or is not ours.
    ///
    /// Scheme, port and parameters do not tell users apart, and our addresses stand for the first
    /// domain: a phone that knows this server only by its address is reached by its domain, too.
    #[must_use]
    pub fn aor(&self, uri: &Uri<'_>) -> Option<Bytes> {
        self.is_own(uri).then(|| self.claimed_aor(uri))?
    }

    /// Whether the host of a URI is a domain of ours, whatever its port, with or without the dot at
    /// the end: a user who is called sees one of ours.
    pub(crate) fn names_domain(&self, uri: &Uri<'_>) -> bool {
        match uri.host() {
            Some(Host::Name(name)) => uri.is_sip() && self.is_domain(without_dot(name)),
            Some(Host::V4(_) | Host::V6(_)) | None => false,
        }
    }

    /// The same for a URI that [names](Self::names_domain) a domain of ours only.
    pub(crate) fn claimed_aor(&self, uri: &Uri<'_>) -> Option<Bytes> {
        if uri.user().is_none_or(<[u8]>::is_empty) {
            return None;
        }
        let canonical = uri.aor()?;
        let at = canonical.iter().rposition(|byte| *byte == b'@')?;
        let start = canonical.iter().position(|byte| *byte == b':')? + 1;
        let user = canonical.get(start..at)?;
        let domain = self.domain_of(uri)?;
        Some([b"sip:", user, b"@", domain.as_bytes()].concat().into())
    }

    /// The domain that one of our own URIs belongs to.
    fn domain_of(&self, uri: &Uri<'_>) -> Option<&str> {
        let named = match uri.host()? {
            Host::Name(name) => {
                self.domains.iter().find(|d| d.eq_ignore_ascii_case(without_dot(name)))
            }
            Host::V4(_) | Host::V6(_) => None,
        };
        named.or_else(|| self.domains.first()).map(String::as_str)
    }

    /// The service named by the first label of the host, where the rest of the host is ours.
    #[must_use]
    pub(crate) fn service_label<'u>(&self, uri: &Uri<'u>) -> Option<&'u str> {
        let Some(Host::Name(name)) = uri.host() else { return None };
        let (label, rest) = name.split_once('.')?;
        (uri.is_sip()
            && self.is_domain(rest)
            && (!uri.params().has("maddr") || self.leads_here(uri))
            && uri.port().is_none_or(|port| self.is_own_port(port)))
        .then_some(label)
    }

    /// The address to name in Record-Route towards a peer at `remote` over `transport`: that of a
    /// socket of ours of the same kind and address family. `near` says which of our addresses is
    /// meant where the socket is bound to all of them.
    #[must_use]
    pub fn address_towards(
        &self,
        transport: TransportKind,
        remote: Option<IpAddr>,
        near: IpAddr,
    ) -> Option<SocketAddr> {
        let fits = |socket: &&LocalSocket| {
            socket.transport == transport
                && remote.is_none_or(|ip| socket.local.is_ipv4() == ip.is_ipv4())
        };
        let loopback = remote.map(|ip| ip.is_loopback());
        let candidates = || self.sockets.iter().filter(fits);
        let best = candidates()
            .find(|socket| loopback.is_some_and(|wanted| socket.local.ip().is_loopback() == wanted))
            .or_else(|| candidates().next())?;
        let address = best.advertised.unwrap_or(best.local);
        let ip = if address.ip().is_unspecified() { near } else { address.ip() };
        Some(SocketAddr::new(ip, address.port()))
    }

    fn is_domain(&self, host: &str) -> bool {
        self.domains.iter().any(|domain| domain.eq_ignore_ascii_case(host))
    }

    fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.sockets
            .iter()
            .flat_map(|socket| core::iter::once(socket.local).chain(socket.advertised))
    }

    fn is_own_port(&self, port: u16) -> bool {
        self.addresses().any(|address| address.port() == port)
    }

    fn is_own_address(&self, ip: IpAddr, port: u16) -> bool {
        let ip = ip.to_canonical();
        self.addresses().filter(|address| address.port() == port).any(|address| {
            if ip.is_unspecified() {
                true
            } else if address.ip().is_unspecified() {
                // Bound to all addresses: the loopback ones and those that requests came to.
                ip.is_loopback() || self.learned.contains(&ip)
            } else {
                address.ip().to_canonical() == ip
            }
        })
    }

    /// Whether a loopback address is ours at `port`.
    fn is_own_loopback(&self, port: u16) -> bool {
        self.addresses()
            .filter(|address| address.port() == port)
            .any(|address| address.ip().is_loopback() || address.ip().is_unspecified())
    }
}

fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// The port that a URI leads to.
fn effective_port(uri: &Uri<'_>) -> u16 {
    uri.port().unwrap_or_else(|| default_port(uri))
}

/// Where a URI without a port points (RFC 3261 section 19.1.2).
fn default_port(uri: &Uri<'_>) -> u16 {
    match transport_of(uri) {
        TransportKind::Ws | TransportKind::Wss => 5060,
        kind @ (TransportKind::Udp | TransportKind::Tcp | TransportKind::Tls) => {
            kind.default_port()
        }
    }
}

/// The transport that a URI asks for: its `transport` parameter, else TLS for sips and UDP.
pub(crate) fn transport_of(uri: &Uri<'_>) -> TransportKind {
    let secure = matches!(uri.scheme(), sip_proto::message::Scheme::Sips);
    match uri.transport().and_then(TransportKind::from_token) {
        Some(TransportKind::Tcp) | None if secure => TransportKind::Tls,
        Some(kind) => kind,
        None => TransportKind::Udp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> LocalNames {
        let mut names = LocalNames::new(&["Example.com".to_owned()]);
        names.add(LocalSocket {
            transport: TransportKind::Udp,
            local: "127.0.0.1:5060".parse().expect("a socket address"),
            advertised: Some("192.0.2.1:6060".parse().expect("a socket address")),
        });
        names
    }

    #[test]
    fn a_uri_is_ours_only_where_host_and_port_are_ours() {
        let table = [
            ("sip:bob@example.com", true),
            ("sips:EXAMPLE.COM", true),
            ("sip:bob@example.com:5060", true),
            ("sip:bob@example.com:6060", true),
            ("sip:bob@example.com:5070", false),
            ("sip:bob@127.0.0.1", true),
            ("sip:bob@127.0.0.1:5060", true),
            ("sip:phone@127.0.0.1:5070", false),
            ("sip:127.0.0.1;transport=tls", false),
            ("sip:192.0.2.1:6060", true),
            ("sip:192.0.2.1", false),
            ("sip:localhost", true),
            ("sip:localhost:5070", false),
            ("sip:other.example", false),
            ("sip:sub.example.com", false),
            ("tel:+1", false),
            ("sip:[::ffff:127.0.0.1]:5060", true),
            ("sip:0.0.0.0", true),
            ("sip:[::]:6060", true),
            ("sip:0.0.0.0:5070", false),
            ("sip:bob@example.com;maddr=192.0.2.9", true),
        ];
        for (uri, own) in table {
            let parsed = Uri::parse(uri.as_bytes()).expect("a URI");
            assert_eq!(names().is_own(&parsed), own, "{uri}");
        }
    }

    /// RFC 3261 section 19.1.1: `maddr` overrides the host as the place to send to.
    #[test]
    fn a_request_leads_here_by_its_maddr_if_it_has_one() {
        let table = [
            ("sip:bob@example.com", true),
            ("sip:bob@example.com;maddr=192.0.2.9", false),
            ("sip:other.example;maddr=127.0.0.1;lr", true),
            ("sip:other.example:6060;maddr=192.0.2.1", true),
            ("sip:other.example:5070;maddr=127.0.0.1", false),
            ("sip:other.example;maddr=0.0.0.0", true),
            ("sip:other.example;maddr=example.com", true),
            ("sip:127.0.0.1;maddr=[::1", false),
            ("sip:127.0.0.1;maddr", true),
            ("tel:+1;maddr=127.0.0.1", false),
        ];
        for (uri, here) in table {
            let parsed = Uri::parse(uri.as_bytes()).expect("a URI");
            assert_eq!(names().leads_here(&parsed), here, "{uri}");
        }
    }

    #[test]
    fn addresses_of_ours_stand_for_the_first_domain() {
        let aor = |uri: &str| names().aor(&Uri::parse(uri.as_bytes()).expect("a URI"));
        let bob = Some(Bytes::from_static(b"sip:bob@example.com"));
        assert_eq!(aor("sip:bob@EXAMPLE.com:5060;transport=tcp"), bob);
        assert_eq!(aor("sips:b%6fb@example.com"), bob);
        assert_eq!(aor("sip:bob@127.0.0.1"), bob);
        assert_eq!(aor("sip:example.com"), None);
        assert_eq!(aor("sip:bob@127.0.0.1:5070"), None);
    }

    #[test]
    fn a_socket_bound_to_all_addresses_learns_which_they_are() {
        let mut names = LocalNames::new(&[]);
        names.add(LocalSocket {
            transport: TransportKind::Udp,
            local: "0.0.0.0:5060".parse().expect("a socket address"),
            advertised: None,
        });
        let own = |names: &LocalNames, uri: &str| {
            names.is_own(&Uri::parse(uri.as_bytes()).expect("a URI"))
        };
        assert!(own(&names, "sip:127.0.0.1"));
        assert!(own(&names, "sip:127.0.0.2"));
        assert!(!own(&names, "sip:192.0.2.7"));
        names.learn("192.0.2.7".parse().expect("an address"), 64);
        assert!(own(&names, "sip:192.0.2.7"));
        for last in 0..=255 {
            names.learn(IpAddr::from([192, 0, 2, last]), 64);
        }
        assert_eq!(names.learned.len(), 64);
    }

    #[test]
    fn the_first_label_names_a_service_below_our_domain() {
        let label = |uri: &str| {
            names().service_label(&Uri::parse(uri.as_bytes()).expect("a URI")).map(str::to_owned)
        };
        assert_eq!(label("sip:registrar.example.com").as_deref(), Some("registrar"));
        assert_eq!(label("sip:registrar.other.example"), None);
        assert_eq!(label("sip:example.com"), None);
    }
}
