//! One turn: events to services, and their actions carried out in the documented order.

use core::time::Duration;

use sip_proto::message::Method;
use sip_proto::{NextHop, Request, Response, SlabKey};
use smallvec::SmallVec;

use crate::abi::{
    Action, CancelCause, CancelReason, Effect, EffectCall, EffectCallId, EffectError, EffectId,
    EffectOutcome, ForkId, TimerId, TransactionEvent,
};
use crate::engine::instance::{Below, Fork};
use crate::engine::state::{Engine, PendingCall, Timeout, Work, id_of};

/// The least a service's timer waits, so that one which re-arms itself cannot stop the clock.
const TIMER_MIN: Duration = Duration::from_millis(1);

/// What a service queued, by phase.
#[derive(Default)]
struct Turn {
    sends: SmallVec<[(ForkId, Request, NextHop); 1]>,
    responses: SmallVec<[(Option<ForkId>, Response); 1]>,
    cancels: SmallVec<[(ForkId, Option<CancelReason>); 1]>,
    abandons: SmallVec<[ForkId; 1]>,
    timers: SmallVec<[(TimerId, Option<Duration>); 1]>,
    calls: SmallVec<[(EffectId, Effect); 1]>,
    details: SmallVec<[String; 1]>,
}

impl Turn {
    fn sort(&mut self, action: Action) {
        match action {
            Action::SendRequest { fork, request, next_hop } => {
                self.sends.push((fork, request, next_hop));
            }
            Action::Respond { response } => self.responses.push((None, response)),
            Action::Forward { fork, response } => self.responses.push((Some(fork), response)),
            Action::CancelFork { fork, reason } => self.cancels.push((fork, reason)),
            Action::AbandonFork { fork } => self.abandons.push(fork),
            Action::ScheduleTimer { timer, after } => self.timers.push((timer, Some(after))),
            Action::CancelTimer { timer } => self.timers.push((timer, None)),
            Action::Call { effect, call } => self.calls.push((effect, call)),
            Action::Explain { detail } => self.details.push(detail),
        }
    }
}

impl Engine {
    /// Works off the queue. Ends because every piece of work counts against a limit: instances of
    /// a request, forks and effects of an instance.
    pub(super) fn run(&mut self) {
        while let Some(work) = self.work.pop_front() {
            match work {
                Work::Place { upstream, request, source } => self.place(upstream, request, source),
                Work::Event { instance, event } => self.dispatch(instance, event),
                Work::Response { to, response, error } => self.fork_response(to, response, error),
                Work::Cancel { instance, cause } => self.cancel_instance(instance, cause),
                Work::BelowEnded(to) => {
                    if let Some(fork) = self.fork_mut(to) {
                        fork.below = Below::Nothing;
                    }
                    self.forget_if_over(to.instance);
                }
            }
        }
    }

    /// Hands one event to a service and carries out what it wants.
    pub(super) fn dispatch(&mut self, key: SlabKey, event: TransactionEvent) {
        let Some(instance) = self.instances.get_mut(key) else { return };
        if matches!(event, TransactionEvent::Effect { .. }) {
            instance.effects_pending = instance.effects_pending.saturating_sub(1);
        }
        let Some(mut transaction) = instance.transaction.take() else { return };
        let forks = u32::try_from(instance.forks.len()).unwrap_or(u32::MAX);
        self.actions.resume(forks, instance.timers_named, instance.effects_named);
        transaction.handle(self.now, event, &mut self.actions);
        (instance.timers_named, instance.effects_named) = self.actions.named();
        instance.transaction = Some(transaction);
        self.apply(key);
    }

    /// The order of [`Actions`](crate::Actions).
    fn apply(&mut self, key: SlabKey) {
        let mut turn = Turn::default();
        let mut queue = self.actions.take();
        queue.drain(..).for_each(|action| turn.sort(action));
        self.actions.reuse(queue);
        let service = self.instances.get(key).and_then(|instance| instance.service);
        for detail in turn.details {
            self.explain(service, format_args!("{detail}"));
        }
        self.register(key, &turn.sends);
        self.withdraw(key, &turn.cancels, &turn.abandons);
        if let Some(instance) = self.instances.get_mut(key) {
            instance.share_breadth();
        }
        for (fork, response) in turn.responses {
            self.take_response(key, fork.map(|fork| fork.0 as usize), response);
        }
        self.send_best(key);
        for (fork, request, next_hop) in turn.sends {
            self.send_fork(key, fork.0 as usize, request, next_hop);
        }
        self.send_cancels(key);
        for (timer, after) in turn.timers {
            match after {
                Some(after) => self.set_timer(key, timer, after),
                None => self.clear_timer(key, timer),
            }
        }
        for (effect, call) in turn.calls {
            self.call(key, effect, call);
        }
        self.settle(key);
    }

    /// Counts new forks as pending, or refuses them. Their ids are their indices.
    fn register(&mut self, key: SlabKey, sends: &[(ForkId, Request, NextHop)]) {
        let Some(instance) = self.instances.get_mut(key) else { return };
        let refused = instance.takes_no_forks();
        for (_, request, _) in sends {
            if instance.forks.len() >= self.graph.limits.forks_per_transaction_max as usize {
                return;
            }
            instance.forks.push(if refused {
                Fork::refused()
            } else {
                Fork::new(*request.method() == Method::Invite)
            });
        }
    }

    /// Takes forks out of the aggregation, and notes the CANCELs to send.
    fn withdraw(
        &mut self,
        key: SlabKey,
        cancels: &[(ForkId, Option<CancelReason>)],
        abandons: &[ForkId],
    ) {
        let Some(instance) = self.instances.get_mut(key) else { return };
        for (id, reason) in cancels {
            if let Some(fork) = instance.forks.get_mut(id.0 as usize) {
                fork.excluded |= fork.is_pending() && fork.is_invite;
                fork.want_cancel(reason.as_ref().map(CancelReason::to_value).as_ref());
            }
        }
        for id in abandons {
            if let Some(fork) = instance.forks.get_mut(id.0 as usize) {
                fork.abandoned = true;
            }
        }
    }

    /// The caller gave up: the service hears it first, then what is pending is cancelled
    /// (RFC 3261 section 16.10).
    fn cancel_instance(&mut self, key: SlabKey, cause: CancelCause) {
        let Some(instance) = self.instances.get_mut(key) else { return };
        if !instance.answer.is_owed() {
            return;
        }
        instance.cancelled = true;
        let reason = match &cause {
            CancelCause::Requested { reason } => reason.clone(),
            CancelCause::UpstreamFailed => None,
        };
        self.dispatch(key, TransactionEvent::Cancel { cause });
        self.want_cancels(key, reason.as_ref());
        self.send_cancels(key);
        self.settle(key);
    }

    fn set_timer(&mut self, key: SlabKey, timer: TimerId, after: Duration) {
        let Some(instance) = self.instances.get_mut(key) else { return };
        let full = instance.timers.len() >= self.graph.limits.timers_per_transaction_max;
        if full || instance.is_quiet() {
            let service = instance.service;
            self.explain(service, format_args!("timer {} is not set", timer.0));
            return;
        }
        let at = self.now + after.max(TIMER_MIN);
        let id = self.timers.arm(at, Timeout::Service { instance: key, timer });
        instance.timers.push((timer, id));
    }

    fn clear_timer(&mut self, key: SlabKey, timer: TimerId) {
        let Some(instance) = self.instances.get_mut(key) else { return };
        if let Some(at) = instance.timers.iter().position(|(id, _)| *id == timer) {
            let (_, id) = instance.timers.swap_remove(at);
            self.timers.cancel(id);
        }
    }

    pub(super) fn service_timer(&mut self, key: SlabKey, timer: TimerId) {
        let Some(instance) = self.instances.get_mut(key) else { return };
        instance.timers.retain(|(id, _)| *id != timer);
        let event = TransactionEvent::Timer { timer };
        self.work.push_back(Work::Event { instance: key, event });
    }

    /// Answers an effect here, or sends it out.
    fn call(&mut self, key: SlabKey, effect: EffectId, call: Effect) {
        let unix = self.unix();
        let Some(instance) = self.instances.get_mut(key) else { return };
        let max = self.graph.limits.effects_per_transaction_max;
        if effect.0 > max {
            return;
        }
        instance.effects_pending += 1;
        if effect.0 == max {
            return self.answer_call(key, effect, EffectOutcome::Failed(EffectError::Limit));
        }
        match call {
            Effect::Location(call) => {
                let reply = self.location.call(unix, call);
                self.answer_call(key, effect, EffectOutcome::Location(reply));
            }
            Effect::Custom { .. } => {
                let wait = Duration::from_secs(self.graph.limits.effect_timeout_s);
                let (timers, at) = (&mut self.timers, self.now + wait);
                let id = self.calls.insert_with(|id| PendingCall {
                    instance: key,
                    effect,
                    timer: timers.arm(at, Timeout::Call(id)),
                });
                self.effect_call(EffectCall { id: EffectCallId(id_of(id)), effect: call });
            }
        }
    }

    /// An effect that left the machine is answered, or will not be. Late and forged replies name
    /// nothing.
    pub(super) fn end_call(&mut self, id: SlabKey, outcome: EffectOutcome) {
        if let Some(call) = self.calls.remove(id) {
            self.timers.cancel(call.timer);
            self.answer_call(call.instance, call.effect, outcome);
        }
    }

    fn answer_call(&mut self, instance: SlabKey, effect: EffectId, outcome: EffectOutcome) {
        let event = TransactionEvent::Effect { effect, outcome };
        self.work.push_back(Work::Event { instance, event });
    }
}
