//! Who may offer and who owes an answer, in which message (RFC 3264, RFC 6337), without reading
//! session descriptions.

use thiserror::Error;

use crate::message::headers::{ContentDisposition, ContentType};
use crate::{Message, StatusCode};

/// One of the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// This one.
    Local,
    /// The other one.
    Remote,
}

impl End {
    const fn other(self) -> Self {
        match self {
            Self::Local => Self::Remote,
            Self::Remote => Self::Local,
        }
    }
}

/// The messages that offers and answers travel in (RFC 6337 section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    Invite,
    /// A provisional response to an INVITE that is not sent reliably.
    Provisional,
    /// One that is (RFC 3262).
    ReliableProvisional,
    /// A 2xx to an INVITE.
    Success,
    Ack,
    Prack,
    PrackSuccess,
    Update,
    UpdateSuccess,
}

/// What a session description in a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Description {
    /// An offer: it is to be answered.
    Offer,
    /// The answer to the pending offer.
    Answer,
    /// Neither: what was said before, or what may not stand there. To be ignored
    /// (RFC 3261 section 13.2.1, RFC 6337 section 3.1.1).
    Repeated,
}

/// Why an offer, or a message without the answer, is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum OfferError {
    /// This end waits for the answer to an offer of its own.
    #[error("our offer has no answer yet")]
    OurOfferPending,
    /// The other end waits for the answer to its offer.
    #[error("their offer has no answer yet")]
    TheirOfferPending,
    /// The message was the last that the answer could be in.
    #[error("the offer was not answered")]
    NoAnswer,
}

impl OfferError {
    /// What answers an offer that came at the wrong time: 491 where the two crossed, 500 where the
    /// other end should have waited (RFC 3261 section 14.2, RFC 3311 section 5.2).
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::OurOfferPending => StatusCode::REQUEST_PENDING,
            Self::TheirOfferPending => StatusCode::SERVER_INTERNAL_ERROR,
            Self::NoAnswer => StatusCode::BAD_REQUEST,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing is owed.
    Idle,
    /// An INVITE came without an offer: this end makes one in its first reliable response.
    Due(End),
    /// This end waits for an answer.
    Offered { by: End, carrier: Carrier },
}

/// The offers and answers of one dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OfferAnswer {
    state: State,
    /// The answer was seen in an unreliable provisional response. The first description that is
    /// seen is the answer; the reliable one repeats it (RFC 3261 section 13.2.1).
    is_previewed: bool,
}

impl Default for OfferAnswer {
    fn default() -> Self {
        Self { state: State::Idle, is_previewed: false }
    }
}

impl OfferAnswer {
    /// Whether an offer may be made in a new request.
    pub(super) const fn may_offer(&self) -> Result<(), OfferError> {
        match self.state {
            State::Idle => Ok(()),
            State::Due(End::Remote) | State::Offered { by: End::Local, .. } => {
                Err(OfferError::OurOfferPending)
            }
            State::Due(End::Local) | State::Offered { by: End::Remote, .. } => {
                Err(OfferError::TheirOfferPending)
            }
        }
    }

    /// What [`record`](Self::record) would say, with nothing changed.
    pub(super) fn check(
        mut self,
        from: End,
        carrier: Carrier,
        has_description: bool,
    ) -> Result<Option<Description>, OfferError> {
        self.record(from, carrier, has_description)
    }

    /// Takes note of a message of `from`; says what its description, if it has one, is.
    ///
    /// # Errors
    ///
    /// Where it may not be sent, or is not to be accepted, now; nothing is changed then, except
    /// that an offer that was not answered is no longer pending.
    pub(super) fn record(
        &mut self,
        from: End,
        carrier: Carrier,
        has_description: bool,
    ) -> Result<Option<Description>, OfferError> {
        match (self.state, carrier) {
            (State::Offered { by, carrier: offered }, _)
                if by != from && answers(offered, carrier) =>
            {
                return self.answered(carrier, has_description);
            }
            (_, Carrier::Invite | Carrier::Update | Carrier::Prack) => {
                return self.requested(from, carrier, has_description);
            }
            (State::Due(by), Carrier::ReliableProvisional | Carrier::Success) if by == from => {
                return Ok(self.offered_late(from, carrier, has_description));
            }
            (State::Idle | State::Due(_) | State::Offered { .. }, _) => {}
        }
        Ok(has_description.then_some(Description::Repeated))
    }

    fn answered(
        &mut self,
        carrier: Carrier,
        has_description: bool,
    ) -> Result<Option<Description>, OfferError> {
        let is_previewed = self.is_previewed;
        let answer = if is_previewed { Description::Repeated } else { Description::Answer };
        match (carrier, has_description) {
            (Carrier::Provisional, true) => {
                self.is_previewed = true;
                Ok(Some(answer))
            }
            (Carrier::Provisional | Carrier::ReliableProvisional, false) => Ok(None),
            (_, true) => {
                *self = Self::default();
                Ok(Some(answer))
            }
            (_, false) => {
                *self = Self::default();
                if is_previewed { Ok(None) } else { Err(OfferError::NoAnswer) }
            }
        }
    }

    fn requested(
        &mut self,
        from: End,
        carrier: Carrier,
        has_description: bool,
    ) -> Result<Option<Description>, OfferError> {
        if carrier != Carrier::Invite && !has_description {
            return Ok(None);
        }
        self.may_offer()?;
        self.is_previewed = false;
        self.state = match has_description {
            true => State::Offered { by: from, carrier },
            false => State::Due(from.other()),
        };
        Ok(has_description.then_some(Description::Offer))
    }

    /// The offer of who was called, to an INVITE that had none. A 2xx without one leaves a session
    /// without media, which is for the users to judge.
    fn offered_late(
        &mut self,
        from: End,
        carrier: Carrier,
        has_description: bool,
    ) -> Option<Description> {
        match (carrier, has_description) {
            (_, true) => self.state = State::Offered { by: from, carrier },
            (Carrier::Success, false) => self.state = State::Idle,
            (_, false) => {}
        }
        has_description.then_some(Description::Offer)
    }

    /// A request failed: what was pending in it is no longer (RFC 6337 section 3.3).
    pub(super) fn failed(&mut self, request: Carrier) {
        let is_over = match self.state {
            State::Idle => false,
            State::Due(_) => request == Carrier::Invite,
            State::Offered { carrier: Carrier::ReliableProvisional, .. } => {
                request == Carrier::Invite
            }
            State::Offered { carrier, .. } => carrier == request,
        };
        if is_over {
            *self = Self::default();
        }
    }
}

/// Whether the answer to an offer in `offered` may stand in `carrier` (RFC 6337 section 2.2).
const fn answers(offered: Carrier, carrier: Carrier) -> bool {
    match offered {
        Carrier::Invite => matches!(
            carrier,
            Carrier::Provisional | Carrier::ReliableProvisional | Carrier::Success
        ),
        Carrier::Success => matches!(carrier, Carrier::Ack),
        Carrier::ReliableProvisional => matches!(carrier, Carrier::Prack),
        Carrier::Prack => matches!(carrier, Carrier::PrackSuccess),
        Carrier::Update => matches!(carrier, Carrier::UpdateSuccess),
        Carrier::Provisional | Carrier::Ack | Carrier::PrackSuccess | Carrier::UpdateSuccess => {
            false
        }
    }
}

/// Whether the body of `message` describes a session: by its disposition, else by its type
/// (RFC 3261 sections 13.1 and 20.11).
pub(super) fn describes_session(message: &Message) -> bool {
    if message.body().is_empty() {
        return false;
    }
    if let Ok(Some(disposition)) = message.header::<ContentDisposition<'_>>() {
        return disposition.kind.eq_ignore_ascii_case("session");
    }
    let content_type = message.header::<ContentType<'_>>().ok().flatten();
    content_type
        .is_some_and(|it| it.is("application", "sdp") || it.kind.eq_ignore_ascii_case("multipart"))
}

#[cfg(test)]
mod tests {
    use super::Carrier::{
        Ack, Invite, Prack, PrackSuccess, Provisional, ReliableProvisional, Success, Update,
        UpdateSuccess,
    };
    use super::Description::{Answer, Offer, Repeated};
    use super::End::{Local, Remote};
    use super::*;
    use crate::{Method, Request};

    type Step = (End, Carrier, bool, Result<Option<Description>, OfferError>);

    fn run(steps: &[Step]) -> OfferAnswer {
        let mut state = OfferAnswer::default();
        for (number, (from, carrier, has_description, expected)) in steps.iter().enumerate() {
            let found = state.record(*from, *carrier, *has_description);
            assert_eq!(found, *expected, "step {number}: {carrier:?}");
        }
        state
    }

    #[test]
    fn the_six_patterns() {
        // RFC 6337 section 2.2, table 1, each from both ends.
        let patterns: [&[(bool, Carrier, Option<Description>)]; 6] = [
            &[(true, Invite, Some(Offer)), (false, Success, Some(Answer))],
            &[(true, Invite, None), (false, Success, Some(Offer)), (true, Ack, Some(Answer))],
            &[(true, Invite, Some(Offer)), (false, ReliableProvisional, Some(Answer))],
            &[
                (true, Invite, None),
                (false, ReliableProvisional, Some(Offer)),
                (true, Prack, Some(Answer)),
            ],
            &[(true, Prack, Some(Offer)), (false, PrackSuccess, Some(Answer))],
            &[(true, Update, Some(Offer)), (false, UpdateSuccess, Some(Answer))],
        ];
        for pattern in patterns {
            for caller in [Local, Remote] {
                let steps: Vec<Step> = pattern
                    .iter()
                    .map(|(is_caller, carrier, description)| {
                        let from = if *is_caller { caller } else { caller.other() };
                        (from, *carrier, description.is_some(), Ok(*description))
                    })
                    .collect();
                assert_eq!(run(&steps).may_offer(), Ok(()), "{pattern:?}");
            }
        }
    }

    #[test]
    fn a_preview_is_the_answer_and_the_answer_repeats_it() {
        // RFC 3261 section 13.2.1
        let state = run(&[
            (Local, Invite, true, Ok(Some(Offer))),
            (Remote, Provisional, true, Ok(Some(Answer))),
            (Remote, Provisional, true, Ok(Some(Repeated))),
        ]);
        assert_eq!(state.may_offer(), Err(OfferError::OurOfferPending));
        for has_description in [true, false] {
            let mut state = state;
            let expected = has_description.then_some(Repeated);
            assert_eq!(state.record(Remote, Success, has_description), Ok(expected));
            assert_eq!(state.may_offer(), Ok(()));
        }
    }

    #[test]
    fn an_answer_in_the_provisional_lets_update_offer_before_the_2xx() {
        // RFC 3311 section 5.1
        run(&[
            (Local, Invite, true, Ok(Some(Offer))),
            (Remote, ReliableProvisional, true, Ok(Some(Answer))),
            (Local, Update, true, Ok(Some(Offer))),
            (Remote, Success, true, Ok(Some(Repeated))),
            (Remote, UpdateSuccess, true, Ok(Some(Answer))),
        ]);
    }

    #[test]
    fn offers_that_cross_or_come_too_early() {
        // RFC 3311 section 5.2, RFC 3261 section 14.2
        let crossed = Err(OfferError::OurOfferPending);
        run(&[(Local, Update, true, Ok(Some(Offer))), (Remote, Update, true, crossed)]);
        run(&[(Local, Invite, false, Ok(None)), (Remote, Update, true, crossed)]);
        run(&[(Local, Update, true, Ok(Some(Offer))), (Remote, Invite, false, crossed)]);
        let early = Err(OfferError::TheirOfferPending);
        run(&[(Remote, Update, true, Ok(Some(Offer))), (Remote, Update, true, early)]);
        run(&[(Remote, Invite, false, Ok(None)), (Local, Update, true, early)]);
        // Without an offer an UPDATE passes at any time.
        run(&[(Remote, Invite, true, Ok(Some(Offer))), (Remote, Update, false, Ok(None))]);
        assert_eq!(OfferError::OurOfferPending.status(), StatusCode::REQUEST_PENDING);
        assert_eq!(OfferError::TheirOfferPending.status(), StatusCode::SERVER_INTERNAL_ERROR);
    }

    #[test]
    fn the_last_place_for_an_answer() {
        let missing = Err(OfferError::NoAnswer);
        run(&[(Local, Invite, true, Ok(Some(Offer))), (Remote, Success, false, missing)]);
        run(&[(Local, Update, true, Ok(Some(Offer))), (Remote, UpdateSuccess, false, missing)]);
        run(&[
            (Remote, Invite, false, Ok(None)),
            (Local, Success, true, Ok(Some(Offer))),
            (Remote, Ack, false, missing),
        ]);
        // A call without media.
        run(&[(Remote, Invite, false, Ok(None)), (Local, Success, false, Ok(None))]);
    }

    #[test]
    fn a_failed_request_takes_its_offer_with_it() {
        for (steps, failed) in [
            (&[(Local, Update, true, Ok(Some(Offer)))][..], Update),
            (&[(Local, Invite, true, Ok(Some(Offer)))], Invite),
            (&[(Remote, Invite, false, Ok(None))], Invite),
            (
                &[
                    (Remote, Invite, false, Ok(None)),
                    (Local, ReliableProvisional, true, Ok(Some(Offer))),
                ],
                Invite,
            ),
        ] {
            let mut state = run(steps);
            state.failed(Prack);
            assert!(state.may_offer().is_err());
            state.failed(failed);
            assert_eq!(state.may_offer(), Ok(()));
        }
    }

    #[test]
    fn which_bodies_describe_a_session() {
        let request = |content_type: &str, disposition: &str| {
            let builder =
                Request::builder(Method::Invite, "sip:b@b.example").body(content_type, "x");
            if disposition.is_empty() {
                builder.build()
            } else {
                builder.header(crate::HeaderName::ContentDisposition, disposition).build()
            }
        };
        for (content_type, disposition, expected) in [
            ("application/sdp", "", true),
            ("multipart/mixed;boundary=1", "", true),
            ("text/plain", "", false),
            ("application/sdp", "render", false),
            ("application/sdp", "session;handling=optional", true),
        ] {
            let found = describes_session(&request(content_type, disposition));
            assert_eq!(found, expected, "{content_type} {disposition}");
        }
        assert!(!describes_session(&Request::builder(Method::Invite, "sip:b@b.example").build()));
    }
}
