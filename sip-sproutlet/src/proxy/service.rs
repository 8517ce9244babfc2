//! The proxy as a service.

use std::rc::Rc;

use sip_proto::message::{HeaderName, Method, Route, Scheme, Uri};
use sip_proto::transport::FlowId;
use sip_proto::{Instant, NextHop, Request, Response, Source, StatusCode, UnixTime};

use crate::abi::{
    Actions, Context, Effect, EffectOutcome, ForkId, Sproutlet, Start, Transaction,
    TransactionEvent,
};
use crate::config::ProxyConfig;
use crate::guard::{Caller, Denial, Guard};
use crate::local_names::LocalNames;
use crate::location::{LocationCall, LocationReply, Record, Version};
use crate::proxy::ends::{self, Ends};
use crate::proxy::flow_token;
use crate::proxy::forward::{self, Forwarding};
use crate::proxy::record_route::{self, DialogToken, Mark, MarkedEnds};
use crate::proxy::targets::{self, Groups, Target};
use crate::proxy::uas;
use crate::proxy::validate::{self, Verdict};
use crate::refusal::Refusal;

/// Forwards requests: to the contacts of this server's own users, and for everybody else to where
/// they are heading. Takes every request it is offered.
#[derive(Clone, Debug)]
pub struct Proxy {
    config: ProxyConfig,
    registrar: bool,
    guard: Option<Guard>,
}

impl Proxy {
    /// A proxy, which says in its answers whether there is a registrar beside it.
    #[must_use]
    pub fn new(config: &ProxyConfig, registrar: bool) -> Self {
        Self { config: config.clone(), registrar, guard: None }
    }

    /// The same, for those only who prove who they are.
    #[must_use]
    pub(crate) fn guarded(mut self, guard: Option<Guard>) -> Self {
        self.guard = guard.filter(Guard::guards_calls);
        self
    }
}

impl Sproutlet for Proxy {
    fn name(&self) -> &str {
        "proxy"
    }

    fn start(&self, request: &Request, cx: &Context<'_>) -> Start {
        let recorded = cx
            .route()
            .filter(|route| DialogToken::is_in(route, request, cx.secrets()))
            .map(|route| Ends::told_by(route));
        let ends = self
            .guard
            .is_some()
            .then(|| recorded.clone().map_or(MarkedEnds::New { caller: false }, MarkedEnds::Told));
        Start::Accept(Box::new(ProxyTransaction {
            config: self.config.clone(),
            registrar: self.registrar,
            // A service here has let it in already.
            guard: self.guard.clone().filter(|_| cx.is_from_wire()),
            unix: cx.unix(),
            local: Rc::clone(cx.local()),
            source: *cx.source(),
            mark: Mark {
                dialog: DialogToken::of(request, cx.secrets()),
                ends,
                secrets: cx.secrets().clone(),
            },
            onward: cx.route().and_then(|route| flow_token::read(route, request, cx.secrets())),
            recorded,
            in_dialog: false,
            request: None,
            groups: Groups::new(),
            in_flight: 0,
        }))
    }
}

struct ProxyTransaction {
    config: ProxyConfig,
    registrar: bool,
    guard: Option<Guard>,
    unix: UnixTime,
    local: Rc<LocalNames>,
    source: Source,
    /// What our Record-Route says of the dialog.
    mark: Mark,
    /// The flow that the Record-Route says the dialog goes on over.
    onward: Option<FlowId>,
    /// A Route of the request is a Record-Route of ours, made for this dialog: what it says of the
    /// dialog's ends.
    recorded: Option<Ends>,
    in_dialog: bool,
    /// Kept while copies of it may still be sent.
    request: Option<Request>,
    /// Targets not tried yet.
    groups: Groups,
    /// Forks of the last group without a final response.
    in_flight: usize,
}

/// What to do with a valid request.
enum Decision {
    /// It is for the server itself.
    AnswerAsServer,
    /// It is for a user of ours.
    LookUp(bytes::Bytes),
    /// It is for somebody else.
    Relay,
    /// It is an ACK that leads to no phone.
    Drop,
    Refuse(Refusal),
}

impl Transaction for ProxyTransaction {
    fn handle(&mut self, _now: Instant, event: TransactionEvent, actions: &mut Actions) {
        match event {
            TransactionEvent::Initial { request } => self.route(request, actions),
            TransactionEvent::InDialog { request } => {
                self.in_dialog = true;
                self.route(request, actions);
            }
            TransactionEvent::Effect { outcome, .. } => self.located(outcome, actions),
            TransactionEvent::Response { fork, response, error: _ } => {
                self.respond(fork, response, actions);
            }
            TransactionEvent::Cancel { .. } => self.stop(),
            TransactionEvent::Timer { .. } => {}
        }
    }
}

impl ProxyTransaction {
    fn route(&mut self, mut request: Request, actions: &mut Actions) {
        let verdict = match validate::validate(&request) {
            Ok(verdict) => verdict,
            Err(refusal) => return refuse(&request, &refusal, actions),
        };
        validate::strip_own_maddr(&mut request, &self.local);
        if self.guard.is_some() {
            // RFC 3325 section 5: nobody but this server says who somebody proved to be.
            request.remove(&HeaderName::PAssertedIdentity);
        }
        let decision = match verdict {
            Verdict::Answer => Decision::AnswerAsServer,
            Verdict::Forward => self.decide(&request),
        };
        if self.needs_proof(&decision, &request)
            && let Err(denial) = self.admit(&mut request)
        {
            return deny(&request, denial, actions);
        }
        match decision {
            Decision::AnswerAsServer => self.answer_as_server(&request, actions),
            Decision::Drop => {
                let uri = request.uri_bytes().escape_ascii();
                actions.explain(format_args!("ACK for {uri} is dropped: it names no phone"));
            }
            Decision::Refuse(refusal) => refuse(&request, &refusal, actions),
            Decision::LookUp(aor) => {
                self.request = Some(request);
                actions.call(Effect::Location(LocationCall::Lookup { aor }));
            }
            Decision::Relay => {
                let uri = request.uri_bytes().escape_ascii();
                actions.explain(format_args!("{} goes on to {uri}", request.method().as_str()));
                self.request = Some(request);
                self.groups.push_back(vec![Target::unchanged(self.onward)]);
                self.send_group(actions);
            }
        }
    }

    /// RFC 3261 section 16.5.
    fn decide(&self, request: &Request) -> Decision {
        // A Route that is left leads elsewhere: the users here are looked up when the request comes
        // back without it. So no request has both a Route and the Path of a contact, and none can
        // come by again and again with ever more Routes, which no loop detection would see. A maddr
        // that is left is somebody else's, and makes the Request-URI the only target.
        let route = request.header::<Route<'_>>().ok().flatten();
        let own = request
            .uri()
            .ok()
            .filter(|_| route.is_none())
            .filter(|uri| self.local.is_own(uri) && self.local.leads_here(uri));
        // A dialog that was set up through here goes on, wherever its other end is.
        let may_relay = self.config.relay_foreign
            || (self.in_dialog && self.recorded.is_some())
            || route.is_some_and(|route| self.is_here(route.0.uri));
        match own.map(|uri| self.local.aor(&uri)) {
            // An ACK follows the dialog's route to one phone. Looked up, one to an error of this
            // server's own would reach phones that never saw its INVITE.
            Some(Some(_)) if *request.method() == Method::Ack => Decision::Drop,
            Some(Some(aor)) => Decision::LookUp(aor),
            Some(None) => Decision::AnswerAsServer,
            None if may_relay => Decision::Relay,
            None => Decision::Refuse(Refusal::new(
                StatusCode::FORBIDDEN,
                "it leads elsewhere and proxy.relay_foreign is off",
            )),
        }
    }

    /// RFC 3261 section 16.3, step 6: whether the caller must prove something. Not towards a user of
    /// ours inside a dialog that was set up through here, nor with what begins nothing; not to reach a user of ours, unless the caller claims to be one,
    /// too. Everybody else may be nobody's user, and is not forwarded without.
    fn needs_proof(&self, decision: &Decision, request: &Request) -> bool {
        if self.guard.is_none() || self.goes_on(request) {
            return false;
        }
        match decision {
            Decision::Relay => true,
            Decision::LookUp(_) => matches!(Caller::of(request, &self.local), Caller::User(_)),
            Decision::AnswerAsServer | Decision::Drop | Decision::Refuse(_) => false,
        }
    }

    /// Whether a request belongs to a dialog that was set up through here, as far as that tells.
    fn goes_on(&self, request: &Request) -> bool {
        let Some(ends) = self.recorded.as_ref().filter(|_| self.in_dialog) else { return false };
        ends::begins_nothing(request.method())
            || ends.include_next_hop_of(request, &self.mark.secrets)
    }

    fn admit(&mut self, request: &mut Request) -> Result<(), Denial> {
        let Some(guard) = &self.guard else { return Ok(()) };
        if *request.method() != Method::Ack {
            guard.check_call(request, &self.local, self.unix)?;
            guard.consume(request);
            if let Some(MarkedEnds::New { caller }) = &mut self.mark.ends {
                *caller = true;
            }
            return Ok(());
        }
        // Nobody may challenge it (section 22.1).
        let response = Response::to(request, StatusCode::FORBIDDEN);
        Err(Denial { response, reason: "it belongs to no dialog through here" })
    }

    /// Whether a Route leads to a service of this server.
    fn is_here(&self, route: &[u8]) -> bool {
        Uri::parse(route).is_ok_and(|uri| {
            self.local.leads_here(&uri) || self.local.service_label(&uri).is_some()
        })
    }

    fn answer_as_server(&self, request: &Request, actions: &mut Actions) {
        let method = request.method().as_str();
        match uas::answer(request, self.in_dialog, self.registrar) {
            Some(response) => {
                let status = response.status();
                actions.explain(format_args!("{method} for the server itself gets {status}"));
                actions.respond(response);
            }
            None => actions.explain(format_args!("{method} for the server itself is dropped")),
        }
    }

    /// The location service has answered: the bindings are the targets.
    fn located(&mut self, outcome: EffectOutcome, actions: &mut Actions) {
        let Some(request) = &self.request else { return };
        let refusal = match outcome {
            EffectOutcome::Location(LocationReply::Found(record)) => {
                match self.target_set(request, record) {
                    Ok(groups) => {
                        let contacts: usize = groups.iter().map(Vec::len).sum();
                        actions.explain(format_args!(
                            "{} for {} goes to {contacts} contacts",
                            request.method().as_str(),
                            request.uri_bytes().escape_ascii(),
                        ));
                        self.groups = groups;
                        return self.send_group(actions);
                    }
                    Err(refusal) => refusal,
                }
            }
            EffectOutcome::Location(_) | EffectOutcome::Custom(_) | EffectOutcome::Failed(_) => {
                Refusal::new(StatusCode::SERVER_INTERNAL_ERROR, "the location store failed")
            }
        };
        refuse(request, &refusal, actions);
        self.stop();
    }

    fn target_set(&self, request: &Request, record: Record) -> Result<Groups, Refusal> {
        if record.version == Version(0) {
            return Err(Refusal::new(StatusCode::NOT_FOUND, "nobody registered that user"));
        }
        let secure = request.uri().is_ok_and(|uri| matches!(uri.scheme(), Scheme::Sips));
        let groups = targets::of_bindings(record.bindings, secure, self.config.forks_max);
        if groups.is_empty() {
            return Err(Refusal::new(
                StatusCode::TEMPORARILY_UNAVAILABLE,
                "that user has no contact now",
            ));
        }
        Ok(groups)
    }

    /// Forks to the next group of targets.
    fn send_group(&mut self, actions: &mut Actions) {
        let Some(request) = &self.request else { return };
        let Some(group) = self.groups.pop_front() else { return };
        let forwarding = Forwarding {
            local: &self.local,
            source: &self.source,
            record_route: (self.config.record_route && record_route::is_for(request))
                .then_some(&self.mark),
        };
        self.in_flight = group.len();
        for target in group {
            match forward::copy(request, &target, forwarding) {
                (copy, NextHop::ByMessage) => actions.send_request(copy),
                (copy, next_hop) => actions.send_request_to(copy, next_hop),
            };
        }
        if self.groups.is_empty() {
            self.request = None;
        }
    }

    /// RFC 3261 section 16.7; a group that failed makes way for the next.
    fn respond(&mut self, fork: ForkId, response: Response, actions: &mut Actions) {
        let status = response.status();
        actions.forward(fork, response);
        if !status.is_final() {
            return;
        }
        self.in_flight = self.in_flight.saturating_sub(1);
        if status.is_success() || status.class() == 6 {
            self.stop();
        } else if self.in_flight == 0 {
            self.send_group(actions);
        }
    }

    /// No further targets are tried.
    fn stop(&mut self) {
        self.groups.clear();
        self.request = None;
    }
}

/// Answers a caller who proved nothing; an ACK is dropped.
fn deny(request: &Request, denial: Denial, actions: &mut Actions) {
    let Denial { response, reason } = denial;
    let method = request.method().as_str();
    if *request.method() == Method::Ack {
        actions.explain(format_args!("{method} is dropped: {reason}"));
        return;
    }
    actions.explain(format_args!("{method} gets {}: {reason}", response.status()));
    actions.respond(response);
}

/// Answers with an error; an ACK is dropped.
fn refuse(request: &Request, refusal: &Refusal, actions: &mut Actions) {
    let Refusal { status, reason, .. } = refusal;
    let method = request.method().as_str();
    if *request.method() == Method::Ack {
        actions.explain(format_args!("{method} is dropped: {reason}"));
        return;
    }
    actions.explain(format_args!("{method} gets {status}: {reason}"));
    actions.respond(refusal.answer(request));
}
