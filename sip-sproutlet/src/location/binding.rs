//! One contact of an address-of-record.

use std::net::SocketAddr;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sip_proto::transport::FlowId;
use sip_proto::{ConnectionId, SocketId, TransportKind, UnixTime};

/// One contact of an address-of-record, as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The Contact's URI, as registered.
    pub uri: Bytes,
    /// The Contact's header parameters other than `expires` and `q`, as registered, without the
    /// leading semicolon.
    pub params: Bytes,
    /// Preference (RFC 3261 section 20.10) in thousandths: 0 to 1000.
    pub q_per_mille: u16,
    /// The Call-ID of the REGISTER that made or refreshed it.
    pub call_id: Bytes,
    /// The CSeq number of that REGISTER.
    pub cseq: u32,
    /// When it expires, in seconds since 1970.
    pub expires_at_unix_s: u64,
    /// The Path to it (RFC 3327), topmost first: URIs in angle brackets.
    pub path: Vec<Bytes>,
    /// How the REGISTER came in.
    pub received: Received,
}

impl Binding {
    /// What it takes in memory, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.text_bytes() + size_of::<Self>() + self.path.len() * size_of::<Bytes>()
    }

    /// How much of it is text that a phone has chosen, in bytes.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        let path: usize = self.path.iter().map(Bytes::len).sum();
        self.uri.len() + self.params.len() + self.call_id.len() + path
    }

    /// Whether it is no longer valid at `now`.
    #[must_use]
    pub const fn is_expired(&self, now: UnixTime) -> bool {
        self.expires_at_unix_s <= now.as_secs()
    }

    /// How many seconds it is still valid.
    #[must_use]
    pub const fn remaining_s(&self, now: UnixTime) -> u64 {
        self.expires_at_unix_s.saturating_sub(now.as_secs())
    }
}

/// How a REGISTER came in: the way back to a phone whose Contact cannot be reached from here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Over what.
    #[serde(with = "transport_token")]
    pub transport: TransportKind,
    /// From where.
    pub remote: SocketAddr,
    /// Our own address there.
    pub local: SocketAddr,
    /// The flow, for requests back over it.
    #[serde(with = "flow_parts")]
    pub flow: FlowId,
    /// Whether requests take the flow.
    pub use_flow: FlowUse,
}

/// Whether requests to a contact go back over the flow that its REGISTER came in on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FlowUse {
    /// No: a datagram is as well sent to the Contact itself; or the REGISTER came through others;
    /// or the Contact asks for another transport, or for a secure one that the flow is not.
    Never,
    /// Over the connection while it is open, else to the Contact. A phone that connects from a
    /// port of its own need not listen for connections at all.
    Preferred,
    /// Only over the flow: the Contact names an address that the phone was not seen at (it is
    /// behind a NAT) or that means nothing here (`.invalid`, RFC 7118).
    Only,
}

mod transport_token {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::TransportKind;

    pub(super) fn serialize<S: Serializer>(
        kind: &TransportKind,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<TransportKind, D::Error> {
        let token = String::deserialize(deserializer)?;
        TransportKind::from_token(token.as_bytes())
            .ok_or_else(|| de::Error::custom(format!("unknown transport `{token}`")))
    }
}

mod flow_parts {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::{ConnectionId, FlowId, SocketAddr, SocketId};

    #[derive(Serialize, Deserialize)]
    enum Parts {
        Datagram { socket: u32, peer: SocketAddr },
        Stream { connection: u64 },
    }

    pub(super) fn serialize<S: Serializer>(
        flow: &FlowId,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match *flow {
            FlowId::Datagram { socket, peer } => Parts::Datagram { socket: socket.0, peer },
            FlowId::Stream { connection } => Parts::Stream { connection: connection.to_bits() },
        }
        .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<FlowId, D::Error> {
        Ok(match Parts::deserialize(deserializer)? {
            Parts::Datagram { socket, peer } => FlowId::Datagram { socket: SocketId(socket), peer },
            Parts::Stream { connection } => {
                FlowId::Stream { connection: ConnectionId::from_bits(connection) }
            }
        })
    }
}
