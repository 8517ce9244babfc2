//! The same service graph on the simulator's virtual network.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use sip_proto::TransportKind;
use sip_sim::{PeerId, Sim};
use sip_sproutlet::ServiceConfig;

use super::net::{Net, PhoneId};

/// Long enough, in virtual time, for a connection to open.
const OPENING: Duration = Duration::from_millis(200);

/// A server and phones in virtual time.
pub struct SimNet {
    sim: Sim,
    server: SocketAddr,
    phones: Vec<PeerId>,
}

impl SimNet {
    /// The default services, with everything random in them from `seed`.
    #[must_use]
    pub fn start(seed: u64) -> Self {
        let server = SocketAddr::from((Ipv4Addr::LOCALHOST, 5060));
        let (sim, _) = Sim::with_service(seed, &ServiceConfig::default(), server)
            .expect("the default configuration is right");
        Self { sim, server, phones: Vec::new() }
    }
}

impl Net for SimNet {
    fn server(&self) -> SocketAddr {
        self.server
    }

    fn udp_phone(&mut self) -> PhoneId {
        self.phones.push(self.sim.udp_peer(self.server));
        PhoneId(self.phones.len() - 1)
    }

    fn tcp_phone(&mut self) -> PhoneId {
        self.phones.push(self.sim.tcp_peer(self.server));
        self.sim.advance(OPENING);
        PhoneId(self.phones.len() - 1)
    }

    fn secure_phone(&mut self, transport: TransportKind) -> PhoneId {
        panic!("the simulator's machines see what is inside {transport}, not {transport}")
    }

    fn address(&self, phone: PhoneId) -> SocketAddr {
        self.sim.peer_address(self.phones[phone.0]).expect("an open socket has an address")
    }

    fn send(&mut self, phone: PhoneId, bytes: &[u8]) {
        self.sim.send(self.phones[phone.0], bytes.to_vec());
    }

    fn receive(&mut self, phone: PhoneId, limit: Duration) -> Option<Vec<u8>> {
        self.sim.recv_bytes(self.phones[phone.0], limit).map(|bytes| bytes.to_vec())
    }
}

impl fmt::Debug for SimNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SimNet({} at {})", self.server, self.sim.now())
    }
}
