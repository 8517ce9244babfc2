//! The INVITE that begins a session, at who is called (RFC 3261 section 13.3).

use super::action::{ServerToken, SessionEvent};
use super::config::{ReliablePolicy, SessionConfig};
use super::leg::{Leg, Received, requires, supports};
use super::offer_answer::{Carrier, End, OfferAnswer, describes_session};
use super::reliable::ReliableSender;
use super::session_timer::{TooBrief, min_se_secs};
use super::state::{InviteSession, Stage};
use crate::dialog::Dialog;
use crate::message::{CSeq, Require};
use crate::{HeaderName, Method, Request, Response, Rng, StatusCode};

impl InviteSession {
    /// Begins a session with an INVITE that was received. The user hears of it by
    /// [`SessionEvent::Received`].
    ///
    /// # Errors
    ///
    /// The response that refuses it: 405 if it is no INVITE, 400 where it makes no dialog, 420 and
    /// 421 for extensions (RFC 3261 section 8.2.2.3, RFC 3262 section 3), 422 for a session
    /// interval that is too short (RFC 4028 section 9).
    pub fn incoming(
        config: SessionConfig,
        id: ServerToken,
        request: Request,
        mut rng: Rng,
    ) -> Result<Self, Box<Response>> {
        let tag = rng.tag();
        let refused = |mut response: Response| {
            response.set_to_tag(&tag);
            Box::new(response)
        };
        if let Some(response) = refusal(&config, &request) {
            return Err(refused(response));
        }
        // What establishes the dialog is still to come; its identity does not depend on it.
        let mut ringing = Response::to(&request, StatusCode::RINGING);
        ringing.set_to_tag(&tag);
        let bad_request = || refused(Response::to(&request, StatusCode::BAD_REQUEST));
        let dialog = Dialog::uas(&request, &ringing).map_err(|_| bad_request())?;
        let CSeq { number, .. } = request.require().map_err(|_| bad_request())?;
        let mut leg = Leg::new(dialog, OfferAnswer::default(), &request);
        let has_description = describes_session(&request);
        // The first description there is crosses nothing.
        let description =
            leg.offers.record(End::Remote, Carrier::Invite, has_description).ok().flatten();
        let remote_tag = leg.id().remote_tag.clone();
        let sender = ReliableSender::new(number, &mut rng);
        let mut session = Self::new(config, rng, Stage::Ringing { id });
        session.min_se_secs = session.min_se_secs.max(min_se_secs(&request));
        session.legs.push(leg);
        session.reliable = Some((id, sender));
        session.received.push(Received { id, request: request.clone(), remote_tag });
        session.emit(SessionEvent::Received { id, request, description });
        Ok(session)
    }
}

fn refusal(config: &SessionConfig, request: &Request) -> Option<Response> {
    if *request.method() != Method::Invite {
        let mut response = Response::to(request, StatusCode::METHOD_NOT_ALLOWED);
        response.set(HeaderName::Allow, config.allow.clone());
        return Some(response);
    }
    let reliable = requires(request, "100rel") || supports(request, "100rel");
    if config.reliable == ReliablePolicy::Required && !reliable {
        let mut response = Response::to(request, StatusCode::EXTENSION_REQUIRED);
        response.set(HeaderName::Require, "100rel");
        return Some(response);
    }
    extension_refusal(config, request).or_else(|| interval_refusal(config, request))
}

/// 420 for what is required and not supported (RFC 3261 section 8.2.2.3).
pub(super) fn extension_refusal(config: &SessionConfig, request: &Request) -> Option<Response> {
    let required = request.header_list::<Require<'_>>().flatten();
    let unsupported: Vec<&str> =
        required.map(|Require(tag)| tag).filter(|tag| !config.supports(tag)).collect();
    if unsupported.is_empty() {
        return None;
    }
    let mut response = Response::to(request, StatusCode::BAD_EXTENSION);
    response.set(HeaderName::Unsupported, unsupported.join(", "));
    Some(response)
}

/// 422 for a session interval below ours (RFC 4028 section 9).
pub(super) fn interval_refusal(config: &SessionConfig, request: &Request) -> Option<Response> {
    let TooBrief { interval_min_secs } = config.timer.judge(request).err()?;
    let mut response = Response::to(request, StatusCode::SESSION_INTERVAL_TOO_SMALL);
    response.set(HeaderName::MinSe, interval_min_secs.to_string());
    Some(response)
}
