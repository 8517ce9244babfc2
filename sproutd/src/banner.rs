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
    if let Some(command) = register_command(local) {
        let _ = writeln!(text, "  {command}");
    }
    text.push_str("  less docs/guide.md\n");
    text.push_str("\nCtrl-C finishes what is under way and exits.");
    text
}

/// For sipsak, which speaks UDP and TCP.
fn register_command(local: &[(TransportKind, SocketAddr)]) -> Option<String> {
    let over = |wanted| local.iter().find(|(transport, _)| *transport == wanted);
    let (transport, address) = over(TransportKind::Udp).or_else(|| over(TransportKind::Tcp))?;
    let over = if *transport == TransportKind::Udp { "" } else { " --transport tcp" };
    let ip = Host::from(address.ip());
    Some(format!("sipsak -U -x 600 -s sip:alice@{address}{over} -C sip:alice@{ip}:5062"))
}
