//! Client transactions: their record, and what their machines ask for.

use std::net::SocketAddr;

use bytes::Bytes;

use super::budget::Charge;
use super::failures::Failures;
use super::journeys::Setback;
use super::large::Instead;
use super::sending::{Departure, Path, User};
use super::timers::{Armed, Timer};
use super::{ClientId, Delivery, Endpoint, Source, TransactionError};
use crate::message::Method;
use crate::resolve::Verdict;
use crate::slab::SlabKey;
use crate::transaction::{
    Actions, BranchToken, Failure, InviteClient, InviteClientEvent, NonInviteClient,
    NonInviteClientEvent, Timing, loop_hash,
};
use crate::transport::push_via;
use crate::{Instant, Request, Response, StatusCode, TransportKind};

/// A client transaction, and the CANCEL of an INVITE, which shares its branch.
#[derive(Debug)]
pub(super) struct Client {
    id: ClientId,
    machine: ClientMachine,
    pub(super) armed: Armed,
    pub(super) path: Path,
    transport: TransportKind,
    /// The far end of the connection that the request left on.
    peer: Option<SocketAddr>,
    /// Whom that far end must prove to be, over TLS.
    pub(super) server_name: Option<Box<str>>,
    sent_by: SocketAddr,
    /// That of the target that was found.
    pub(super) target_transport: TransportKind,
    /// The request as a datagram, while it waits for a connection because of its size.
    pub(super) instead: Option<Box<Instead>>,
    sent_at: Instant,
    /// The machine has ended, and the application was told so; its CANCEL is still on its way.
    ended: bool,
    finished: bool,
    cancel: Option<Box<Cancel>>,
    /// Where the next target comes from, if it may go on to one.
    pub(super) lookup: Option<SlabKey>,
    /// Some response has come.
    is_answered: bool,
    /// Another has taken its place: the application hears nothing more from it.
    pub(super) is_left_behind: bool,
    charge: Charge,
}

/// A CANCEL on its way.
#[derive(Debug)]
struct Cancel {
    machine: NonInviteClient,
    armed: Armed,
}

#[derive(Debug)]
enum ClientMachine {
    Invite(InviteClient),
    NonInvite(NonInviteClient),
}

/// What happens to a client transaction of either kind.
#[derive(Debug)]
pub(super) enum ClientEvent<'a> {
    Timer,
    Response(&'a Response),
    TransportError,
    Cancel { reason: Option<Bytes> },
}

impl Client {
    /// Whether a response with this sent-by and method is one of ours: the machine it is for.
    pub(super) fn expects(&self, method: &Method) -> Expected {
        let is_invite = matches!(self.machine, ClientMachine::Invite(_));
        match method {
            Method::Cancel if is_invite && self.cancel.is_some() => Expected::Cancel,
            Method::Invite if is_invite && !self.ended => Expected::Request,
            Method::Invite | Method::Cancel | Method::Ack => Expected::Nothing,
            _ if is_invite || self.ended => Expected::Nothing,
            _ => Expected::Request,
        }
    }

    /// How many bytes of messages it retains.
    fn retained_bytes(&self) -> usize {
        let cancel = self.cancel.as_ref().map_or(0, |cancel| cancel.machine.held_bytes());
        let instead = self.instead.as_ref().map_or(0, |instead| instead.request.held_bytes());
        instead
            + cancel
            + match &self.machine {
                ClientMachine::Invite(machine) => machine.held_bytes(),
                ClientMachine::NonInvite(machine) => machine.held_bytes(),
            }
    }

    pub(super) const fn id(&self) -> ClientId {
        self.id
    }

    /// Over what, and as whom, the request was sent.
    pub(super) const fn sender(&self) -> (TransportKind, SocketAddr) {
        (self.transport, self.sent_by)
    }

    /// The far end of the connection that the request left on.
    pub(super) fn peer(&self) -> Option<(TransportKind, SocketAddr)> {
        self.peer.map(|peer| (self.transport, peer))
    }

    /// Whether the request itself, apart from its CANCEL, is not over.
    pub(super) const fn is_waiting(&self) -> bool {
        !self.ended
    }

    /// Whether its CANCEL is on its way.
    pub(super) const fn is_cancelling(&self) -> bool {
        self.cancel.is_some()
    }

    /// Whether the network has refused the request since it was last sent, unanswered. Only then
    /// is the machine sure to end on a transport error, and its deadline with it.
    pub(super) fn is_refused(&self, failures: &Failures) -> bool {
        let unanswered = match &self.machine {
            ClientMachine::Invite(machine) => matches!(machine, InviteClient::Calling { .. }),
            ClientMachine::NonInvite(machine) => matches!(machine, NonInviteClient::Trying { .. }),
        };
        match self.path {
            Path::Datagram { socket, destination, .. } => {
                unanswered && failures.since(self.sent_at, socket, destination)
            }
            Path::Stream { .. } => false,
        }
    }
}

/// What a response means to a [`Client`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Request,
    Cancel,
    Nothing,
}

impl ClientMachine {
    fn start(now: Instant, request: Request, timing: &Timing) -> (Self, Actions) {
        if matches!(request.method(), Method::Invite) {
            let (machine, actions) = InviteClient::start(now, request, timing);
            (Self::Invite(machine), actions)
        } else {
            let (machine, actions) = NonInviteClient::start(now, request.to_bytes(), timing);
            (Self::NonInvite(machine), actions)
        }
    }

    const fn terminated() -> Self {
        Self::NonInvite(NonInviteClient::Terminated)
    }

    fn handle(self, now: Instant, event: ClientEvent<'_>, timing: &Timing) -> (Self, Actions) {
        match self {
            Self::Invite(machine) => {
                let event = match event {
                    ClientEvent::Timer => InviteClientEvent::Timer,
                    ClientEvent::Response(response) => InviteClientEvent::Response(response),
                    ClientEvent::TransportError => InviteClientEvent::TransportError,
                    ClientEvent::Cancel { reason } => InviteClientEvent::Cancel { reason },
                };
                let (machine, actions) = machine.handle(now, event, timing);
                (Self::Invite(machine), actions)
            }
            Self::NonInvite(machine) => {
                let event = match event {
                    ClientEvent::Timer => NonInviteClientEvent::Timer,
                    ClientEvent::Response(response) => NonInviteClientEvent::Response(response),
                    ClientEvent::TransportError => NonInviteClientEvent::TransportError,
                    // Only an INVITE can be cancelled (RFC 3261 section 9.1).
                    ClientEvent::Cancel { .. } => {
                        return (Self::NonInvite(machine), Actions::default());
                    }
                };
                let (machine, actions) = machine.handle(now, event, timing);
                (Self::NonInvite(machine), actions)
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Invite(machine) => machine.deadline(),
            Self::NonInvite(machine) => machine.deadline(),
        }
    }

    /// Whether all that is left is to absorb retransmissions.
    const fn is_finished(&self) -> bool {
        match self {
            Self::Invite(machine) => {
                !matches!(machine, InviteClient::Calling { .. } | InviteClient::Proceeding { .. })
            }
            Self::NonInvite(machine) => !matches!(
                machine,
                NonInviteClient::Trying { .. } | NonInviteClient::Proceeding { .. }
            ),
        }
    }
}

impl From<Failure> for TransactionError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Timeout => Self::Timeout,
            Failure::Transport => Self::Transport,
        }
    }
}

impl Endpoint {
    /// Starts the transaction and sends its request.
    pub(super) fn start_client(
        &mut self,
        id: ClientId,
        mut request: Request,
        departure: Departure,
        lookup: Option<SlabKey>,
    ) {
        let Departure { path, transport, sent_by, target_transport, instead, server_name } =
            departure;
        let instead = instead.map(|departure| Instead { request: request.clone(), departure });
        // Of the request as it leaves, but for our Via: who forwards it again in the same way can
        // tell by `is_looped` (RFC 3261 section 16.6 step 8).
        let loop_hash = loop_hash(&request);
        let (now, timing, shard) =
            (self.now, self.config.timing(path.is_reliable()), self.config.shard);
        let peer = match path {
            Path::Stream { connection } => self.connections.get(connection).map(|open| open.peer),
            Path::Datagram { .. } => None,
        };
        let secrets = &self.secrets;
        let mut started = Actions::default();
        let key = self.clients.insert_with(|SlabKey { index, generation }| {
            let token = BranchToken { shard, slot: index, generation, loop_hash };
            push_via(&mut request, transport, sent_by, token.encode(secrets).as_str());
            let (machine, actions) = ClientMachine::start(now, request, &timing);
            started = actions;
            Client {
                id,
                machine,
                armed: Armed::default(),
                path,
                transport,
                peer,
                server_name,
                sent_by,
                target_transport,
                instead: instead.map(Box::new),
                sent_at: now,
                ended: false,
                finished: false,
                cancel: None,
                lookup,
                is_answered: false,
                is_left_behind: false,
                charge: Charge::default(),
            }
        });
        self.client_ids.insert(id, key);
        if let Path::Stream { connection } = path {
            self.stream_users.insert((connection, User::Client(key)));
        }
        self.drain.started();
        self.carry_out(key, started, None);
    }

    /// Runs the machine and does what it asks for.
    pub(super) fn drive_client(&mut self, key: SlabKey, event: ClientEvent<'_>) {
        if let Some(actions) = self.run_client(key, event) {
            self.carry_out(key, actions, None);
        }
    }

    /// Runs the machine with a response, which the application gets if it is new to it.
    pub(super) fn drive_client_response(
        &mut self,
        key: SlabKey,
        response: Response,
        source: Source,
    ) {
        if let Some(actions) = self.run_client(key, ClientEvent::Response(&response)) {
            self.follow_response(key, source.flow);
            self.carry_out(key, actions, Some((response, source)));
        }
    }

    fn run_client(&mut self, key: SlabKey, event: ClientEvent<'_>) -> Option<Actions> {
        let client = self.clients.get_mut(key).filter(|client| !client.ended)?;
        let timing = self.config.timing(client.path.is_reliable());
        let machine = core::mem::replace(&mut client.machine, ClientMachine::terminated());
        let (machine, actions) = machine.handle(self.now, event, &timing);
        client.machine = machine;
        Some(actions)
    }

    fn carry_out(&mut self, key: SlabKey, actions: Actions, arrived: Option<(Response, Source)>) {
        let Some(client) = self.clients.get_mut(key) else { return };
        let id = client.id;
        client.is_answered |= arrived.is_some();
        if actions.send.is_some() {
            client.sent_at = self.now;
        }
        if let Some(bytes) = actions.send
            && let Some(path) = self.client_path(key)
        {
            self.transmit(Some(User::Client(key)), path, bytes);
        }
        if actions.deliver
            && let Some((response, source)) = arrived
        {
            self.client_answered(key, response, source);
        }
        if let Some(cancel) = actions.cancel {
            self.start_cancel(key, &cancel);
        }
        if let Some(failure) = actions.failure {
            self.client_failed(key, failure);
        }
        if actions.end {
            let is_left_behind = self.clients.get(key).is_none_or(|client| client.is_left_behind);
            self.end_client(key);
            if !is_left_behind {
                self.deliver(Delivery::ClientEnded { id });
            }
        } else {
            self.settle_client(key);
        }
    }

    /// RFC 3263 section 4.3: 503 is a failure of that server, not of the request. A final answer of
    /// any other kind ends the journey.
    fn client_answered(&mut self, key: SlabKey, response: Response, source: Source) {
        let status = response.status();
        let (response, source) = if status == StatusCode::SERVICE_UNAVAILABLE {
            self.report_client_target(key, Verdict::Unknown);
            match self.go_on(key, Setback::Unavailable(Box::new((response, source)))) {
                Ok(()) | Err(Setback::Failed(_)) => return,
                Err(Setback::Unavailable(answer)) => *answer,
            }
        } else {
            self.report_client_target(key, Verdict::Good);
            (response, source)
        };
        if !status.is_provisional() {
            self.stay(key);
        }
        if let Some(client) = self.clients.get(key).filter(|client| !client.is_left_behind) {
            let id = client.id;
            self.deliver(Delivery::Response { id, response, source });
        }
    }

    /// RFC 3263 section 4.3: a transport error, or a timeout without any answer.
    fn client_failed(&mut self, key: SlabKey, failure: Failure) {
        let Some(client) = self.clients.get(key) else { return };
        let (id, error) = (client.id, TransactionError::from(failure));
        let is_answered = client.is_answered;
        if client.is_left_behind {
            return;
        }
        if failure == Failure::Transport && self.fall_back(key) {
            return;
        }
        if !is_answered {
            self.report_client_target(key, Verdict::Bad);
            if self.go_on(key, Setback::Failed(error)).is_ok() {
                return;
            }
        }
        self.deliver(Delivery::ClientFailed { id, error });
    }

    fn settle_client(&mut self, key: SlabKey) {
        self.charge_client(key);
        let Some(client) = self.clients.get_mut(key) else { return };
        client.armed.set(&mut self.wheel, client.machine.deadline(), Timer::Client(key));
        if !client.finished && client.machine.is_finished() {
            client.finished = true;
            self.drain.finished();
        }
    }

    /// Forgets the transaction, but not a CANCEL that is still on its way.
    pub(super) fn end_client(&mut self, key: SlabKey) {
        self.stay(key);
        let Some(client) = self.clients.get_mut(key) else { return };
        client.armed.set(&mut self.wheel, None, Timer::Client(key));
        client.ended = true;
        if let ClientMachine::Invite(machine) = &mut client.machine {
            *machine = InviteClient::Terminated;
        }
        if !client.finished {
            client.finished = true;
            self.drain.finished();
        }
        if !client.is_left_behind {
            self.client_ids.remove(&client.id);
        }
        if let Path::Stream { connection } = client.path {
            self.stream_users.remove(&(connection, User::Client(key)));
        }
        match client.cancel {
            Some(_) => self.charge_client(key),
            None => self.remove_client(key),
        }
    }

    pub(super) fn charge_client(&mut self, key: SlabKey) {
        let Some(client) = self.clients.get_mut(key) else { return };
        let retained_bytes = client.retained_bytes();
        self.budget.charge(&mut client.charge, retained_bytes);
    }

    fn remove_client(&mut self, key: SlabKey) {
        if let Some(mut client) = self.clients.remove(key) {
            self.budget.charge(&mut client.charge, 0);
        }
    }

    fn start_cancel(&mut self, key: SlabKey, request: &Request) {
        let Some(path) = self.client_path(key) else { return };
        let timing = self.config.timing(path.is_reliable());
        let (machine, actions) = NonInviteClient::start(self.now, request.to_bytes(), &timing);
        if let Some(client) = self.clients.get_mut(key) {
            client.cancel = Some(Box::new(Cancel { machine, armed: Armed::default() }));
        }
        if let Path::Stream { connection } = path {
            self.stream_users.insert((connection, User::Cancel(key)));
        }
        self.carry_out_cancel(key, actions);
    }

    pub(super) fn handle_cancel_timer(&mut self, key: SlabKey) {
        if let Some(cancel) = self.clients.get_mut(key).and_then(|client| client.cancel.as_mut()) {
            cancel.armed.fired();
        }
        self.drive_cancel(key, ClientEvent::Timer);
    }

    /// Runs the CANCEL's machine. Nobody above hears of it: the INVITE is what matters.
    pub(super) fn drive_cancel(&mut self, key: SlabKey, event: ClientEvent<'_>) {
        let Some(client) = self.clients.get_mut(key) else { return };
        let Some(cancel) = client.cancel.as_mut() else { return };
        let timing = self.config.timing(client.path.is_reliable());
        let event = match event {
            ClientEvent::Timer => NonInviteClientEvent::Timer,
            ClientEvent::Response(response) => NonInviteClientEvent::Response(response),
            ClientEvent::TransportError => NonInviteClientEvent::TransportError,
            ClientEvent::Cancel { .. } => return,
        };
        let machine = core::mem::replace(&mut cancel.machine, NonInviteClient::Terminated);
        let (machine, actions) = machine.handle(self.now, event, &timing);
        cancel.machine = machine;
        self.carry_out_cancel(key, actions);
    }

    fn carry_out_cancel(&mut self, key: SlabKey, actions: Actions) {
        let Some(client) = self.clients.get_mut(key) else { return };
        let Some(cancel) = client.cancel.as_mut() else { return };
        let path = client.path;
        let deadline = if actions.end { None } else { cancel.machine.deadline() };
        cancel.armed.set(&mut self.wheel, deadline, Timer::Cancel(key));
        if actions.end {
            client.cancel = None;
            if let Path::Stream { connection } = path {
                self.stream_users.remove(&(connection, User::Cancel(key)));
            }
            if client.ended {
                self.remove_client(key);
            }
        }
        self.charge_client(key);
        if let Some(bytes) = actions.send {
            self.transmit(Some(User::Cancel(key)), path, bytes);
        }
    }
}
