//! What happens below an instance: requests out, responses in, CANCELs, Timer C.

use bytes::Bytes;
use sip_proto::message::Method;
use sip_proto::transaction::is_looped;
use sip_proto::{ClientId, Command, NextHop, Request, Response, SlabKey, StatusCode};

use crate::abi::{CancelCause, ForkError, ForkId, TransactionEvent};
use crate::breadth;
use crate::engine::choose::Chooser;
use crate::engine::hop;
use crate::engine::instance::{Below, Cancel, Fork, ForkState, Upstream};
use crate::engine::state::{Engine, ForkKey, Timeout, Work, id_of};

impl Engine {
    pub(super) fn fork_mut(&mut self, key: ForkKey) -> Option<&mut Fork> {
        self.instances.get_mut(key.instance)?.forks.get_mut(key.fork)
    }

    /// Sends a registered fork on its way: to a service here, or over the wire.
    pub(super) fn send_fork(
        &mut self,
        key: SlabKey,
        index: usize,
        mut request: Request,
        next_hop: NextHop,
    ) {
        let to = ForkKey { instance: key, fork: index };
        let Some(instance) = self.instances.get_mut(key) else { return };
        let source = instance.source;
        // What was said in the same turn may have made it pointless.
        let refused = instance.takes_no_forks();
        let Some(fork) = instance.forks.get_mut(index) else { return };
        if fork.below != Below::Queued {
            return;
        }
        if refused || fork.cancel != Cancel::No {
            *fork = Fork::refused();
            return;
        }
        if *request.method() == Method::Ack {
            fork.state = ForkState::Done;
        }
        let breadth = fork.breadth;
        if breadth == 0 {
            let reason = "there is not enough Max-Breadth for all the branches";
            return self.refuse_fork(to, StatusCode::MAX_BREADTH_EXCEEDED, reason);
        }
        breadth::set(&mut request, breadth);
        let here =
            next_hop == NextHop::ByMessage && Chooser::is_local(&self.graph, &self.local, &request);
        if here {
            let upstream = Upstream::Fork { instance: key, fork: index };
            self.work.push_back(Work::Place { upstream, request, source });
        } else {
            self.send_out(to, request, next_hop);
        }
    }

    /// Sends a fork over the wire. Leaving is a boundary: one hop is counted.
    fn send_out(&mut self, to: ForkKey, mut request: Request, next_hop: NextHop) {
        if let Err(error) = hop::decrement_max_forwards(&mut request) {
            let (status, reason) = error.refusal();
            return self.refuse_fork(to, status, reason);
        }
        if !self.count_fork(to.instance) {
            let reason = "limits.forks_per_request_max is reached";
            return self.refuse_fork(to, StatusCode::MAX_BREADTH_EXCEEDED, reason);
        }
        let strict = match next_hop {
            NextHop::ByMessage => hop::prepare_strict_next_hop(&mut request),
            NextHop::Uri(_)
            | NextHop::Address { .. }
            | NextHop::Flow(_)
            | NextHop::FlowOrMessage(_) => None,
        };
        let next_hop = strict.map_or(next_hop, NextHop::Uri);
        hop::clean_request_uri(&mut request);
        if is_looped(&request, &self.secrets) {
            return self.refuse_fork(to, StatusCode::LOOP_DETECTED, "it was here just so before");
        }
        if *request.method() == Method::Ack {
            self.work.push_back(Work::BelowEnded(to));
            return self.command(Command::SendRequest { request, next_hop });
        }
        let client = self.clients.insert(to);
        let timer_c = (*request.method() == Method::Invite)
            .then(|| self.timers.arm(self.now + self.graph.timer_c, Timeout::Fork(to)));
        if let Some(fork) = self.fork_mut(to) {
            fork.below = Below::Client(client);
            fork.timer = timer_c;
        }
        self.command(Command::Request { id: ClientId(id_of(client)), request, next_hop });
    }

    /// Counts a fork that leaves by wire against what the received request may make of them.
    fn count_fork(&mut self, instance: SlabKey) -> bool {
        let max = self.graph.limits.forks_per_request_max;
        let root = self.instances.get(instance).map(|instance| instance.root);
        let Some(root) = root.and_then(|root| self.instances.get_mut(root)) else { return false };
        let allowed = root.forks_made < max;
        root.forks_made += u32::from(allowed);
        allowed
    }

    fn refuse_fork(&mut self, to: ForkKey, status: StatusCode, reason: &str) {
        let service = self.instances.get(to.instance).and_then(|instance| instance.service);
        self.explain(service, format_args!("fork {} gets {status}: {reason}", to.fork));
        self.fail_fork(to, status, None);
        self.work.push_back(Work::BelowEnded(to));
    }

    /// Makes up the final response of a fork that will have none.
    pub(super) fn fail_fork(&mut self, to: ForkKey, status: StatusCode, error: Option<ForkError>) {
        let Some(instance) = self.instances.get(to.instance) else { return };
        let pending = instance.forks.get(to.fork).is_some_and(Fork::is_pending);
        // There is a request while a fork is pending: it is dropped with the last of them.
        if let (true, Some(request)) = (pending, &instance.request) {
            let mut response = Response::to(request, status);
            self.tag(to.instance, &mut response);
            self.work.push_back(Work::Response { to, response, error });
        }
    }

    /// A response on a fork (RFC 3261 section 16.7).
    pub(super) fn fork_response(
        &mut self,
        to: ForkKey,
        response: Response,
        error: Option<ForkError>,
    ) {
        let status = response.status();
        let Some(fork) = self.fork_mut(to) else { return };
        let answers_invite = fork.is_invite && status.is_success();
        if !fork.is_pending() && !answers_invite {
            return;
        }
        if status.is_provisional() {
            fork.state = ForkState::Proceeding;
            self.restart_fork_timer(to, status);
        } else {
            fork.state = ForkState::Done;
            fork.error = error;
            self.stop_fork_timer(to);
            if !answers_invite {
                self.release_client(to);
            }
        }
        let fork = ForkId(u32::try_from(to.fork).unwrap_or(u32::MAX));
        self.dispatch(to.instance, TransactionEvent::Response { fork, response, error });
    }

    /// Wants a CANCEL for every pending INVITE fork.
    pub(super) fn want_cancels(&mut self, key: SlabKey, reason: Option<&Bytes>) {
        if let Some(instance) = self.instances.get_mut(key) {
            instance.forks.iter_mut().for_each(|fork| fork.want_cancel(reason));
        }
    }

    /// Sends the CANCELs that are wanted (RFC 3261 section 9.1).
    pub(super) fn send_cancels(&mut self, key: SlabKey) {
        let forks = self.instances.get(key).map_or(0, |instance| instance.forks.len());
        for index in 0..forks {
            let to = ForkKey { instance: key, fork: index };
            let Some(fork) = self.fork_mut(to) else { return };
            let below = fork.below;
            // One that is still on its way to a service here is cancelled once it is there.
            if !matches!(fork.cancel, Cancel::Wanted(_)) || below == Below::Queued {
                continue;
            }
            let Cancel::Wanted(reason) = core::mem::replace(&mut fork.cancel, Cancel::Sent) else {
                continue;
            };
            match below {
                Below::Client(client) => {
                    self.command(Command::Cancel { id: ClientId(id_of(client)), reason });
                    self.arm_fork_timer(to, self.cancel_wait);
                }
                Below::Instance(instance) => {
                    let cause = CancelCause::Requested { reason };
                    self.work.push_back(Work::Cancel { instance, cause });
                }
                Below::Nothing | Below::Queued => {}
            }
        }
    }

    /// Timer C ran out (RFC 3261 section 16.8), or a cancelled INVITE was never answered
    /// (section 9.1).
    pub(super) fn fork_timer(&mut self, to: ForkKey) {
        let Some(fork) = self.fork_mut(to) else { return };
        fork.timer = None;
        if !fork.is_pending() {
            return;
        }
        let ringing = fork.state == ForkState::Proceeding;
        if fork.cancel == Cancel::Sent {
            self.give_up(to, StatusCode::REQUEST_TERMINATED);
        } else if ringing {
            fork.want_cancel(None);
            let service = self.instances.get(to.instance).and_then(|instance| instance.service);
            self.explain(service, format_args!("fork {} is cancelled: timer C", to.fork));
            self.send_cancels(to.instance);
        } else {
            self.give_up(to, StatusCode::REQUEST_TIMEOUT);
        }
    }

    fn give_up(&mut self, to: ForkKey, status: StatusCode) {
        if let Some(client) = self.release_client(to) {
            self.command(Command::Terminate { id: ClientId(id_of(client)) });
        }
        self.fail_fork(to, status, Some(ForkError::Timeout));
    }

    /// Each provisional response but 100 restarts Timer C (RFC 3261 section 16.7, step 2); any
    /// lets a held-back CANCEL out, whose wait starts then.
    fn restart_fork_timer(&mut self, to: ForkKey, status: StatusCode) {
        let timer_c = self.graph.timer_c;
        let wait = self.cancel_wait;
        let Some(fork) = self.fork_mut(to) else { return };
        if !fork.is_invite || !matches!(fork.below, Below::Client(_)) {
            return;
        }
        if fork.cancel == Cancel::Sent {
            self.arm_fork_timer(to, wait);
        } else if status > StatusCode::TRYING {
            self.arm_fork_timer(to, timer_c);
        }
    }

    fn arm_fork_timer(&mut self, to: ForkKey, after: core::time::Duration) {
        self.stop_fork_timer(to);
        let timer = self.timers.arm(self.now + after, Timeout::Fork(to));
        if let Some(fork) = self.fork_mut(to) {
            fork.timer = Some(timer);
        }
    }

    fn stop_fork_timer(&mut self, to: ForkKey) {
        if let Some(timer) = self.fork_mut(to).and_then(|fork| fork.timer.take()) {
            self.timers.cancel(timer);
        }
    }

    /// Forgets the client transaction of a fork: nothing more can come of it.
    fn release_client(&mut self, to: ForkKey) -> Option<SlabKey> {
        let fork = self.fork_mut(to)?;
        let Below::Client(client) = fork.below else { return None };
        fork.below = Below::Nothing;
        self.clients.remove(client);
        Some(client)
    }
}
