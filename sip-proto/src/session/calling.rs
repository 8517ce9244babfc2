//! The INVITE that begins a session, at the caller (RFC 3261 section 13.2).

use bytes::Bytes;

use super::accepted::Answered;
use super::action::{Action, ClientToken, EndReason, SessionError, SessionEvent};
use super::config::{ReliablePolicy, SessionConfig};
use super::leg::{Draft, Leg, Purpose, Sent, requires, to_tag};
use super::offer_answer::{Carrier, Description, End, OfferAnswer, describes_session};
use super::payload::Payload;
use super::session_timer::{Agreed, SessionTimer, ask};
use super::state::{InviteSession, Stage};
use crate::dialog::{Dialog, DialogId};
use crate::message::CSeq;
use crate::message::headers::{RAck, RSeq, Refresher};
use crate::{HeaderName, Instant, Method, Request, Response, Rng, StatusCode};

impl InviteSession {
    /// Begins a session with an INVITE: it has Request-URI, From with tag, To, Call-ID, CSeq, and
    /// what the user adds; the offer is its body. Contact, Allow, Supported and the headers of
    /// session timers are added.
    ///
    /// # Errors
    ///
    /// [`SessionError::Misuse`] where it is no INVITE, or one in a dialog, or has no CSeq.
    pub fn call(
        config: SessionConfig,
        mut request: Request,
        rng: Rng,
    ) -> Result<Self, SessionError> {
        let is_first = *request.method() == Method::Invite && to_tag(&request).is_empty();
        if !is_first || request.require::<CSeq>().is_err() {
            return Err(SessionError::Misuse);
        }
        add_capabilities(&config, &mut request);
        if config.reliable == ReliablePolicy::Required {
            request.push_back(HeaderName::Require, "100rel");
        }
        if let Some(interval_secs) = config.timer.interval_secs {
            ask(&mut request, interval_secs, config.timer.refresher, config.timer.floor_secs());
        }
        let mut offers = OfferAnswer::default();
        offers.record(End::Local, Carrier::Invite, describes_session(&request))?;
        let token = ClientToken(0);
        let stage = Stage::Calling { token, is_cancelled: false, offers };
        let mut session = Self::new(config, rng, stage);
        session.remember_description(&request);
        let draft = Draft {
            handle: token,
            purpose: Purpose::First,
            method: Method::Invite,
            remote_tag: Bytes::new(),
            payload: Payload::none(),
            retries: 0,
        };
        session.actions.push_back(Action::Request { token, request: request.clone() });
        session.sent.push(Sent { token, request, draft, challenge: None });
        Ok(session)
    }

    /// A provisional response to an INVITE: to the first one it makes or belongs to an early dialog
    /// (RFC 3261 section 13.2.2.1).
    pub(super) fn handle_provisional(&mut self, index: usize, response: Response) {
        if response.status() == StatusCode::TRYING {
            return;
        }
        let Some(sent) = self.sent.get(index) else { return };
        let (is_first, cseq) = (sent.draft.purpose == Purpose::First, cseq_of(&sent.request));
        let tag = if is_first { to_tag(&response) } else { sent.draft.remote_tag.clone() };
        if is_first && !self.joins_early(index, &tag, &response) {
            return;
        }
        let Some(leg) = self.leg_index(&tag) else {
            return self.emit_progress(is_first, None, response, None);
        };
        self.handle_leg_provisional(leg, is_first, cseq, response);
    }

    /// Makes the early dialog of a fork that is new. False where there is no room for it.
    fn joins_early(&mut self, index: usize, tag: &Bytes, response: &Response) -> bool {
        let Stage::Calling { offers, .. } = self.stage else { return false };
        if self.leg_index(tag).is_some() {
            return true;
        }
        let Some(sent) = self.sent.get(index) else { return false };
        // Without Contact or tag it tells something, and makes no dialog.
        let Ok(dialog) = Dialog::uac(&sent.request, response) else { return true };
        if self.legs.len() >= self.config.limits.forks_max {
            return false;
        }
        self.legs.push(Leg::new(dialog, offers, response));
        true
    }

    fn handle_leg_provisional(
        &mut self,
        index: usize,
        is_first: bool,
        cseq: u32,
        response: Response,
    ) {
        let has_room = self.has_room_to_send().is_ok();
        let leg = &mut self.legs[index];
        let rseq = response.header::<RSeq>().ok().flatten();
        let rseq = rseq.filter(|_| requires(&response, "100rel"));
        if let Some(rseq) = rseq
            && (!has_room || !leg.provisionals.is_next(rseq))
        {
            return;
        }
        leg.note_allowed(&response);
        let carrier =
            if rseq.is_some() { Carrier::ReliableProvisional } else { Carrier::Provisional };
        let has_description = describes_session(&response);
        let found = leg.offers.record(End::Remote, carrier, has_description).ok().flatten();
        let (id, tag) = (leg.id().clone(), leg.id().remote_tag.clone());
        let is_gone = is_first && response.status() == StatusCode::EARLY_DIALOG_TERMINATED;
        self.emit_progress(is_first, Some(id), response, found);
        if let Some(RSeq(rseq)) = rseq {
            let rack = RAck { response: rseq, cseq, method: Method::Invite };
            if found == Some(Description::Offer) {
                self.legs[index].owed_prack = Some(rack);
            } else {
                self.send_prack(&tag, &rack, Payload::none());
            }
        }
        if is_gone {
            // RFC 6228 section 4
            self.legs.remove(index);
        }
    }

    fn emit_progress(
        &mut self,
        is_first: bool,
        dialog: Option<DialogId>,
        response: Response,
        description: Option<Description>,
    ) {
        // Of a re-INVITE, only an answer or an offer concerns anybody.
        if is_first || description.is_some() {
            self.emit(SessionEvent::Progress { dialog, response, description });
        }
    }

    /// Answers the offer of a reliable provisional response, in its PRACK (RFC 3262 section 5).
    ///
    /// # Errors
    ///
    /// Where no such offer waits for its answer, or the payload has no session description.
    pub fn acknowledge_provisional(
        &mut self,
        dialog: &DialogId,
        payload: Payload,
    ) -> Result<(), SessionError> {
        self.has_room_to_send()?;
        let leg = self.chosen_leg(Some(dialog))?;
        let rack = leg.owed_prack.clone().ok_or(SessionError::Unknown)?;
        let mut message = Request::builder(Method::Prack, "sip:").build();
        payload.write(&mut message);
        leg.offers.check(End::Local, Carrier::Prack, describes_session(&message))?;
        leg.owed_prack = None;
        let tag = leg.id().remote_tag.clone();
        self.send_prack(&tag, &rack, payload);
        Ok(())
    }

    fn send_prack(&mut self, remote_tag: &Bytes, rack: &RAck, payload: Payload) {
        let payload = payload.with(HeaderName::RAck, rack.to_string());
        let draft = self.draft(Method::Prack, remote_tag.clone(), Purpose::Own, payload);
        // What may not be sent was refused before; nothing depends on it here.
        let _ = self.dispatch(draft);
    }

    /// The first 2xx to the first INVITE (RFC 3261 section 13.2.2.4).
    pub(super) fn handle_answer(&mut self, now: Instant, sent: Sent, response: Response) {
        let Stage::Calling { is_cancelled, offers, .. } = self.stage else { return };
        let Some(mut leg) = self.take_confirmed(&sent, offers, &response) else {
            self.legs.clear();
            return self.end(EndReason::Unusable);
        };
        let has_description = describes_session(&response);
        let found = leg.offers.record(End::Remote, Carrier::Success, has_description);
        let dialog = leg.id().clone();
        self.legs = vec![leg];
        self.stage = Stage::Established;
        self.note_answered(now, sent, &dialog.remote_tag);
        let agreed = Agreed::of(&response);
        self.timer = agreed.map(|agreed| SessionTimer::new(now, agreed, Refresher::Uac));
        match found {
            // The CANCEL crossed the 2xx: it has no effect (section 9.1), so a BYE does it.
            _ if is_cancelled => {
                let reason = self.cancelled_by();
                self.end_answered(reason);
            }
            Err(error) => self.end_answered(EndReason::BadOffer(error)),
            Ok(description) => {
                if description != Some(Description::Offer) {
                    self.send_ack(&Payload::none());
                }
                self.emit(SessionEvent::Answered { dialog, response, description });
            }
        }
    }

    fn end_answered(&mut self, reason: EndReason) {
        self.send_ack(&Payload::none());
        self.send_bye(Payload::none());
        self.end(reason);
    }

    /// Its early dialog, confirmed, or a new one.
    fn take_confirmed(
        &mut self,
        sent: &Sent,
        offers: OfferAnswer,
        response: &Response,
    ) -> Option<Leg> {
        let Some(index) = self.leg_index(&to_tag(response)) else {
            let dialog = Dialog::uac(&sent.request, response).ok()?;
            return Some(Leg::new(dialog, offers, response));
        };
        let mut leg = self.legs.swap_remove(index);
        leg.dialog.confirm(response).ok()?;
        leg.note_allowed(response);
        Some(leg)
    }

    /// From here on the INVITE is kept for 2xx that come again, or from other forks.
    pub(super) fn note_answered(&mut self, now: Instant, sent: Sent, remote_tag: &Bytes) {
        self.answered.push(Answered {
            token: sent.token,
            cseq: cseq_of(&sent.request),
            invite: sent.request,
            until: now + self.config.timing.transaction(),
            acks: vec![(remote_tag.clone(), None)],
        });
    }

    /// A further 2xx to an INVITE: the same again, or that of another fork, which is acknowledged
    /// and ended at once (RFC 3261 section 13.2.2.4).
    pub(super) fn handle_further_answer(&mut self, index: usize, response: &Response) {
        let forks_max = self.config.limits.forks_max;
        let Some(answered) = self.answered.get_mut(index) else { return };
        let tag = to_tag(response);
        match answered.ack_of(&tag) {
            Some(Some(ack)) => {
                let request = ack.clone();
                self.actions.push_back(Action::Ack { request });
            }
            Some(None) => {}
            None => {
                let is_first = to_tag(&answered.invite).is_empty();
                if !is_first || answered.acks.len() >= forks_max {
                    return;
                }
                let Ok(mut dialog) = Dialog::uac(&answered.invite, response) else { return };
                let ack = ack_to(&dialog, &answered.invite, answered.cseq, &Payload::none());
                let bye = dialog.request(Method::Bye).build();
                answered.acks.push((tag.clone(), Some(ack.clone())));
                self.actions.push_back(Action::Ack { request: ack });
                let draft = self.draft(Method::Bye, tag, Purpose::Own, Payload::none());
                self.send(draft, bye);
            }
        }
    }

    /// Sends the ACK that is owed in the dialog of the session.
    pub(super) fn send_ack(&mut self, payload: &Payload) {
        let Some(leg) = self.legs.first() else { return };
        let tag = &leg.id().remote_tag;
        let owed = self.answered.iter_mut().find(|it| matches!(it.ack_of(tag), Some(None)));
        let Some(answered) = owed else { return };
        let request = ack_to(&leg.dialog, &answered.invite, answered.cseq, payload);
        answered.acknowledge(tag, &request);
        self.remember_description(&request);
        self.actions.push_back(Action::Ack { request });
    }

    /// Answers the offer of a 2xx to an INVITE of ours, in its ACK (RFC 3261 section 13.2.1).
    ///
    /// # Errors
    ///
    /// Where no 2xx waits for its ACK, or the payload has no session description.
    pub fn acknowledge(&mut self, payload: &Payload) -> Result<(), SessionError> {
        if self.is_ended() {
            return Err(SessionError::State);
        }
        let leg = self.legs.first_mut().ok_or(SessionError::Unknown)?;
        let tag = &leg.id().remote_tag;
        if !self.answered.iter().any(|it| matches!(it.ack_of(tag), Some(None))) {
            return Err(SessionError::Unknown);
        }
        let mut message = Request::builder(Method::Ack, "sip:").build();
        payload.write(&mut message);
        let has_description = describes_session(&message);
        leg.offers.check(End::Local, Carrier::Ack, has_description)?;
        leg.offers.record(End::Local, Carrier::Ack, has_description)?;
        self.send_ack(payload);
        Ok(())
    }
}

/// Contact, Allow and Supported of what begins or refreshes a session (RFC 3261 section 13.2.1).
pub(super) fn add_capabilities(config: &SessionConfig, message: &mut crate::Message) {
    message.set_if_absent(HeaderName::Contact, config.contact.clone());
    message.set_if_absent(HeaderName::Allow, config.allow.clone());
    let supported: Vec<&str> = config.supported().collect();
    message.set_if_absent(HeaderName::Supported, supported.join(", "));
}

/// The ACK to a 2xx, with the credentials of its INVITE (RFC 3261 section 13.2.2.4).
fn ack_to(dialog: &Dialog, invite: &Request, cseq: u32, payload: &Payload) -> Request {
    let mut ack = dialog.ack(cseq).build();
    for name in [HeaderName::Authorization, HeaderName::ProxyAuthorization] {
        for value in invite.values(&name) {
            ack.push_back(name.clone(), Bytes::copy_from_slice(value));
        }
    }
    payload.write(&mut ack);
    ack
}

/// The CSeq of a request of ours, which was read before or written by a dialog.
pub(super) fn cseq_of(request: &Request) -> u32 {
    request.require::<CSeq>().map_or(0, |cseq| cseq.number)
}
