//! A request under way.

use crate::auth::Attempts;
use crate::auth::DigestClient;
use crate::message::headers::{MinExpires, RetryAfter};
use crate::message::{CSeq, Expires, TypedHeader as _};
use crate::{HeaderName, Request, Response, StatusCode};

/// A request that was sent, whose final response is awaited, and the challenges it met.
#[derive(Clone, Debug)]
pub(super) struct Exchange {
    request: Request,
    cseq: u32,
    attempts: Attempts,
}

/// What a response is to an [`Exchange`].
#[derive(Debug)]
pub(super) enum Heard {
    /// A provisional one, or one to another request.
    Nothing,
    /// A challenge that is answered: this is to be sent.
    Again(Box<Request>),
    /// The end.
    Final(StatusCode),
}

impl Exchange {
    pub(super) fn new(request: &Request) -> Self {
        Self { request: request.clone(), cseq: cseq_of(request), attempts: Attempts::default() }
    }

    pub(super) const fn cseq(&self) -> u32 {
        self.cseq
    }

    /// `number` gives the CSeq of another try, where one is made.
    pub(super) fn hear(
        &mut self,
        response: &Response,
        auth: &mut DigestClient,
        number: impl FnOnce() -> u32,
    ) -> Heard {
        let is_mine = response
            .require::<CSeq>()
            .is_ok_and(|it| it.number == self.cseq && it.method == *self.request.method());
        if !is_mine || response.status().is_provisional() {
            return Heard::Nothing;
        }
        if is_challenge(response.status())
            && let Ok(mut again) = auth.answer(&self.request, response, &mut self.attempts)
        {
            self.cseq = number();
            let value = format!("{} {}", self.cseq, again.method());
            again.set(HeaderName::CSeq, value);
            self.request = again.clone();
            return Heard::Again(Box::new(again));
        }
        auth.handle_final(&self.request, response);
        Heard::Final(response.status())
    }
}

/// The number of a request that was made here.
pub(super) fn cseq_of(request: &Request) -> u32 {
    request.require::<CSeq>().map_or(0, |cseq| cseq.number)
}

/// RFC 3261 sections 22.2 and 22.3.
pub(super) fn is_challenge(status: StatusCode) -> bool {
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::PROXY_AUTHENTICATION_REQUIRED)
}

/// The seconds of Retry-After, where there is one that can be read (RFC 3261 section 20.33).
pub(super) fn retry_after_secs(response: &Response) -> Option<u32> {
    response.header::<RetryAfter<'_>>().ok().flatten().map(|it| it.seconds)
}

/// The seconds of Expires, where there is one that can be read.
pub(super) fn expires_secs(message: &crate::Message) -> Option<u32> {
    message.value(&Expires::NAME).and_then(|value| Expires::parse(value).ok()).map(|it| it.0)
}

/// What a 423 asks for, where it asks for more than `asked` and no more than `max`
/// (RFC 3261 section 10.2.8).
pub(super) fn longer_expires_secs(response: &Response, asked: u32, max: u32) -> Option<u32> {
    let MinExpires(least) = response.header().ok()??;
    (response.status() == StatusCode::INTERVAL_TOO_BRIEF && least > asked && least <= max)
        .then_some(least)
}

/// Whether another try of the same request may go better: what failed is the server or the way to
/// it, not the request.
pub(super) fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 430 | 480 | 486 | 491 | 500 | 502..=504)
}
