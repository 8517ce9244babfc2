//! What a user reads when the server is up.

use std::fmt::Write as _;
use std::net::SocketAddr;

use sip_proto::TransportKind;
use sip_proto::message::Host;

use crate::config::Config;

/// What is served where, and the two lines to type next.
pub(crate) fn banner(config: &Config, local: &[(TransportKind, SocketAddr)]) -> String {
    let mut text = format!("sproutd {} on {}\n", env!("CARGO_PKG_VERSION"), config.runtime);
    for (transport, address) in local {
        let _ = writeln!(text, "  listening   {} {address}", transport.as_str().to_lowercase());
    }
    let _ = writeln!(text, "  domains     {}", config.domains.join(", "));
    let users = config.auth.users.len();
    let _ = match users {
        0 => writeln!(text, "  passwords   none: anybody who reaches these addresses may register"),
        _ => writeln!(text, "  passwords   required; {users} users in [auth]"),
    };
    text.push_str("\nNext, register a phone, and read the guide:\n");
    let _ = writeln!(text, "  {}", register_command(local));
    text.push_str("  less docs/guide.md\n");
    text.push_str("\nCtrl-C finishes what is under way and exits.");
    text
}

fn register_command(local: &[(TransportKind, SocketAddr)]) -> String {
    let datagrams = local.iter().find(|(transport, _)| *transport == TransportKind::Udp);
    let Some((transport, address)) = datagrams.or_else(|| local.first()) else {
        return String::new();
    };
    let over = if *transport == TransportKind::Udp { "" } else { " --transport tcp" };
    let ip = Host::from(address.ip());
    format!("sipsak -U -x 600 -s sip:alice@{address}{over} -C sip:alice@{ip}:5062")
}
