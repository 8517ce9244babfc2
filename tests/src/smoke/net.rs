//! What a scenario needs of a network.

use std::net::SocketAddr;
use std::time::Duration;

use sip_proto::TransportKind;

/// A phone's socket in a [`Net`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhoneId(pub usize);

/// A network with one server and the sockets of a scenario's phones.
pub trait Net {
    /// Where the server listens, over UDP and TCP.
    fn server(&self) -> SocketAddr;

    /// A phone with a datagram socket.
    fn udp_phone(&mut self) -> PhoneId;

    /// A phone with a stream connection to the server.
    fn tcp_phone(&mut self) -> PhoneId;

    /// A phone connected over TLS, WS or WSS; only where real bytes flow.
    fn secure_phone(&mut self, transport: TransportKind) -> PhoneId;

    /// The phone's own address.
    fn address(&self, phone: PhoneId) -> SocketAddr;

    /// Sends bytes to the server: one datagram, or that much of the stream.
    fn send(&mut self, phone: PhoneId, bytes: &[u8]);

    /// The next datagram, or the next bytes of the stream, if any come within `limit`.
    fn receive(&mut self, phone: PhoneId, limit: Duration) -> Option<Vec<u8>>;
}
