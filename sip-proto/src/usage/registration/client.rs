//! [`Registration`]: the machine.

use core::time::Duration;
use std::collections::VecDeque;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::super::exchange::{self, Exchange, Heard};
use super::super::record::{Deadline, Shift, earliest};
use super::super::{Action, BackOff, Context, Failure, Timed};
use super::granted::Granted;
use super::{GrantedContact, OwnContact, RegistrationConfig, TooManyContacts};
use crate::message::RequestBuilder;
use crate::{HeaderName, Instant, Method, Request, Response, Rng, StatusCode};

/// How often in a row a REGISTER is changed as its refusal asks for, and sent again at once. Beyond,
/// the refusal counts: a registrar that always asks for a little more is not followed.
const AMENDS_MAX: u8 = 3;

/// Where a registration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RegistrationState {
    /// Nothing is bound.
    Unregistered,
    /// The contacts are bound.
    Registered,
}

/// What a registration tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegistrationEvent {
    /// The contacts are bound, first or again; what was granted is there to be asked for.
    Registered,
    /// The bindings are removed.
    Unregistered,
    /// The answer to [`Registration::query`]: all bindings, as Contact lists them.
    Bindings(Vec<Bytes>),
    /// A REGISTER failed.
    Failed {
        /// With this status; 408 and 503 also where no response came.
        status: StatusCode,
        /// When it is tried again; `None` where that could not go better.
        retry_at: Option<Instant>,
    },
    /// The time granted is over, and no refresh succeeded: nothing is bound any more.
    Lapsed,
}

/// What a REGISTER is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Purpose {
    Register,
    RemoveOwn,
    RemoveAll,
    Query,
}

/// One registration: an address-of-record at a registrar, with one Call-ID and a CSeq that rises
/// (RFC 3261 section 10.2).
///
/// It keeps the contacts bound from [`register`](Self::register) to [`unregister`](Self::unregister).
/// Which server is asked is the resolver's business; a server that fails is one that the next try
/// may not choose.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Registration {
    config: RegistrationConfig,
    call_id: String,
    tag: String,
    cseq: u32,
    state: RegistrationState,
    contacts: Vec<OwnContact>,
    /// Bound before, and no longer wanted.
    removed: Vec<OwnContact>,
    /// Those of them that the REGISTER under way removes.
    #[serde(skip)]
    removing: Vec<String>,
    /// What was asked for, raised by a 423.
    expires_secs: u32,
    is_outbound_refused: bool,
    has_other_flow: bool,
    failures: u32,
    amends: u8,
    /// What is to be sent, in this order.
    wanted: Vec<Purpose>,
    /// What the request under way is for.
    under_way: Option<Purpose>,
    #[serde(skip)]
    exchange: Option<Exchange>,
    granted: Granted,
    /// When to refresh or to try again.
    #[serde(default)]
    due: Deadline,
    /// When the bindings are over.
    #[serde(default)]
    lapse: Deadline,
    #[serde(skip)]
    actions: VecDeque<Action<RegistrationEvent>>,
}

impl Registration {
    /// A registration without contacts.
    #[must_use]
    pub fn new(config: RegistrationConfig, rng: &mut Rng) -> Self {
        Self {
            call_id: rng.call_id(""),
            tag: rng.tag(),
            expires_secs: config.expires_secs,
            config,
            cseq: 0,
            state: RegistrationState::Unregistered,
            contacts: Vec::new(),
            removed: Vec::new(),
            removing: Vec::new(),
            is_outbound_refused: false,
            has_other_flow: false,
            failures: 0,
            amends: 0,
            wanted: Vec::new(),
            under_way: None,
            exchange: None,
            granted: Granted::default(),
            due: Deadline::NONE,
            lapse: Deadline::NONE,
            actions: VecDeque::new(),
        }
    }

    /// Its Call-ID, the same in all its requests.
    #[must_use]
    pub fn call_id(&self) -> &str {
        &self.call_id
    }

    /// Whether the contacts are bound.
    #[must_use]
    pub const fn state(&self) -> RegistrationState {
        self.state
    }

    /// What was granted to each own contact, with its GRUUs.
    #[must_use]
    pub fn granted(&self) -> &[GrantedContact] {
        &self.granted.contacts
    }

    /// The values of Service-Route, which are the Route of requests from here (RFC 3608 section 6.1).
    #[must_use]
    pub fn service_route(&self) -> &[Bytes] {
        &self.granted.service_route
    }

    /// The values of P-Associated-URI: who one may be; the first is the default (RFC 7315 section
    /// 4.1).
    #[must_use]
    pub fn associated_uris(&self) -> &[Bytes] {
        &self.granted.associated_uris
    }

    /// Whether the registrar keeps the flow (RFC 5626 section 4.2.1).
    #[must_use]
    pub const fn is_outbound(&self) -> bool {
        self.granted.is_outbound
    }

    /// The longest silence on the flow before its server gives it up (RFC 5626 section 4.4).
    #[must_use]
    pub const fn flow_timer_secs(&self) -> Option<u32> {
        self.granted.flow_timer_secs
    }

    /// Tells whether another flow of the same user agent is alive: retries then can wait longer
    /// (RFC 5626 section 4.5).
    pub const fn set_other_flow(&mut self, is_alive: bool) {
        self.has_other_flow = is_alive;
    }

    /// Binds `contacts`, and keeps them bound. Contacts bound before that are not among them are
    /// removed.
    ///
    /// # Errors
    ///
    /// Where there are more than the configuration allows; nothing changes then.
    pub fn register(
        &mut self,
        cx: &mut Context<'_>,
        contacts: Vec<OwnContact>,
    ) -> Result<(), TooManyContacts> {
        if contacts.len() > self.config.contacts_max {
            return Err(TooManyContacts(self.config.contacts_max));
        }
        let dropped =
            self.contacts.drain(..).filter(|old| contacts.iter().all(|it| it.uri != old.uri));
        self.removed.extend(dropped);
        self.removed.retain(|old| contacts.iter().all(|it| it.uri != old.uri));
        // Those beyond lapse by themselves.
        self.removed.truncate(self.config.contacts_max);
        self.contacts = contacts;
        self.failures = 0;
        self.want(Purpose::Register);
        self.send_next(cx);
        Ok(())
    }

    /// Removes the own contacts (RFC 3261 section 10.2.2).
    pub fn unregister(&mut self, cx: &mut Context<'_>) {
        self.want(Purpose::RemoveOwn);
        self.send_next(cx);
    }

    /// Removes all bindings of the address-of-record, with `Contact: *` (RFC 3261 section 10.2.2).
    pub fn unregister_all(&mut self, cx: &mut Context<'_>) {
        self.want(Purpose::RemoveAll);
        self.send_next(cx);
    }

    /// Asks for all bindings (RFC 3261 section 10.2.3).
    pub fn query(&mut self, cx: &mut Context<'_>) {
        self.want(Purpose::Query);
        self.send_next(cx);
    }

    /// The flow that the contacts were registered over failed: they are registered over a new one
    /// (RFC 5626 section 4.4.1), at once unless the last tries failed as well.
    pub fn handle_flow_failed(&mut self, cx: &mut Context<'_>) {
        if self.state == RegistrationState::Registered && self.failures == 0 {
            self.want(Purpose::Register);
            self.send_next(cx);
        }
    }

    /// Hears a response to the REGISTER under way.
    pub fn handle_response(&mut self, cx: &mut Context<'_>, response: &Response) {
        let (Some(exchange), next) = (&mut self.exchange, self.cseq.saturating_add(1)) else {
            return;
        };
        match exchange.hear(response, cx.auth, || next) {
            Heard::Nothing => {}
            Heard::Again(request) => {
                self.cseq = next;
                self.actions.push_back(Action::SendRequest(request));
            }
            Heard::Final(status) => {
                self.exchange = None;
                if let Some(purpose) = self.under_way.take() {
                    if status.is_success() && purpose == Purpose::Register {
                        self.removed.retain(|it| !self.removing.contains(&it.uri));
                    }
                    if purpose == Purpose::Register && !self.wants_queries_only() {
                        // It is about contacts that are no longer wanted; what is follows.
                    } else if status.is_success() {
                        self.succeed(cx, purpose, response);
                    } else {
                        self.fail(cx, purpose, status, Some(response));
                    }
                }
                self.send_next(cx);
            }
        }
    }

    /// `request`, which was sent for it, has no response.
    pub fn handle_failure(&mut self, cx: &mut Context<'_>, request: &Request, failure: Failure) {
        let cseq = exchange::cseq_of(request);
        if self.exchange.take_if(|it| it.cseq() == cseq).is_some()
            && let Some(purpose) = self.under_way.take()
        {
            self.fail(cx, purpose, failure.status(), None);
            self.send_next(cx);
        }
    }

    /// Does what is due. Early and late calls are harmless.
    pub fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        if self.lapse.is_due(cx.now) {
            self.lapse = Deadline::NONE;
            self.state = RegistrationState::Unregistered;
            self.actions.push_back(Action::Event(RegistrationEvent::Lapsed));
        }
        if self.due.is_due(cx.now) {
            self.due = Deadline::NONE;
            if self.wants_queries_only() && !self.contacts.is_empty() {
                self.want(Purpose::Register);
            }
        }
        self.send_next(cx);
    }

    /// What is to be done.
    #[must_use]
    pub fn poll_action(&mut self) -> Option<Action<RegistrationEvent>> {
        self.actions.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        earliest([self.due, self.lapse])
    }

    /// What is wanted last counts: binding takes back a removal that was not sent yet, and removal a
    /// binding.
    fn want(&mut self, purpose: Purpose) {
        let is_taken_back = |it: Purpose| match purpose {
            Purpose::Query => it == Purpose::Query,
            Purpose::Register | Purpose::RemoveOwn | Purpose::RemoveAll => it != Purpose::Query,
        };
        self.wanted.retain(|it| !is_taken_back(*it));
        self.wanted.push(purpose);
        if purpose != Purpose::Query {
            self.due = Deadline::NONE;
        }
    }

    fn wants_queries_only(&self) -> bool {
        self.wanted.iter().all(|it| *it == Purpose::Query)
    }

    /// RFC 3261 section 10.2: no new REGISTER before the end of the last.
    fn send_next(&mut self, cx: &mut Context<'_>) {
        if self.exchange.is_some() || self.wanted.is_empty() {
            return;
        }
        let purpose = self.wanted.remove(0);
        let request = self.request(cx, purpose);
        self.removing = self.removed.iter().map(|it| it.uri.clone()).collect();
        self.exchange = Some(Exchange::new(&request));
        self.under_way = Some(purpose);
        self.actions.push_back(Action::SendRequest(Box::new(request)));
    }

    fn request(&mut self, cx: &mut Context<'_>, purpose: Purpose) -> Request {
        // Below 2^31 (RFC 3261 section 8.1.1.5).
        self.cseq = self.cseq.saturating_add(1);
        let config = &self.config;
        let from = config.from.as_ref().unwrap_or(&config.address_of_record);
        let start = Request::builder(Method::Register, &config.registrar)
            .from(format!("<{from}>;tag={}", self.tag))
            .to(format!("<{}>", config.address_of_record))
            .call_id(&self.call_id)
            .cseq(self.cseq);
        let routed =
            config.routes.iter().fold(start, |it, route| it.header(HeaderName::Route, route));
        let mut request = self.with_contacts(routed, purpose).build();
        cx.auth.authorize(&mut request);
        request
    }

    fn with_contacts(&self, builder: RequestBuilder, purpose: Purpose) -> RequestBuilder {
        let put = |builder: RequestBuilder, contact: &OwnContact, expires: Option<u32>| {
            let mut contact = contact.clone();
            contact.reg_id = contact.reg_id.filter(|_| !self.is_outbound_refused);
            builder.contact(contact.value(expires))
        };
        match purpose {
            Purpose::Query => builder,
            Purpose::RemoveAll => builder.contact("*").header(HeaderName::Expires, "0"),
            Purpose::RemoveOwn => {
                let all = self.contacts.iter().chain(&self.removed);
                all.fold(builder, |builder, it| put(builder, it, Some(0)))
                    .header(HeaderName::Expires, "0")
            }
            Purpose::Register => {
                let bound = self
                    .contacts
                    .iter()
                    .fold(builder, |builder, it| put(builder, it, it.expires_secs));
                self.removed
                    .iter()
                    .fold(bound, |builder, it| put(builder, it, Some(0)))
                    .header(HeaderName::Expires, self.expires_secs.to_string())
                    .header(HeaderName::Supported, self.supported())
            }
        }
    }

    /// RFC 3327 section 5.1, RFC 5626 section 4.2.1, RFC 5627 section 4.1.
    fn supported(&self) -> &'static str {
        let has_flow = self.contacts.iter().any(|it| it.flow_id().is_some());
        let has_instance = self.contacts.iter().any(|it| it.instance.is_some());
        match (has_flow && !self.is_outbound_refused, has_instance) {
            (true, _) => "path, outbound, gruu",
            (false, true) => "path, gruu",
            (false, false) => "path",
        }
    }

    fn succeed(&mut self, cx: &mut Context<'_>, purpose: Purpose, response: &Response) {
        let event = match purpose {
            Purpose::Query => {
                let bindings = response.list(&HeaderName::Contact).take(self.config.bindings_max);
                RegistrationEvent::Bindings(bindings.map(Bytes::copy_from_slice).collect())
            }
            Purpose::RemoveOwn | Purpose::RemoveAll => {
                self.forget();
                RegistrationEvent::Unregistered
            }
            Purpose::Register => {
                self.granted =
                    Granted::read(response, &self.contacts, self.expires_secs, &self.config);
                let Some(seconds) = self.granted.shortest_secs() else {
                    let status = response.status();
                    return self.fail(cx, purpose, status, Some(response));
                };
                (self.failures, self.amends) = (0, 0);
                let granted = Duration::from_secs(u64::from(seconds));
                self.state = RegistrationState::Registered;
                self.due = Deadline::at(cx.now + self.config.refresh.wait(granted, cx.rng));
                self.lapse = Deadline::at(cx.now + granted);
                RegistrationEvent::Registered
            }
        };
        self.actions.push_back(Action::Event(event));
    }

    fn forget(&mut self) {
        self.state = RegistrationState::Unregistered;
        self.granted = Granted::default();
        self.contacts.clear();
        self.removed.clear();
        (self.due, self.lapse) = (Deadline::NONE, Deadline::NONE);
    }

    fn fail(
        &mut self,
        cx: &mut Context<'_>,
        purpose: Purpose,
        status: StatusCode,
        response: Option<&Response>,
    ) {
        if purpose == Purpose::Register && self.amends < AMENDS_MAX && self.amend(status, response)
        {
            self.amends += 1;
            // What was wanted since counts more.
            if self.wants_queries_only() {
                self.wanted.insert(0, Purpose::Register);
            }
            return;
        }
        self.amends = 0;
        // A 2xx without a binding of ours is no refusal, but nothing to count on either.
        let is_passing = exchange::is_passing(status) || status.is_success();
        let retry_at = (purpose == Purpose::Register && is_passing).then(|| {
            self.failures = self.failures.saturating_add(1);
            let base = match self.has_other_flow {
                true => self.config.back_off_base_other_flow,
                false => self.config.back_off.base,
            };
            let wait = BackOff { base, ..self.config.back_off }.wait(self.failures, cx.rng);
            let asked = response.and_then(exchange::retry_after_secs).unwrap_or_default();
            let asked = asked.min(self.config.retry_after_max_secs);
            cx.now + wait.max(Duration::from_secs(u64::from(asked)))
        });
        if purpose == Purpose::Register {
            self.due = Deadline(retry_at);
        } else if purpose != Purpose::Query {
            // What could not be removed lapses.
            self.forget();
        }
        self.actions.push_back(Action::Event(RegistrationEvent::Failed { status, retry_at }));
    }

    /// Whether the same REGISTER with a small change may succeed: a longer time
    /// (RFC 3261 section 10.2.8), or no outbound (RFC 5626 section 11.6).
    fn amend(&mut self, status: StatusCode, response: Option<&Response>) -> bool {
        if status == StatusCode::FIRST_HOP_LACKS_OUTBOUND_SUPPORT && !self.is_outbound_refused {
            self.is_outbound_refused = true;
            return true;
        }
        let own = self.contacts.iter().filter_map(|it| it.expires_secs);
        let asked = own.fold(self.expires_secs, u32::min);
        let max = self.config.min_expires_max_secs;
        let Some(least) = response.and_then(|it| exchange::longer_expires_secs(it, asked, max))
        else {
            return false;
        };
        self.expires_secs = self.expires_secs.max(least);
        for contact in &mut self.contacts {
            contact.expires_secs = contact.expires_secs.map(|own| own.max(least));
        }
        true
    }
}

impl Timed for Registration {
    fn resume(&mut self, shift: &Shift) {
        shift.apply(&mut self.due);
        shift.apply(&mut self.lapse);
        self.exchange = None;
        if let Some(purpose) = self.under_way.take()
            && self.wants_queries_only()
        {
            self.wanted.insert(0, purpose);
        }
        // Sent by the first call of `handle_timeout`.
        if !self.wanted.is_empty() {
            self.due = Deadline::at(shift.now());
        }
    }
}
