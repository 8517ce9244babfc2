//! All descriptors of a driver, and what to do when one is ready.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};

use sip_proto::{
    CloseReason, ConnectionId, Input, Instant, SocketId, Transmit, TransmitError, TransportKind,
};

use crate::poller::{Interest, Poller, Ready, Token};
use crate::pool::Pool;
use crate::sockets::{Bound, bind_udp};
use crate::stop::StopSignal;
use crate::tcp::{Accepting, Connections, Listener};
use crate::udp::{Failure, Receiver, Sent, UdpPort};
use crate::{DriverConfig, DriverError, RunSummary, Sockets};

pub(crate) struct Io {
    poller: Poller,
    ready: Vec<Ready>,
    ports: BTreeMap<SocketId, Port>,
    /// Datagram sockets with something to send.
    listed: Vec<SocketId>,
    connections: Connections,
    receiver: Receiver,
    pool: Pool,
    sent: Sent,
    failures: Vec<Failure>,
    config: DriverConfig,
    summary: RunSummary,
}

/// What a [`SocketId`] stands for.
enum Port {
    Datagram(UdpPort),
    Listener(Listener),
}

impl Io {
    pub(crate) fn new<A>(
        sockets: Sockets,
        stop: &StopSignal,
        inputs: &mut Vec<Input<A>>,
    ) -> Result<Self, DriverError> {
        let poller = Poller::new().map_err(DriverError::system("making an epoll instance"))?;
        let watching = || DriverError::system("watching a socket");
        poller.add(stop, Token::Doorbell, Interest::READ).map_err(watching())?;
        let local = sockets.local().to_vec();
        let Sockets { config, bound, descriptors, .. } = sockets;
        let mut ports = BTreeMap::new();
        for (number, ((bound, listen), (transport, local))) in
            (0..).zip(bound.into_iter().zip(&config.listen).zip(local))
        {
            let socket = SocketId(number);
            let port = match bound {
                Bound::Datagram(udp) => Port::Datagram(UdpPort::new(udp, local, &config)),
                Bound::Listener(listener) => Port::Listener(Listener::new(listener, transport)),
            };
            poller.add(port.as_fd(), Token::Socket(socket), Interest::READ).map_err(watching())?;
            ports.insert(socket, port);
            let advertised = listen.advertised;
            inputs.push(Input::Opened { socket, transport, local, advertised });
        }
        Ok(Self {
            poller,
            ready: Vec::new(),
            ports,
            listed: Vec::new(),
            connections: Connections::new(&config, descriptors),
            receiver: Receiver::new(config.datagram_batch()),
            pool: Pool::default(),
            sent: Sent::default(),
            failures: Vec::new(),
            config,
            summary: RunSummary::default(),
        })
    }

    pub(crate) fn config(&self) -> &DriverConfig {
        &self.config
    }

    /// What was moved so far.
    pub(crate) fn summary(&self) -> RunSummary {
        RunSummary {
            connections_accepted: self.connections.accepted,
            connections_refused: self.connections.refused,
            handshakes_completed: self.connections.handshakes_completed(),
            handshakes_failed: self.connections.handshakes_failed(),
            stream_bytes_in: self.connections.bytes_in,
            stream_bytes_out: self.connections.bytes_out,
            ..self.summary
        }
    }

    /// See [`Poller::readiness`].
    pub(crate) fn readiness(&self) -> std::io::Result<OwnedFd> {
        self.poller.readiness()
    }

    /// Takes a bounded amount of what is ready. `false` if nothing was.
    pub(crate) fn poll<A>(
        &mut self,
        now: Instant,
        stop: &StopSignal,
        inputs: &mut Vec<Input<A>>,
    ) -> Result<bool, DriverError> {
        let mut all = std::mem::take(&mut self.ready);
        self.poller.poll(&mut all).map_err(DriverError::system("asking for ready sockets"))?;
        let any = !all.is_empty();
        self.connections.begin_turn();
        for ready in all.drain(..) {
            match ready.token {
                Token::Doorbell => {
                    stop.silence().map_err(DriverError::system("reading the stop signal"))?;
                }
                Token::Socket(socket) => self.socket_ready(socket, ready, now, inputs),
                Token::Connection(slot) => {
                    let pool = &mut self.pool;
                    self.connections.handle_ready(slot, ready, now, pool, inputs);
                }
            }
        }
        self.ready = all;
        Ok(any)
    }

    fn socket_ready<A>(
        &mut self,
        socket: SocketId,
        ready: Ready,
        now: Instant,
        inputs: &mut Vec<Input<A>>,
    ) {
        match self.ports.get_mut(&socket) {
            Some(Port::Datagram(port)) => {
                if ready.failed {
                    port.take_errors(&mut self.failures);
                    report(socket, &mut self.failures, inputs);
                }
                if ready.writable && port.is_blocked() {
                    port.unblock();
                    self.listed.push(socket);
                }
                if ready.readable {
                    self.receive(socket, inputs);
                }
            }
            Some(Port::Listener(_)) => self.accept(socket, now, inputs),
            None => {}
        }
    }

    fn receive<A>(&mut self, socket: SocketId, inputs: &mut Vec<Input<A>>) {
        let Some(Port::Datagram(port)) = self.ports.get(&socket) else {
            return;
        };
        for arrival in port.receive(&mut self.receiver, &mut self.pool) {
            self.summary.datagrams_in += 1;
            self.summary.datagram_bytes_in += arrival.data.len() as u64;
            let (source, local, data) = (arrival.source, arrival.local, arrival.data);
            inputs.push(Input::Datagram { socket, source, local, data });
        }
    }

    fn accept<A>(&mut self, socket: SocketId, now: Instant, inputs: &mut Vec<Input<A>>) {
        let Some(Port::Listener(listener)) = self.ports.get_mut(&socket) else {
            return;
        };
        let (connections, poller) = (&mut self.connections, &self.poller);
        let by = (socket, listener.transport);
        let accepting = listener.accept(|stream, peer| {
            connections.accept((stream, peer), by, now, poller, inputs);
        });
        match accepting {
            Accepting::Done => {}
            Accepting::Exhausted => {
                // Still ready, it would be reported again at once.
                if self.poller.remove(&*listener).is_ok() {
                    listener.rests_until = Some(now + self.config.accept_pause);
                }
            }
        }
    }

    /// Counts what was for another shard, of which there is none.
    pub(crate) fn drop_forward(&mut self) {
        self.summary.forwards_dropped += 1;
    }

    /// Queues a datagram.
    pub(crate) fn transmit<A>(&mut self, transmit: Transmit, inputs: &mut Vec<Input<A>>) {
        let (socket, destination) = (transmit.socket, transmit.destination);
        let Some(Port::Datagram(port)) = self.ports.get_mut(&socket) else {
            self.summary.datagrams_dropped += 1;
            let error = TransmitError::Unreachable;
            inputs.push(Input::TransmitFailed { socket, destination, error });
            return;
        };
        if port.push(transmit, &mut self.sent) {
            if self.listed.last() != Some(&socket) {
                self.listed.push(socket);
            }
        } else {
            self.summary.datagrams_dropped += 1;
        }
    }

    /// Opens an ephemeral datagram socket. Where that fails, so will every send on it.
    pub(crate) fn open<A>(
        &mut self,
        socket: SocketId,
        local: SocketAddr,
        inputs: &mut Vec<Input<A>>,
    ) {
        if self.ports.contains_key(&socket) {
            return;
        }
        let Ok(udp) = bind_udp(local, self.config.receive_buffer_bytes) else {
            return;
        };
        let Ok(local) = udp.local_addr() else { return };
        let port = Port::Datagram(UdpPort::new(udp, local, &self.config));
        if self.poller.add(port.as_fd(), Token::Socket(socket), Interest::READ).is_ok() {
            self.ports.insert(socket, port);
            let transport = TransportKind::Udp;
            inputs.push(Input::Opened { socket, transport, local, advertised: None });
        }
    }

    /// Closes a datagram socket; what still waits to leave by it does not.
    pub(crate) fn close_socket(&mut self, socket: SocketId) {
        if let Some(Port::Datagram(port)) = self.ports.get(&socket) {
            // Closing the descriptor would end the watch too.
            let _ = self.poller.remove(port);
            self.ports.remove(&socket);
        }
    }

    /// Dials.
    pub(crate) fn connect<A>(
        &mut self,
        connection: ConnectionId,
        to: (TransportKind, SocketAddr),
        server_name: Option<&str>,
        inputs: &mut Vec<Input<A>>,
    ) {
        if to.0 == TransportKind::Udp {
            let reason = CloseReason::Unreachable;
            return inputs.push(Input::Closed { connection, reason });
        }
        self.summary.connections_dialled += 1;
        self.connections.dial(connection, to, server_name, &self.poller, inputs);
    }

    /// See [`Connections::write`] and [`Connections::close`].
    pub(crate) fn connections(&mut self) -> &mut Connections {
        &mut self.connections
    }

    /// Hands everything queued to the kernel, as far as it takes it.
    pub(crate) fn flush<A>(&mut self, inputs: &mut Vec<Input<A>>) {
        let mut listed = std::mem::take(&mut self.listed);
        for socket in listed.drain(..) {
            let Some(Port::Datagram(port)) = self.ports.get_mut(&socket) else {
                continue;
            };
            port.flush(&mut self.sent);
            if let Some(interest) = port.news() {
                // Fails only for want of memory; then the queue's bound holds.
                let _ = self.poller.modify(&*port, Token::Socket(socket), interest);
            }
            self.summary.datagrams_out += std::mem::take(&mut self.sent.datagrams);
            self.summary.datagram_bytes_out += std::mem::take(&mut self.sent.bytes);
            self.summary.datagrams_dropped += std::mem::take(&mut self.sent.dropped);
            report(socket, &mut self.sent.failures, inputs);
        }
        self.listed = listed;
        self.connections.flush(&self.poller, inputs);
    }

    /// Whether something waits for the kernel to take it.
    pub(crate) fn has_queued(&self) -> bool {
        let blocked = |port: &Port| match port {
            Port::Datagram(port) => port.is_blocked(),
            Port::Listener(_) => false,
        };
        self.ports.values().any(blocked) || self.connections.has_queued()
    }

    /// When [`expire`](Self::expire) is next wanted.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let rests = self.ports.values().filter_map(Port::rests_until);
        rests.chain(self.connections.next_deadline()).min()
    }

    /// Does what was put off until `now`.
    pub(crate) fn expire<A>(&mut self, now: Instant, inputs: &mut Vec<Input<A>>) {
        self.connections.expire(now, inputs);
        for (&socket, port) in &mut self.ports {
            if port.rests_until().is_some_and(|until| until <= now)
                && let Port::Listener(listener) = port
            {
                let back = self.poller.add(&*listener, Token::Socket(socket), Interest::READ);
                let rested = back.is_ok();
                listener.rests_until = (!rested).then(|| now + self.config.accept_pause);
            }
        }
    }
}

impl Port {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        match self {
            Self::Datagram(port) => port.as_fd(),
            Self::Listener(listener) => listener.as_fd(),
        }
    }

    fn rests_until(&self) -> Option<Instant> {
        match self {
            Self::Datagram(_) => None,
            Self::Listener(listener) => listener.rests_until,
        }
    }
}

fn report<A>(socket: SocketId, failures: &mut Vec<Failure>, inputs: &mut Vec<Input<A>>) {
    inputs.extend(failures.drain(..).map(|Failure { destination, error }| Input::TransmitFailed {
        socket,
        destination,
        error,
    }));
}
