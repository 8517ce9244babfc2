//! Requests of the other end within the dialogs of a session (RFC 3261 section 12.2.2).

use super::action::{Action, EndReason, ServerToken, SessionEvent};
use super::calling::{add_capabilities, cseq_of};
use super::glare::retry_after_secs;
use super::leg::Received;
use super::offer_answer::{Carrier, Description, End, OfferError, describes_session};
use super::payload::Payload;
use super::reliable::ReliableSender;
use super::ringing::{extension_refusal, interval_refusal};
use super::session_timer::min_se_secs;
use super::state::{InviteSession, Stage};
use crate::dialog::DialogId;
use crate::message::headers::RAck;
use crate::{HeaderName, Instant, Method, Request, Response, StatusCode};

impl InviteSession {
    /// A request within one of its dialogs; not the INVITE that began it, ACK or CANCEL. What is
    /// in none of them is answered with 481.
    pub fn handle_request(&mut self, now: Instant, id: ServerToken, request: Request) {
        let index = DialogId::of_received(&request)
            .ok()
            .and_then(|of| self.legs.iter().position(|leg| *leg.id() == of));
        let is_bye = *request.method() == Method::Bye;
        let Some(index) = index.filter(|_| is_bye || !self.is_ended()) else {
            return self.reply(id, &request, StatusCode::CALL_DOES_NOT_EXIST);
        };
        if let Some(response) = extension_refusal(&self.config, &request) {
            return self.actions.push_back(Action::Respond { id, response });
        }
        let leg = &mut self.legs[index];
        if let Err(refused) = leg.dialog.receive(&request) {
            return self.reply(id, &request, refused.status());
        }
        leg.note_allowed(&request);
        match request.method() {
            Method::Bye => self.handle_bye(index, id, request),
            Method::Prack => self.handle_prack(now, index, id, request),
            Method::Update => self.handle_update(now, index, id, request),
            Method::Invite => self.handle_reinvite(index, id, request),
            _ => self.pass_on(index, id, request, None),
        }
    }

    fn reply(&mut self, id: ServerToken, request: &Request, status: StatusCode) {
        let response = Response::to(request, status);
        self.actions.push_back(Action::Respond { id, response });
    }

    /// 500 with Retry-After, to what should have waited (RFC 3261 section 14.2).
    fn reply_later(&mut self, id: ServerToken, request: &Request) {
        let mut response = Response::to(request, StatusCode::SERVER_INTERNAL_ERROR);
        let seconds = retry_after_secs(&mut self.rng);
        response.set(HeaderName::RetryAfter, seconds.to_string());
        self.actions.push_back(Action::Respond { id, response });
    }

    fn reply_offer_error(&mut self, id: ServerToken, request: &Request, error: OfferError) {
        match error {
            OfferError::TheirOfferPending => self.reply_later(id, request),
            OfferError::OurOfferPending | OfferError::NoAnswer => {
                self.reply(id, request, error.status());
            }
        }
    }

    /// Gives a request to the user to answer.
    fn pass_on(
        &mut self,
        index: usize,
        id: ServerToken,
        request: Request,
        description: Option<Description>,
    ) {
        if !self.has_room_to_receive() {
            return self.reply(id, &request, StatusCode::SERVICE_UNAVAILABLE);
        }
        let remote_tag = self.legs[index].id().remote_tag.clone();
        self.received.push(Received { id, request: request.clone(), remote_tag });
        self.emit(SessionEvent::Received { id, request, description });
    }

    const fn has_room_to_receive(&self) -> bool {
        self.received.len() + self.accepted.len() < self.config.limits.requests_received_max
    }

    /// RFC 3261 section 15.1.2. That of an early dialog ends the call at who is called. Who called
    /// has lost a fork: its 2xx never came through, and will not any more. After the last one there
    /// is nobody to wait for.
    fn handle_bye(&mut self, index: usize, id: ServerToken, request: Request) {
        self.reply(id, &request, StatusCode::OK);
        if let Stage::Calling { token, is_cancelled, offers } = self.stage {
            self.legs.remove(index);
            if self.legs.is_empty() && !is_cancelled {
                self.left_with = Some(Box::new(request));
                self.stage = Stage::Calling { token, is_cancelled: true, offers };
                self.actions.push_back(Action::Cancel { token });
            }
        } else {
            self.end(EndReason::RemoteHangup { request: Box::new(request) });
        }
    }

    /// RFC 3262 section 3.
    fn handle_prack(&mut self, now: Instant, index: usize, id: ServerToken, request: Request) {
        let Ok(rack) = request.require::<RAck>() else {
            return self.reply(id, &request, StatusCode::BAD_REQUEST);
        };
        let timing = self.config.timing;
        let found = self
            .reliable
            .as_mut()
            .map(|(invite, sender)| (*invite, sender.acknowledge(now, &rack, &timing)));
        let Some((invite, Ok(next))) = found else {
            return self.reply(id, &request, StatusCode::CALL_DOES_NOT_EXIST);
        };
        let respond = |response| Action::Respond { id: invite, response };
        let has_description = describes_session(&request);
        match self.legs[index].offers.record(End::Remote, Carrier::Prack, has_description) {
            Err(error) => self.reply_offer_error(id, &request, error),
            Ok(Some(Description::Offer)) => {
                self.pass_on(index, id, request, Some(Description::Offer));
            }
            Ok(description) => {
                self.reply(id, &request, StatusCode::OK);
                self.emit(SessionEvent::ProvisionalAcknowledged { request, description });
            }
        }
        self.actions.extend(next.map(respond));
        self.send_held(now);
    }

    /// The 2xx that waited for a PRACK.
    fn send_held(&mut self, now: Instant) {
        if self.reliable.as_ref().is_some_and(|(_, sender)| sender.holds_success()) {
            return;
        }
        let Some((id, reply)) = self.held.take() else { return };
        let received = self.received.iter().find(|it| it.id == id).cloned();
        if let Some(received) = received {
            // What may stand in it was checked when it was given.
            let _ = self.accept(now, &received, reply);
        }
    }

    /// RFC 3311 section 5.2. Without an offer it needs nobody's decision.
    fn handle_update(&mut self, now: Instant, index: usize, id: ServerToken, request: Request) {
        if self.received.iter().any(|it| *it.request.method() == Method::Update) {
            return self.reply_later(id, &request);
        }
        if self.is_established()
            && let Some(response) = interval_refusal(&self.config, &request)
        {
            return self.actions.push_back(Action::Respond { id, response });
        }
        let has_description = describes_session(&request);
        if has_description && !self.has_room_to_receive() {
            return self.reply(id, &request, StatusCode::SERVICE_UNAVAILABLE);
        }
        match self.legs[index].offers.record(End::Remote, Carrier::Update, has_description) {
            Err(error) => return self.reply_offer_error(id, &request, error),
            Ok(None) => {}
            Ok(description) => return self.pass_on(index, id, request, description),
        }
        let mut response = Response::to(&request, StatusCode::OK);
        add_capabilities(&self.config, &mut response);
        self.min_se_secs = self.min_se_secs.max(min_se_secs(&request));
        self.grant(now, &request, &mut response);
        self.actions.push_back(Action::Respond { id, response });
        self.emit(SessionEvent::Refreshed);
    }

    /// RFC 3261 section 14.2.
    fn handle_reinvite(&mut self, index: usize, id: ServerToken, request: Request) {
        let is_invite = |it: &Received| *it.request.method() == Method::Invite;
        if self.received.iter().any(is_invite) {
            return self.reply_later(id, &request);
        }
        let is_calling = self.sent.iter().any(|it| it.draft.method == Method::Invite);
        if is_calling || !self.is_established() {
            return self.reply(id, &request, StatusCode::REQUEST_PENDING);
        }
        if let Some(response) = interval_refusal(&self.config, &request) {
            return self.actions.push_back(Action::Respond { id, response });
        }
        if !self.has_room_to_receive() {
            return self.reply(id, &request, StatusCode::SERVICE_UNAVAILABLE);
        }
        let has_description = describes_session(&request);
        match self.legs[index].offers.record(End::Remote, Carrier::Invite, has_description) {
            Err(error) => self.reply_offer_error(id, &request, error),
            Ok(description) => {
                self.min_se_secs = self.min_se_secs.max(min_se_secs(&request));
                let sender = ReliableSender::new(cseq_of(&request), &mut self.rng);
                self.reliable = Some((id, sender));
                self.pass_on(index, id, request, description);
            }
        }
    }

    /// The ACK to a 2xx (RFC 3261 section 13.3.1.4). One that belongs to none, as a second one, is
    /// ignored.
    pub fn handle_ack(&mut self, request: Request) {
        let Ok(of) = DialogId::of_received(&request) else { return };
        let cseq = cseq_of(&request);
        let Some(leg) = self.legs.iter_mut().find(|leg| *leg.id() == of) else { return };
        let Some(index) = self.accepted.iter().position(|it| it.cseq == cseq) else { return };
        let accepted = self.accepted.remove(index);
        let has_description = describes_session(&request);
        let found = leg.offers.record(End::Remote, Carrier::Ack, has_description);
        let hangs_up = self.hangs_up_after_ack && accepted.is_first;
        match found {
            _ if hangs_up => {
                self.send_bye(Payload::none());
                self.end(EndReason::LocalHangup);
            }
            Err(error) => {
                self.send_bye(Payload::none());
                self.end(EndReason::BadOffer(error));
            }
            Ok(description) => self.emit(SessionEvent::Acknowledged { request, description }),
        }
    }

    /// An INVITE was cancelled, and the CANCEL answered: it is answered with 487, unless it has its
    /// final response (RFC 3261 section 9.2).
    pub fn handle_cancel(&mut self, id: ServerToken, cancel: Request) {
        let index = self
            .received
            .iter()
            .position(|it| it.id == id && *it.request.method() == Method::Invite);
        let Some(index) = index else { return };
        let received = self.received.remove(index);
        self.held = None;
        if let Some((_, sender)) = &mut self.reliable {
            sender.stop();
        }
        if let Some(leg) = self.leg_mut(&received.remote_tag) {
            leg.offers.failed(Carrier::Invite);
        }
        self.terminate(&received);
        if matches!(self.stage, Stage::Ringing { .. }) {
            self.end(EndReason::RemoteHangup { request: Box::new(cancel) });
        } else {
            self.emit(SessionEvent::Cancelled { id });
        }
    }
}
