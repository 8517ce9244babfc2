//! Requests to names: from target to target until one answers (RFC 3263 sections 4.2 and 4.3).

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::budget::Charge;
use super::sending::Path;
use super::{ClientId, Delivery, Endpoint, Source, TransactionError};
use crate::resolve::{Action, Means, Next, NoTarget, Resolver, Target, Verdict, Wanted};
use crate::slab::SlabKey;
use crate::transaction::stateless_branch;
use crate::transport::Target as Address;
use crate::{DropReason, Event, Output, Request, Response, Seed, SeededMap, TransportKind};

/// All of them, by the lookup that finds their targets.
#[derive(Debug)]
pub(super) struct Journeys {
    table: BTreeMap<SlabKey, Journey>,
    /// The ids of those that wait for a target.
    waiting: SeededMap<ClientId, SlabKey>,
}

/// One message on its way to a server of a domain.
#[derive(Debug)]
pub(super) struct Journey {
    traveller: Traveller,
    charge: Charge,
}

/// Requests are without our Via: each target gets a copy with a branch of its own.
#[derive(Debug)]
pub(super) enum Traveller {
    /// The request of a client transaction, and what became of it at the last target.
    Client { id: ClientId, request: Request, last: Option<Setback> },
    /// A request without transaction: nobody hears of its fate.
    Stateless { request: Request },
    /// The response of a server transaction, and whether it waits for a target.
    Response { server: SlabKey, waits: bool },
}

/// Why a request goes on to the next target, and what the application hears if there is none.
#[derive(Debug)]
pub(super) enum Setback {
    /// It was not answered.
    Failed(TransactionError),
    /// It was answered with 503 (Service Unavailable).
    Unavailable(Box<(Response, Source)>),
}

impl Journeys {
    pub(super) fn new(seed: &Seed) -> Self {
        Self { table: BTreeMap::new(), waiting: SeededMap::new(seed) }
    }

    /// Whether a request with that id waits for a target.
    pub(super) fn awaits(&self, id: ClientId) -> bool {
        self.waiting.contains_key(&id)
    }

    /// How many requests wait for a target.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }
}

impl Endpoint {
    /// Finds the servers of `wanted` and sends `request` to the first that takes it.
    pub(super) fn seek(&mut self, id: ClientId, request: Request, wanted: Wanted) {
        let choice = self.rng.next_u64();
        let means = self.means_for(&request, &wanted);
        match self.resolver.start(wanted, means, choice) {
            Some(lookup) => {
                let bytes = request.held_bytes();
                self.set_out(lookup, bytes, Traveller::Client { id, request, last: None });
                self.wait_for_target(id, lookup);
                self.travel(lookup);
            }
            None => self.fail_request(id, TransactionError::Limit),
        }
    }

    /// The same without a transaction. Which of equal servers it goes to follows from the request,
    /// so that a retransmission goes there too (RFC 3263 section 4.3).
    pub(super) fn seek_statelessly(&mut self, request: Request, wanted: Wanted) {
        let branch = stateless_branch(&request, &self.secrets);
        let choice = self.secrets.mac("choice", branch.as_str().as_bytes());
        let means = self.means_for(&request, &wanted);
        if self.budget.has_room(request.held_bytes())
            && let Some(lookup) = self.resolver.start(wanted, means, choice)
        {
            let bytes = request.held_bytes();
            self.set_out(lookup, bytes, Traveller::Stateless { request });
            self.travel(lookup);
        }
    }

    /// Begins a journey, which retains so many bytes.
    pub(super) fn set_out(&mut self, lookup: SlabKey, bytes: usize, traveller: Traveller) {
        let mut journey = Journey { traveller, charge: Charge::default() };
        self.budget.charge(&mut journey.charge, bytes);
        self.journeys.table.insert(lookup, journey);
    }

    /// A request that waits is work that a drain waits for.
    fn wait_for_target(&mut self, id: ClientId, lookup: SlabKey) {
        self.journeys.waiting.insert(id, lookup);
        self.drain.started();
    }

    fn wait_no_longer(&mut self, id: ClientId) -> Option<SlabKey> {
        let lookup = self.journeys.waiting.remove(&id)?;
        self.drain.finished();
        Some(lookup)
    }

    /// Sends the message to the next target, once that is known.
    pub(super) fn travel(&mut self, lookup: SlabKey) {
        loop {
            let target = match self.resolver.next(self.now, lookup) {
                Next::Pending => return self.mark_waiting(lookup, true),
                Next::None(reason) => return self.arrive_nowhere(lookup, reason),
                Next::Target(target) => target,
            };
            // Of a family or transport that cannot be sent over from here, or no connection to
            // spare: the next one may do.
            self.mark_waiting(lookup, false);
            if self.embark(lookup, &target) {
                return;
            }
            self.report_target(target.transport, target.address, Verdict::Unknown);
        }
    }

    fn mark_waiting(&mut self, lookup: SlabKey, is_waiting: bool) {
        let journey = self.journeys.table.get_mut(&lookup);
        if let Some(Journey { traveller: Traveller::Response { waits, .. }, .. }) = journey {
            *waits = is_waiting;
        }
    }

    /// Whether the message leaves for that target.
    fn embark(&mut self, lookup: SlabKey, target: &Target) -> bool {
        let Target { transport, address, .. } = *target;
        let Some(journey) = self.journeys.table.get(&lookup) else { return true };
        let (id, request) = match &journey.traveller {
            Traveller::Client { id, request, .. } => (Some(*id), request.clone()),
            Traveller::Stateless { request } => (None, request.clone()),
            Traveller::Response { server, .. } => {
                let server = *server;
                let name = target.server_name.as_deref();
                return transport.is_reliable() && self.return_to(server, transport, address, name);
            }
        };
        let server_name = target.server_name.as_deref().map(Box::from);
        let target = Address { transport, address, server_name };
        let Ok(departure) = self.depart_with(&request, target) else { return false };
        match id {
            Some(id) => {
                self.start_client(id, request, departure, Some(lookup));
                self.wait_no_longer(id);
            }
            None => {
                self.report_target(transport, address, Verdict::Unknown);
                self.end_journey(lookup);
                self.send_statelessly(request, departure);
            }
        }
        true
    }

    /// There is no further target: the application hears what became of the request at the last
    /// one, or that there was none.
    fn arrive_nowhere(&mut self, lookup: SlabKey, reason: NoTarget) {
        let Some(journey) = self.end_journey(lookup) else { return };
        let (id, last) = match journey.traveller {
            Traveller::Client { id, last, .. } => (id, last),
            Traveller::Stateless { .. } => return,
            Traveller::Response { server, .. } => return self.end_search_for_sender(server),
        };
        self.wait_no_longer(id);
        match (last, reason) {
            (Some(Setback::Unavailable(answer)), _) => {
                let (response, source) = *answer;
                self.deliver(Delivery::Response { id, response, source });
                self.deliver(Delivery::ClientEnded { id });
            }
            (Some(Setback::Failed(error)), _) => self.fail_request(id, error),
            (None, NoTarget::Exhausted) => self.fail_request(id, TransactionError::NoAddress),
            (None, NoTarget::Failed) => self.fail_request(id, TransactionError::Unresolved),
        }
    }

    pub(super) fn fail_request(&mut self, id: ClientId, error: TransactionError) {
        self.deliver(Delivery::ClientFailed { id, error });
        self.deliver(Delivery::ClientEnded { id });
    }

    pub(super) fn end_journey(&mut self, lookup: SlabKey) -> Option<Journey> {
        self.resolver.finish(lookup);
        let mut journey = self.journeys.table.remove(&lookup)?;
        self.budget.charge(&mut journey.charge, 0);
        Some(journey)
    }

    /// A client transaction that could still go elsewhere will not: it is answered, or given up,
    /// which says nothing about its target.
    pub(super) fn stay(&mut self, key: SlabKey) {
        self.report_client_target(key, Verdict::Unknown);
        let Some(client) = self.clients.get_mut(key) else { return };
        client.instead = None;
        let lookup = client.lookup.take();
        if let Some(lookup) = lookup {
            self.end_journey(lookup);
        }
    }

    /// Gives up a request that waits for a target; whether there was one.
    pub(super) fn turn_back(&mut self, id: ClientId) -> bool {
        let lookup = self.wait_no_longer(id);
        lookup.is_some_and(|lookup| self.end_journey(lookup).is_some())
    }

    /// A target did not serve a request: a new client transaction tries the next one (RFC 3263
    /// section 4.3). The old one goes on by itself, as far as it has to acknowledge or absorb
    /// something, and says nothing more. `Err` where this is the end.
    pub(super) fn go_on(&mut self, key: SlabKey, setback: Setback) -> Result<(), Setback> {
        let Some(client) = self.clients.get_mut(key) else { return Err(setback) };
        let Some(lookup) = client.lookup.take() else { return Err(setback) };
        let Some(Journey { traveller: Traveller::Client { last, .. }, .. }) =
            self.journeys.table.get_mut(&lookup)
        else {
            return Err(setback);
        };
        *last = Some(setback);
        client.is_left_behind = true;
        let id = client.id();
        self.client_ids.remove(&id);
        self.wait_for_target(id, lookup);
        self.travel(lookup);
        Ok(())
    }

    /// What became of a request to a target found by name.
    pub(super) fn report_client_target(&mut self, key: SlabKey, verdict: Verdict) {
        let Some(client) = self.clients.get(key).filter(|client| client.lookup.is_some()) else {
            return;
        };
        let transport = client.target_transport;
        let address = match client.path {
            Path::Datagram { destination, .. } => Some(destination),
            Path::Stream { .. } => client.peer().map(|(_, peer)| peer),
        };
        if let Some(address) = address {
            self.report_target(transport, address, verdict);
        }
    }

    fn report_target(&mut self, transport: TransportKind, address: SocketAddr, verdict: Verdict) {
        self.resolver.report(self.now, transport, address, verdict);
    }

    /// What requests can be sent over from here.
    pub(super) fn means(&self, wanted: &Wanted) -> Means {
        let families = [true, false].map(|is_ipv4| self.sockets.has_family(is_ipv4));
        let is_asked = wanted.secure || wanted.transport == Some(TransportKind::Tls);
        let has = |kind: &TransportKind| match kind {
            TransportKind::Udp => self.sockets.has_transport(*kind),
            TransportKind::Tcp => true,
            // Whether it can be dialled is the driver's to know. Unasked it is offered by those
            // only who speak it themselves.
            TransportKind::Tls => is_asked || self.sockets.has_transport(*kind),
            // Only accepted: see `connection_to`.
            TransportKind::Ws | TransportKind::Wss => false,
        };
        let kinds = [TransportKind::Udp, TransportKind::Tcp, TransportKind::Tls];
        let transports = kinds.into_iter().filter(has).collect();
        Means { transports, ipv4: families[0], ipv6: families[1] }
    }

    /// Lets those go on whose names are resolved.
    pub(super) fn travel_on(&mut self) -> bool {
        let mut any = false;
        while let Some(lookup) = self.resolver.poll_progress() {
            let waits = match self.journeys.table.get(&lookup).map(|it| &it.traveller) {
                Some(Traveller::Client { id, .. }) => self.journeys.awaits(*id),
                Some(Traveller::Stateless { .. }) => true,
                Some(Traveller::Response { waits, .. }) => *waits,
                None => false,
            };
            if waits {
                self.travel(lookup);
                any = true;
            }
        }
        any
    }

    /// Does what the resolver wants done.
    pub(super) fn act_for_resolver(&mut self) {
        while let Some(action) = self.resolver.poll_action() {
            let output = match action {
                Action::Open { socket, local } => Output::Open { socket, local },
                Action::CloseSocket { socket } => Output::CloseSocket { socket },
                Action::Transmit(transmit) => Output::Transmit(transmit),
                Action::Connect { connection, peer } => {
                    let (transport, server_name) = (TransportKind::Tcp, None);
                    Output::Connect { connection, transport, peer, server_name }
                }
                Action::Write { connection, data } => Output::Write { connection, data },
                Action::Close { connection } => Output::Close { connection },
                Action::Distrust { source } => {
                    Output::Event(Event::Dropped { source, reason: DropReason::ForgedAnswer })
                }
            };
            self.push(output);
        }
    }
}

/// The resolver of an endpoint.
pub(super) fn resolver(config: &super::EndpointConfig, seed: &Seed) -> Resolver {
    let hosts = crate::transport::Hosts::new(&config.hosts);
    Resolver::new(config.resolver.clone(), hosts, &seed.fork("resolver"))
}
