//! Event, Allow-Events and Subscription-State (RFC 6665).

use core::fmt;

use super::super::HeaderName;
use super::super::lexer::{Parsed, token_str, whole};
use super::TypedHeader;
use super::extension::{padded, seconds_param, token_nodot, token_param, with_params};
use crate::{ParseError, ParseErrorKind};

with_params! {
    /// What a subscription is for (RFC 6665 section 8.2.1).
    ///
    /// ```abnf
    /// Event          =  ( "Event" / "o" ) HCOLON event-type *( SEMI event-param )
    /// event-type     =  event-package *( "." event-template )
    /// event-package  =  token-nodot
    /// event-param    =  generic-param / ( "id" EQUAL token )
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::Event;
    ///
    /// let event = Event::parse(b"presence.winfo;id=7").unwrap();
    /// assert_eq!(event.package(), "presence");
    /// assert_eq!(event.templates().collect::<Vec<_>>(), ["winfo"]);
    /// assert_eq!(event.id(), Some("7"));
    /// ```
    Event<'a> {
        /// The package and its templates.
        event_type: &'a str = event_type
    }

    /// Whether a subscription lives, and why not (RFC 6665 section 8.2.3).
    ///
    /// ```abnf
    /// Subscription-State  =  "Subscription-State" HCOLON substate-value *( SEMI subexp-params )
    /// substate-value      =  "active" / "pending" / "terminated" / extension-substate
    /// subexp-params       =  ("reason" EQUAL event-reason-value) / ("expires" EQUAL delta-seconds)
    ///                        / ("retry-after" EQUAL delta-seconds) / generic-param
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::SubscriptionState;
    ///
    /// let state = SubscriptionState::parse(b"terminated;reason=probation;retry-after=60").unwrap();
    /// assert!(state.is_terminated());
    /// assert_eq!(state.reason(), Some("probation"));
    /// assert_eq!(state.retry_after_secs(), Some(60));
    /// ```
    SubscriptionState<'a> {
        /// The state, as written.
        state: &'a str = token_str
    }
}

impl<'a> Event<'a> {
    /// The package: what stands before the first dot.
    #[must_use]
    pub fn package(&self) -> &'a str {
        self.event_type.split('.').next().unwrap_or_default()
    }

    /// The templates, in order.
    pub fn templates(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.event_type.split('.').skip(1)
    }

    /// The `id` parameter: tells subscriptions in one dialog apart.
    #[must_use]
    pub fn id(&self) -> Option<&'a str> {
        token_param(&self.params, "id")
    }

    /// Whether both are of the same subscription (RFC 6665 section 8.2.1): type and `id`, byte by
    /// byte; no other parameter counts.
    #[must_use]
    pub fn matches(&self, other: &Event<'_>) -> bool {
        self.event_type == other.event_type && self.params.get("id") == other.params.get("id")
    }
}

impl<'a> SubscriptionState<'a> {
    /// Whether it was accepted.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.state.eq_ignore_ascii_case("active")
    }

    /// Whether nobody decided yet.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        self.state.eq_ignore_ascii_case("pending")
    }

    /// Whether it is over.
    #[must_use]
    pub const fn is_terminated(&self) -> bool {
        self.state.eq_ignore_ascii_case("terminated")
    }

    /// Why it is over: `deactivated`, `probation`, `rejected`, `timeout`, `giveup`, `noresource`,
    /// `invariant` (RFC 6665 section 4.1.3) or another token.
    #[must_use]
    pub fn reason(&self) -> Option<&'a str> {
        token_param(&self.params, "reason")
    }

    /// How long it lasts, in seconds; what 32 bits do not hold is 2^32-1. `None` if absent or
    /// malformed.
    #[must_use]
    pub fn expires_secs(&self) -> Option<u32> {
        seconds_param(&self.params, "expires")
    }

    /// After how long to try again, in seconds; what 32 bits do not hold is 2^32-1. `None` if
    /// absent or malformed.
    #[must_use]
    pub fn retry_after_secs(&self) -> Option<u32> {
        seconds_param(&self.params, "retry-after")
    }
}

/// A kind of event that is understood (RFC 6665 section 8.2.2).
///
/// ```
/// use sip_proto::message::TypedHeader;
/// use sip_proto::message::headers::AllowEvents;
///
/// assert_eq!(AllowEvents::parse(b"presence.winfo"), Ok(AllowEvents("presence.winfo")));
/// assert!(AllowEvents::parse(b"presence;id=1").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AllowEvents<'a>(pub &'a str);

impl<'a> TypedHeader<'a> for AllowEvents<'a> {
    const NAME: HeaderName = HeaderName::AllowEvents;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, padded(event_type)).map(Self)
    }
}

impl fmt::Display for AllowEvents<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

fn event_type(input: &[u8]) -> Parsed<'_, &str> {
    let (mut rest, _) = token_nodot(input)?;
    while let [b'.', tail @ ..] = rest {
        (rest, _) = token_nodot(tail)?;
    }
    // Its parts are ASCII.
    let text = core::str::from_utf8(&input[..input.len() - rest.len()]);
    Ok((rest, text.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::super::extension::check;
    use super::*;

    #[test]
    fn forms() {
        check::<Event<'_>>(
            &["presence", " refer ; id = 93809824 ", "dialog;sla;ma", "a.b.c;x=\"y;z\""],
            &[("", 0), (".a", 0), ("a.", 2), ("a..b", 2), ("a b", 2), ("a;", 2), ("a,b", 1)],
        );
        check::<AllowEvents<'_>>(
            &["presence", "\r\n conference.winfo "],
            &[("", 0), ("a.", 2), ("a b", 2), ("a;id=1", 1)],
        );
        check::<SubscriptionState<'_>>(
            &["active;expires=60", "Pending", "terminated ; reason = noresource", "x;y=\"z\""],
            &[("", 0), (";expires=1", 0), ("active;expires=", 15), ("active active", 7)],
        );
    }

    #[test]
    fn events_match_by_type_and_id() {
        let matches = |one: &'static str, other: &'static str| {
            let [one, other] = [one, other].map(|text| Event::parse(text.as_bytes()).unwrap());
            assert_eq!(one.matches(&other), other.matches(&one));
            one.matches(&other)
        };
        assert!(matches("refer", "refer;x=y"));
        assert!(matches("refer;id=1", "refer;x;ID=1"));
        assert!(!matches("refer;id=1", "refer"));
        assert!(!matches("refer;id=a", "refer;id=A"));
        assert!(!matches("refer", "Refer"), "byte by byte");
        assert!(!matches("presence", "presence.winfo"));
    }

    #[test]
    fn states_and_their_parameters() {
        let state = SubscriptionState::parse(b"ACTIVE;Expires=99999999999;retry-after=x").unwrap();
        assert!(state.is_active() && !state.is_pending() && !state.is_terminated());
        assert_eq!(state.expires_secs(), Some(u32::MAX));
        assert_eq!(state.retry_after_secs(), None);
        assert_eq!(state.reason(), None);
        assert!(SubscriptionState::parse(b"pending").unwrap().is_pending());
    }
}
