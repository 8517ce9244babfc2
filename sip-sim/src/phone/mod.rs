//! Scripted phones: user agents on `sip_proto::Endpoint` that do what the plan says.

mod alarms;
mod callee;
mod caller;
mod dialog;
mod registration;

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use sip_proto::message::Method;
use sip_proto::{
    ClientId, Command, Delivery, Endpoint, EndpointConfig, Input, Instant, Machine, NextHop,
    Output, Request, Response, Rng, Secrets, Seed, ServerId, StatusCode, UnixTime,
};

use crate::node::{Node, Note, Order, Outcome, Residue, retype_input, retype_output};
use crate::plan::{CallPlan, DOMAIN, PhonePlan, Plan, Transport};
use alarms::Alarms;
use callee::Incoming;
use caller::Outgoing;
use dialog::{Dialog, DialogKey};
use registration::Registration;

/// How long a caller lets it ring before it cancels.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// What a phone knows of the plan.
#[derive(Clone, Debug)]
struct Script {
    phone: PhonePlan,
    server: SocketAddr,
    /// The calls that it dials.
    dials: BTreeMap<u32, CallPlan>,
    /// The calls to its user.
    answers: BTreeMap<u32, CallPlan>,
}

/// A scripted phone.
///
/// It registers and refreshes, dials and answers as the plan's calls say, cancels, hangs up, and
/// reports each INVITE's outcome. Dialogs follow RFC 3261 section 12, answers and acknowledgements
/// sections 13.2.2.4 and 13.3.1.4.
pub(crate) struct Phone {
    script: Script,
    endpoint: Endpoint,
    rng: Rng,
    timing: EndpointConfig,
    alarms: Alarms<Alarm>,
    registration: Registration,
    clients: BTreeMap<ClientId, Purpose>,
    clients_started: u64,
    outgoing: BTreeMap<ClientId, Outgoing>,
    incoming: BTreeMap<ServerId, Incoming>,
    dialogs: BTreeMap<DialogKey, Dialog>,
    out: VecDeque<Output<Note>>,
    stopped: bool,
}

/// What a client transaction is for.
#[derive(Clone, Debug)]
enum Purpose {
    Register,
    Invite,
    Bye(DialogKey),
}

/// What a phone wants to be reminded of.
#[derive(Clone, Debug)]
enum Alarm {
    Refresh,
    Dial {
        call: u32,
        attempt: u32,
    },
    Cancel(ClientId),
    /// 64*T1 after a CANCEL, the INVITE counts as cancelled (RFC 3261 section 9.1).
    GiveUpCancelled(ClientId),
    Answer(ServerId),
    /// Send the 2xx again (RFC 3261 section 13.3.1.4).
    Retransmit {
        dialog: DialogKey,
        interval: Duration,
    },
    /// No ACK came in 64*T1 (RFC 3261 section 13.3.1.4).
    GiveUpAck(DialogKey),
    HangUp(DialogKey),
}

impl Phone {
    /// The phone that `phone` of `plan` describes.
    pub(crate) fn new(plan: &Plan, phone: &PhonePlan, seed: &Seed, unix: UnixTime) -> Self {
        let of = |mine: &dyn Fn(&CallPlan) -> bool| {
            plan.calls
                .iter()
                .filter(|call| mine(call))
                .map(|call| (call.id, call.clone()))
                .collect()
        };
        let timing = EndpointConfig::default();
        let secrets = Secrets::new([0x5a; 16]);
        let endpoint =
            Endpoint::new(timing.clone(), &seed.fork("endpoint"), secrets, Instant::ZERO, unix);
        let mut rng = seed.fork("phone").rng();
        Self {
            script: Script {
                phone: phone.clone(),
                server: plan.server.address,
                dials: of(&|call| call.from == phone.name),
                answers: of(&|call| call.to == phone.user),
            },
            endpoint,
            registration: Registration::new(&phone.name, &mut rng),
            rng,
            timing,
            alarms: Alarms::new(),
            clients: BTreeMap::new(),
            clients_started: 0,
            outgoing: BTreeMap::new(),
            incoming: BTreeMap::new(),
            dialogs: BTreeMap::new(),
            out: VecDeque::new(),
            stopped: false,
        }
    }

    fn handle_order(&mut self, now: Instant, order: &Order) {
        match order {
            Order::Start => self.register(now),
            Order::Dial(call) => self.dial(now, *call, 0),
            Order::Stop => self.stop(now),
        }
    }

    /// Ends what is in progress and goes quiet.
    fn stop(&mut self, now: Instant) {
        self.stopped = true;
        self.alarms.retain(|alarm| match alarm {
            Alarm::Refresh | Alarm::Dial { .. } | Alarm::HangUp(_) | Alarm::Answer(_) => false,
            Alarm::Cancel(_)
            | Alarm::GiveUpCancelled(_)
            | Alarm::Retransmit { .. }
            | Alarm::GiveUpAck(_) => true,
        });
        for id in self.outgoing.keys().copied().collect::<Vec<_>>() {
            self.cancel(now, id);
        }
        for id in self.incoming.keys().copied().collect::<Vec<_>>() {
            self.decline(now, id, StatusCode::TEMPORARILY_UNAVAILABLE);
        }
        for key in self.dialogs.keys().cloned().collect::<Vec<_>>() {
            self.hang_up(now, &key);
        }
        self.unregister(now);
    }

    fn fire(&mut self, now: Instant) {
        while let Some(alarm) = self.alarms.pop(now) {
            match alarm {
                Alarm::Refresh => self.register(now),
                Alarm::Dial { call, attempt } => self.dial(now, call, attempt),
                Alarm::Cancel(id) => self.cancel(now, id),
                Alarm::GiveUpCancelled(id) => self.give_up_cancelled(now, id),
                Alarm::Answer(id) => self.answer(now, id),
                Alarm::Retransmit { dialog, interval } => {
                    self.retransmit_answer(now, &dialog, interval);
                }
                Alarm::GiveUpAck(key) => self.give_up_ack(now, &key),
                Alarm::HangUp(key) => self.hang_up(now, &key),
            }
        }
    }

    fn handle_delivery(&mut self, now: Instant, delivery: Delivery) {
        match delivery {
            Delivery::Request { id, request, .. } => self.handle_request(now, id, request),
            Delivery::Ack { request, .. } => self.handle_ack(now, &request),
            Delivery::Cancel { id, .. } => self.decline(now, id, StatusCode::REQUEST_TERMINATED),
            Delivery::Response { id, response, .. } => self.handle_response(now, id, &response),
            Delivery::ClientFailed { id, .. } => self.handle_failure(now, id),
            Delivery::ClientEnded { id } => {
                self.clients.remove(&id);
                self.outgoing.remove(&id);
            }
            Delivery::ServerFailed { .. } | Delivery::Stateless { .. } => {}
            Delivery::ServerEnded { id } => {
                self.incoming.remove(&id);
            }
        }
    }

    fn handle_request(&mut self, now: Instant, id: ServerId, request: Request) {
        let key = DialogKey::of_request(&request);
        match request.method() {
            Method::Invite if key.is_some() => {
                self.respond(now, id, &request, StatusCode::NOT_ACCEPTABLE_HERE);
            }
            Method::Invite => self.ring(now, id, request),
            Method::Bye => self.handle_bye(now, id, &request, key),
            Method::Options => self.respond(now, id, &request, StatusCode::OK),
            _ => self.respond(now, id, &request, StatusCode::METHOD_NOT_ALLOWED),
        }
    }

    fn handle_response(&mut self, now: Instant, id: ClientId, response: &Response) {
        let Some(purpose) = self.clients.get(&id).cloned() else {
            return;
        };
        let status = response.status();
        match purpose {
            Purpose::Register if status.is_final() => self.handle_registered(now, status),
            Purpose::Invite => self.handle_invite_response(now, id, response),
            Purpose::Bye(key) if status.is_final() => self.end_dialog(&key),
            Purpose::Register | Purpose::Bye(_) => {}
        }
    }

    fn handle_failure(&mut self, now: Instant, id: ClientId) {
        match self.clients.get(&id).cloned() {
            Some(Purpose::Register) => self.handle_register_failed(now),
            Some(Purpose::Invite) => self.settle_attempt(now, id, Outcome::Failed(None)),
            Some(Purpose::Bye(key)) => self.end_dialog(&key),
            None => {}
        }
    }

    /// Sends BYE, unless the dialog is over or being ended.
    fn hang_up(&mut self, now: Instant, key: &DialogKey) {
        let Some(bye) = self.dialogs.get_mut(key).and_then(Dialog::bye) else {
            return;
        };
        self.start_client(now, bye, NextHop::ByMessage, Purpose::Bye(key.clone()));
    }

    fn handle_bye(&mut self, now: Instant, id: ServerId, bye: &Request, key: Option<DialogKey>) {
        let known = key.filter(|key| self.dialogs.contains_key(key));
        // RFC 3261 section 15.1.2.
        let status = if known.is_some() { StatusCode::OK } else { StatusCode::CALL_DOES_NOT_EXIST };
        self.respond(now, id, bye, status);
        if let Some(key) = known {
            self.end_dialog(&key);
        }
    }

    fn end_dialog(&mut self, key: &DialogKey) {
        if let Some(dialog) = self.dialogs.remove(key)
            && let Some((call, attempt)) = dialog.reports
        {
            self.note(Note::HungUp { call, attempt });
        }
        self.alarms.retain(|alarm| match alarm {
            Alarm::Retransmit { dialog, .. } => dialog != key,
            Alarm::GiveUpAck(dialog) | Alarm::HangUp(dialog) => dialog != key,
            Alarm::Refresh
            | Alarm::Dial { .. }
            | Alarm::Cancel(_)
            | Alarm::GiveUpCancelled(_)
            | Alarm::Answer(_) => true,
        });
    }

    fn respond(&mut self, now: Instant, id: ServerId, request: &Request, status: StatusCode) {
        let mut response = Response::to(request, status);
        response.set_to_tag(&self.rng.token(10));
        self.command(now, Command::Respond { id, response });
    }

    fn start_client(
        &mut self,
        now: Instant,
        request: Request,
        next_hop: NextHop,
        purpose: Purpose,
    ) -> ClientId {
        self.clients_started += 1;
        let id = ClientId(self.clients_started);
        self.clients.insert(id, purpose);
        self.command(now, Command::Request { id, request, next_hop });
        id
    }

    fn command(&mut self, now: Instant, command: Command) {
        self.endpoint.handle_input(now, Input::App(command));
    }

    fn note(&mut self, note: Note) {
        self.out.push_back(Output::App(note));
    }

    /// The outbound proxy.
    const fn server_hop(&self) -> NextHop {
        NextHop::Address {
            transport: self.script.phone.transport.kind(),
            address: self.script.server,
        }
    }

    fn address_of_record(&self) -> String {
        format!("sip:{}@{DOMAIN}", self.script.phone.user)
    }

    fn contact(&self) -> String {
        let PhonePlan { user, address, transport, .. } = &self.script.phone;
        match transport {
            Transport::Udp => format!("<sip:{user}@{address}>"),
            Transport::Tcp => format!("<sip:{user}@{address};transport=tcp>"),
        }
    }

    fn pump(&mut self, now: Instant) {
        while let Some(output) = self.endpoint.poll_output() {
            match retype_output(output) {
                Ok(output) => self.out.push_back(output),
                Err(delivery) => self.handle_delivery(now, delivery),
            }
        }
    }
}

impl Machine for Phone {
    type In = Order;
    type Out = Note;

    fn handle_input(&mut self, now: Instant, input: Input<Order>) {
        let is_timeout = matches!(input, Input::Timeout);
        match retype_input(input) {
            Ok(input) => self.endpoint.handle_input(now, input),
            Err(order) => self.handle_order(now, &order),
        }
        self.pump(now);
        if is_timeout {
            self.fire(now);
            self.pump(now);
        }
    }

    fn poll_output(&mut self) -> Option<Output<Note>> {
        self.out.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let deadlines = [self.endpoint.poll_timeout(), self.alarms.next()];
        deadlines.into_iter().flatten().min()
    }
}

impl Node for Phone {
    fn residue(&self) -> Residue {
        let counts = self.endpoint.counts();
        vec![
            ("server transactions", counts.server_transactions),
            ("client transactions", counts.client_transactions),
            ("transaction bytes", counts.transaction_bytes),
            ("connections", counts.connections),
            ("timers", counts.timers),
            ("alarms", self.alarms.len()),
            ("calls", self.outgoing.len() + self.incoming.len()),
            ("dialogs", self.dialogs.len()),
        ]
    }
}
