//! Session-Expires and Min-SE: session timers (RFC 4028).

use super::extension::{token_param, with_params};
use super::numbers::delta_seconds;

with_params! {
    /// After how long a session ends if nobody refreshes it (RFC 4028 section 4).
    ///
    /// ```abnf
    /// Session-Expires  =  ("Session-Expires" / "x") HCOLON delta-seconds *(SEMI se-params)
    /// se-params        =  refresher-param / generic-param
    /// refresher-param  =  "refresher" EQUAL ("uas" / "uac")
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::{Refresher, SessionExpires};
    ///
    /// let timer = SessionExpires::parse(b"1800;refresher=uac").unwrap();
    /// assert_eq!(timer.interval_secs, 1800);
    /// assert_eq!(timer.refresher(), Some(Refresher::Uac));
    /// ```
    SessionExpires<'a> {
        /// The session interval, in seconds; what 32 bits do not hold is 2^32-1.
        interval_secs: u32 = delta_seconds
    }

    /// The shortest session interval that is put up with (RFC 4028 section 5).
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::MinSe;
    ///
    /// assert_eq!(MinSe::parse(b"90").unwrap().interval_secs, 90);
    /// ```
    MinSe<'a> {
        /// In seconds; what 32 bits do not hold is 2^32-1.
        interval_secs: u32 = delta_seconds
    }
}

/// Who refreshes a session (RFC 4028 section 4): the roles are those in the transaction that the
/// header is a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refresher {
    /// Who sent the request.
    Uac,
    /// Who answers it.
    Uas,
}

impl Refresher {
    /// As on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Uac => "uac",
            Self::Uas => "uas",
        }
    }
}

impl core::fmt::Display for Refresher {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl SessionExpires<'_> {
    /// The `refresher` parameter; `None` if absent or neither of the two.
    #[must_use]
    pub fn refresher(&self) -> Option<Refresher> {
        let role = token_param(&self.params, "refresher")?;
        [Refresher::Uac, Refresher::Uas]
            .into_iter()
            .find(|refresher| role.eq_ignore_ascii_case(refresher.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::TypedHeader;
    use super::super::extension::check;
    use super::*;

    #[test]
    fn intervals() {
        check::<SessionExpires<'_>>(
            &["90", "1800 ; refresher = UAS", "99999999999999999999;a;b=\"c\"", "0"],
            &[("", 0), ("-1", 0), ("x", 0), ("90 s", 3), ("90;", 3), ("1.5", 1), ("1,2", 1)],
        );
        check::<MinSe<'_>>(&["90", "3600;a=b"], &[("", 0), ("90;=", 3)]);
    }

    #[test]
    fn refreshers() {
        for (text, expected) in [
            ("1", None),
            ("1;refresher=uac", Some(Refresher::Uac)),
            ("1;Refresher=Uas", Some(Refresher::Uas)),
            ("1;refresher=proxy", None),
            ("1;refresher", None),
        ] {
            let timer = SessionExpires::parse(text.as_bytes()).unwrap();
            assert_eq!(timer.refresher(), expected, "{text}");
        }
    }
}
