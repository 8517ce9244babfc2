//! What an operator can set about how messages travel.

use core::time::Duration;

use serde::Deserialize;
use sip_proto::Limits;

/// The `[transport]` section.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TransportSection {
    /// Bytes of a request that leaves over UDP; 0 for any number.
    pub(crate) udp_request_bytes_max: usize,
    /// How long a TCP or TLS connection may be open without having brought anything, in seconds.
    pub(crate) first_message_timeout_s: u64,
}

impl Default for TransportSection {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            udp_request_bytes_max: limits.datagram_request_bytes_max,
            first_message_timeout_s: limits.first_message_timeout.as_secs(),
        }
    }
}

impl TransportSection {
    /// Sets the limits of an endpoint.
    pub(crate) fn apply(&self, limits: &mut Limits) {
        limits.datagram_request_bytes_max = match self.udp_request_bytes_max {
            0 => usize::MAX,
            max => max,
        };
        limits.first_message_timeout = Duration::from_secs(self.first_message_timeout_s);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_lets_every_size_go_over_udp() {
        for (text, expected) in [
            ("", 1_300),
            ("udp_request_bytes_max = 4000", 4_000),
            ("udp_request_bytes_max = 0", usize::MAX),
        ] {
            let section: TransportSection = toml::from_str(text).expect("TOML");
            let mut limits = Limits::default();
            section.apply(&mut limits);
            assert_eq!(limits.datagram_request_bytes_max, expected, "{text}");
            assert_eq!(limits.first_message_timeout, Duration::from_secs(30));
        }
    }
}
