//! Addresses to send to, and names whose addresses are known without asking.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use smallvec::SmallVec;

use crate::TransportKind;

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) transport: TransportKind,
    pub(crate) address: SocketAddr,
    /// Whom the server there must prove to be, over TLS: the domain that was looked up (RFC 5922
    /// section 7.3), or the address that stands in its place.
    pub(crate) server_name: Option<Box<str>>,
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
