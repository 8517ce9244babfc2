//! What can go wrong, in words an operator can act on.

use std::io;
use std::net::SocketAddr;

use nix::errno::Errno;
use sip_proto::TransportKind;

/// A socket of [`DriverConfig::listen`](crate::DriverConfig::listen) could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {transport} {address}: {source}{}", hint(source))]
pub struct BindError {
    /// What it was to carry.
    pub transport: TransportKind,
    /// Where.
    pub address: SocketAddr,
    /// What the system said.
    pub source: io::Error,
}

fn hint(error: &io::Error) -> &'static str {
    match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EADDRINUSE) => {
            "; another program, perhaps another instance of this one, already has that address"
        }
        Some(Errno::EADDRNOTAVAIL) => "; no interface of this machine has that address",
        Some(Errno::EACCES) => "; ports below 1024 need the CAP_NET_BIND_SERVICE capability",
        _ => "",
    }
}

/// A machine could not be driven, or not any further.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// The operating system gave no random numbers.
    #[error("no entropy from the operating system: {0}")]
    Entropy(String),
    /// A system call that cannot fail on a healthy system failed.
    #[error("{action}: {source}")]
    System {
        /// What was being done.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The runtime could not be started.
    #[error("{runtime} cannot start: {reason}")]
    Runtime {
        /// Which runtime.
        runtime: &'static str,
        /// Why, and what to do about it.
        reason: String,
    },
}

impl DriverError {
    /// For `map_err`: the system call behind `action` failed.
    pub fn system<E: Into<io::Error>>(action: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::System { action, source: source.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_error_names_address_and_cause_and_what_to_do() {
        let error = BindError {
            transport: TransportKind::Udp,
            address: SocketAddr::from(([127, 0, 0, 1], 5060)),
            source: Errno::EADDRINUSE.into(),
        };
        let text = error.to_string();
        assert!(text.starts_with("cannot listen on UDP 127.0.0.1:5060: Address"), "{text}");
        assert!(text.contains("another instance"), "{text}");
    }
}
