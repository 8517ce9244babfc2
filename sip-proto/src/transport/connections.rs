//! The connection table: who is connected, which connection to reuse, and when to close one.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use crate::framing::Deframer;
use crate::timer::TimerId;
use crate::{ConnectionId, Instant, Limits, PeerIdentity, SocketId, TransportKind};

/// One stream connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) transport: TransportKind,
    pub(crate) peer: SocketAddr,
    /// The listener that accepted it; `None` for a dialled one.
    pub(crate) listener: Option<SocketId>,
    /// Where else it is known to lead (RFC 5923).
    alias: Option<SocketAddr>,
    /// Our end's address, once it is known.
    pub(crate) local: Option<IpAddr>,
    /// Whom a server that was dialled over TLS has to prove to be.
    server_name: Option<Box<str>>,
    /// The domains that the peer proved to be (RFC 5922).
    domains: Vec<String>,
    pub(crate) deframer: Deframer,
    /// The timer of its [`Alarm`].
    pub(crate) timer: Option<(Instant, TimerId)>,
    state: State,
    queued_bytes: usize,
    /// How many of them are to be written until the last answer to a keep-alive is.
    queued_to_pong: usize,
    used_at: Instant,
    /// When it was accepted, until something whole has arrived.
    silent_since: Option<Instant>,
    /// When the message that has begun to arrive did so.
    unfinished_since: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Dialled; what is written waits in the driver.
    Connecting {
        since: Instant,
    },
    Open,
    /// Given up by us: it takes nothing more, and waits for the driver to say that it is gone.
    Closing,
}

/// Why bytes could not be queued on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueueError {
    /// It is not there, or no longer.
    Gone,
    /// `Limits::write_queue_bytes_max` would be exceeded.
    Full,
}

/// What a connection's timer means when it fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Alarm {
    /// Nothing yet: ask again then.
    At(Instant),
    /// It did not open within `Limits::connect_timeout`.
    ConnectTimeout,
    /// It was not used for `Limits::connection_idle`.
    Idle,
    /// Nothing whole arrived within `Limits::first_message_timeout`.
    Silent,
    /// A message did not arrive whole within `Limits::message_timeout`.
    Unfinished,
    /// Nothing any more.
    Never,
}

/// All connections, those being dialled or closed included.
#[derive(Debug)]
pub(crate) struct Connections {
    limits: Limits,
    table: BTreeMap<ConnectionId, Connection>,
    /// Which to reuse for a peer: the exact far end, accepted or dialled (RFC 3261 section 18).
    by_peer: BTreeMap<(TransportKind, SocketAddr), ConnectionId>,
    /// How many accepted connections each address has.
    accepted_from: BTreeMap<IpAddr, usize>,
    /// Connections dialled so far.
    dialled: u64,
    /// How many of them are still in the table.
    dialled_open: usize,
}

impl Connection {
    /// Whether it leads to whom `server_name` names: as whom it was dialled, or who it proved to be
    /// (RFC 5923 section 5). Where the name is but the address of the far end, a client that
    /// connected from there is meant.
    fn leads_to(&self, server_name: Option<&str>) -> bool {
        if self.transport != TransportKind::Tls {
            return true;
        }
        let Some(wanted) = server_name else { return self.listener.is_some() };
        self.server_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(wanted))
            || self.has_proved(wanted)
            || (self.listener.is_some() && wanted.parse() == Ok(self.peer.ip()))
    }

    /// Whether its peer has a certificate for that domain.
    fn has_proved(&self, name: &str) -> bool {
        self.domains.iter().any(|domain| domain.eq_ignore_ascii_case(name))
    }

    /// Whether each piece that arrives is one message (RFC 7118 section 5), so that there is no
    /// stream to be cut.
    pub(crate) const fn is_framed(&self) -> bool {
        matches!(self.transport, TransportKind::Ws | TransportKind::Wss)
    }

    /// The addresses it is found by.
    fn addresses(&self) -> impl Iterator<Item = SocketAddr> + use<> {
        [Some(self.peer), self.alias].into_iter().flatten()
    }

    /// A message or a keep-alive arrived whole.
    pub(crate) fn took_one(&mut self, now: Instant) {
        self.used_at = now;
        self.silent_since = None;
        self.unfinished_since = None;
    }

    /// Looked at all that arrived: whether a message has now begun to arrive.
    pub(crate) fn begins_one(&mut self, now: Instant) -> bool {
        let begins = self.deframer.is_unfinished() && self.unfinished_since.is_none();
        if begins {
            self.unfinished_since = Some(now);
        }
        begins
    }
}

impl Connections {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            table: BTreeMap::new(),
            by_peer: BTreeMap::new(),
            accepted_from: BTreeMap::new(),
            dialled: 0,
            dialled_open: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.table.len()
    }

    pub(crate) fn get(&self, id: ConnectionId) -> Option<&Connection> {
        self.table.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.table.get_mut(&id)
    }

    /// The connection to reuse for a message to `peer`, who over TLS must be `server_name`.
    pub(crate) fn find(
        &self,
        transport: TransportKind,
        peer: SocketAddr,
        server_name: Option<&str>,
    ) -> Option<ConnectionId> {
        let id = self.by_peer.get(&(transport, peer)).copied()?;
        let open = self.table.get(&id)?;
        let leads_there = match open.peer == peer {
            true => open.leads_to(server_name),
            false => server_name.is_some_and(|name| open.has_proved(name)),
        };
        leads_there.then_some(id)
    }

    /// Its peer takes requests to this port of its address on `id`, too (RFC 5923): believed only of
    /// one that proved by a certificate who it is, and found only for whom it proved to be. Where
    /// there is a connection already, that one stays.
    pub(crate) fn alias(&mut self, id: ConnectionId, port: u16) {
        let Some(open) = self.table.get_mut(&id) else { return };
        let is_proven = open.transport == TransportKind::Tls && !open.domains.is_empty();
        if open.state == State::Open && open.alias.is_none() && is_proven {
            let address = SocketAddr::new(open.peer.ip(), port);
            open.alias = Some(address);
            self.by_peer.entry((open.transport, address)).or_insert(id);
        }
    }

    /// Takes in a connection that `listener` accepted.
    ///
    /// # Errors
    ///
    /// The name of the limit that forbids it; the connection is then not in the table.
    pub(crate) fn accept(
        &mut self,
        now: Instant,
        id: ConnectionId,
        listener: SocketId,
        transport: TransportKind,
        peer: SocketAddr,
    ) -> Result<(), &'static str> {
        if self.table.contains_key(&id) {
            return Ok(());
        }
        if self.table.len() - self.dialled_open >= self.limits.connections_max {
            return Err("connections_max");
        }
        let from_peer = self.accepted_from.get(&peer.ip()).copied().unwrap_or_default();
        if from_peer >= self.limits.connections_per_peer_max {
            return Err("connections_per_peer_max");
        }
        self.accepted_from.insert(peer.ip(), from_peer + 1);
        let mut connection = self.connection(now, transport, peer, Some(listener), State::Open);
        connection.silent_since = (!connection.is_framed()).then_some(now);
        self.insert(id, connection);
        Ok(())
    }

    /// Enters a connection that is to be dialled; `None` at
    /// `Limits::dialled_connections_max`.
    pub(crate) fn dial(
        &mut self,
        now: Instant,
        transport: TransportKind,
        peer: SocketAddr,
        server_name: Option<&str>,
    ) -> Option<ConnectionId> {
        if self.dialled_open >= self.limits.dialled_connections_max {
            return None;
        }
        self.dialled_open += 1;
        let id = ConnectionId::dialled(self.dialled);
        self.dialled += 1;
        let mut connection =
            self.connection(now, transport, peer, None, State::Connecting { since: now });
        connection.server_name = server_name.map(Box::from);
        self.insert(id, connection);
        Some(id)
    }

    /// The address of our end, and who the other proved to be.
    pub(crate) fn learn_ends(&mut self, id: ConnectionId, local: IpAddr, identity: PeerIdentity) {
        if let Some(connection) = self.table.get_mut(&id) {
            connection.local = Some(local);
            connection.domains = identity.domains;
        }
    }

    /// A dialled connection is open; whether it was awaited.
    pub(crate) fn connected(&mut self, now: Instant, id: ConnectionId) -> bool {
        match self.table.get_mut(&id) {
            Some(connection) if matches!(connection.state, State::Connecting { .. }) => {
                connection.state = State::Open;
                connection.used_at = now;
                true
            }
            _ => false,
        }
    }

    /// The connection that bytes arrived on, if it still takes any.
    pub(crate) fn receiving(&mut self, id: ConnectionId) -> Option<&mut Connection> {
        self.table.get_mut(&id).filter(|connection| connection.state != State::Closing)
    }

    /// Accounts for bytes about to be written.
    pub(crate) fn queue(
        &mut self,
        now: Instant,
        id: ConnectionId,
        bytes: usize,
    ) -> Result<(), QueueError> {
        let connection = self.table.get_mut(&id).ok_or(QueueError::Gone)?;
        if connection.state == State::Closing {
            return Err(QueueError::Gone);
        }
        let queued_bytes = connection.queued_bytes.saturating_add(bytes);
        if queued_bytes > self.limits.write_queue_bytes_max {
            return Err(QueueError::Full);
        }
        connection.queued_bytes = queued_bytes;
        connection.used_at = now;
        Ok(())
    }

    /// Whether the answer to a keep-alive is to be queued. Not while an earlier one is unsent: that
    /// tells the peer as much, and who never reads must not have us write without end.
    pub(crate) fn may_queue_pong(&mut self, id: ConnectionId, pong_bytes: usize) -> bool {
        let Some(connection) = self.table.get_mut(&id) else { return false };
        let may = connection.queued_to_pong == 0;
        if may {
            connection.queued_to_pong = connection.queued_bytes.saturating_add(pong_bytes);
        }
        may
    }

    /// Bytes left the write queue.
    pub(crate) fn flushed(&mut self, id: ConnectionId, queued_bytes: usize) {
        if let Some(connection) = self.table.get_mut(&id) {
            let written = connection.queued_bytes.saturating_sub(queued_bytes);
            connection.queued_to_pong = connection.queued_to_pong.saturating_sub(written);
            connection.queued_bytes = queued_bytes;
        }
    }

    /// Whether `id` is still being dialled.
    pub(crate) fn is_connecting(&self, id: ConnectionId) -> bool {
        let state = self.table.get(&id).map(|connection| connection.state);
        matches!(state, Some(State::Connecting { .. }))
    }

    /// Whether `id` takes messages.
    pub(crate) fn is_usable(&self, id: ConnectionId) -> bool {
        self.table.get(&id).is_some_and(|connection| connection.state != State::Closing)
    }

    /// Gives a connection up: it is not reused, and counts until the driver says it is gone.
    /// Whether it was in use till now.
    pub(crate) fn give_up(&mut self, id: ConnectionId) -> bool {
        let Some(connection) = self.table.get_mut(&id) else { return false };
        if connection.state == State::Closing {
            return false;
        }
        connection.state = State::Closing;
        connection.deframer = Deframer::new(&self.limits);
        let (transport, addresses) = (connection.transport, connection.addresses());
        self.forget_addresses(id, transport, addresses);
        true
    }

    /// Takes out a connection that is gone.
    pub(crate) fn remove(&mut self, id: ConnectionId) -> Option<Connection> {
        let connection = self.table.remove(&id)?;
        if connection.listener.is_none() {
            self.dialled_open -= 1;
        }
        self.forget_addresses(id, connection.transport, connection.addresses());
        if connection.listener.is_some()
            && let Some(count) = self.accepted_from.get_mut(&connection.peer.ip())
        {
            *count -= 1;
            if *count == 0 {
                self.accepted_from.remove(&connection.peer.ip());
            }
        }
        Some(connection)
    }

    /// What the timer of `id` means now. A connection with transactions that wait for something
    /// to arrive on it is `in_use`, and never idle.
    pub(crate) fn alarm(&self, now: Instant, id: ConnectionId, in_use: bool) -> Alarm {
        let Some(connection) = self.table.get(&id) else { return Alarm::Never };
        let idle = self.limits.connection_idle;
        let (deadline, due) = match connection.state {
            State::Connecting { since } => {
                (since + self.limits.connect_timeout, Alarm::ConnectTimeout)
            }
            State::Open if in_use => (connection.used_at.max(now) + idle, Alarm::Idle),
            State::Open => (connection.used_at + idle, Alarm::Idle),
            State::Closing => return Alarm::Never,
        };
        let silent = connection.silent_since.map(|it| it + self.limits.first_message_timeout);
        let unfinished = connection.unfinished_since.map(|it| it + self.limits.message_timeout);
        // Of what is due at the same time, the first says best what is wrong.
        let alarms = [(unfinished, Alarm::Unfinished), (silent, Alarm::Silent)];
        let alarms = alarms.into_iter().filter_map(|(at, alarm)| Some((at?, alarm)));
        let next = alarms.chain([(deadline, due)]).min_by_key(|(at, _)| *at);
        match next {
            Some((at, alarm)) if at <= now => alarm,
            Some((at, _)) => Alarm::At(at),
            None => Alarm::Never,
        }
    }

    fn connection(
        &self,
        now: Instant,
        transport: TransportKind,
        peer: SocketAddr,
        listener: Option<SocketId>,
        state: State,
    ) -> Connection {
        Connection {
            transport,
            peer,
            listener,
            alias: None,
            local: None,
            server_name: None,
            domains: Vec::new(),
            deframer: Deframer::new(&self.limits),
            timer: None,
            state,
            queued_bytes: 0,
            queued_to_pong: 0,
            used_at: now,
            silent_since: None,
            unfinished_since: None,
        }
    }

    fn insert(&mut self, id: ConnectionId, connection: Connection) {
        self.by_peer.insert((connection.transport, connection.peer), id);
        self.table.insert(id, connection);
    }

    fn forget_addresses(
        &mut self,
        id: ConnectionId,
        transport: TransportKind,
        addresses: impl Iterator<Item = SocketAddr>,
    ) {
        for key in addresses.map(|address| (transport, address)) {
            if self.by_peer.get(&key) == Some(&id) {
                self.by_peer.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    const LISTENER: SocketId = SocketId(1);
    const TCP: TransportKind = TransportKind::Tcp;

    fn table() -> Connections {
        Connections::new(&Limits {
            connections_max: 3,
            dialled_connections_max: 1,
            connections_per_peer_max: 2,
            write_queue_bytes_max: 100,
            connection_idle: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(2),
            ..Limits::default()
        })
    }

    fn peer(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 7], port))
    }

    fn accept(table: &mut Connections, number: u64, peer: SocketAddr) -> Result<(), &'static str> {
        table.accept(Instant::ZERO, ConnectionId::accepted(number), LISTENER, TCP, peer)
    }

    /// RFC 3261 section 18: indexed by the far end, whoever opened it.
    #[test]
    fn a_connection_is_reused_whoever_opened_it() {
        let mut table = table();
        assert_eq!(accept(&mut table, 1, peer(40000)), Ok(()));
        let dialled = table.dial(Instant::ZERO, TCP, peer(5060), None);
        assert_eq!(table.find(TCP, peer(40000), None), Some(ConnectionId::accepted(1)));
        assert_eq!(table.find(TCP, peer(5060), None), dialled);
        assert_eq!(table.find(TCP, peer(40001), None), None);
        assert_eq!(table.find(TransportKind::Tls, peer(5060), None), None);
    }

    /// RFC 5923 section 5: who is at the far end matters, not only where it is.
    #[test]
    fn over_tls_a_connection_is_reused_only_for_whom_it_leads_to() {
        const TLS: TransportKind = TransportKind::Tls;
        let mut table = table();
        let dialled = table.dial(Instant::ZERO, TLS, peer(5061), Some("a.example"));
        let id = dialled.expect("room");
        assert_eq!(table.find(TLS, peer(5061), Some("A.example")), dialled);
        for other in [None, Some("b.example"), Some("192.0.2.7")] {
            assert_eq!(table.find(TLS, peer(5061), other), None, "{other:?}");
        }
        let identity = PeerIdentity { domains: vec!["a.example".into(), "b.example".into()] };
        table.learn_ends(id, peer(1).ip(), identity);
        assert_eq!(table.find(TLS, peer(5061), Some("b.example")), dialled);

        let accepted = ConnectionId::accepted(1);
        let accept = table.accept(Instant::ZERO, accepted, LISTENER, TLS, peer(40000));
        assert_eq!(accept, Ok(()));
        assert_eq!(table.find(TLS, peer(40000), Some("192.0.2.7")), Some(accepted));
        assert_eq!(table.find(TLS, peer(40000), Some("a.example")), None, "it proved nothing");
    }

    #[test]
    fn what_is_given_up_is_not_reused_but_counts_until_it_is_gone() {
        let mut table = table();
        let id = table.dial(Instant::ZERO, TCP, peer(5060), None).expect("room");
        assert!(table.give_up(id));
        assert!(!table.give_up(id));
        assert_eq!((table.find(TCP, peer(5060), None), table.len()), (None, 1));
        assert_eq!(table.queue(Instant::ZERO, id, 1), Err(QueueError::Gone));
        assert!(table.receiving(id).is_none());
        assert!(table.remove(id).is_some());
        assert_eq!(table.len(), 0);
    }

    #[test]
    fn a_newer_connection_to_the_same_peer_survives_the_end_of_the_older() {
        let mut table = table();
        assert_eq!(accept(&mut table, 1, peer(5060)), Ok(()));
        assert_eq!(accept(&mut table, 2, peer(5060)), Ok(()));
        table.remove(ConnectionId::accepted(1));
        assert_eq!(table.find(TCP, peer(5060), None), Some(ConnectionId::accepted(2)));
    }

    #[test]
    fn limits_name_themselves() {
        let mut table = table();
        assert_eq!(accept(&mut table, 1, peer(1)), Ok(()));
        assert_eq!(accept(&mut table, 2, peer(2)), Ok(()));
        assert_eq!(accept(&mut table, 3, peer(3)), Err("connections_per_peer_max"));
        let other = SocketAddr::from(([192, 0, 2, 8], 1));
        assert_eq!(accept(&mut table, 4, other), Ok(()));
        assert_eq!(accept(&mut table, 5, other), Err("connections_max"));
        table.remove(ConnectionId::accepted(1));
        assert_eq!(accept(&mut table, 6, peer(6)), Ok(()));
    }

    #[test]
    fn dialled_and_accepted_connections_do_not_use_up_each_other() {
        let mut table = table();
        let dialled = table.dial(Instant::ZERO, TCP, peer(5060), None).expect("room");
        assert_eq!(table.dial(Instant::ZERO, TCP, peer(5061), None), None);
        for number in 1..=3 {
            let other = SocketAddr::from(([192, 0, 2, 10 + number as u8], 1));
            assert_eq!(accept(&mut table, number, other), Ok(()));
        }
        table.remove(dialled);
        assert_eq!(accept(&mut table, 4, peer(1)), Err("connections_max"));
        assert!(table.dial(Instant::ZERO, TCP, peer(5061), None).is_some());
    }

    #[test]
    fn one_unsent_pong_is_enough() {
        let mut table = table();
        let id = table.dial(Instant::ZERO, TCP, peer(5060), None).expect("room");
        assert_eq!(table.queue(Instant::ZERO, id, 10), Ok(()));
        assert!(table.may_queue_pong(id, 2));
        assert_eq!(table.queue(Instant::ZERO, id, 2), Ok(()));
        assert_eq!(table.queue(Instant::ZERO, id, 5), Ok(()));
        for (queued_bytes, may) in [(17, false), (6, false), (5, true)] {
            table.flushed(id, queued_bytes);
            assert_eq!(table.may_queue_pong(id, 2), may, "{queued_bytes} are left");
        }
    }

    #[test]
    fn the_write_queue_is_accounted_for() {
        let mut table = table();
        let id = table.dial(Instant::ZERO, TCP, peer(5060), None).expect("room");
        assert_eq!(table.queue(Instant::ZERO, id, 60), Ok(()));
        assert_eq!(table.queue(Instant::ZERO, id, 41), Err(QueueError::Full));
        table.flushed(id, 10);
        assert_eq!(table.queue(Instant::ZERO, id, 90), Ok(()));
    }

    #[test]
    fn opening_and_idling_take_only_so_long() {
        let mut table = table();
        let id = table.dial(Instant::ZERO, TCP, peer(5060), None).expect("room");
        assert_eq!(table.queue(Instant::from_secs(1), id, 1), Ok(()));
        let alarm =
            |table: &Connections, secs, in_use| table.alarm(Instant::from_secs(secs), id, in_use);
        assert_eq!(alarm(&table, 1, true), Alarm::At(Instant::from_secs(2)));
        assert_eq!(alarm(&table, 2, true), Alarm::ConnectTimeout);
        assert!(table.connected(Instant::from_secs(2), id));
        assert!(!table.connected(Instant::from_secs(2), id));
        assert_eq!(alarm(&table, 10, false), Alarm::At(Instant::from_secs(62)));
        assert_eq!(alarm(&table, 62, true), Alarm::At(Instant::from_secs(122)));
        assert_eq!(alarm(&table, 62, false), Alarm::Idle);
        table.give_up(id);
        assert_eq!(alarm(&table, 62, false), Alarm::Never);
    }
}
