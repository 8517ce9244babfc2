//! Where a dialog leads without anybody being asked for a password again.

use core::fmt::Write as _;

use sip_proto::message::{Contact, Method, RecordRoute, Route, Uri};
use sip_proto::{Request, Secrets};

/// The parameter of our Record-Route URI that holds them.
const PARAMETER: &str = "ends";
/// The domain of their MACs.
const LABEL: &str = "dialog-end";

/// The hosts that requests of a dialog may be sent to by whoever is in it: a MAC for each, over the
/// Call-ID too.
///
/// A token that only named the dialog would open every way to whoever was called, or called: a
/// stranger may call any user of ours, chooses the Call-ID, and is told the Record-Route with the
/// first 180. So a host is named only where a user of ours is: who was called, where it registered,
/// and who called, once it has proved who it is. Towards others the sender proves who it is, as for
/// a new call; but for what no call can begin with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends(String);

impl Ends {
    /// The ends that `route`, the URI of a Route, tells. They prove nothing until they are
    /// [compared](Self::include_next_hop_of).
    pub(super) fn told_by(route: &[u8]) -> Self {
        let uri = Uri::parse(route).ok();
        let value = uri.and_then(|uri| core::str::from_utf8(uri.params().value(PARAMETER)?).ok());
        let is_mac = |char: char| char.is_ascii_hexdigit() || char == '.';
        Self(value.filter(|it| it.chars().all(is_mac)).unwrap_or_default().to_owned())
    }

    /// Names where `request`, which is about to leave, goes to.
    pub(super) fn add_next_hop(&mut self, request: &Request, secrets: &Secrets) {
        self.add(next_hop(request), request, secrets);
    }

    /// Names where `request` came from: where requests back to its sender go to.
    pub(super) fn add_sender(&mut self, request: &Request, secrets: &Secrets) {
        let recorded = request.header_list::<RecordRoute<'_>>().next();
        let host = match (recorded, request.header_list::<Contact<'_>>().next()) {
            (Some(Ok(record_route)), _) => host_of(record_route.0.uri),
            (None, Some(Ok(Contact::Address(address)))) => host_of(address.uri),
            _ => None,
        };
        self.add(host, request, secrets);
    }

    fn add(&mut self, host: Option<Vec<u8>>, request: &Request, secrets: &Secrets) {
        let Some(host) = host else { return };
        let dot = if self.0.is_empty() { "" } else { "." };
        let mac = secrets.mac(LABEL, &signed(&host, request));
        // Writing to a String does not fail.
        let _ = write!(self.0, "{dot}{mac:016x}");
    }

    /// Whether `request` goes to one of them.
    pub(super) fn include_next_hop_of(&self, request: &Request, secrets: &Secrets) -> bool {
        let Some(host) = next_hop(request) else { return false };
        let signed = signed(&host, request);
        // No more than we write.
        self.0.split('.').take(2).any(|mac| {
            u64::from_str_radix(mac, 16)
                .is_ok_and(|mac| secrets.verify(LABEL, &signed, mac, u64::MAX))
        })
    }

    /// As a parameter of our Record-Route.
    pub(super) fn parameter(&self) -> String {
        if self.0.is_empty() { String::new() } else { format!(";{PARAMETER}={}", self.0) }
    }
}

/// Whether a method means something inside a dialog only (RFC 3261 sections 13 and 15, RFC 3262,
/// RFC 3311, RFC 6086): whoever does not know the dialog refuses it.
pub(super) const fn begins_nothing(method: &Method) -> bool {
    matches!(method, Method::Ack | Method::Bye | Method::Prack | Method::Update | Method::Info)
}

fn next_hop(request: &Request) -> Option<Vec<u8>> {
    let route = request.header::<Route<'_>>().ok().flatten();
    host_of(route.as_ref().map_or_else(|| request.uri_bytes(), |route| route.0.uri))
}

/// The host that a URI leads to (RFC 3261 section 19.1.1: by its `maddr`, if it has one).
fn host_of(uri: &[u8]) -> Option<Vec<u8>> {
    let uri = Uri::parse(uri).ok()?;
    let host = match uri.params().value("maddr") {
        Some(maddr) => maddr.to_vec(),
        None => uri.host()?.to_string().into_bytes(),
    };
    Some(host.to_ascii_lowercase())
}

fn signed(host: &[u8], request: &Request) -> Vec<u8> {
    [host, b"\0", request.call_id().unwrap_or_default()].concat()
}
