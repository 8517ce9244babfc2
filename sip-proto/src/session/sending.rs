//! Requests of this end within its dialogs (RFC 3261 sections 12.2.1.1 and 14.1, RFC 3311).

use bytes::Bytes;

use super::action::{Action, ClientToken, Failure, SessionError, SessionEvent};
use super::calling::{add_capabilities, cseq_of};
use super::glare::retry_delay;
use super::leg::{Draft, Purpose, Retry, Sent, carrier_of};
use super::offer_answer::{End, describes_session};
use super::payload::Payload;
use super::session_timer::ask;
use super::state::{InviteSession, Stage};
use crate::dialog::{DialogId, DialogRole};
use crate::message::CSeq;
use crate::message::headers::Refresher;
use crate::{HeaderName, Instant, Method, Request, StatusCode};

impl InviteSession {
    /// Changes the session with a re-INVITE (RFC 3261 section 14.1): hold is one, resume is one.
    /// Without a session description the other end makes the offer, in its 2xx. Answered by
    /// [`SessionEvent::Responded`].
    ///
    /// # Errors
    ///
    /// Where the session is not established, another INVITE or an offer is pending, or a limit is
    /// reached.
    pub fn reinvite(&mut self, payload: Payload) -> Result<ClientToken, SessionError> {
        self.has_room_to_send()?;
        self.command(None, Method::Invite, payload)
    }

    /// Changes the session, early or established, with an UPDATE (RFC 3311); without a session
    /// description only its target. `dialog` says which of several early ones. Answered by
    /// [`SessionEvent::Responded`].
    ///
    /// # Errors
    ///
    /// Where there is no such dialog, another UPDATE or an offer is pending, or a limit is reached.
    pub fn update(
        &mut self,
        dialog: Option<&DialogId>,
        payload: Payload,
    ) -> Result<ClientToken, SessionError> {
        self.has_room_to_send()?;
        self.command(dialog, Method::Update, payload)
    }

    /// Sends a request that the session has no part in, as INFO, MESSAGE, OPTIONS or REFER.
    /// Answered by [`SessionEvent::Responded`].
    ///
    /// # Errors
    ///
    /// [`SessionError::Misuse`] for a method that is the session's own; else as
    /// [`update`](Self::update).
    pub fn request(
        &mut self,
        dialog: Option<&DialogId>,
        method: Method,
        payload: Payload,
    ) -> Result<ClientToken, SessionError> {
        let is_own = carrier_of(&method).is_some()
            || matches!(method, Method::Ack | Method::Bye | Method::Cancel | Method::Register);
        if is_own {
            return Err(SessionError::Misuse);
        }
        self.has_room_to_send()?;
        self.command(dialog, method, payload)
    }

    fn command(
        &mut self,
        dialog: Option<&DialogId>,
        method: Method,
        payload: Payload,
    ) -> Result<ClientToken, SessionError> {
        if self.is_ended() {
            return Err(SessionError::State);
        }
        let remote_tag = self.chosen_leg(dialog)?.id().remote_tag.clone();
        let draft = self.draft(method, remote_tag, Purpose::User, payload);
        self.dispatch(draft).map_err(|refused| refused.1)
    }

    pub(super) fn draft(
        &mut self,
        method: Method,
        remote_tag: Bytes,
        purpose: Purpose,
        payload: Payload,
    ) -> Draft {
        let handle = self.new_token();
        Draft { handle, purpose, method, remote_tag, payload, retries: 0 }
    }

    /// Sends what a draft makes, in its leg, now; gives it back where it may not be sent.
    pub(super) fn dispatch(
        &mut self,
        draft: Draft,
    ) -> Result<ClientToken, Box<(Draft, SessionError)>> {
        if let Err(error) = self.may_send(&draft) {
            return Err(Box::new((draft, error)));
        }
        let Some(leg) = self.leg_mut(&draft.remote_tag) else {
            return Err(Box::new((draft, SessionError::Unknown)));
        };
        let mut request = leg.dialog.request(draft.method.clone()).build();
        draft.payload.write(&mut request);
        let has_description = describes_session(&request);
        if let Some((carrier, _)) = carrier_of(&draft.method)
            && let Err(error) = leg.offers.record(End::Local, carrier, has_description)
        {
            return Err(Box::new((draft, error.into())));
        }
        match draft.method {
            Method::Invite => {
                leg.provisionals = super::reliable::ReliableReceiver::default();
                self.add_session_headers(&mut request);
            }
            Method::Update => self.add_session_headers(&mut request),
            // RFC 3515 section 2.4.1: a REFER refreshes the target, and so has a Contact.
            Method::Refer | Method::Subscribe | Method::Notify => {
                request.set_if_absent(HeaderName::Contact, self.config.contact.clone());
            }
            _ => {}
        }
        self.remember_description(&request);
        Ok(self.send(draft, request))
    }

    /// RFC 3261 section 14.1: one INVITE at a time; RFC 3311 section 5.1: one UPDATE.
    fn may_send(&self, draft: &Draft) -> Result<(), SessionError> {
        let tag = &draft.remote_tag;
        let is_pending = |method: &Method| {
            let ours = self.sent.iter().any(|it| {
                it.draft.method == *method
                    && (it.draft.remote_tag == *tag || *method == Method::Invite)
            });
            ours || self.received.iter().any(|it| it.request.method() == method)
        };
        let pending = match draft.method {
            Method::Invite if !self.is_established() => return Err(SessionError::State),
            Method::Invite => {
                let is_owed = |it: &super::accepted::Answered| matches!(it.ack_of(tag), Some(None));
                let is_open = !self.accepted.is_empty() || self.answered.iter().any(is_owed);
                is_open || is_pending(&Method::Invite)
            }
            Method::Update => is_pending(&Method::Update),
            _ => false,
        };
        if pending { Err(SessionError::Pending) } else { Ok(()) }
    }

    /// What an INVITE or UPDATE says of who we are, and of the session timer: the interval stays,
    /// and so does the refresher (RFC 4028 section 7.4).
    fn add_session_headers(&self, request: &mut Request) {
        add_capabilities(&self.config, request);
        if !self.is_established() {
            return;
        }
        let timer = self.timer.as_ref().map(|timer| {
            let refresher = if timer.is_refresher { Refresher::Uac } else { Refresher::Uas };
            (timer.interval_secs, Some(refresher))
        });
        let configured =
            self.config.timer.interval_secs.map(|it| (it, self.config.timer.refresher));
        if let Some((interval_secs, refresher)) = timer.or(configured) {
            ask(request, interval_secs, refresher, self.min_se_secs);
        }
    }

    /// Sends the request in a transaction of its own.
    pub(super) fn send(&mut self, draft: Draft, request: Request) -> ClientToken {
        let is_again = draft.retries > 0;
        let token = if is_again { self.new_token() } else { draft.handle };
        self.actions.push_back(Action::Request { token, request: request.clone() });
        self.sent.push(Sent { token, request, draft, challenge: None });
        token
    }

    /// Sends a request once more, changed, with a CSeq of its own (RFC 3261 section 22.2, RFC 4028
    /// section 7.3).
    pub(super) fn send_again(&mut self, mut sent: Sent, edit: impl FnOnce(&mut Request)) {
        edit(&mut sent.request);
        sent.draft.retries = sent.draft.retries.saturating_add(1);
        match self.leg_mut(&sent.draft.remote_tag) {
            Some(leg) => leg.dialog.renumber(&mut sent.request),
            None => {
                let number = cseq_of(&sent.request).saturating_add(1);
                let method = sent.request.method().clone();
                sent.request.set_typed(&CSeq { number, method });
            }
        }
        let is_first = sent.draft.purpose == Purpose::First;
        let new_token = self.send(sent.draft, sent.request);
        if is_first && let Stage::Calling { token, .. } = &mut self.stage {
            // The early dialogs, if there were any, ended with the final response.
            *token = new_token;
            self.legs.clear();
        }
    }

    /// Waits, after a request crossed one of the other end, to send it again
    /// (RFC 3261 section 14.1).
    pub(super) fn retry_later(&mut self, now: Instant, mut draft: Draft) {
        draft.retries = draft.retries.saturating_add(1);
        let is_owner = self.leg_mut(&draft.remote_tag).map(|leg| leg.dialog.role());
        let delay = retry_delay(is_owner == Some(DialogRole::Uac), &mut self.rng);
        self.retries.push(Retry { at: now + delay, draft });
    }

    pub(super) fn handle_retry(&mut self, now: Instant, draft: Draft) {
        let Err(refused) = self.dispatch(draft) else { return };
        let (draft, _) = *refused;
        if draft.retries < self.config.limits.retries_max {
            self.retry_later(now, draft);
        } else if draft.purpose == Purpose::User {
            self.emit(SessionEvent::Failed { handle: draft.handle, failure: Failure::Glare });
        }
    }

    /// Refreshes the session (RFC 4028 section 7.4): with an UPDATE where the other end allows it,
    /// which needs no offer; else with a re-INVITE that repeats the last description.
    pub(super) fn refresh(&mut self, now: Instant) {
        let Some(leg) = self.legs.first() else { return };
        let tag = leg.id().remote_tag.clone();
        let (method, body) = match leg.allows_update {
            true => (Method::Update, None),
            false => (Method::Invite, self.local_description.clone()),
        };
        let payload = Payload { headers: Vec::new(), body };
        let draft = self.draft(method, tag, Purpose::Refresh, payload);
        if let Err(refused) = self.dispatch(draft) {
            self.retry_later(now, refused.0);
        }
    }

    pub(super) fn send_bye(&mut self, payload: Payload) {
        let Some(leg) = self.legs.first() else { return };
        let tag = leg.id().remote_tag.clone();
        let draft = self.draft(Method::Bye, tag, Purpose::Own, payload);
        // Nothing forbids a BYE in a dialog that there is.
        let _ = self.dispatch(draft);
    }

    /// Answers a challenge: sends the request again with these headers, Authorization or
    /// Proxy-Authorization (RFC 3261 section 22.2).
    ///
    /// # Errors
    ///
    /// Where no challenge to it waits for an answer.
    pub fn authorize(
        &mut self,
        token: ClientToken,
        credentials: Vec<(HeaderName, Bytes)>,
    ) -> Result<(), SessionError> {
        let (sent, _) = self.take_challenged(token)?;
        self.send_again(sent, |request| {
            for (name, value) in credentials {
                request.set(name, value);
            }
        });
        Ok(())
    }

    /// Leaves a challenge without answer: the request has failed with it.
    ///
    /// # Errors
    ///
    /// Where no challenge to it waits for an answer.
    pub fn decline_challenge(
        &mut self,
        now: Instant,
        token: ClientToken,
    ) -> Result<(), SessionError> {
        let (sent, response) = self.take_challenged(token)?;
        self.handle_refusal(now, sent, response);
        Ok(())
    }

    fn take_challenged(
        &mut self,
        token: ClientToken,
    ) -> Result<(Sent, crate::Response), SessionError> {
        let index = self.sent.iter().position(|it| it.token == token && it.challenge.is_some());
        let mut sent = self.sent.remove(index.ok_or(SessionError::Unknown)?);
        let response = sent.challenge.take().ok_or(SessionError::Unknown)?;
        Ok((sent, response))
    }

    /// Whether a challenged request waits for the user.
    pub(super) const fn is_challenge(status: StatusCode) -> bool {
        matches!(status.as_u16(), 401 | 407)
    }
}
