//! The registrar as a service.

use std::rc::Rc;

use sip_proto::message::{HeaderName, Method, To};
use sip_proto::{Instant, Request, Response, StatusCode, UnixTime};

use crate::abi::{
    Actions, Context, Effect, EffectOutcome, Hop, Sproutlet, Start, Transaction, TransactionEvent,
};
use crate::config::RegistrarConfig;
use crate::guard::{Denial, Guard};
use crate::location::{Binding, LocationCall, LocationReply, Record};
use crate::refusal::Refusal;
use crate::registrar::registration::{self, Registration};
use crate::registrar::{answer, update};

/// Takes REGISTER requests for this server's own domains, and hands everything else on.
#[derive(Debug)]
pub struct Registrar {
    config: Rc<RegistrarConfig>,
    next: Rc<str>,
    guard: Option<Guard>,
}

impl Registrar {
    /// A registrar that hands what is not for it to the service called `next`.
    #[must_use]
    pub fn new(config: &RegistrarConfig, next: &str) -> Self {
        Self { config: Rc::new(config.clone()), next: Rc::from(next), guard: None }
    }

    /// The same, for those only who prove who they are.
    #[must_use]
    pub(crate) fn guarded(mut self, guard: Option<Guard>) -> Self {
        self.guard = guard;
        self
    }

    fn admit(&self, request: &Request, cx: &Context<'_>) -> Result<(), Denial> {
        let Some(guard) = self.guard.as_ref().filter(|_| cx.is_from_wire()) else { return Ok(()) };
        let to = request.require::<To<'_>>().ok();
        let aor = to.and_then(|to| cx.local().aor(&to.parsed_uri().ok()?));
        guard.check_registration(request, aor.as_deref(), cx.unix())
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
        let step = match self.admit(request, cx) {
            Ok(()) => registration::read(request, cx.local(), cx.source(), &self.config)
                .map_or_else(Step::Refused, Step::Read),
            Err(denial) => Step::Denied(Box::new(denial)),
        };
        Start::Accept(Box::new(RegisterTransaction {
            config: Rc::clone(&self.config),
            unix: cx.unix(),
            request: None,
            step,
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
    Denied(Box<Denial>),
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
            Step::Denied(denial) => {
                let Denial { response, reason } = *denial;
                actions.explain(format_args!("REGISTER gets {}: {reason}", response.status()));
                actions.respond(response);
            }
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
        let reply = match outcome {
            EffectOutcome::Location(reply) => reply,
            EffectOutcome::Failed(_) => return self.fail("the location store failed", actions),
            EffectOutcome::Custom(_) => return self.fail("the reply is not a location", actions),
        };
        match (core::mem::replace(&mut self.step, Step::Done), reply) {
            (Step::LookingUp(registration), LocationReply::Found(record)) => {
                self.change(registration, record, actions);
            }
            (Step::Storing { registration, .. }, LocationReply::Conflict(record)) => {
                if self.conflicts >= self.config.conflicts_max {
                    return self.fail("registrar.conflicts_max is reached", actions);
                }
                self.conflicts += 1;
                self.change(registration, record, actions);
            }
            (Step::Storing { registration, bindings }, LocationReply::Replaced(_)) => {
                let aor = registration.aor.escape_ascii();
                actions.explain(format_args!("{aor} has {} bindings now", bindings.len()));
                self.accept(&bindings, actions);
            }
            (Step::Storing { .. }, LocationReply::Full) => {
                let reason = "registrar.aors_max or registrar.location_bytes_max is reached";
                self.refuse(&Refusal::new(StatusCode::SERVICE_UNAVAILABLE, reason), actions);
            }
            (
                Step::LookingUp(_),
                LocationReply::Replaced(_) | LocationReply::Conflict(_) | LocationReply::Full,
            )
            | (Step::Storing { .. }, LocationReply::Found(_)) => {
                self.fail("the location store answered another question", actions);
            }
            // It is answered.
            (Step::Denied(_) | Step::Refused(_) | Step::Read(_) | Step::Done, _) => {}
        }
    }

    /// RFC 3261 section 10.3, step 7: the update could not be made.
    fn fail(&mut self, reason: &'static str, actions: &mut Actions) {
        self.step = Step::Done;
        self.refuse(&Refusal::new(StatusCode::SERVER_INTERNAL_ERROR, reason), actions);
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
        self.respond(actions, |request, _| refusal.answer(request));
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

#[cfg(test)]
mod tests {
    use sip_proto::{Secrets, TransportKind};

    use super::*;
    use crate::LocalNames;
    use crate::abi::{Action, EffectError, EffectId};
    use crate::location::Version;
    use crate::testing::{ALICE, register, source};

    /// A registration whose lookup is called.
    fn looking_up(config: &RegistrarConfig) -> (Box<dyn Transaction>, Actions) {
        let local = Rc::new(LocalNames::new(&["localhost".to_owned()]));
        let cx = Context {
            local: &local,
            secrets: &Secrets::new([1; 16]),
            source: &source(ALICE, TransportKind::Udp),
            route: None,
            name: "registrar",
            unix: UnixTime::from_secs(1),
            from_wire: true,
        };
        let request = register(1, &["<sip:bob@127.0.0.1:5080>"]);
        let start = Registrar::new(config, "proxy").start(&request, &cx);
        let Start::Accept(mut transaction) = start else { panic!("it is for the registrar") };
        let mut actions = Actions::new(true);
        transaction.handle(Instant::ZERO, TransactionEvent::Initial { request }, &mut actions);
        (transaction, actions)
    }

    /// What the transaction does with an outcome: the status it answers, if it does.
    fn outcome(
        transaction: &mut dyn Transaction,
        actions: &mut Actions,
        outcome: EffectOutcome,
    ) -> Option<u16> {
        actions.take();
        let event = TransactionEvent::Effect { effect: EffectId(0), outcome };
        transaction.handle(Instant::ZERO, event, actions);
        actions.queued().iter().find_map(|action| match action {
            Action::Respond { response } => Some(response.status().as_u16()),
            _ => None,
        })
    }

    fn location(reply: LocationReply) -> EffectOutcome {
        EffectOutcome::Location(reply)
    }

    #[test]
    fn a_change_that_collides_too_often_is_given_up() {
        let config = RegistrarConfig { conflicts_max: 2, ..RegistrarConfig::default() };
        let (mut transaction, mut actions) = looking_up(&config);
        let mut next = |reply| outcome(transaction.as_mut(), &mut actions, location(reply));
        assert_eq!(next(LocationReply::Found(Record::default())), None);
        for _ in 0..2 {
            assert_eq!(next(LocationReply::Conflict(Record::default())), None);
        }
        assert_eq!(next(LocationReply::Conflict(Record::default())), Some(500));
        assert_eq!(next(LocationReply::Replaced(Version(1))), None, "it is answered");
    }

    /// Each failure has a reason of its own, which an operator reads.
    #[test]
    fn what_a_store_must_not_answer_is_told_apart() {
        let config = RegistrarConfig::default();
        let table = [
            (location(LocationReply::Full), "another question"),
            (location(LocationReply::Replaced(Version(1))), "another question"),
            (EffectOutcome::Failed(EffectError::Timeout), "the location store failed"),
            (EffectOutcome::Custom(bytes::Bytes::new()), "not a location"),
        ];
        for (reply, reason) in table {
            let (mut transaction, mut actions) = looking_up(&config);
            assert_eq!(outcome(transaction.as_mut(), &mut actions, reply), Some(500));
            let told = |action: &Action| match action {
                Action::Explain { detail } => detail.contains(reason),
                _ => false,
            };
            assert!(actions.queued().iter().any(told), "{reason}");
        }
    }
}
