//! Requests too large for a datagram: over TCP, and as datagrams after all where nobody takes
//! connections (RFC 3261 section 18.1.1).

use core::time::Duration;
use std::collections::BTreeMap;

use super::budget::Charge;
use super::failures::Failures;
use super::sending::{Departure, Path, User};
use super::{Endpoint, TransactionError};
use crate::resolve::{Means, Wanted};
use crate::slab::SlabKey;
use crate::transaction::BRANCH_CHARS;
use crate::transport::{Target, via_len};
use crate::{ConnectionId, Instant, Request, TransportKind};

/// How long a peer that took no connection gets its large requests as datagrams at once.
const REFUSAL: Duration = Duration::from_secs(300);

/// What is known of peers without TCP, and what may still have to go to one as a datagram.
#[derive(Debug)]
pub(super) struct LargeRequests {
    /// Who took no connection; as many as `Limits::failed_destinations_max`.
    refusals: Failures,
    /// Requests without transaction, by the connection that they wait for.
    awaiting: BTreeMap<ConnectionId, Vec<(Request, Departure, Charge)>>,
}

/// A request without our Via, and how it leaves if its connection does not open.
#[derive(Debug)]
pub(super) struct Instead {
    pub(super) request: Request,
    pub(super) departure: Box<Departure>,
}

impl LargeRequests {
    pub(super) fn new(refusals_max: usize) -> Self {
        Self { refusals: Failures::new(refusals_max), awaiting: BTreeMap::new() }
    }
}

impl Endpoint {
    /// The path of `request` to a target that was found for it: over TCP, if it is too large for a
    /// datagram. RFC 3261 section 18.1.1 knows no exception for a URI that says `transport=udp`.
    pub(super) fn depart_with(
        &mut self,
        request: &Request,
        target: Target,
    ) -> Result<Departure, TransactionError> {
        let address = target.address;
        let departure = self.depart_for(target)?;
        let Path::Datagram { socket, .. } = departure.path else { return Ok(departure) };
        let max = self.config.limits.datagram_request_bytes_max;
        let is_large = || {
            let via = via_len(departure.sent_by, BRANCH_CHARS);
            request.encoded_len().saturating_add(via) > max
        };
        let nanos = u64::try_from(REFUSAL.as_nanos()).unwrap_or(u64::MAX);
        let recently = Instant::from_nanos(self.now.as_nanos().saturating_sub(nanos));
        if !is_large()
            || address.ip().is_multicast()
            || self.large.refusals.since(recently, socket, address)
        {
            return Ok(departure);
        }
        let over_tcp = Target { transport: TransportKind::Tcp, address, server_name: None };
        // Without a connection to spare it is better sent in fragments than not at all.
        let Ok(mut switched) = self.depart_for(over_tcp) else { return Ok(departure) };
        switched.target_transport = departure.transport;
        if let Path::Stream { connection } = switched.path
            && self.connections.is_connecting(connection)
        {
            switched.instead = Some(Box::new(departure));
        }
        Ok(switched)
    }

    /// What `request` can be sent over: of the services of a domain, those with connections first if
    /// it is large. Our Via, which depends on the target, is not counted yet.
    pub(super) fn means_for(&self, request: &Request, wanted: &Wanted) -> Means {
        let mut means = self.means(wanted);
        if request.encoded_len() > self.config.limits.datagram_request_bytes_max {
            means.transports.sort_by_key(|kind| !kind.is_reliable());
        }
        means
    }

    /// The connection for a client transaction's request could not be opened: a new one, with a
    /// branch of its own, sends the request as a datagram. Whether there is one.
    pub(super) fn fall_back(&mut self, key: SlabKey) -> bool {
        let Some(client) = self.clients.get_mut(key) else { return false };
        let Some(instead) = client.instead.take() else { return false };
        client.is_left_behind = true;
        let (id, lookup) = (client.id(), client.lookup.take());
        let Instead { request, departure } = *instead;
        self.remember_refusal(&departure);
        self.start_client(id, request, *departure, lookup);
        true
    }

    /// Keeps a request without transaction until its connection is open, as far as there is room.
    pub(super) fn keep_until_connected(
        &mut self,
        connection: ConnectionId,
        request: Request,
        instead: Departure,
    ) {
        let bytes = request.held_bytes();
        if self.budget.has_room(bytes) {
            let mut charge = Charge::default();
            self.budget.charge(&mut charge, bytes);
            self.large.awaiting.entry(connection).or_default().push((request, instead, charge));
        }
    }

    /// A connection could not be opened, or is gone.
    pub(super) fn fall_back_statelessly(&mut self, connection: ConnectionId) {
        for (request, departure, mut charge) in
            self.large.awaiting.remove(&connection).unwrap_or_default()
        {
            self.budget.charge(&mut charge, 0);
            self.remember_refusal(&departure);
            self.send_statelessly(request, departure);
        }
    }

    /// A connection is open: what was sent over it stays there.
    pub(super) fn stay_connected(&mut self, connection: ConnectionId) {
        for (_, _, mut charge) in self.large.awaiting.remove(&connection).unwrap_or_default() {
            self.budget.charge(&mut charge, 0);
        }
        let users: Vec<User> = self.users_of(connection).collect();
        for user in users {
            if let User::Client(key) = user
                && let Some(client) = self.clients.get_mut(key)
            {
                client.instead = None;
                self.charge_client(key);
            }
        }
    }

    fn remember_refusal(&mut self, departure: &Departure) {
        if let Path::Datagram { socket, destination, .. } = departure.path {
            self.large.refusals.report(self.now, socket, destination);
        }
    }
}
