//! All connections of a driver.

use std::collections::{HashMap, VecDeque};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sip_proto::{CloseReason, ConnectionId, Input, Instant, PeerIdentity, SocketId, TransportKind};
use slab::Slab;

use super::connection::{Connection, Origin, Phase, ReadOutcome};
use super::handshakes::Handshakes;
use crate::DriverConfig;
use crate::descriptors::Descriptors;
use crate::layers::{Exchange, HandshakeError};
use crate::poller::{Poller, Ready, Token};
use crate::pool::Pool;
use crate::tls::TlsContext;
use crate::ws::WsConfig;

/// Bytes read from one connection before the others get their turn.
const READ_BYTES_MAX: usize = 64 * 1024;

/// All connections, by slot for the kernel and by id for the machine.
pub(crate) struct Connections {
    pub(super) slots: Slab<Connection>,
    pub(super) by_id: HashMap<ConnectionId, usize>,
    /// Slots that may have something to write, or to finish once it is written.
    listed: Vec<usize>,
    /// Until when a closing connection may take, in the order of time.
    deadlines: VecDeque<(Instant, usize, ConnectionId)>,
    lingering: usize,
    lingering_max: usize,
    descriptors: Descriptors,
    pub(super) handshakes: Handshakes,
    pub(super) tls: TlsContext,
    pub(super) ws: Arc<WsConfig>,
    pub(super) exchange: Exchange,
    pub(super) layered_queue_bytes_max: usize,
    /// Connections refused so far, for want of descriptors.
    pub(crate) refused: u64,
    /// Connections accepted so far.
    pub(crate) accepted: u64,
    /// Bytes read so far.
    pub(crate) bytes_in: u64,
    /// Bytes written so far.
    pub(crate) bytes_out: u64,
    close_timeout: Duration,
    pub(super) scratch: Vec<u8>,
}

impl Connections {
    pub(crate) fn new(config: &DriverConfig, descriptors: Descriptors) -> Self {
        Self {
            slots: Slab::new(),
            by_id: HashMap::new(),
            listed: Vec::new(),
            deadlines: VecDeque::new(),
            lingering: 0,
            lingering_max: config.lingering_max,
            descriptors,
            handshakes: Handshakes::new(config),
            tls: config.tls.clone(),
            ws: Arc::new(config.ws.clone()),
            exchange: Exchange::default(),
            layered_queue_bytes_max: config.layered_queue_bytes_max,
            refused: 0,
            accepted: 0,
            bytes_in: 0,
            bytes_out: 0,
            close_timeout: config.close_timeout,
            scratch: vec![0; READ_BYTES_MAX],
        }
    }

    /// Takes over what `listener` accepted; closes it at once where there are too many.
    pub(crate) fn accept<A>(
        &mut self,
        (stream, peer): (TcpStream, SocketAddr),
        (listener, transport): (SocketId, TransportKind),
        now: Instant,
        poller: &Poller,
        inputs: &mut Vec<Input<A>>,
    ) {
        if self.slots.len() >= self.descriptors.accept_below {
            self.refused += 1;
            return;
        }
        let id = ConnectionId::accepted(self.accepted);
        let origin = Origin { transport, peer, listener: Some(listener), counted: false };
        let Ok(mut connection) = Connection::accepted(id, stream, origin) else {
            return;
        };
        let Ok(local) = connection.local() else { return };
        if !self.begin_accepted(&mut connection) {
            return;
        }
        let handshaking = connection.phase == Phase::Handshaking;
        if let Some(slot) = self.insert(connection, poller) {
            self.accepted += 1;
            if handshaking {
                return self.handshakes.watch(now, slot, id);
            }
            self.slots[slot].known = true;
            let identity = PeerIdentity::default();
            inputs.push(Input::Accepted { connection: id, listener, local, peer, identity });
        }
    }

    /// Dials `peer`, which must be `server_name` where it has to prove who it is. Ignored if `id` is
    /// in use.
    pub(crate) fn dial<A>(
        &mut self,
        id: ConnectionId,
        (transport, peer): (TransportKind, SocketAddr),
        server_name: Option<&str>,
        poller: &Poller,
        inputs: &mut Vec<Input<A>>,
    ) {
        if self.by_id.contains_key(&id) {
            return;
        }
        if self.slots.len() >= self.descriptors.dial_below {
            let reason = CloseReason::Unreachable;
            return inputs.push(Input::Closed { connection: id, reason });
        }
        let origin = Origin { transport, peer, listener: None, counted: false };
        let begun = Connection::dial(id, origin)
            .and_then(|connection| self.begin_dialled(connection, server_name));
        let reason = match begun {
            Ok(connection) => {
                self.insert(connection, poller).is_none().then_some(CloseReason::Unreachable)
            }
            Err(reason) => Some(reason),
        };
        inputs.extend(reason.map(|reason| Input::Closed { connection: id, reason }));
    }

    /// Its slot; `None` if the poller cannot watch it, which is then its end.
    fn insert(&mut self, connection: Connection, poller: &Poller) -> Option<usize> {
        let entry = self.slots.vacant_entry();
        let slot = entry.key();
        if poller.add(&connection, token(slot), connection.interest).is_err() {
            self.uncount(&connection.origin);
            return None;
        }
        self.by_id.insert(connection.id, slot);
        entry.insert(connection);
        Some(slot)
    }

    /// Queues bytes. Ignored if there is no such connection or the machine closed it.
    pub(crate) fn write(&mut self, id: ConnectionId, data: Bytes) {
        let Some(&slot) = self.by_id.get(&id) else {
            return;
        };
        match self.slots[slot].phase {
            Phase::Dialling | Phase::Handshaking | Phase::Open | Phase::PeerClosed => {
                self.put_down(slot, data);
                self.list(slot);
            }
            Phase::Closing | Phase::Lingering => {}
        }
    }

    /// Closes a connection once its queue is written. Ignored if there is no such connection.
    pub(crate) fn close<A>(&mut self, id: ConnectionId, now: Instant, inputs: &mut Vec<Input<A>>) {
        let Some(&slot) = self.by_id.get(&id) else {
            return;
        };
        match self.slots[slot].phase {
            Phase::Dialling | Phase::Handshaking => {
                self.gone(slot, CloseReason::Requested, inputs);
            }
            Phase::Open | Phase::PeerClosed => {
                self.say_close(slot);
                self.begin_end(slot, Phase::Closing, now);
            }
            Phase::Closing | Phase::Lingering => {}
        }
    }

    /// The poller says that a connection is ready.
    pub(crate) fn handle_ready<A>(
        &mut self,
        slot: u32,
        ready: Ready,
        now: Instant,
        pool: &mut Pool,
        inputs: &mut Vec<Input<A>>,
    ) {
        let slot = slot as usize;
        // Gone meanwhile, or another one now, to which a spurious wake-up is harmless.
        let Some(phase) = self.slots.get(slot).map(|connection| connection.phase) else {
            return;
        };
        match phase {
            Phase::Dialling if ready.writable => self.finish_dialling(slot, now, inputs),
            // What is left stays ready, and is reported again.
            Phase::Handshaking if !self.handshakes.may_step() => {}
            Phase::Handshaking | Phase::Open => {
                if ready.readable {
                    self.read(slot, now, pool, inputs);
                }
                if ready.writable && self.slots.contains(slot) {
                    self.list(slot);
                }
            }
            Phase::PeerClosed | Phase::Closing if ready.writable => self.list(slot),
            Phase::Lingering if ready.readable => self.discard(slot),
            Phase::Dialling | Phase::PeerClosed | Phase::Closing | Phase::Lingering => {}
        }
    }

    fn finish_dialling<A>(&mut self, slot: usize, now: Instant, inputs: &mut Vec<Input<A>>) {
        let connection = &mut self.slots[slot];
        match connection.dialled() {
            Ok(_) if connection.layers.is_some() => {
                connection.phase = Phase::Handshaking;
                self.handshakes.watch(now, slot, connection.id);
                self.list(slot);
            }
            Ok(local) => {
                connection.phase = Phase::Open;
                let (connection, identity) = (connection.id, PeerIdentity::default());
                inputs.push(Input::Connected { connection, local, identity });
                self.list(slot);
            }
            Err(reason) => self.gone(slot, reason, inputs),
        }
    }

    fn read<A>(&mut self, slot: usize, now: Instant, pool: &mut Pool, inputs: &mut Vec<Input<A>>) {
        let connection = &mut self.slots[slot];
        match connection.read(&mut self.scratch) {
            ReadOutcome::Bytes(count) => {
                self.bytes_in += count as u64;
                if connection.layers.is_some() {
                    return self.take_up(slot, count, now, pool, inputs);
                }
                let data = pool.copy(&self.scratch[..count]);
                inputs.push(Input::Received { connection: connection.id, data });
            }
            ReadOutcome::Nothing => {}
            // Reported only after the machine had its say to what came before.
            ReadOutcome::PeerClosed | ReadOutcome::Failed
                if connection.phase == Phase::Handshaking =>
            {
                self.fail(slot, HandshakeError::Closed, now, inputs);
            }
            ReadOutcome::PeerClosed => self.begin_end(slot, Phase::PeerClosed, now),
            ReadOutcome::Failed => self.gone(slot, CloseReason::Reset, inputs),
        }
    }

    /// The machine is done with it: what still arrives is nobody's.
    fn discard(&mut self, slot: usize) {
        match self.slots[slot].read(&mut self.scratch) {
            ReadOutcome::Bytes(_) | ReadOutcome::Nothing => {}
            ReadOutcome::PeerClosed | ReadOutcome::Failed => {
                self.slots.remove(slot);
                self.lingering -= 1;
            }
        }
    }

    /// Writes what can be written and ends what is to end.
    pub(crate) fn flush<A>(&mut self, poller: &Poller, inputs: &mut Vec<Input<A>>) {
        let mut listed = std::mem::take(&mut self.listed);
        for slot in listed.drain(..) {
            if let Some(connection) = self.slots.get_mut(slot).filter(|c| c.listed) {
                connection.listed = false;
                self.flush_one(slot, inputs);
                self.tell(slot, poller);
            }
        }
        self.listed = listed;
    }

    fn flush_one<A>(&mut self, slot: usize, inputs: &mut Vec<Input<A>>) {
        let connection = &mut self.slots[slot];
        if matches!(connection.phase, Phase::Dialling | Phase::Lingering) {
            return;
        }
        let Ok(mut written) = connection.flush() else {
            return self.write_failed(slot, inputs);
        };
        let ends = connection.phase == Phase::PeerClosed && connection.queue.bytes() == 0;
        if ends && self.say_close(slot) {
            match self.slots[slot].flush() {
                Ok(more) => written += more,
                Err(_) => return self.write_failed(slot, inputs),
            }
        }
        let connection = &mut self.slots[slot];
        let queued_bytes = connection.queue.bytes();
        if written > 0 {
            self.bytes_out += written as u64;
            if connection.known && connection.phase != Phase::Handshaking {
                inputs.push(Input::Flushed { connection: connection.id, queued_bytes });
            }
        }
        match connection.phase {
            Phase::PeerClosed if queued_bytes == 0 => {
                self.gone(slot, CloseReason::PeerClosed, inputs);
            }
            Phase::Closing if queued_bytes == 0 => self.linger(slot, inputs),
            _ => {}
        }
    }

    fn write_failed<A>(&mut self, slot: usize, inputs: &mut Vec<Input<A>>) {
        let reason = match self.slots[slot].phase {
            Phase::Closing => CloseReason::Requested,
            _ => CloseReason::Reset,
        };
        self.gone(slot, reason, inputs);
    }

    /// Everything is written: over for the machine, though not yet for the kernel.
    fn linger<A>(&mut self, slot: usize, inputs: &mut Vec<Input<A>>) {
        let connection = &mut self.slots[slot];
        if self.lingering >= self.lingering_max || connection.close_our_end().is_err() {
            return self.gone(slot, CloseReason::Requested, inputs);
        }
        connection.phase = Phase::Lingering;
        let id = connection.id;
        let known = std::mem::take(&mut connection.known);
        self.lingering += 1;
        self.by_id.remove(&id);
        if known {
            inputs.push(Input::Closed { connection: id, reason: CloseReason::Requested });
        }
    }

    /// When [`expire`](Self::expire) is next wanted.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let ends = self.deadlines.front().map(|&(at, ..)| at);
        ends.into_iter().chain(self.handshakes.next_deadline()).min()
    }

    /// Resets what took too long to close.
    pub(crate) fn expire<A>(&mut self, now: Instant, inputs: &mut Vec<Input<A>>) {
        self.expire_handshakes(now, inputs);
        while let Some(&(at, slot, id)) = self.deadlines.front()
            && at <= now
        {
            self.deadlines.pop_front();
            let Some(connection) = self.slots.get(slot).filter(|c| c.id == id) else {
                continue;
            };
            connection.reset_on_drop();
            match connection.phase {
                Phase::Lingering => {
                    self.slots.remove(slot);
                    self.lingering -= 1;
                }
                Phase::PeerClosed => self.gone(slot, CloseReason::PeerClosed, inputs),
                Phase::Dialling | Phase::Handshaking | Phase::Open | Phase::Closing => {
                    self.gone(slot, CloseReason::Requested, inputs);
                }
            }
        }
    }

    /// Whether bytes wait on a connection that is open.
    pub(crate) fn has_queued(&self) -> bool {
        let is_open = |c: &Connection| !matches!(c.phase, Phase::Dialling | Phase::Handshaking);
        let waits = |c: &Connection| is_open(c) && c.queue.bytes() > 0;
        self.slots.iter().any(|(_, connection)| waits(connection))
    }

    pub(super) fn begin_end(&mut self, slot: usize, phase: Phase, now: Instant) {
        let connection = &mut self.slots[slot];
        connection.phase = phase;
        self.deadlines.push_back((now + self.close_timeout, slot, connection.id));
        self.list(slot);
    }

    pub(super) fn list(&mut self, slot: usize) {
        if !std::mem::replace(&mut self.slots[slot].listed, true) {
            self.listed.push(slot);
        }
    }

    /// Closes the descriptor, which also takes it from the poller.
    pub(super) fn gone<A>(&mut self, slot: usize, reason: CloseReason, inputs: &mut Vec<Input<A>>) {
        let Connection { id: connection, known, origin, .. } = self.slots.remove(slot);
        self.uncount(&origin);
        self.by_id.remove(&connection);
        if known {
            inputs.push(Input::Closed { connection, reason });
        }
    }

    /// Tells the poller what a connection now waits for.
    fn tell(&mut self, slot: usize, poller: &Poller) {
        let Some(connection) = self.slots.get_mut(slot) else {
            return;
        };
        let wanted = connection.wanted();
        // Changing what is watched fails only for want of memory; then the deadlines end it.
        if wanted != connection.interest && poller.modify(&*connection, token(slot), wanted).is_ok()
        {
            connection.interest = wanted;
        }
    }
}

fn token(slot: usize) -> Token {
    // Slots are reused, so that there are never more than descriptors.
    Token::Connection(slot as u32)
}
