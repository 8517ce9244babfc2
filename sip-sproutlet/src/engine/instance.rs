//! One service at work on one request, and the forks below it.

use bytes::Bytes;
use sip_proto::message::Method;
use sip_proto::timer;
use sip_proto::{Request, ServerId, SlabKey, Source};
use smallvec::SmallVec;

use crate::abi::{ForkError, TimerId, Transaction};
use crate::breadth;
use crate::engine::context::ResponseContext;

/// One service at work on one request: a node in the tree that a received request grows.
pub(super) struct Instance {
    pub(super) upstream: Upstream,
    /// The instance at the root of the tree; itself, there.
    pub(super) root: SlabKey,
    /// Which service of the graph; `None` for the pass-through of requests that no service takes.
    pub(super) service: Option<usize>,
    /// `None` only while it is being called.
    pub(super) transaction: Option<Box<dyn Transaction>>,
    pub(super) method: Method,
    /// The request as it came in, for answers on the service's behalf; dropped once none can be
    /// needed.
    pub(super) request: Option<Request>,
    /// The To tag of its own responses, once there was one.
    pub(super) tag: Option<Box<str>>,
    pub(super) source: Source,
    pub(super) depth: u32,
    /// Identifies what was asked of which service, to find loops in memory.
    pub(super) hop_key: u64,
    pub(super) forks: SmallVec<[Fork; 1]>,
    pub(super) context: ResponseContext,
    pub(super) answer: Answer,
    /// The caller has cancelled, or cannot be reached any more.
    pub(super) cancelled: bool,
    /// A 6xx was seen: no new branches (RFC 3261 section 16.7, step 5).
    pub(super) declined: bool,
    pub(super) timers: SmallVec<[(TimerId, timer::TimerId); 1]>,
    pub(super) timers_named: u32,
    pub(super) effects_named: u32,
    /// Effects called and not answered yet.
    pub(super) effects_pending: u32,
    /// At the root: instances made in this tree so far.
    pub(super) instances_made: u32,
    /// At the root: forks of this tree that left by wire so far.
    pub(super) forks_made: u32,
    /// How many branches there may be at once below it (RFC 5393 section 5.3.3).
    pub(super) breadth: u32,
}

/// Who is waiting for the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Upstream {
    /// A server transaction.
    Server(ServerId),
    /// Nobody: the request is an ACK from the wire.
    Nobody,
    /// A fork of another instance.
    Fork { instance: SlabKey, fork: usize },
}

/// What the caller has been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nothing yet.
    Owed,
    /// A provisional response.
    Provisional,
    /// A 2xx. To an INVITE more may follow.
    Success,
    /// Another final response.
    Failure,
    /// Nothing, and nothing is owed: an ACK, or a server transaction that is over.
    NotOwed,
}

impl Answer {
    pub(super) const fn is_owed(self) -> bool {
        matches!(self, Self::Owed | Self::Provisional)
    }
}

/// A downstream branch.
#[derive(Debug)]
pub(super) struct Fork {
    pub(super) is_invite: bool,
    pub(super) state: ForkState,
    pub(super) below: Below,
    /// Its share of the breadth of the instance, while it is pending. 0 if there is not enough.
    pub(super) breadth: u32,
    /// Why its final response was made up, if it was.
    pub(super) error: Option<ForkError>,
    pub(super) cancel: Cancel,
    /// Cancelled by the service itself: out of the aggregation.
    pub(super) excluded: bool,
    /// Does not hold back the best response.
    pub(super) abandoned: bool,
    /// Timer C, or the wait for the end of a cancelled INVITE.
    pub(super) timer: Option<timer::TimerId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ForkState {
    Calling,
    Proceeding,
    Done,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cancel {
    No,
    /// Wanted, and to be sent in the current turn.
    Wanted(Option<Bytes>),
    Sent,
}

/// What carries a fork.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Below {
    /// Nothing any more.
    Nothing,
    /// Nothing yet: it is about to be sent.
    Queued,
    /// A client transaction, by its key in the engine.
    Client(SlabKey),
    /// A co-located service.
    Instance(SlabKey),
}

impl Fork {
    pub(super) const fn new(is_invite: bool) -> Self {
        Self {
            is_invite,
            breadth: 0,
            state: ForkState::Calling,
            below: Below::Queued,
            error: None,
            cancel: Cancel::No,
            excluded: false,
            abandoned: false,
            timer: None,
        }
    }

    /// One that is not to be made.
    pub(super) const fn refused() -> Self {
        let mut fork = Self::new(false);
        fork.state = ForkState::Done;
        fork.below = Below::Nothing;
        fork
    }

    /// Notes that a CANCEL is wanted, if one can be sent and none was.
    pub(super) fn want_cancel(&mut self, reason: Option<&Bytes>) {
        if self.is_pending() && self.is_invite && self.cancel == Cancel::No {
            self.cancel = Cancel::Wanted(reason.cloned());
        }
    }

    pub(super) const fn is_pending(&self) -> bool {
        !matches!(self.state, ForkState::Done)
    }

    /// Whether it counts against the breadth.
    const fn is_active(&self) -> bool {
        self.is_pending() && !self.excluded
    }

    /// Whether the best response waits for it.
    pub(super) const fn holds_back(&self) -> bool {
        self.is_pending() && !self.excluded && !self.abandoned
    }
}

impl Instance {
    pub(super) fn is_invite(&self) -> bool {
        self.method == Method::Invite
    }

    /// Whether new forks are refused: the answer is given, or nobody waits for it, or a 6xx said
    /// that nobody is to be tried any more.
    pub(super) const fn takes_no_forks(&self) -> bool {
        matches!(self.answer, Answer::Success | Answer::Failure) || self.cancelled || self.declined
    }

    /// Shares the breadth that is left among the forks that are about to be sent
    /// (RFC 5393 section 5.3.3). A fork gives its share back with its final response
    /// (section 5.3.3.1); here already when the service cancels it, since a service that lets the
    /// phone stop ringing before it tries the next place would otherwise have nothing to try it
    /// with.
    pub(super) fn share_breadth(&mut self) {
        let is_new =
            |fork: &Fork| fork.is_active() && fork.below == Below::Queued && fork.breadth == 0;
        let branches = self.forks.iter().filter(|fork| is_new(fork)).count();
        let branches = u32::try_from(branches).unwrap_or(u32::MAX);
        let active = self.forks.iter().filter(|fork| fork.is_active() && !is_new(fork));
        let left = active.fold(self.breadth, |left, fork| left.saturating_sub(fork.breadth));
        let new = self.forks.iter_mut().filter(|fork| is_new(fork));
        for (fork, index) in new.zip(0..branches) {
            fork.breadth = breadth::share(left, branches, index);
        }
    }

    pub(super) fn has_pending_fork(&self) -> bool {
        self.forks.iter().any(Fork::is_pending)
    }

    /// Whether nothing can happen any more that the service would have to hear of, except
    /// further 2xx to an INVITE.
    pub(super) fn is_quiet(&self) -> bool {
        !self.answer.is_owed() && !self.has_pending_fork() && self.effects_pending == 0
    }

    /// Whether it can be forgotten.
    pub(super) fn is_over(&self) -> bool {
        self.is_quiet() && self.forks.iter().all(|fork| fork.below == Below::Nothing)
    }
}
