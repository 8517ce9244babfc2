//! Why a subscription ended, and when it may be tried again (RFC 6665 section 4.1.3).

use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

/// The `reason` of a Subscription-State `terminated`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TerminationReason {
    /// Another node shall take over: subscribe again at once.
    Deactivated,
    /// Subscribe again later.
    Probation,
    /// The decision fell against it: do not subscribe again.
    Rejected,
    /// It was not refreshed in time: subscribe again at once.
    Timeout,
    /// Nobody decided in time: subscribe again later.
    GiveUp,
    /// The resource is gone: do not subscribe again.
    NoResource,
    /// The state will not change: do not subscribe again.
    Invariant,
    /// None, or one that is not known: subscribe again as one likes.
    Other,
}

/// When a subscription that ended may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Not at all.
    Never,
    /// At once.
    Now,
    /// After this time at the earliest.
    After(Duration),
    /// Some time later.
    Later,
}

impl TerminationReason {
    const NAMES: [(Self, &'static str); 7] = [
        (Self::Deactivated, "deactivated"),
        (Self::Probation, "probation"),
        (Self::Rejected, "rejected"),
        (Self::Timeout, "timeout"),
        (Self::GiveUp, "giveup"),
        (Self::NoResource, "noresource"),
        (Self::Invariant, "invariant"),
    ];

    /// The reason that `name` names.
    #[must_use]
    pub fn parse(name: Option<&str>) -> Self {
        let known = |text: &str| Self::NAMES.iter().find(|(_, it)| it.eq_ignore_ascii_case(text));
        name.and_then(known).map_or(Self::Other, |(reason, _)| *reason)
    }

    /// What to do, with the `retry-after` that came along. It has no meaning with `deactivated`,
    /// `timeout`, `rejected`, `noresource` and `invariant`.
    ///
    /// ```
    /// use sip_proto::usage::{Retry, TerminationReason};
    /// use std::time::Duration;
    ///
    /// let reason = TerminationReason::parse(Some("probation"));
    /// assert_eq!(reason.retry(Some(60)), Retry::After(Duration::from_secs(60)));
    /// assert_eq!(TerminationReason::Rejected.retry(Some(60)), Retry::Never);
    /// ```
    #[must_use]
    pub const fn retry(self, retry_after_secs: Option<u32>) -> Retry {
        match (self, retry_after_secs) {
            (Self::Rejected | Self::NoResource | Self::Invariant, _) => Retry::Never,
            (Self::Deactivated | Self::Timeout, _) => Retry::Now,
            (Self::Probation | Self::GiveUp | Self::Other, Some(seconds)) => {
                Retry::After(Duration::from_secs(seconds as u64))
            }
            (Self::Probation | Self::GiveUp | Self::Other, None) => Retry::Later,
        }
    }
}

/// As in Subscription-State; empty for [`TerminationReason::Other`].
impl fmt::Display for TerminationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Self::NAMES.iter().find(|(reason, _)| reason == self);
        f.write_str(known.map_or("", |(_, name)| name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_of_rfc_6665_section_4_1_3() {
        let after = |seconds| Retry::After(Duration::from_secs(seconds));
        for (name, without, with_60) in [
            ("deactivated", Retry::Now, Retry::Now),
            ("probation", Retry::Later, after(60)),
            ("rejected", Retry::Never, Retry::Never),
            ("TIMEOUT", Retry::Now, Retry::Now),
            ("giveup", Retry::Later, after(60)),
            ("noresource", Retry::Never, Retry::Never),
            ("invariant", Retry::Never, Retry::Never),
            ("another", Retry::Later, after(60)),
        ] {
            let reason = TerminationReason::parse(Some(name));
            assert_eq!((reason.retry(None), reason.retry(Some(60))), (without, with_60), "{name}");
            if reason != TerminationReason::Other {
                assert_eq!(reason.to_string(), name.to_ascii_lowercase());
            }
        }
        assert_eq!(TerminationReason::parse(None), TerminationReason::Other);
    }
}
