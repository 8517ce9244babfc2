//! From the URI of a next hop to its address: the part of RFC 3263 that needs no DNS.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use smallvec::SmallVec;

use crate::TransportKind;
use crate::message::{Host, Request, Route, Scheme, Uri};

/// Where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) transport: TransportKind,
    pub(crate) address: SocketAddr,
}

/// Host names with known addresses, in any case.
#[derive(Debug)]
pub(crate) struct Hosts(BTreeMap<Vec<u8>, Vec<IpAddr>>);

impl Hosts {
    /// The given ones and `localhost`, unless it is among them.
    pub(crate) fn new(hosts: &[(String, IpAddr)]) -> Self {
        let mut table: BTreeMap<Vec<u8>, Vec<IpAddr>> = BTreeMap::new();
        for (name, address) in hosts {
            table.entry(name.to_ascii_lowercase().into_bytes()).or_default().push(*address);
        }
        table
            .entry(b"localhost".to_vec())
            .or_insert_with(|| vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
        Self(table)
    }

    /// The addresses of `name`, in any case.
    pub(crate) fn find(&self, name: &str) -> &[IpAddr] {
        let mut lower: SmallVec<[u8; 64]> = SmallVec::from_slice(name.as_bytes());
        lower.make_ascii_lowercase();
        self.0.get(lower.as_slice()).map_or(&[], Vec::as_slice)
    }
}

/// The next hop of a request: its topmost Route, else its Request-URI (RFC 3261 sections 8.1.2
/// and 16.6 step 7).
pub(crate) fn target_of_message(
    request: &Request,
    hosts: &Hosts,
    reachable: impl Fn(TransportKind, IpAddr) -> bool,
) -> Option<Target> {
    match request.header::<Route<'_>>().ok()? {
        Some(route) => target_of_uri(&route.0.parsed_uri().ok()?, hosts, reachable),
        None => target_of_uri(&request.uri().ok()?, hosts, reachable),
    }
}

/// What a SIP URI names (RFC 3263 section 4 without its look-ups): transport from the parameter,
/// else UDP; address from `maddr`, else the host; the port or its default. Of a name with several
/// addresses, the first that is `reachable`.
pub(crate) fn target_of_uri(
    uri: &Uri<'_>,
    hosts: &Hosts,
    reachable: impl Fn(TransportKind, IpAddr) -> bool,
) -> Option<Target> {
    if !matches!(uri.scheme(), Scheme::Sip) {
        return None;
    }
    let transport = match uri.transport() {
        Some(token) => TransportKind::from_token(token)?,
        None => TransportKind::Udp,
    };
    let address = address_of(uri, hosts, |ip| reachable(transport, ip))?;
    let port = uri.port().unwrap_or_else(|| transport.default_port());
    Some(Target { transport, address: SocketAddr::new(address, port) })
}

fn address_of(uri: &Uri<'_>, hosts: &Hosts, reachable: impl Fn(IpAddr) -> bool) -> Option<IpAddr> {
    let host = uri.host()?;
    let name = match uri.maddr() {
        Some(maddr) => core::str::from_utf8(maddr).ok()?,
        None => match host {
            Host::V4(ip) => return Some(ip.into()).filter(|ip| reachable(*ip)),
            Host::V6(ip) => return Some(ip.into()).filter(|ip| reachable(*ip)),
            Host::Name(name) => name,
        },
    };
    let numeric = name.trim_start_matches('[').trim_end_matches(']').parse().ok();
    match numeric {
        Some(ip) => Some(ip).filter(|ip| reachable(*ip)),
        None => hosts.find(name).iter().copied().find(|ip| reachable(*ip)),
    }
}
