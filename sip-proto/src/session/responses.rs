//! Responses to the requests of this end (RFC 3261 sections 12.2.1.2, 13.2.2 and 14.1).

use super::action::{ClientToken, EndReason, Failure, SessionEvent};
use super::leg::{Draft, Purpose, Sent, carrier_of};
use super::offer_answer::{Description, End, OfferError, describes_session};
use super::payload::Payload;
use super::session_timer::{Agreed, SessionTimer, ask, min_se_secs};
use super::state::{InviteSession, Stage};
use crate::message::headers::{Refresher, SessionExpires};
use crate::{Instant, Method, Response, StatusCode};

impl InviteSession {
    /// A response to a request of this session. One to a request that it does not know is ignored.
    pub fn handle_response(&mut self, now: Instant, token: ClientToken, response: Response) {
        if let Some(index) = self.answered.iter().position(|it| it.token == token) {
            if response.status().is_success() {
                self.handle_further_answer(index, &response);
            }
            return;
        }
        let is_open = |it: &Sent| it.token == token && it.challenge.is_none();
        let Some(index) = self.sent.iter().position(is_open) else { return };
        if response.status().is_provisional() {
            if self.sent[index].draft.method == Method::Invite {
                self.handle_provisional(index, response);
            }
            return;
        }
        let mut sent = self.sent.remove(index);
        if response.status().is_success() {
            return self.handle_success(now, sent, response);
        }
        if Self::is_challenge(response.status()) && self.may_retry(&sent.draft) {
            let request = sent.request.clone();
            sent.challenge = Some(response.clone());
            self.sent.push(sent);
            return self.emit(SessionEvent::Challenged { token, request, response });
        }
        self.handle_refusal(now, sent, response);
    }

    /// A request of this session failed without a final response: as if by a 408 or 503
    /// (RFC 3261 section 8.1.3.1).
    pub fn handle_failure(&mut self, token: ClientToken, failure: Failure) {
        let Some(index) = self.sent.iter().position(|it| it.token == token) else { return };
        let Sent { draft, .. } = self.sent.remove(index);
        if draft.purpose == Purpose::First {
            return self.end_call(EndReason::Failed(failure));
        }
        if draft.purpose == Purpose::User {
            self.emit(SessionEvent::Failed { handle: draft.handle, failure });
        }
        self.forget_offer(&draft);
        // Section 12.2.1.2: no response at all ends the dialog, with a BYE.
        if self.is_established() && draft.method != Method::Bye {
            self.send_bye(Payload::none());
            self.end(EndReason::Failed(failure));
        }
    }

    fn may_retry(&self, draft: &Draft) -> bool {
        draft.retries < self.config.limits.retries_max
    }

    fn forget_offer(&mut self, draft: &Draft) {
        let carrier = carrier_of(&draft.method);
        if let (Some(leg), Some((carrier, _))) = (self.leg_mut(&draft.remote_tag), carrier) {
            leg.offers.failed(carrier);
        }
    }

    fn handle_success(&mut self, now: Instant, sent: Sent, response: Response) {
        if sent.draft.purpose == Purpose::First {
            return self.handle_answer(now, sent, response);
        }
        let draft = sent.draft.clone();
        let has_description = describes_session(&response);
        let Some(leg) = self.leg_mut(&draft.remote_tag) else { return };
        leg.dialog.receive_response(&draft.method, &response);
        leg.note_allowed(&response);
        let found = match carrier_of(&draft.method) {
            Some((_, carrier)) => leg.offers.record(End::Remote, carrier, has_description),
            None => Ok(None),
        };
        if draft.method == Method::Invite {
            self.note_answered(now, sent, &draft.remote_tag);
            let is_owed = found == Ok(Some(Description::Offer)) && !self.is_ended();
            if !is_owed {
                self.send_ack(&Payload::none());
            }
        }
        if self.is_ended() {
            return;
        }
        if matches!(draft.method, Method::Invite | Method::Update) && self.is_established() {
            let agreed = Agreed::of(&response);
            self.timer = agreed.map(|agreed| SessionTimer::new(now, agreed, Refresher::Uac));
        }
        self.report(&draft, response, found);
    }

    fn report(
        &mut self,
        draft: &Draft,
        response: Response,
        found: Result<Option<Description>, OfferError>,
    ) {
        match (draft.purpose, found) {
            (_, Err(error)) if self.is_established() => {
                self.send_bye(Payload::none());
                self.end(EndReason::BadOffer(error));
            }
            (Purpose::Refresh, Ok(None | Some(Description::Answer | Description::Repeated))) => {
                self.emit(SessionEvent::Refreshed);
            }
            (Purpose::User | Purpose::Refresh, found) => {
                let (handle, description) = (draft.handle, found.ok().flatten());
                self.emit(SessionEvent::Responded { handle, response, description });
            }
            (Purpose::First | Purpose::Own, _) => {}
        }
    }

    /// A final response that is no 2xx.
    pub(super) fn handle_refusal(&mut self, now: Instant, sent: Sent, response: Response) {
        let status = response.status();
        let is_first = sent.draft.purpose == Purpose::First;
        let is_session = matches!(sent.draft.method, Method::Invite | Method::Update);
        if self.is_ended() {
            return;
        }
        let is_cancelled = matches!(self.stage, Stage::Calling { is_cancelled: true, .. });
        let may_retry = self.may_retry(&sent.draft) && !(is_first && is_cancelled);
        if status == StatusCode::SESSION_INTERVAL_TOO_SMALL && is_session && may_retry {
            return self.ask_longer(sent, &response);
        }
        if is_first {
            return self.end_call(EndReason::Rejected { response: Box::new(response) });
        }
        self.forget_offer(&sent.draft);
        let draft = sent.draft;
        match status {
            StatusCode::REQUEST_PENDING if is_session && may_retry => {
                return self.retry_later(now, draft);
            }
            // An UPDATE that Allow promised, and that is not there: a re-INVITE always is.
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED
                if draft.purpose == Purpose::Refresh && draft.method == Method::Update =>
            {
                if let Some(leg) = self.leg_mut(&draft.remote_tag) {
                    leg.allows_update = false;
                }
                return self.refresh(now);
            }
            _ => {}
        }
        if draft.purpose == Purpose::User {
            let event =
                SessionEvent::Responded { handle: draft.handle, response, description: None };
            self.emit(event);
        }
        if ends_session(&draft.method, status) && self.is_established() {
            self.send_bye(Payload::none());
            self.end(EndReason::Gone(status));
        }
    }

    /// RFC 4028 section 7.3: again, with the Min-SE of the 422.
    fn ask_longer(&mut self, sent: Sent, response: &Response) {
        self.min_se_secs = self.min_se_secs.max(min_se_secs(response));
        let min_se_secs = self.min_se_secs;
        self.send_again(sent, |request| {
            let asked = request.header::<SessionExpires<'_>>().ok().flatten();
            let (interval_secs, refresher) =
                asked.map_or((min_se_secs, None), |it| (it.interval_secs, it.refresher()));
            ask(request, interval_secs, refresher, min_se_secs);
        });
    }

    /// The first INVITE failed: what early dialogs there were are gone.
    fn end_call(&mut self, reason: EndReason) {
        let is_cancelled = matches!(self.stage, Stage::Calling { is_cancelled: true, .. });
        self.legs.clear();
        let reason = if is_cancelled { self.cancelled_by() } else { reason };
        self.end(reason);
    }
}

/// Whether a response to a request of the session says that the other end knows no such dialog, or
/// can no longer be reached in it (RFC 3261 section 12.2.1.2, RFC 5057 section 5.1). Of a request
/// of another usage, what says so of its usage only, does not.
fn ends_session(method: &Method, status: StatusCode) -> bool {
    match (method, status.as_u16()) {
        (Method::Bye | Method::Prack, _) => false,
        (Method::Subscribe | Method::Notify | Method::Refer, 408 | 481) => false,
        (_, 404 | 408 | 410 | 416 | 481..=485 | 502 | 604) => true,
        _ => false,
    }
}
