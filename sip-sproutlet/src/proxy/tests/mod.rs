//! RFC 3261 section 16, through the host.

mod flows;
mod forking;
mod routing;

use crate::testing::{Lower, register};

/// A server where bob has phones at these contacts.
fn with_bob_at(contacts: &[&str]) -> Lower {
    let mut lower = Lower::server();
    assert_eq!(lower.receive(register(1, contacts)), ["s0 200"]);
    lower
}
