//! Connections with TLS or WebSocket between their bytes and the machine.

use bytes::Bytes;
use sip_proto::{CloseReason, Input, Instant};

use super::connection::{Connection, Origin, Phase};
use super::connections::Connections;
use crate::layers::{Fault, HandshakeError, HandshakeFailure, Layers};
use crate::pool::Pool;

impl Connections {
    /// Gives an accepted connection its layers. `false` if it is not to be taken.
    pub(super) fn begin_accepted(&mut self, connection: &mut Connection) -> bool {
        let transport = connection.origin.transport;
        let begun = Layers::accept(transport, &self.tls, &self.ws).and_then(|layers| {
            let counts = layers.is_some();
            if counts {
                self.handshakes.begin(connection.origin.peer.ip())?;
            }
            connection.origin.counted = counts;
            Ok(layers)
        });
        match begun {
            Ok(None) => true,
            Ok(Some(layers)) => {
                connection.layers = Some(Box::new(layers));
                connection.phase = Phase::Handshaking;
                connection.read_below_bytes = self.layered_queue_bytes_max;
                connection.interest = connection.wanted();
                true
            }
            Err(error) => {
                self.refused += 1;
                self.report(&connection.origin, error);
                false
            }
        }
    }

    /// Gives a connection that is being dialled its layers.
    pub(super) fn begin_dialled(
        &mut self,
        mut connection: Connection,
        server_name: Option<&str>,
    ) -> Result<Connection, CloseReason> {
        self.exchange.wire.clear();
        let transport = connection.origin.transport;
        match Layers::dial(transport, server_name, &self.tls, &mut self.exchange) {
            Ok(None) => Ok(connection),
            Ok(Some(layers)) => {
                connection.layers = Some(Box::new(layers));
                connection.queue.push(take(&mut self.exchange.wire));
                connection.read_below_bytes = self.layered_queue_bytes_max;
                Ok(connection)
            }
            Err(error) => {
                self.report(&connection.origin, error);
                Err(CloseReason::Handshake)
            }
        }
    }

    /// Takes the first `count` bytes of the scratch buffer up through the layers.
    pub(super) fn take_up<A>(
        &mut self,
        slot: usize,
        count: usize,
        now: Instant,
        pool: &mut Pool,
        inputs: &mut Vec<Input<A>>,
    ) {
        let Self { slots, exchange, scratch, .. } = self;
        let connection = &mut slots[slot];
        let Some(layers) = &mut connection.layers else { return };
        exchange.wire.clear();
        let outcome = layers.receive(&scratch[..count], pool, exchange);
        if !exchange.wire.is_empty() {
            connection.queue.push(take(&mut exchange.wire));
        }
        let ended = std::mem::take(&mut exchange.ended);
        if let Some(identity) = self.exchange.opened.take() {
            self.opened(slot, identity, inputs);
        }
        let id = self.slots[slot].id;
        let received = |data| Input::Received { connection: id, data };
        inputs.extend(self.exchange.up.drain(..).map(received));
        match outcome {
            Ok(()) if ended && self.slots[slot].phase == Phase::Handshaking => {
                self.fail(slot, HandshakeError::Closed, now, inputs);
            }
            Ok(()) if ended => self.begin_end(slot, Phase::PeerClosed, now),
            Ok(()) => self.list(slot),
            Err(Fault::Handshake(error)) => self.fail(slot, error, now, inputs),
            Err(Fault::Broken) => self.give_up(slot, CloseReason::Reset, now, inputs),
        }
    }

    /// The handshake is over.
    fn opened<A>(
        &mut self,
        slot: usize,
        identity: sip_proto::PeerIdentity,
        inputs: &mut Vec<Input<A>>,
    ) {
        self.handshakes.completed += 1;
        let connection = &mut self.slots[slot];
        connection.phase = Phase::Open;
        connection.known = true;
        let origin = connection.origin;
        connection.origin.counted = false;
        let (id, local) = (connection.id, connection.local().unwrap_or(origin.peer));
        inputs.push(match origin.listener {
            Some(listener) => {
                Input::Accepted { connection: id, listener, local, peer: origin.peer, identity }
            }
            None => Input::Connected { connection: id, local, identity },
        });
        self.uncount(&origin);
    }

    /// The handshake came to nothing. What says so to the peer still leaves.
    pub(super) fn fail<A>(
        &mut self,
        slot: usize,
        error: HandshakeError,
        now: Instant,
        inputs: &mut Vec<Input<A>>,
    ) {
        let origin = self.slots[slot].origin;
        self.report(&origin, error);
        self.slots[slot].origin.counted = false;
        self.uncount(&origin);
        self.give_up(slot, CloseReason::Handshake, now, inputs);
    }

    /// The machine hears no more of it; what is queued is still written.
    fn give_up<A>(
        &mut self,
        slot: usize,
        reason: CloseReason,
        now: Instant,
        inputs: &mut Vec<Input<A>>,
    ) {
        let connection = &mut self.slots[slot];
        let id = connection.id;
        if std::mem::take(&mut connection.known) {
            inputs.push(Input::Closed { connection: id, reason });
        }
        self.by_id.remove(&id);
        self.begin_end(slot, Phase::Closing, now);
    }

    /// Puts what the machine wrote on the queue, through the layers.
    pub(super) fn put_down(&mut self, slot: usize, data: Bytes) {
        let connection = &mut self.slots[slot];
        match &mut connection.layers {
            None => connection.queue.push(data),
            Some(layers) => {
                self.exchange.wire.clear();
                layers.write(data, &mut self.exchange);
                connection.queue.push(take(&mut self.exchange.wire));
            }
        }
    }

    /// Has the layers say that nothing more comes; whether there was something to say.
    pub(super) fn say_close(&mut self, slot: usize) -> bool {
        let connection = &mut self.slots[slot];
        let Some(layers) = &mut connection.layers else { return false };
        self.exchange.wire.clear();
        layers.close(&mut self.exchange);
        let says = !self.exchange.wire.is_empty();
        connection.queue.push(take(&mut self.exchange.wire));
        says
    }

    pub(super) fn expire_handshakes<A>(&mut self, now: Instant, inputs: &mut Vec<Input<A>>) {
        while let Some((slot, id)) = self.handshakes.pop_due(now) {
            let waits = |c: &Connection| c.id == id && c.phase == Phase::Handshaking;
            if self.slots.get(slot).is_some_and(waits) {
                self.fail(slot, HandshakeError::TimedOut, now, inputs);
            }
        }
    }

    /// Counts a handshake out, if it was counted in.
    pub(super) fn uncount(&mut self, origin: &Origin) {
        if origin.counted {
            self.handshakes.end(origin.peer.ip());
        }
    }

    fn report(&mut self, origin: &Origin, error: HandshakeError) {
        let Origin { peer, transport, listener, .. } = *origin;
        self.handshakes.fail(HandshakeFailure {
            peer,
            transport,
            dialled: listener.is_none(),
            error,
        });
    }

    /// A new look at the sockets.
    pub(crate) fn begin_turn(&mut self) {
        self.handshakes.begin_turn();
    }

    /// The handshakes that came to nothing since this was last asked.
    pub(crate) fn take_failures(&mut self) -> std::vec::Drain<'_, HandshakeFailure> {
        self.handshakes.take_failures()
    }

    pub(crate) fn handshakes_completed(&self) -> u64 {
        self.handshakes.completed
    }

    pub(crate) fn handshakes_failed(&self) -> u64 {
        self.handshakes.failed
    }
}

/// What was put on the wire, in storage of its own; the buffer is used again.
fn take(wire: &mut Vec<u8>) -> Bytes {
    let bytes = Bytes::copy_from_slice(wire);
    wire.clear();
    bytes
}
