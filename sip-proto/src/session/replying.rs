//! Answers of the user to requests (RFC 3261 sections 13.3.1 and 14.2, RFC 3262 section 3).

use bytes::Bytes;

use super::accepted::Accepted;
use super::action::{Action, EndReason, ServerToken, SessionError};
use super::calling::{add_capabilities, cseq_of};
use super::config::ReliablePolicy;
use super::leg::{Received, carrier_of, requires, supports};
use super::offer_answer::{Carrier, End, describes_session};
use super::payload::Reply;
use super::session_timer::SessionTimer;
use super::state::{InviteSession, Stage};
use crate::message::headers::Refresher;
use crate::{HeaderName, Instant, Method, Request, Response, StatusCode};

impl InviteSession {
    /// Answers a request, provisionally or finally: that of [`SessionEvent::Received`].
    ///
    /// A 2xx to an INVITE is sent again until its ACK comes. Where a provisional response with a
    /// session description still waits for its PRACK, the 2xx waits too (RFC 3262 section 3).
    ///
    /// # Errors
    ///
    /// [`SessionError::Unknown`] where the request is not, or no longer, to be answered,
    /// [`SessionError::Offer`] where a session description is missing or may not stand there,
    /// [`SessionError::Limit`] where too many provisional responses wait for their PRACK.
    ///
    /// [`SessionEvent::Received`]: super::SessionEvent::Received
    pub fn respond(
        &mut self,
        now: Instant,
        id: ServerToken,
        reply: Reply,
    ) -> Result<(), SessionError> {
        let found = self.received.iter().find(|it| it.id == id);
        let received = found.ok_or(SessionError::Unknown)?.clone();
        let is_invite = *received.request.method() == Method::Invite;
        let status = reply.status;
        let is_refusal = status.is_final() && !status.is_success();
        if is_invite && !is_refusal && self.held.is_some() {
            // It was accepted already.
            return Err(SessionError::State);
        }
        match (is_invite, status.is_provisional(), status.is_success()) {
            (true, true, _) => self.progress(now, &received, &reply),
            (true, _, true) => self.accept(now, &received, reply),
            (true, _, false) => self.refuse(&received, &reply, EndReason::Refused(status)),
            (false, true, _) => {
                let response = self.response(&received, &reply);
                self.actions.push_back(Action::Respond { id, response });
                Ok(())
            }
            (false, false, _) => self.complete(now, &received, &reply),
        }
    }

    pub(super) fn tag(&self, remote_tag: &Bytes, response: &mut Response) {
        let leg = self.leg_index(remote_tag).and_then(|index| self.legs.get(index));
        if let Some(tag) = leg.and_then(|leg| core::str::from_utf8(&leg.id().local_tag).ok()) {
            response.set_to_tag(tag);
        }
    }

    fn response(&self, received: &Received, reply: &Reply) -> Response {
        let request = &received.request;
        let mut response = Response::to(request, reply.status);
        self.tag(&received.remote_tag, &mut response);
        let is_session = matches!(request.method(), Method::Invite | Method::Update);
        if is_session && (101..=299).contains(&reply.status.as_u16()) {
            add_capabilities(&self.config, &mut response);
        }
        reply.payload.write(&mut response);
        response
    }

    fn progress(
        &mut self,
        now: Instant,
        received: &Received,
        reply: &Reply,
    ) -> Result<(), SessionError> {
        let Received { id, request, remote_tag } = received;
        let mut response = self.response(received, reply);
        if reply.status == StatusCode::TRYING {
            self.actions.push_back(Action::Respond { id: *id, response });
            return Ok(());
        }
        let is_reliable = self.is_reliable(request, reply);
        let waiting = self.reliable.as_ref().map_or(0, |(_, sender)| sender.len());
        if is_reliable && waiting >= self.config.limits.reliable_waiting_max {
            return Err(SessionError::Limit);
        }
        let has_description = describes_session(&response);
        let carrier = if is_reliable { Carrier::ReliableProvisional } else { Carrier::Provisional };
        let Some(leg) = self.leg_mut(remote_tag) else { return Err(SessionError::Unknown) };
        leg.offers.check(End::Local, carrier, has_description)?;
        leg.offers.record(End::Local, carrier, has_description)?;
        self.remember_description(&response);
        let timing = self.config.timing;
        let to_send = match &mut self.reliable {
            Some((_, sender)) if is_reliable => {
                response.push_back(HeaderName::Require, "100rel");
                sender.send(now, response, has_description, &timing)
            }
            _ => Some(response),
        };
        let respond = |response| Action::Respond { id: *id, response };
        self.actions.extend(to_send.map(respond));
        Ok(())
    }

    /// RFC 3262 section 3: as the caller requires it, or as both want it.
    fn is_reliable(&self, request: &Request, reply: &Reply) -> bool {
        let policy = self.config.reliable;
        let is_wanted = reply.is_reliable || policy == ReliablePolicy::Required;
        let may = policy != ReliablePolicy::Off && supports(request, "100rel");
        requires(request, "100rel") || (may && is_wanted)
    }

    pub(super) fn accept(
        &mut self,
        now: Instant,
        received: &Received,
        reply: Reply,
    ) -> Result<(), SessionError> {
        let Received { id, request, remote_tag } = received;
        let mut response = self.response(received, &reply);
        let has_description = describes_session(&response);
        let Some(leg) = self.leg_mut(remote_tag) else { return Err(SessionError::Unknown) };
        leg.offers.check(End::Local, Carrier::Success, has_description)?;
        if self.reliable.as_ref().is_some_and(|(_, sender)| sender.holds_success()) {
            self.held = Some((*id, reply));
            return Ok(());
        }
        let agreed = self.config.timer.grant(request);
        if let Some(agreed) = &agreed {
            agreed.write(request, &mut response);
        }
        if let Some(leg) = self.leg_mut(remote_tag) {
            // It was checked above, and a 2xx of our own confirms any dialog.
            let _ = leg.offers.record(End::Local, Carrier::Success, has_description);
            let _ = leg.dialog.confirm(&response);
        }
        self.timer = agreed.map(|agreed| SessionTimer::new(now, agreed, Refresher::Uas));
        self.remember_description(&response);
        let is_first = matches!(self.stage, Stage::Ringing { .. });
        self.stage = Stage::Established;
        if let Some((_, sender)) = &mut self.reliable {
            sender.stop();
        }
        self.received.retain(|it| it.id != *id);
        let cseq = cseq_of(request);
        let (timing, sent) = (self.config.timing, response.clone());
        self.accepted.push(Accepted::new(now, (*id, cseq), is_first, sent, &timing));
        self.actions.push_back(Action::Respond { id: *id, response });
        Ok(())
    }

    fn refuse(
        &mut self,
        received: &Received,
        reply: &Reply,
        reason: EndReason,
    ) -> Result<(), SessionError> {
        let Received { id, remote_tag, .. } = received;
        let response = self.response(received, reply);
        if let Some(leg) = self.leg_mut(remote_tag) {
            leg.offers.failed(Carrier::Invite);
        }
        if let Some((_, sender)) = &mut self.reliable {
            sender.stop();
        }
        self.held = None;
        self.received.retain(|it| it.id != *id);
        self.actions.push_back(Action::Respond { id: *id, response });
        if matches!(self.stage, Stage::Ringing { .. }) {
            self.end(reason);
        }
        Ok(())
    }

    /// No PRACK came for a provisional response to the first INVITE.
    pub(super) fn refuse_unacknowledged(&mut self, id: ServerToken) {
        let received = self.received.iter().find(|it| it.id == id).cloned();
        if let Some(received) = received {
            let reply = Reply::new(StatusCode::SERVER_TIMEOUT);
            let _ = self.refuse(&received, &reply, EndReason::NoPrack);
        }
    }

    /// The final response to a request that is no INVITE.
    fn complete(
        &mut self,
        now: Instant,
        received: &Received,
        reply: &Reply,
    ) -> Result<(), SessionError> {
        let Received { id, request, remote_tag } = received;
        let mut response = self.response(received, reply);
        let has_description = describes_session(&response);
        let carriers = carrier_of(request.method());
        let is_success = reply.status.is_success();
        if let (Some(leg), Some((asked, answered))) = (self.leg_mut(remote_tag), carriers) {
            if is_success {
                leg.offers.check(End::Local, answered, has_description)?;
                leg.offers.record(End::Local, answered, has_description)?;
            } else {
                leg.offers.failed(asked);
            }
        }
        if is_success && *request.method() == Method::Update {
            self.grant(now, request, &mut response);
        }
        self.remember_description(&response);
        self.received.retain(|it| it.id != *id);
        self.actions.push_back(Action::Respond { id: *id, response });
        Ok(())
    }

    /// Grants what a refresh of the established session asks for (RFC 4028 section 9).
    pub(super) fn grant(&mut self, now: Instant, request: &Request, response: &mut Response) {
        if !self.is_established() {
            return;
        }
        let agreed = self.config.timer.grant(request);
        if let Some(agreed) = &agreed {
            agreed.write(request, response);
        }
        self.timer = agreed.map(|agreed| SessionTimer::new(now, agreed, Refresher::Uas));
    }
}
