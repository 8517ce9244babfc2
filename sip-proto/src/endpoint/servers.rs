//! Server transactions: their record, and what their machines ask for.

use bytes::Bytes;

use super::budget::Charge;
use super::second_way::SecondWay;
use super::sending::{Path, User};
use super::stateless::needs_tag;
use super::timers::{Armed, Timer};
use super::{Delivery, Endpoint, ServerId, TransactionError};
use crate::message::Method;
use crate::slab::SlabKey;
use crate::transaction::{
    Actions, InviteServer, InviteServerEvent, MergedKey, NonInviteServer, NonInviteServerEvent,
    ServerKey, Timing,
};
use crate::transport::ResponseRoute;
use crate::{Instant, Request, Response, StatusCode};

/// A server transaction.
#[derive(Debug)]
pub(super) struct Server {
    machine: ServerMachine,
    pub(super) armed: Armed,
    key: ServerKey,
    merged: Option<MergedKey>,
    route: ResponseRoute,
    /// How responses go, the request's own connection being gone.
    pub(super) second: Option<Box<SecondWay>>,
    /// The To tag of all responses that come without one.
    tag: Option<Box<str>>,
    cancelled: bool,
    finished: bool,
    /// The bytes of the request, which count until it is answered: its text is held by who is to
    /// answer it, and by the machine until its 100.
    request_bytes: usize,
    charge: Charge,
    /// Answered by the endpoint itself: the application never hears of it.
    own: bool,
}

#[derive(Debug)]
enum ServerMachine {
    Invite(InviteServer),
    NonInvite(NonInviteServer),
}

/// What happens to a server transaction of either kind.
#[derive(Debug)]
pub(super) enum ServerEvent {
    Timer,
    Request,
    Ack,
    Respond { status: StatusCode, bytes: Bytes },
    TransportError,
}

impl Server {
    /// How many bytes of messages it retains.
    fn retained_bytes(&self) -> usize {
        match &self.machine {
            machine if machine.is_answered() => machine.held_bytes(),
            machine => machine.held_bytes() + self.request_bytes,
        }
    }
}

impl ServerMachine {
    fn start(now: Instant, request: Request, timing: &Timing) -> Self {
        match request.method() {
            Method::Invite => Self::Invite(InviteServer::start(now, request)),
            _ => Self::NonInvite(NonInviteServer::start(now, request, timing)),
        }
    }

    const fn terminated() -> Self {
        Self::NonInvite(NonInviteServer::Terminated)
    }

    fn handle(self, now: Instant, event: ServerEvent, timing: &Timing) -> (Self, Actions) {
        match self {
            Self::Invite(machine) => {
                let event = match event {
                    ServerEvent::Timer => InviteServerEvent::Timer,
                    ServerEvent::Request => InviteServerEvent::Request,
                    ServerEvent::Ack => InviteServerEvent::Ack,
                    ServerEvent::Respond { status, bytes } => {
                        InviteServerEvent::Respond { status, bytes }
                    }
                    ServerEvent::TransportError => InviteServerEvent::TransportError,
                };
                let (machine, actions) = machine.handle(now, event, timing);
                (Self::Invite(machine), actions)
            }
            Self::NonInvite(machine) => {
                let event = match event {
                    ServerEvent::Timer => NonInviteServerEvent::Timer,
                    // An ACK has the key of an INVITE: it never comes here.
                    ServerEvent::Request | ServerEvent::Ack => NonInviteServerEvent::Request,
                    ServerEvent::Respond { status, bytes } => {
                        NonInviteServerEvent::Respond { status, bytes }
                    }
                    ServerEvent::TransportError => NonInviteServerEvent::TransportError,
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

    fn held_bytes(&self) -> usize {
        match self {
            Self::Invite(machine) => machine.held_bytes(),
            Self::NonInvite(machine) => machine.held_bytes(),
        }
    }

    fn forget_response(&mut self) {
        match self {
            Self::Invite(machine) => machine.forget_response(),
            Self::NonInvite(machine) => machine.forget_response(),
        }
    }

    /// Whether a final response was sent.
    const fn is_answered(&self) -> bool {
        match self {
            Self::Invite(machine) => machine.is_answered(),
            Self::NonInvite(machine) => {
                matches!(machine, NonInviteServer::Completed { .. } | NonInviteServer::Terminated)
            }
        }
    }

    /// Whether all that is left is to absorb retransmissions.
    const fn is_finished(&self) -> bool {
        match self {
            Self::Invite(machine) => matches!(
                machine,
                InviteServer::Confirmed { .. }
                    | InviteServer::Accepted { .. }
                    | InviteServer::Terminated
            ),
            Self::NonInvite(machine) => {
                matches!(machine, NonInviteServer::Completed { .. } | NonInviteServer::Terminated)
            }
        }
    }
}

impl Endpoint {
    /// Starts the transaction of a request that is about to be delivered; responses take `route`.
    pub(super) fn start_server(
        &mut self,
        route: ResponseRoute,
        request: &Request,
        key: ServerKey,
        merged: Option<MergedKey>,
    ) -> ServerId {
        let timing = self.config.timing(route.is_reliable());
        let slab_key = self.servers.insert(Server {
            machine: ServerMachine::start(self.now, request.clone(), &timing),
            armed: Armed::default(),
            key,
            merged,
            route,
            second: None,
            tag: None,
            cancelled: false,
            finished: false,
            request_bytes: request.held_bytes(),
            charge: Charge::default(),
            own: false,
        });
        self.server_keys.insert(key, slab_key);
        if let Some(merged) = merged {
            self.merged_keys.insert(merged, slab_key);
        }
        self.drain.started();
        self.settle_server(slab_key);
        server_id(slab_key)
    }

    /// The same for a request that the endpoint answers itself.
    pub(super) fn start_own_server(
        &mut self,
        route: ResponseRoute,
        request: &Request,
        key: ServerKey,
    ) -> ServerId {
        let id = self.start_server(route, request, key, None);
        let key = SlabKey { index: id.index, generation: id.generation };
        if let Some(server) = self.servers.get_mut(key) {
            server.own = true;
        }
        id
    }

    /// [`Command::Respond`](super::Command::Respond).
    pub(super) fn respond(&mut self, id: ServerId, mut response: Response) {
        let key = SlabKey { index: id.index, generation: id.generation };
        if needs_tag(&response)
            && let Some(tag) = self.server_tag(key)
        {
            response.set_to_tag(&tag);
        }
        if self.servers.contains(key) {
            let (status, bytes) = (response.status(), response.to_bytes());
            self.drive_server(key, ServerEvent::Respond { status, bytes });
        }
    }

    /// The To tag of a transaction's own responses, chosen when it is first wanted.
    pub(super) fn server_tag(&mut self, key: SlabKey) -> Option<Box<str>> {
        let server = self.servers.get_mut(key)?;
        Some(server.tag.get_or_insert_with(|| self.rng.tag().into_boxed_str()).clone())
    }

    /// Marks an INVITE as cancelled; its id, if that is news and not too late.
    pub(super) fn cancel_server(&mut self, key: SlabKey) -> Option<ServerId> {
        let server = self.servers.get_mut(key)?;
        let news = !server.machine.is_answered() && !server.cancelled;
        server.cancelled = true;
        news.then(|| server_id(key))
    }

    /// Whether a final response was sent.
    pub(super) fn is_answered(&self, key: SlabKey) -> bool {
        self.servers.get(key).is_some_and(|server| server.machine.is_answered())
    }

    /// Runs the machine and does what it asks for. Whether an ACK is for the application.
    pub(super) fn drive_server(&mut self, key: SlabKey, event: ServerEvent) -> bool {
        let Some(server) = self.servers.get_mut(key) else { return false };
        let timing = self.config.timing(server.route.is_reliable());
        let machine = core::mem::replace(&mut server.machine, ServerMachine::terminated());
        let (machine, actions) = machine.handle(self.now, event, &timing);
        server.machine = machine;
        let own = server.own;
        if let Some(bytes) = actions.send {
            self.send_response(key, bytes);
        }
        let id = server_id(key);
        if let Some(failure) = actions.failure.filter(|_| !own) {
            self.deliver(Delivery::ServerFailed { id, error: TransactionError::from(failure) });
        }
        if actions.end {
            self.end_server(key);
            if !own {
                self.deliver(Delivery::ServerEnded { id });
            }
        } else {
            self.settle_server(key);
        }
        actions.deliver
    }

    fn settle_server(&mut self, key: SlabKey) {
        let Some(server) = self.servers.get_mut(key) else { return };
        if !self.budget.allows(&server.charge, server.retained_bytes()) {
            server.machine.forget_response();
        }
        let retained_bytes = server.retained_bytes();
        self.budget.charge(&mut server.charge, retained_bytes);
        server.armed.set(&mut self.wheel, server.machine.deadline(), Timer::Server(key));
        if !server.finished && server.machine.is_finished() {
            server.finished = true;
            self.drain.finished();
        }
    }

    /// [`Command::Abandon`](super::Command::Abandon).
    pub(super) fn abandon_server(&mut self, id: ServerId) {
        self.end_server(SlabKey { index: id.index, generation: id.generation });
    }

    fn end_server(&mut self, key: SlabKey) {
        let Some(mut server) = self.servers.remove(key) else { return };
        server.armed.set(&mut self.wheel, None, Timer::Server(key));
        self.budget.charge(&mut server.charge, 0);
        self.server_keys.remove(&server.key);
        if let Some(merged) = server.merged {
            self.merged_keys.remove(&merged);
        }
        if let Some(second) = server.second {
            self.leave_second_way(key, &second);
        }
        if !server.finished {
            self.drain.finished();
        }
    }

    fn send_response(&mut self, key: SlabKey, bytes: Bytes) {
        let Some(server) = self.servers.get(key) else { return };
        let user = Some(User::Server(key));
        match server.route {
            ResponseRoute::Datagram { socket, destination, source } => {
                self.transmit(user, Path::Datagram { socket, destination, source }, bytes);
            }
            ResponseRoute::Stream { connection, .. } if self.connections.is_usable(connection) => {
                self.transmit(user, Path::Stream { connection }, bytes);
            }
            // RFC 3261 section 18.2.2: the connection is gone; one to where it came from.
            ResponseRoute::Stream { transport, dial, .. } => {
                self.send_by_second_way(key, transport, dial, bytes);
            }
        }
    }
}

const fn server_id(key: SlabKey) -> ServerId {
    ServerId { index: key.index, generation: key.generation }
}
