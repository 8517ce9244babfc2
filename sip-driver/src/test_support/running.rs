//! An adapter that runs in a thread, and the peer that talks to it.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use sip_proto::TransportKind;

use super::{Observed, Reporter};
use crate::{
    DriverConfig, DriverError, Listen, RunSummary, Sockets, StopHandle, StopSignal, stop_channel,
};

/// Starts an adapter with an [`Echo`](super::Echo) in the calling thread.
pub type Run = fn(Sockets, StopSignal, Reporter) -> Result<RunSummary, DriverError>;

/// Long enough for a busy machine; nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(10);

/// A running adapter.
pub struct Running {
    /// Its datagram socket.
    pub udp: SocketAddr,
    /// Its listener.
    pub tcp: SocketAddr,
    /// All that it listens on.
    listening: Vec<(TransportKind, SocketAddr)>,
    /// A peer.
    pub peer: UdpSocket,
    /// How to stop it.
    pub stop: StopHandle,
    observed: Receiver<Observed>,
    thread: JoinHandle<Result<RunSummary, DriverError>>,
}

impl Running {
    /// Starts an adapter on loopback. `None`, and a word on standard error, where the runtime
    /// cannot work on this machine.
    #[must_use]
    pub fn start(run: Run) -> Option<Self> {
        Self::start_at(run, "127.0.0.1:0", |_| {})
    }

    /// The same at `address` with a configuration changed by `change`.
    #[must_use]
    pub fn start_at(run: Run, address: &str, change: fn(&mut DriverConfig)) -> Option<Self> {
        let address = address.parse().expect("an address");
        let listen = vec![
            Listen::new(TransportKind::Udp, address),
            Listen::new(TransportKind::Tcp, address),
        ];
        let mut config = DriverConfig { listen, ..DriverConfig::default() };
        change(&mut config);
        let sockets = Sockets::bind(config).expect("loopback has free ports");
        let listening = sockets.local().to_vec();
        let [(_, udp), (_, tcp), ..] = *sockets.local() else { panic!("two sockets") };
        let (stop, signal) = stop_channel().expect("a descriptor");
        let (report, observed) = channel();
        let thread = spawn(move || run(sockets, signal, Reporter(report)));
        if observed.recv().is_err() {
            match thread.join().expect("no panic") {
                Err(error @ DriverError::Runtime { .. }) => eprintln!("skipped: {error}"),
                ended => panic!("ended before it began: {ended:?}"),
            }
            return None;
        }
        let host = if address.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" };
        let peer = UdpSocket::bind(host).expect("a free port");
        peer.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        Some(Self { udp, tcp, listening, peer, stop, observed, thread })
    }

    /// Where it listens for `wanted`.
    ///
    /// # Panics
    /// If it does not.
    #[must_use]
    pub fn address(&self, wanted: TransportKind) -> SocketAddr {
        let found = self.listening.iter().find(|(transport, _)| *transport == wanted);
        found.expect("a listener").1
    }

    /// Sends a command to the machine.
    pub fn command(&self, command: &str) {
        self.peer.send_to(format!("!{command}").as_bytes(), self.udp).expect("sent");
    }

    /// Sends `data` to the machine.
    pub fn send(&self, data: &[u8]) {
        self.peer.send_to(data, self.udp).expect("sent");
    }

    /// The next datagram from the machine, and where it came from.
    #[must_use]
    pub fn receive(&self) -> (Vec<u8>, SocketAddr) {
        let mut buffer = vec![0; 65_536];
        // Closing an io_uring, as other tests of the process do, interrupts a wait with a time-out.
        let (len, from) = loop {
            match self.peer.recv_from(&mut buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                answer => break answer.expect("an answer"),
            }
        };
        buffer.truncate(len);
        (buffer, from)
    }

    /// A connection to the machine, which it knows of.
    #[must_use]
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.tcp).expect("accepted");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.set_nodelay(true).expect("an option");
        self.wait_for(|observed| matches!(observed, Observed::Accepted(..)).then_some(()));
        stream
    }

    /// The first thing observed, from now on, that `wanted` takes.
    pub fn wait_for<T>(&self, wanted: impl Fn(&Observed) -> Option<T>) -> T {
        let mut others = Vec::new();
        loop {
            match self.observed.recv_timeout(PATIENCE) {
                Ok(observed) => match wanted(&observed) {
                    Some(found) => return found,
                    None => others.push(observed),
                },
                Err(_) => panic!("not observed; instead: {others:?}"),
            }
        }
    }

    /// Waits until the run is over, however it was told to end.
    #[must_use]
    pub fn join(self) -> RunSummary {
        self.thread.join().expect("no panic").expect("no error")
    }

    /// Drains it and checks that it got to its end.
    pub fn finish(self) -> RunSummary {
        self.stop.drain();
        let summary = self.join();
        assert!(summary.drained, "{summary}");
        summary
    }
}
