//! Which contacts cannot be reached by their address.

use sip_proto::Source;
use sip_proto::message::{Host, Uri};

/// Whether a Contact cannot be reached but over the flow it came in on: it names another address
/// than the phone was seen at, or one that means nothing (RFC 7118 section 5). Another port alone
/// is no sign of a NAT: the phone may listen there.
pub(crate) fn needs_flow(uri: &Uri<'_>, source: &Source) -> bool {
    match uri.host() {
        Some(Host::Name(name)) => name.to_ascii_lowercase().ends_with(".invalid"),
        Some(host) => host.ip() != Some(source.remote.ip()),
        None => false,
    }
}
