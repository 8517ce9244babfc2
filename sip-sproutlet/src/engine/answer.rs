//! What goes back to the caller, and when an instance is over.

use bytes::Bytes;
use sip_proto::message::Method;
use sip_proto::{DropReason, Event, Request, Response, SlabKey, Source, StatusCode};

use crate::abi::ForkError;
use crate::engine::instance::{Answer, Fork, Upstream};
use crate::engine::state::{Engine, ForkKey, Work};

/// What forks are told when another one was answered (RFC 3326).
const COMPLETED_ELSEWHERE: &[u8] = b"SIP;cause=200;text=\"Call completed elsewhere\"";

/// Why the host itself turns a request down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) reason: &'static str,
}

impl Engine {
    /// Turns down a request that no instance was made for. An ACK is dropped.
    pub(super) fn refuse(
        &mut self,
        upstream: Upstream,
        request: &Request,
        source: &Source,
        refusal: Refusal,
    ) {
        let Refusal { status, reason } = refusal;
        let method = request.method().as_str();
        match upstream {
            Upstream::Server(id) => {
                self.explain(None, format_args!("{method} gets {status}: {reason}"));
                let response = self.own_response(request, status);
                self.respond(id, response);
            }
            Upstream::Nobody => {
                self.explain(None, format_args!("{method} is dropped: {reason}"));
                self.stray_ack(source);
            }
            Upstream::Fork { instance, fork } => {
                let service = self.instances.get(instance).and_then(|above| above.service);
                self.explain(service, format_args!("fork {fork} gets {status}: {reason}"));
                let to = ForkKey { instance, fork };
                self.fail_fork(to, status, None);
                self.work.push_back(Work::BelowEnded(to));
            }
        }
    }

    /// Takes a response that a service passes on or makes (RFC 3261 section 16.7, steps 3 to 5).
    pub(super) fn take_response(
        &mut self,
        key: SlabKey,
        fork: Option<usize>,
        mut response: Response,
    ) {
        let status = response.status();
        if fork.is_none() && status > StatusCode::TRYING {
            self.tag(key, &mut response);
        }
        let Some(instance) = self.instances.get_mut(key) else { return };
        let state = fork.and_then(|fork| instance.forks.get(fork));
        let error = state.and_then(|fork| fork.error);
        if state.is_some_and(|fork| fork.excluded) && !status.is_success() {
            return;
        }
        if status.is_provisional() {
            if status > StatusCode::TRYING && instance.answer.is_owed() {
                instance.answer = Answer::Provisional;
                self.send_up(key, response, None);
            }
        } else if status.is_success() {
            let first = instance.answer.is_owed();
            // Every 2xx to an INVITE goes upstream, whatever went before it.
            if first || (instance.is_invite() && instance.answer != Answer::NotOwed) {
                instance.answer = Answer::Success;
                self.send_up(key, response, None);
            }
            if first {
                let reason = Bytes::from_static(COMPLETED_ELSEWHERE);
                self.want_cancels(key, Some(&reason));
            }
        } else if instance.answer.is_owed() {
            let order = fork.and_then(|fork| u32::try_from(fork).ok());
            instance.context.offer(order, response, error, instance.cancelled);
            if status.class() == 6 {
                instance.declined = true;
                self.want_cancels(key, None);
            }
        }
    }

    /// Sends the best response upstream if no fork is left to wait for
    /// (RFC 3261 section 16.7, steps 6 to 10).
    pub(super) fn send_best(&mut self, key: SlabKey) {
        let Some(instance) = self.instances.get_mut(key) else { return };
        let ready = instance.answer.is_owed()
            && instance.context.has_best()
            && !instance.forks.iter().any(Fork::holds_back);
        if !ready {
            return;
        }
        let Some((best, error)) = instance.context.take_best() else { return };
        instance.answer = Answer::Failure;
        let at_root = matches!(instance.upstream, Upstream::Server(_));
        let mut response = best.response;
        // RFC 3261 section 16.7, step 6: a 503 would keep the caller away from this server, which
        // is fine.
        if at_root
            && best.forwarded
            && response.status() == StatusCode::SERVICE_UNAVAILABLE
            && let Some(request) = &instance.request
        {
            response = Response::to(request, StatusCode::SERVER_INTERNAL_ERROR);
            self.tag(key, &mut response);
        }
        self.want_cancels(key, None);
        self.send_up(key, response, error);
    }

    /// Answers on behalf of a service that left nothing pending, and forgets an instance that is
    /// over.
    pub(super) fn settle(&mut self, key: SlabKey) {
        let Some(instance) = self.instances.get_mut(key) else { return };
        if instance.answer.is_owed() && !instance.has_pending_fork() {
            let idle = instance.effects_pending == 0 && instance.timers.is_empty();
            let status = match (instance.cancelled, idle) {
                (true, _) => Some(StatusCode::REQUEST_TERMINATED),
                (false, true) => Some(StatusCode::SERVER_INTERNAL_ERROR),
                (false, false) => None,
            };
            if let (Some(status), Some(request)) = (status, &instance.request) {
                let mut response = Response::to(request, status);
                let (service, cancelled) = (instance.service, instance.cancelled);
                instance.answer = Answer::Failure;
                if !cancelled {
                    self.explain(service, format_args!("left nothing pending: 500 on its behalf"));
                }
                self.tag(key, &mut response);
                self.send_up(key, response, None);
            }
        }
        self.forget_if_over(key);
    }

    pub(super) fn forget_if_over(&mut self, key: SlabKey) {
        let Some(instance) = self.instances.get_mut(key) else { return };
        if !instance.is_quiet() {
            return;
        }
        instance.request = None;
        for (_, timer) in instance.timers.drain(..) {
            self.timers.cancel(timer);
        }
        if !instance.is_over() {
            return;
        }
        let (upstream, source) = (instance.upstream, instance.source);
        // A request that is owed an answer has one by now.
        let dropped = instance.method == Method::Ack && instance.forks.is_empty();
        self.instances.remove(key);
        if dropped {
            self.stray_ack(&source);
        }
        match upstream {
            Upstream::Server(id) => {
                self.servers.remove(&id);
                self.requests -= 1;
            }
            Upstream::Nobody => self.acks -= 1,
            Upstream::Fork { instance, fork } => {
                self.work.push_back(Work::BelowEnded(ForkKey { instance, fork }));
            }
        }
    }

    /// Tells that an ACK went no further.
    fn stray_ack(&mut self, source: &Source) {
        self.event(Event::Dropped { source: source.remote, reason: DropReason::StrayAck });
    }

    /// Sends a response to whoever is above. The cause of a made-up failure goes with it inside
    /// one network function.
    fn send_up(&mut self, key: SlabKey, response: Response, error: Option<ForkError>) {
        let Some(instance) = self.instances.get(key) else { return };
        match instance.upstream {
            Upstream::Server(id) => self.respond(id, response),
            Upstream::Nobody => {}
            Upstream::Fork { instance: above, fork } => {
                let same = self.same_function(instance.service, above);
                let to = ForkKey { instance: above, fork };
                let error = error.filter(|_| same);
                self.work.push_back(Work::Response { to, response, error });
            }
        }
    }

    fn same_function(&self, service: Option<usize>, above: SlabKey) -> bool {
        let function = |index: Option<usize>| {
            index.and_then(|i| self.graph.services.get(i)).map(|s| s.network_function())
        };
        let above = self.instances.get(above).and_then(|above| above.service);
        above.is_some() && function(service) == function(above)
    }
}
