//! [`InviteSession`]: its state, and how it is polled.

use std::collections::VecDeque;

use bytes::Bytes;

use super::accepted::{Accepted, Answered};
use super::action::{Action, ClientToken, ServerToken, SessionError, SessionEvent};
use super::config::SessionConfig;
use super::leg::{Leg, Received, Retry, Sent};
use super::offer_answer::OfferAnswer;
use super::payload::{Body, Reply, description_of};
use super::reliable::ReliableSender;
use super::session_timer::SessionTimer;
use crate::dialog::{Dialog, DialogId};
use crate::{Instant, Message, Request, Rng};

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Our INVITE has no final response.
    Calling,
    /// Their INVITE has no final response.
    Ringing,
    /// The INVITE was answered with 2xx.
    Established,
    /// It is over.
    Ended,
}

/// The same, with what is valid there only.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    Calling {
        token: ClientToken,
        is_cancelled: bool,
        /// Of the INVITE: where each early dialog begins.
        offers: OfferAnswer,
    },
    Ringing {
        id: ServerToken,
    },
    Established,
    Ended,
}

/// One call: the INVITE usage of a dialog, at either end; see the [module](super).
///
/// What drives a session calls
///
/// 1. a `handle_*` with what arrived or failed, or a command: [`call`](Self::call),
///    [`respond`](Self::respond), [`hang_up`](Self::hang_up) and so on;
/// 2. [`poll_action`](Self::poll_action) until `None`, and performs each;
/// 3. [`poll_timeout`](Self::poll_timeout), and [`handle_timeout`](Self::handle_timeout) then; too
///    early or too late does no harm;
///
/// and forgets the session once [`is_finished`](Self::is_finished).
#[derive(Debug)]
pub struct InviteSession {
    pub(super) config: SessionConfig,
    pub(super) rng: Rng,
    pub(super) actions: VecDeque<Action>,
    pub(super) next_token: u64,
    pub(super) stage: Stage,
    /// Once established, one; it stays after the end, for what comes late.
    pub(super) legs: Vec<Leg>,
    pub(super) sent: Vec<Sent>,
    pub(super) received: Vec<Received>,
    pub(super) accepted: Vec<Accepted>,
    pub(super) answered: Vec<Answered>,
    pub(super) retries: Vec<Retry>,
    /// Of the last INVITE that was received.
    pub(super) reliable: Option<(ServerToken, ReliableSender)>,
    /// The 2xx that waits for the PRACK to a provisional response.
    pub(super) held: Option<(ServerToken, Reply)>,
    pub(super) timer: Option<SessionTimer>,
    /// The highest Min-SE that was seen (RFC 4028 section 7.4).
    pub(super) min_se_secs: u32,
    pub(super) hangs_up_after_ack: bool,
    /// The BYE of the last early dialog of a call that is cancelled for it.
    pub(super) left_with: Option<Box<Request>>,
    /// What a refreshing re-INVITE repeats (RFC 4028 section 7.4).
    pub(super) local_description: Option<Body>,
}

impl InviteSession {
    pub(super) fn new(config: SessionConfig, rng: Rng, stage: Stage) -> Self {
        let min_se_secs = config.timer.floor_secs();
        Self {
            config,
            rng,
            actions: VecDeque::new(),
            next_token: 1,
            stage,
            legs: Vec::new(),
            sent: Vec::new(),
            received: Vec::new(),
            accepted: Vec::new(),
            answered: Vec::new(),
            retries: Vec::new(),
            reliable: None,
            held: None,
            timer: None,
            min_se_secs,
            hangs_up_after_ack: false,
            left_with: None,
            local_description: None,
        }
    }

    /// The next thing to do, in the order in which it is to be done.
    #[must_use]
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is due.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let accepted = self.accepted.iter().map(Accepted::poll_timeout);
        let answered = self.answered.iter().map(|it| it.until);
        let retries = self.retries.iter().map(|it| it.at);
        let reliable = self.reliable.as_ref().and_then(|(_, sender)| sender.poll_timeout());
        let timer = self.timer.as_ref().map(SessionTimer::poll_timeout);
        accepted.chain(answered).chain(retries).chain(reliable).chain(timer).min()
    }

    /// How far it is.
    #[must_use]
    pub const fn state(&self) -> SessionState {
        match self.stage {
            Stage::Calling { .. } => SessionState::Calling,
            Stage::Ringing { .. } => SessionState::Ringing,
            Stage::Established => SessionState::Established,
            Stage::Ended => SessionState::Ended,
        }
    }

    /// Whether it is over, and nothing that may still come concerns it.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let is_idle = self.sent.is_empty() && self.answered.is_empty() && self.actions.is_empty();
        matches!(self.stage, Stage::Ended) && is_idle
    }

    /// Its dialogs: one for each fork that was heard of while it is calling, one otherwise.
    pub fn dialogs(&self) -> impl Iterator<Item = &Dialog> {
        self.legs.iter().map(|leg| &leg.dialog)
    }

    /// Whether a request in this dialog is for this session: see [`DialogId::of_received`].
    #[must_use]
    pub fn has_dialog(&self, id: &DialogId) -> bool {
        self.legs.iter().any(|leg| leg.id() == id)
    }

    pub(super) fn emit(&mut self, event: SessionEvent) {
        self.actions.push_back(Action::Event(event));
    }

    pub(super) fn new_token(&mut self) -> ClientToken {
        let token = ClientToken(self.next_token);
        self.next_token = self.next_token.wrapping_add(1);
        token
    }

    pub(super) const fn is_established(&self) -> bool {
        matches!(self.stage, Stage::Established)
    }

    pub(super) const fn is_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended)
    }

    pub(super) fn leg_index(&self, remote_tag: &Bytes) -> Option<usize> {
        self.legs.iter().position(|leg| leg.id().remote_tag == *remote_tag)
    }

    pub(super) fn leg_mut(&mut self, remote_tag: &Bytes) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.id().remote_tag == *remote_tag)
    }

    /// The leg of `id`, or the only one there is.
    pub(super) fn chosen_leg(&mut self, id: Option<&DialogId>) -> Result<&mut Leg, SessionError> {
        match (id, self.legs.len()) {
            (None, 1) => self.legs.first_mut(),
            (None, _) => None,
            (Some(id), _) => self.legs.iter_mut().find(|leg| leg.id() == id),
        }
        .ok_or(SessionError::Unknown)
    }

    /// Keeps what a refresh repeats.
    pub(super) fn remember_description(&mut self, message: &Message) {
        if let Some(body) = description_of(message) {
            self.local_description = Some(body);
        }
    }

    pub(super) const fn has_room_to_send(&self) -> Result<(), SessionError> {
        let open = self.sent.len() + self.retries.len() + self.answered.len();
        if open < self.config.limits.requests_sent_max { Ok(()) } else { Err(SessionError::Limit) }
    }
}
