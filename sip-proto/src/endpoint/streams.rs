//! Connections: opening, receiving, closing.

use std::net::SocketAddr;

use bytes::Bytes;

use super::Endpoint;
use super::intake::Arrival;
use super::sending::{Path, User};
use super::timers::Timer;
use crate::framing::Framed;
use crate::transport::{Alarm, Connection, FlowId};
use crate::{
    CloseReason, ConnectionId, DropReason, Event, Output, ParseError, PeerIdentity, SocketId,
    Source,
};

/// The answer to a keep-alive (RFC 5626 section 4.4.1).
const PONG: &[u8] = b"\r\n";

impl Endpoint {
    pub(super) fn handle_accepted(
        &mut self,
        connection: ConnectionId,
        listener: SocketId,
        (local, peer): (SocketAddr, SocketAddr),
        identity: PeerIdentity,
    ) {
        let Some(transport) = self.sockets.get(listener).map(|listener| listener.transport) else {
            return self.push(Output::Close { connection });
        };
        match self.connections.accept(self.now, connection, listener, transport, peer) {
            Ok(()) => {
                self.connections.learn_ends(connection, local.ip(), identity);
                self.watch_connection(connection);
                self.push(Output::Event(Event::ConnectionOpened { connection, peer }));
            }
            Err(limit) => {
                self.push(Output::Close { connection });
                self.report_drop(peer, DropReason::Limit(limit));
            }
        }
    }

    pub(super) fn handle_connected(
        &mut self,
        connection: ConnectionId,
        local: SocketAddr,
        identity: PeerIdentity,
    ) {
        self.connections.learn_ends(connection, local.ip(), identity);
        self.stay_connected(connection);
        if self.connections.connected(self.now, connection)
            && let Some(peer) = self.connections.get(connection).map(|open| open.peer)
        {
            self.push(Output::Event(Event::ConnectionOpened { connection, peer }));
        }
    }

    /// Cuts what arrived into messages, and takes each in.
    pub(super) fn handle_received(&mut self, connection: ConnectionId, data: &[u8]) {
        let Some(open) = self.connections.receiving(connection) else { return };
        if open.is_framed() {
            open.took_one(self.now);
            return self.handle_framed(connection, data);
        }
        open.deframer.push(data);
        // Asked for anew each time: what a message leads to may close the connection.
        while let Some(open) = self.connections.receiving(connection)
            && let Some(framed) = open.deframer.poll()
        {
            open.took_one(self.now);
            match framed {
                Framed::Message(bytes) => {
                    let Some(arrival) = self.stream_arrival(connection) else { return };
                    self.handle_message(&arrival, bytes);
                }
                Framed::Ping => self.answer_keep_alive(connection),
                Framed::Pong => {}
                Framed::Error(error, header) => self.handle_misframed(connection, &header, &error),
            }
        }
        let open = self.connections.receiving(connection);
        if open.is_some_and(|open| open.begins_one(self.now)) {
            self.watch_connection(connection);
        }
    }

    /// One message of a WebSocket: one message of SIP, whole, with or without Content-Length
    /// (RFC 7118 section 5), or a keep-alive (section 6). What is wrong with it is no reason to
    /// close: where the next one begins is known.
    fn handle_framed(&mut self, connection: ConnectionId, data: &[u8]) {
        match data {
            // A ping of WebSocket's own, or an answer to ours.
            b"" | b"\r\n" => {}
            b"\r\n\r\n" => self.answer_keep_alive(connection),
            message => {
                if let Some(arrival) = self.stream_arrival(connection) {
                    self.handle_message(&arrival, Bytes::copy_from_slice(message));
                }
            }
        }
    }

    fn answer_keep_alive(&mut self, connection: ConnectionId) {
        if self.connections.may_queue_pong(connection, PONG.len()) {
            self.transmit(None, Path::Stream { connection }, Bytes::from_static(PONG));
        }
    }

    /// A stream that has lost its frame cannot find it again (RFC 3261 section 18.3).
    fn handle_misframed(&mut self, connection: ConnectionId, header: &Bytes, error: &ParseError) {
        if let Some(arrival) = self.stream_arrival(connection) {
            self.reject_unparsable(&arrival, header, error);
        }
        self.close_connection(connection);
    }

    pub(super) fn handle_closed(&mut self, connection: ConnectionId, reason: CloseReason) {
        let Some(gone) = self.connections.remove(connection) else { return };
        if let Some((_, timer)) = gone.timer {
            self.wheel.cancel(timer);
        }
        self.fail_users_of(connection);
        self.push(Output::Event(Event::ConnectionClosed { connection, reason }));
    }

    /// Gives a connection up: it takes and brings nothing more, and who waits for it fails.
    pub(super) fn close_connection(&mut self, connection: ConnectionId) {
        if !self.connections.give_up(connection) {
            return;
        }
        let timer = self.connections.get_mut(connection).and_then(|it| it.timer.take());
        if let Some((_, timer)) = timer {
            self.wheel.cancel(timer);
        }
        self.push(Output::Close { connection });
        self.fail_users_of(connection);
    }

    fn fail_users_of(&mut self, connection: ConnectionId) {
        self.fall_back_statelessly(connection);
        while let Some(user) = self.a_user_of(connection) {
            self.stream_users.remove(&(connection, user));
            self.broken.insert(user);
        }
    }

    /// Those who fail with a connection, and no other.
    pub(super) fn users_of(&self, connection: ConnectionId) -> impl Iterator<Item = User> {
        let users = self.stream_users.range((connection, User::MIN)..);
        users.take_while(move |(user_of, _)| *user_of == connection).map(|(_, user)| *user)
    }

    fn a_user_of(&self, connection: ConnectionId) -> Option<User> {
        self.users_of(connection).next()
    }

    /// Arms the timer of a connection for what it waits for next. One that fires too early asks
    /// again; so it is moved only where it would fire too late.
    pub(super) fn watch_connection(&mut self, connection: ConnectionId) {
        let in_use = self.a_user_of(connection).is_some();
        if let Alarm::At(at) = self.connections.alarm(self.now, connection, in_use)
            && let Some(open) = self.connections.get_mut(connection)
            && open.timer.is_none_or(|(armed, _)| armed > at)
        {
            if let Some((_, timer)) = open.timer.take() {
                self.wheel.cancel(timer);
            }
            open.timer = Some((at, self.wheel.arm(at, Timer::Connection(connection))));
        }
    }

    pub(super) fn handle_connection_timer(&mut self, connection: ConnectionId) {
        let Some(open) = self.connections.get_mut(connection) else { return };
        open.timer = None;
        let in_use = self.a_user_of(connection).is_some();
        match self.connections.alarm(self.now, connection, in_use) {
            Alarm::At(_) => self.watch_connection(connection),
            Alarm::ConnectTimeout | Alarm::Idle => self.close_connection(connection),
            Alarm::Unfinished => self.close_late(connection, "message_timeout"),
            Alarm::Silent => self.close_late(connection, "first_message_timeout"),
            Alarm::Never => {}
        }
    }

    fn close_late(&mut self, connection: ConnectionId, limit: &'static str) {
        let peer = self.connections.get(connection).map(|open| open.peer);
        self.close_connection(connection);
        if let Some(peer) = peer {
            self.report_drop(peer, DropReason::Limit(limit));
        }
    }

    fn stream_arrival(&self, connection: ConnectionId) -> Option<Arrival> {
        let open = self.connections.get(connection)?;
        let source = Source {
            transport: open.transport,
            remote: open.peer,
            local: self.public_address_of(open),
            flow: FlowId::Stream { connection },
        };
        Some(Arrival { source, datagram_local: None })
    }

    /// Our own address as the far end of `open` is to know it: that of a listener, since the
    /// address of a dialled connection's own end takes no connections.
    pub(super) fn public_address_of(&self, open: &Connection) -> SocketAddr {
        let listener = open.listener.and_then(|listener| self.sockets.get(listener));
        listener
            .map(|listener| listener.public(open.local))
            .or_else(|| self.sockets.sent_by_towards(open.transport, open.peer.ip(), open.local))
            .unwrap_or(open.peer)
    }
}
