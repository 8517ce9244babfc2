//! What a transaction asks its host to do.

use core::fmt;
use core::time::Duration;

use bytes::Bytes;
use sip_proto::{NextHop, Request, Response};

use crate::abi::{Effect, EffectId, ForkId, TimerId};

/// One queued action, in the order in which the service queued it.
#[derive(Debug)]
pub enum Action {
    /// See [`Actions::send_request_to`].
    SendRequest {
        /// The fork it becomes.
        fork: ForkId,
        /// The request.
        request: Request,
        /// Where to.
        next_hop: NextHop,
    },
    /// See [`Actions::respond`].
    Respond {
        /// The service's own answer.
        response: Response,
    },
    /// See [`Actions::forward`].
    Forward {
        /// The fork it came on.
        fork: ForkId,
        /// The response.
        response: Response,
    },
    /// See [`Actions::cancel_fork`] and [`Actions::cancel_pending`].
    CancelFork {
        /// Which.
        fork: ForkId,
        /// What to say in the CANCEL.
        reason: Option<CancelReason>,
    },
    /// See [`Actions::abandon_pending`].
    AbandonFork {
        /// Which.
        fork: ForkId,
    },
    /// See [`Actions::schedule_timer`].
    ScheduleTimer {
        /// Its name.
        timer: TimerId,
        /// How long from now; at least 1 ms.
        after: Duration,
    },
    /// See [`Actions::cancel_timer`].
    CancelTimer {
        /// Which.
        timer: TimerId,
    },
    /// See [`Actions::call`].
    Call {
        /// Its name.
        effect: EffectId,
        /// What to do.
        call: Effect,
    },
    /// See [`Actions::explain`].
    Explain {
        /// What was decided and why.
        detail: String,
    },
}

/// The queue of actions of one [`Transaction::handle`](crate::Transaction::handle) call.
///
/// Nothing is done while the service runs. Afterwards the host does, in this order:
///
/// 1. every new fork counts as pending, so that an error forwarded in the same call waits for it;
/// 2. forks cancelled or abandoned by the service leave the aggregation;
/// 3. responses enter the response context (RFC 3261 section 16.7): provisional ones and 2xx go
///    upstream at once, others compete;
/// 4. the best response goes upstream if no fork is pending;
/// 5. requests are sent in fork order, each by chaining to a co-located service or over the wire;
/// 6. CANCELs are sent;
/// 7. timers are set and cleared, effects are called;
/// 8. if nothing is pending and nothing was answered, 500 is sent.
///
/// Messages are moved in: a service cannot send one twice or forget to free it.
#[derive(Debug)]
pub struct Actions {
    queue: Vec<Action>,
    forks: u32,
    timers: u32,
    effects: u32,
    explains: bool,
}

/// Why a fork is cancelled (RFC 3326).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CancelReason {
    /// A SIP status code and its text.
    Sip {
        /// The status code.
        cause: u16,
        /// The text.
        text: String,
    },
    /// A complete Reason header value, as received.
    Value(Bytes),
}

impl CancelReason {
    /// The value of the Reason header.
    #[must_use]
    pub fn to_value(&self) -> Bytes {
        match self {
            Self::Sip { cause, text } => {
                let quoted: String =
                    text.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect();
                Bytes::from(format!("SIP;cause={cause};text=\"{quoted}\""))
            }
            Self::Value(value) => value.clone(),
        }
    }
}

impl Actions {
    /// An empty queue for a transaction that has used that many ids of each kind. Decisions are
    /// kept only if `explains`.
    pub(crate) const fn new(explains: bool) -> Self {
        Self { queue: Vec::new(), forks: 0, timers: 0, effects: 0, explains }
    }

    /// Continues the numbering of a transaction.
    pub(crate) fn resume(&mut self, forks: u32, timers: u32, effects: u32) {
        self.queue.clear();
        (self.forks, self.timers, self.effects) = (forks, timers, effects);
    }

    /// How many timers and effects have been named so far.
    pub(crate) const fn named(&self) -> (u32, u32) {
        (self.timers, self.effects)
    }

    /// Takes out what was queued.
    pub(crate) fn take(&mut self) -> Vec<Action> {
        core::mem::take(&mut self.queue)
    }

    /// Gives back an emptied queue, to keep its memory.
    pub(crate) fn reuse(&mut self, mut queue: Vec<Action>) {
        queue.clear();
        self.queue = queue;
    }

    /// What is queued so far.
    #[must_use]
    pub fn queued(&self) -> &[Action] {
        &self.queue
    }

    /// Sends `request` as a new fork to where its topmost Route, else its Request-URI leads:
    /// a co-located service if that is ours, the wire otherwise. An ACK is sent without a
    /// transaction and its fork is over at once.
    ///
    /// A fork that cannot be made (a final response was sent, the caller cancelled, a 6xx was
    /// seen, or a limit of [`HostLimits`](crate::HostLimits) is reached) is over at once, without
    /// an event. Forks made in one call share the Max-Breadth of the request that no earlier fork
    /// holds (RFC 5393 section 5.3.3); where there is not one for each of them, each gets 440.
    pub fn send_request(&mut self, request: Request) -> ForkId {
        self.send_request_to(request, NextHop::ByMessage)
    }

    /// Sends `request` as a new fork over the wire to `next_hop`, whatever its Route says.
    /// [`NextHop::ByMessage`] is [`send_request`](Self::send_request).
    pub fn send_request_to(&mut self, request: Request, next_hop: NextHop) -> ForkId {
        let fork = ForkId(self.forks);
        self.forks = self.forks.saturating_add(1);
        self.queue.push(Action::SendRequest { fork, request, next_hop });
        fork
    }

    /// Answers with a response of the service's own. A final one competes with those of pending
    /// forks; cancel or abandon them to have it sent at once.
    pub fn respond(&mut self, response: Response) {
        self.queue.push(Action::Respond { response });
    }

    /// Passes on the response of a fork. Ignored for a fork that the service itself cancelled,
    /// unless it is a 2xx. 100 is never passed on.
    pub fn forward(&mut self, fork: ForkId, response: Response) {
        self.queue.push(Action::Forward { fork, response });
    }

    /// Cancels a pending INVITE fork and takes it out of the aggregation. Ignored for others.
    pub fn cancel_fork(&mut self, fork: ForkId, reason: Option<CancelReason>) {
        self.queue.push(Action::CancelFork { fork, reason });
    }

    /// [`cancel_fork`](Self::cancel_fork) for every fork made so far.
    pub fn cancel_pending(&mut self, reason: Option<&CancelReason>) {
        for fork in 0..self.forks {
            self.cancel_fork(ForkId(fork), reason.cloned());
        }
    }

    /// Lets the best response go upstream without waiting for the forks made so far.
    pub fn abandon_pending(&mut self) {
        for fork in 0..self.forks {
            self.queue.push(Action::AbandonFork { fork: ForkId(fork) });
        }
    }

    /// Starts a timer; [`TransactionEvent::Timer`](crate::TransactionEvent::Timer) follows unless
    /// it is cancelled or the transaction ends.
    pub fn schedule_timer(&mut self, after: Duration) -> TimerId {
        let timer = TimerId(self.timers);
        self.timers = self.timers.saturating_add(1);
        self.queue.push(Action::ScheduleTimer { timer, after });
        timer
    }

    /// Stops a timer. Harmless if it has run out.
    pub fn cancel_timer(&mut self, timer: TimerId) {
        self.queue.push(Action::CancelTimer { timer });
    }

    /// Calls an effect; [`TransactionEvent::Effect`](crate::TransactionEvent::Effect) follows,
    /// at the latest when the host's time for effects is over.
    pub fn call(&mut self, call: Effect) -> EffectId {
        let effect = EffectId(self.effects);
        self.effects = self.effects.saturating_add(1);
        self.queue.push(Action::Call { effect, call });
        effect
    }

    /// Says what was decided and why, for [`Event::Decision`](sip_proto::Event::Decision).
    /// Formatted only if somebody listens.
    pub fn explain(&mut self, detail: fmt::Arguments<'_>) {
        if self.explains {
            self.queue.push(Action::Explain { detail: detail.to_string() });
        }
    }
}
