//! What to listen on, and every bound of a driver.

use std::net::SocketAddr;
use std::time::Duration;

use sip_proto::TransportKind;

use crate::{TlsContext, WsConfig};

/// One address to listen on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// What it carries. UDP binds a socket, all others listen for TCP connections.
    pub transport: TransportKind,
    /// Where; port 0 for one that the kernel chooses.
    pub address: SocketAddr,
    /// What peers must be told instead of `address`, where the host sits behind a static NAT.
    pub advertised: Option<SocketAddr>,
}

impl Listen {
    /// Listens on `address` and advertises it as it is.
    #[must_use]
    pub const fn new(transport: TransportKind, address: SocketAddr) -> Self {
        Self { transport, address, advertised: None }
    }
}

/// What to listen on, and every bound of a driver: its default, and what happens when it is
/// reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverConfig {
    /// What to listen on. Sockets get their ids (0, 1, 2, ...) in this order.
    pub listen: Vec<Listen>,
    /// The kernel's receive buffer of each datagram socket. Best effort: the kernel may grant
    /// less, and drops what arrives beyond.
    pub receive_buffer_bytes: usize,
    /// Datagrams moved by one system call, 1 to 1024; beyond 32 nothing measurable is gained.
    pub datagram_batch: usize,
    /// Datagrams waiting for the kernel on one socket. Beyond: the newest is dropped and counted.
    pub datagram_queue_max: usize,
    /// Whether several datagrams of one size to one peer may leave as one segmented send.
    pub segmentation_offload: bool,
    /// Connections, those being dialled and those not yet closed by the peer included. Beyond: a new
    /// one is closed at once; a dial may go beyond by half of `descriptors_reserved`, then fails. A
    /// machine has limits of its own, which this is to exceed: what it is for is that descriptors
    /// suffice. [`Sockets::bind`](crate::Sockets::bind) raises the soft limit of the process
    /// (RLIMIT_NOFILE) for them; where the hard limit forbids it, this is lowered to what there is,
    /// and [`Sockets::shortage`](crate::Sockets::shortage) says so.
    pub connections_max: usize,
    /// Descriptors that connections leave for everything else: sockets, files, what the runtime and
    /// the application open. Never more than half of all.
    pub descriptors_reserved: usize,
    /// Connections waiting to be accepted by one listener. Beyond: the kernel refuses more.
    pub accept_backlog: u32,
    /// How long a listener rests when descriptors or memory ran out.
    pub accept_pause: Duration,
    /// How long a connection that is being closed may take to write its queue and to see the
    /// peer's end closed. Beyond: it is reset.
    pub close_timeout: Duration,
    /// Closed connections that wait for the peer's end, so that nothing on its way to the peer is
    /// lost. Beyond: they do not wait.
    pub lingering_max: usize,
    /// Certificates and authorities for TLS and WSS.
    pub tls: TlsContext,
    /// What WS and WSS listeners accept.
    pub ws: WsConfig,
    /// How long the handshakes of a connection may take, TLS and WebSocket together. Beyond: it is
    /// closed, and the machine never hears of it, or that its dial failed.
    pub handshake_timeout: Duration,
    /// Accepted connections whose handshake is not over: until then no limit of the machine holds
    /// for them. Beyond: a new one is closed at once.
    pub handshakes_max: usize,
    /// Those of them from one IP address. Beyond: a new one is closed at once.
    pub handshakes_per_address_max: usize,
    /// Bytes queued on a connection over TLS or WebSocket. Beyond: nothing more is read from it until
    /// fewer are, because what a peer sends makes these layers answer by themselves (pings, key
    /// updates), and one that never reads must not hold memory.
    pub layered_queue_bytes_max: usize,
    /// How long a drain may take. Beyond: the run ends with what is unfinished abandoned.
    pub drain_timeout: Duration,
    /// How often the machine is told the wall clock.
    pub clock_interval: Duration,
}

impl DriverConfig {
    /// What the system calls take.
    pub(crate) fn datagram_batch(&self) -> usize {
        self.datagram_batch.clamp(1, 1024)
    }
}

impl Default for DriverConfig {
    fn default() -> Self {
        Self {
            listen: Vec::new(),
            receive_buffer_bytes: 4 * 1024 * 1024,
            datagram_batch: 32,
            datagram_queue_max: 8192,
            segmentation_offload: true,
            // The defaults of `sip_proto::Limits`, accepted and dialled, and `lingering_max`.
            connections_max: 16_384 + 4_096 + 1_024,
            descriptors_reserved: 256,
            accept_backlog: 1024,
            accept_pause: Duration::from_millis(100),
            close_timeout: Duration::from_secs(5),
            lingering_max: 1024,
            tls: TlsContext::default(),
            ws: WsConfig::default(),
            handshake_timeout: Duration::from_secs(10),
            handshakes_max: 1024,
            handshakes_per_address_max: 128,
            layered_queue_bytes_max: 256 * 1024,
            drain_timeout: Duration::from_secs(10),
            clock_interval: Duration::from_secs(5),
        }
    }
}
