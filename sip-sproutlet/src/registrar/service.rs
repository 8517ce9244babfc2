//! The registrar as a service.

use std::rc::Rc;

use sip_proto::message::{HeaderName, Method};
use sip_proto::{Instant, Request, Response, StatusCode, UnixTime};

use crate::abi::{
    Actions, Context, Effect, EffectOutcome, Hop, Sproutlet, Start, Transaction, TransactionEvent,
};
use crate::config::RegistrarConfig;
use crate::location::{Binding, LocationCall, LocationReply, Record};
use crate::registrar::registration::{self, Refusal, Registration};
use crate::registrar::{answer, update};

/// How often a change is tried again because another one came between.
const CONFLICTS_MAX: u32 = 5;

/// Takes REGISTER requests for this server's own domains, and hands everything else on.
#[derive(Debug)]
pub struct Registrar {
    config: Rc<RegistrarConfig>,
    next: Rc<str>,
}

impl Registrar {
    /// A registrar that hands what is not for it to the service called `next`.
    #[must_use]
    pub fn new(config: &RegistrarConfig, next: &str) -> Self {
        Self { config: Rc::new(config.clone()), next: Rc::from(next) }
    }
}

impl Sproutlet for Registrar {
    fn name(&self) -> &str {
        "registrar"
    }

    fn start(&self, request: &Request, cx: &Context<'_>) -> Start {
        // RFC 3261 section 10.3, step 1: for other domains it is a proxy, and so it is where a
        // maddr leads elsewhere (section 16.5) or a Route does.
        let ours = *request.method() == Method::Register
            && request.count(&HeaderName::Route) == 0
            && request
                .uri()
                .is_ok_and(|uri| cx.local().is_own(&uri) && cx.local().leads_here(&uri));
        if !ours {
            return Start::Decline { next_hop: Some(Hop::Service(Rc::clone(&self.next))) };
        }
        let read = registration::read(request, cx.local(), cx.source(), &self.config);
        Start::Accept(Box::new(RegisterTransaction {
            config: Rc::clone(&self.config),
            unix: cx.unix(),
            request: None,
            step: read.map_or_else(Step::Refused, Step::Read),
            conflicts: 0,
        }))
    }
}

struct RegisterTransaction {
    config: Rc<RegistrarConfig>,
    unix: UnixTime,
    /// For the answer.
    request: Option<Request>,
    step: Step,
    conflicts: u32,
}

enum Step {
    Refused(Refusal),
    Read(Registration),
    LookingUp(Registration),
    Storing { registration: Registration, bindings: Vec<Binding> },
    Done,
}

impl Transaction for RegisterTransaction {
    fn handle(&mut self, _now: Instant, event: TransactionEvent, actions: &mut Actions) {
        match event {
            TransactionEvent::Initial { request } | TransactionEvent::InDialog { request } => {
                self.request = Some(request);
                self.begin(actions);
            }
            TransactionEvent::Effect { outcome, .. } => self.proceed(outcome, actions),
            TransactionEvent::Response { .. }
            | TransactionEvent::Cancel { .. }
            | TransactionEvent::Timer { .. } => {}
        }
    }
}

impl RegisterTransaction {
    fn begin(&mut self, actions: &mut Actions) {
        match core::mem::replace(&mut self.step, Step::Done) {
            Step::Refused(refusal) => self.refuse(&refusal, actions),
            Step::Read(registration) => {
                let aor = registration.aor.clone();
                actions.call(Effect::Location(LocationCall::Lookup { aor }));
                self.step = Step::LookingUp(registration);
            }
            Step::LookingUp(_) | Step::Storing { .. } | Step::Done => {}
        }
    }

    fn proceed(&mut self, outcome: EffectOutcome, actions: &mut Actions) {
        let step = core::mem::replace(&mut self.step, Step::Done);
        match (step, outcome) {
            (
                Step::LookingUp(registration),
                EffectOutcome::Location(LocationReply::Found(record)),
            ) => self.change(registration, record, actions),
            (
                Step::Storing { registration, .. },
                EffectOutcome::Location(LocationReply::Conflict(record)),
            ) if self.conflicts < CONFLICTS_MAX => {
                self.conflicts += 1;
                self.change(registration, record, actions);
            }
            (
                Step::Storing { registration, bindings },
                EffectOutcome::Location(LocationReply::Replaced(_)),
            ) => {
                let aor = registration.aor.escape_ascii();
                actions.explain(format_args!("{aor} has {} bindings now", bindings.len()));
                self.accept(&bindings, actions);
            }
            (Step::Storing { .. }, EffectOutcome::Location(LocationReply::Full)) => {
                let reason = "registrar.aors_max or registrar.location_bytes_max is reached";
                self.refuse(&Refusal::new(StatusCode::SERVICE_UNAVAILABLE, reason), actions);
            }
            _ => {
                let reason = "the location store failed";
                self.refuse(&Refusal::new(StatusCode::SERVER_INTERNAL_ERROR, reason), actions);
            }
        }
    }

    /// All of it or nothing (RFC 3261 section 10.3, step 7).
    fn change(&mut self, registration: Registration, record: Record, actions: &mut Actions) {
        let changed = update::apply(&record.bindings, &registration, self.unix, &self.config);
        match changed {
            Err(refusal) => self.refuse(&refusal, actions),
            Ok(None) => self.accept(&record.bindings, actions),
            Ok(Some(bindings)) => {
                actions.call(Effect::Location(LocationCall::Replace {
                    aor: registration.aor.clone(),
                    expected: record.version,
                    bindings: bindings.clone(),
                }));
                self.step = Step::Storing { registration, bindings };
            }
        }
    }

    fn accept(&mut self, bindings: &[Binding], actions: &mut Actions) {
        self.respond(actions, |request, unix| answer::ok(request, bindings, unix));
    }

    fn refuse(&mut self, refusal: &Refusal, actions: &mut Actions) {
        actions.explain(format_args!("REGISTER gets {}: {}", refusal.status, refusal.reason));
        self.respond(actions, |request, _| answer::refusal(request, refusal));
    }

    fn respond(
        &mut self,
        actions: &mut Actions,
        make: impl FnOnce(&Request, UnixTime) -> Response,
    ) {
        if let Some(request) = self.request.take() {
            actions.respond(make(&request, self.unix));
        }
    }
}
