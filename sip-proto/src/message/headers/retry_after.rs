//! Retry-After (RFC 3261 section 20.33).

use core::fmt;

use super::super::lexer::{sws, whole};
use super::super::params::params;
use super::super::{HeaderName, Params};
use super::TypedHeader;
use super::comment::comment;
use super::numbers::delta_seconds;
use crate::error::debug_as_written;
use crate::{ParseError, ParseErrorKind};

/// When to try again.
///
/// ```abnf
/// Retry-After  =  delta-seconds [ comment ] *( SEMI retry-param )
/// retry-param  =  ( "duration" EQUAL delta-seconds ) / generic-param
/// ```
///
/// ```
/// use sip_proto::message::headers::{RetryAfter, TypedHeader};
///
/// let retry = RetryAfter::parse(b"18000 (I'm in a meeting);duration=3600").unwrap();
/// assert_eq!((retry.seconds, retry.duration_secs()), (18_000, Some(3600)));
/// assert_eq!(retry.comment, Some(&b"I'm in a meeting"[..]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RetryAfter<'a> {
    /// In so many seconds. A number that is too large for 32 bits is the largest one.
    pub seconds: u32,
    /// What stands in the parentheses, as it stands: quoted pairs and nested comments included.
    pub comment: Option<&'a [u8]>,
    /// Everything after it.
    pub params: Params<'a>,
}

impl RetryAfter<'_> {
    /// How many seconds the callee will be there from then on; `None` if not said or malformed. A
    /// number that is too large for 32 bits is the largest one.
    #[must_use]
    pub fn duration_secs(&self) -> Option<u32> {
        whole(self.params.value("duration")?, ParseErrorKind::Value, delta_seconds).ok()
    }
}

impl<'a> TypedHeader<'a> for RetryAfter<'a> {
    const NAME: HeaderName = HeaderName::RetryAfter;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, |input| {
            let (rest, seconds) = delta_seconds(sws(input))?;
            let (rest, comment) = match sws(rest) {
                start @ [b'(', ..] => {
                    let (rest, comment) = comment(start)?;
                    (rest, Some(comment))
                }
                _ => (rest, None),
            };
            let (rest, params) = params(rest)?;
            Ok((rest, Self { seconds, comment, params }))
        })
    }
}

debug_as_written!(RetryAfter);

impl fmt::Display for RetryAfter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.seconds.fmt(f)?;
        if let Some(comment) = self.comment {
            write!(f, " ({})", String::from_utf8_lossy(comment))?;
        }
        if self.params.is_empty() { Ok(()) } else { write!(f, ";{}", self.params) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_comment_and_params() {
        for (value, seconds, comment, duration, written) in [
            ("0", 0, None, None, "0"),
            ("120;duration=60", 120, None, Some(60), "120;duration=60"),
            (
                " 7\r\n (a (b) \\)) ; duration = 9;x",
                7,
                Some("a (b) \\)"),
                Some(9),
                "7 (a (b) \\));duration = 9;x",
            ),
            ("7()", 7, Some(""), None, "7 ()"),
            ("99999999999;duration=x", u32::MAX, None, None, "4294967295;duration=x"),
        ] {
            let retry = RetryAfter::parse(value.as_bytes()).unwrap();
            assert_eq!(
                (retry.seconds, retry.comment, retry.duration_secs()),
                (seconds, comment.map(str::as_bytes), duration),
                "{value}"
            );
            assert_eq!(retry.to_string(), written);
            assert_eq!(RetryAfter::parse(written.as_bytes()), Ok(retry));
        }
    }

    #[test]
    fn what_is_no_retry_after() {
        for (value, offset) in [
            ("", 0),
            ("soon", 0),
            ("-1", 0),
            ("1 2", 2),
            ("1 (a", 4),
            ("1 (a) (b)", 6),
            ("1;duration=", 11),
            ("1;duration=2 (a)", 13),
            // What HTTP allows and SIP does not.
            ("Fri, 31 Dec 1999 23:59:59 GMT", 0),
        ] {
            let error = RetryAfter::parse(value.as_bytes()).expect_err(value);
            assert_eq!((error.kind, error.offset), (ParseErrorKind::Value, offset), "{value}");
        }
    }
}
