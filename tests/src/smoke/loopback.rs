//! Real sockets on loopback to a server on one of the runtimes.

use std::fmt;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream, UdpSocket};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sip_driver::test_support::Peer;
use sip_driver::test_support::certificates::Authority;
use sip_driver::{
    App, DriverConfig, DriverError, Listen, RunSummary, Sockets, Start, StopHandle, TlsContext,
    stop_channel,
};
use sip_proto::{EndpointConfig, Instant, TransportKind};
use sip_sproutlet::{
    EffectCall, EffectError, EffectOutcome, EffectReply, ServiceConfig, SproutletHost,
};

use super::net::{Net, PhoneId};

const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// A runtime adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runtime {
    /// `sip-tokio`.
    Tokio,
    /// `sip-async-std`.
    AsyncStd,
    /// `sip-glommio`.
    Glommio,
}

impl Runtime {
    /// Whether it can run on this machine: glommio needs io_uring, which containers often forbid.
    /// With `SIP_REQUIRE_IO_URING` in the environment it must.
    ///
    /// # Panics
    ///
    /// If it cannot and must.
    #[must_use]
    pub fn is_available(self) -> bool {
        let Some(problem) =
            (self == Self::Glommio).then(sip_glommio::available).and_then(Result::err)
        else {
            return true;
        };
        assert!(std::env::var_os("SIP_REQUIRE_IO_URING").is_none(), "{problem}");
        println!("skipped: {problem}");
        false
    }
}

/// A server on a runtime of its own thread, and the phones' sockets.
pub struct LoopbackNet {
    server: SocketAddr,
    /// What it listens on, and whom its phones trust.
    listening: Vec<(TransportKind, SocketAddr)>,
    tls: TlsContext,
    stop: StopHandle,
    thread: Option<JoinHandle<Result<RunSummary, DriverError>>>,
    phones: Vec<PhoneSocket>,
}

enum PhoneSocket {
    Datagram(UdpSocket),
    Stream(TcpStream),
    Secure(Box<Peer>),
}

struct NoEffects;

impl App<SproutletHost> for NoEffects {
    fn handle_output(&mut self, _now: Instant, call: EffectCall, inbox: &mut Vec<EffectReply>) {
        let outcome = EffectOutcome::Failed(EffectError::Unsupported);
        inbox.push(EffectReply { id: call.id, outcome });
    }
}

impl LoopbackNet {
    /// Starts the default services on a free port, UDP and TCP.
    #[must_use]
    pub fn start(runtime: Runtime) -> Self {
        Self::start_with(runtime, &[], TlsContext::default())
    }

    /// The same, with free ports for TLS, WS and WSS.
    #[must_use]
    pub fn start_secure(runtime: Runtime) -> Self {
        let more = [TransportKind::Tls, TransportKind::Ws, TransportKind::Wss];
        Self::start_with(runtime, &more, Authority::new().server_context())
    }

    fn start_with(runtime: Runtime, more: &[TransportKind], tls: TlsContext) -> Self {
        let sockets = bind(more, &tls);
        let listening = sockets.local().to_vec();
        let server = sockets.local()[0].1;
        let (stop, signal) = stop_channel().expect("a stop channel");
        let serve = move || {
            let build = |start: Start| {
                let Start { now, unix, seed, secrets } = start;
                let services = ServiceConfig::default();
                let endpoint = EndpointConfig::default();
                sip_sproutlet::build(&services, endpoint, &seed, secrets, now, unix)
                    .expect("the default configuration is right")
            };
            match runtime {
                Runtime::Tokio => sip_tokio::run(sockets, signal, build, NoEffects),
                Runtime::AsyncStd => sip_async_std::run(sockets, signal, build, NoEffects),
                Runtime::Glommio => sip_glommio::run(sockets, signal, build, NoEffects),
            }
        };
        let thread = thread::spawn(serve);
        Self { server, listening, tls, stop, thread: Some(thread), phones: Vec::new() }
    }

    /// Drains the server, which has nothing left to finish; what it counted.
    ///
    /// # Panics
    ///
    /// If it failed, or did not finish in time.
    #[must_use]
    pub fn stop(mut self) -> RunSummary {
        self.stop.drain();
        let thread = self.thread.take().expect("stopped once");
        match thread.join() {
            Ok(Ok(summary)) => {
                assert!(summary.drained, "the server gave its drain up: {summary}");
                summary
            }
            Ok(Err(error)) => panic!("the server failed: {error}"),
            Err(_) => panic!("the server's thread panicked"),
        }
    }
}

/// UDP and TCP on one port that is free for both, the others on any.
fn bind(more: &[TransportKind], tls: &TlsContext) -> Sockets {
    for _ in 0..50 {
        let probe = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = probe.local_addr().expect("a bound socket has an address");
        drop(probe);
        let listen = |transport| Listen { transport, address, advertised: None };
        let mut listen = vec![listen(TransportKind::Udp), listen(TransportKind::Tcp)];
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        listen.extend(more.iter().map(|transport| Listen::new(*transport, any)));
        let config = DriverConfig { listen, tls: tls.clone(), ..DriverConfig::default() };
        if let Ok(sockets) = Sockets::bind(config) {
            return sockets;
        }
    }
    panic!("no port on loopback is free for both UDP and TCP");
}

impl Net for LoopbackNet {
    fn server(&self) -> SocketAddr {
        self.server
    }

    fn udp_phone(&mut self) -> PhoneId {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        self.phones.push(PhoneSocket::Datagram(socket));
        PhoneId(self.phones.len() - 1)
    }

    fn tcp_phone(&mut self) -> PhoneId {
        let stream = TcpStream::connect_timeout(&self.server, CONNECT_LIMIT).expect("a server");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        self.phones.push(PhoneSocket::Stream(stream));
        PhoneId(self.phones.len() - 1)
    }

    fn secure_phone(&mut self, transport: TransportKind) -> PhoneId {
        let listening = self.listening.iter().find(|(listening, _)| *listening == transport);
        let (_, to) = *listening.expect("a server that was started for it");
        let peer = Peer::connect(transport, to, &self.tls, CONNECT_LIMIT).expect("a handshake");
        self.phones.push(PhoneSocket::Secure(Box::new(peer)));
        PhoneId(self.phones.len() - 1)
    }

    fn address(&self, phone: PhoneId) -> SocketAddr {
        let address = match &self.phones[phone.0] {
            PhoneSocket::Secure(peer) => return peer.address,
            PhoneSocket::Datagram(socket) => socket.local_addr(),
            PhoneSocket::Stream(stream) => stream.local_addr(),
        };
        address.expect("a bound socket has an address")
    }

    fn send(&mut self, phone: PhoneId, bytes: &[u8]) {
        match &mut self.phones[phone.0] {
            PhoneSocket::Datagram(socket) => {
                socket.send_to(bytes, self.server).expect("loopback takes a datagram");
            }
            PhoneSocket::Stream(stream) => stream.write_all(bytes).expect("an open connection"),
            PhoneSocket::Secure(peer) => peer.send(bytes).expect("an open connection"),
        }
    }

    fn receive(&mut self, phone: PhoneId, limit: Duration) -> Option<Vec<u8>> {
        let mut buffer = vec![0; 65_536];
        let received = match &mut self.phones[phone.0] {
            PhoneSocket::Datagram(socket) => {
                socket.set_read_timeout(Some(limit)).expect("a time-out above zero");
                socket.recv(&mut buffer)
            }
            PhoneSocket::Stream(stream) => {
                stream.set_read_timeout(Some(limit)).expect("a time-out above zero");
                stream.read(&mut buffer)
            }
            PhoneSocket::Secure(peer) => {
                peer.set_patience(limit).expect("a time-out above zero");
                peer.receive().map(|received| match received {
                    Some(bytes) => {
                        buffer[..bytes.len()].copy_from_slice(&bytes);
                        bytes.len()
                    }
                    None => 0,
                })
            }
        };
        match received {
            Ok(0) => panic!("the server closed the connection"),
            Ok(len) => {
                buffer.truncate(len);
                Some(buffer)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                None
            }
            // glommio interrupts the threads of its process with signals.
            Err(error) if error.kind() == ErrorKind::Interrupted => self.receive(phone, limit),
            Err(error) => panic!("receiving failed: {error}"),
        }
    }
}

impl fmt::Debug for LoopbackNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LoopbackNet({})", self.server)
    }
}
