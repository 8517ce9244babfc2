//! Timestamp (RFC 3261 section 20.38).

use core::fmt;
use core::time::Duration;

use super::super::HeaderName;
use super::super::lexer::{Fault, Parsed, is_lws, sws, whole};
use super::TypedHeader;
use crate::{ParseError, ParseErrorKind};

/// A number of seconds exactly as written: only its sender knows what it counts from.
///
/// ```
/// use sip_proto::message::headers::Decimal;
/// use std::time::Duration;
///
/// let decimal = Decimal::parse(b"0.250").unwrap();
/// assert_eq!(decimal.as_str(), "0.250");
/// assert_eq!(decimal.to_duration(), Some(Duration::from_millis(250)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal<'a>(&'a str);

impl<'a> Decimal<'a> {
    /// The decimal that `value` is, all of it.
    ///
    /// # Errors
    ///
    /// `Value` where it is not
    ///
    /// ```abnf
    /// *DIGIT [ "." *DIGIT ]
    /// ```
    ///
    /// with at least one of the two.
    pub fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, decimal)
    }

    /// As written.
    #[must_use]
    pub const fn as_str(&self) -> &'a str {
        self.0
    }

    /// As seconds; what is smaller than a nanosecond is cut off. `None` if more than 2^64-1 seconds.
    #[must_use]
    pub fn to_duration(self) -> Option<Duration> {
        let (whole, fraction) = self.0.split_once('.').unwrap_or((self.0, ""));
        let secs = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let digits = fraction.bytes().chain(core::iter::repeat(b'0')).take(9);
        let nanos = digits.fold(0, |nanos, digit| nanos * 10 + u32::from(digit - b'0'));
        Some(Duration::new(secs, nanos))
    }
}

impl fmt::Display for Decimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// When a request was sent by its sender's clock, and how long the answer was held back.
///
/// ```abnf
/// Timestamp  =  1*DIGIT [ "." *DIGIT ] [ LWS delay ]
/// delay      =  *DIGIT [ "." *DIGIT ]
/// ```
///
/// ```
/// use sip_proto::message::headers::{Timestamp, TypedHeader};
///
/// let timestamp = Timestamp::parse(b"54.21 .5").unwrap();
/// assert_eq!(timestamp.time.as_str(), "54.21");
/// assert_eq!(timestamp.delay.map(|delay| delay.as_str()), Some(".5"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timestamp<'a> {
    /// What the request said; an answer repeats it (RFC 3261 section 8.2.6.1).
    pub time: Decimal<'a>,
    /// How many seconds the answer waited.
    pub delay: Option<Decimal<'a>>,
}

impl<'a> TypedHeader<'a> for Timestamp<'a> {
    const NAME: HeaderName = HeaderName::Timestamp;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, timestamp)
    }
}

fn timestamp(input: &[u8]) -> Parsed<'_, Timestamp<'_>> {
    let start = sws(input);
    if !start.first().is_some_and(u8::is_ascii_digit) {
        return Fault::at(start);
    }
    let (rest, time) = decimal(start)?;
    match (rest.first(), sws(rest)) {
        (_, []) => Ok((&[], Timestamp { time, delay: None })),
        (Some(byte), after) if is_lws(*byte) => {
            let (rest, delay) = decimal(after)?;
            Ok((sws(rest), Timestamp { time, delay: Some(delay) }))
        }
        _ => Fault::at(rest),
    }
}

fn decimal(input: &[u8]) -> Parsed<'_, Decimal<'_>> {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut length = digits(input);
    if input.get(length) == Some(&b'.') {
        length += 1 + digits(&input[length + 1..]);
    }
    let (text, rest) = input.split_at(length);
    match core::str::from_utf8(text) {
        Ok(text) if length > 0 => Ok((rest, Decimal(text))),
        _ => Fault::at(input),
    }
}

impl fmt::Display for Timestamp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.time.fmt(f)?;
        self.delay.map_or(Ok(()), |delay| write!(f, " {delay}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_delays_are_kept_as_written() {
        for (value, time, delay, written) in [
            ("54", "54", None, "54"),
            (" 0054.2100 ", "0054.2100", None, "0054.2100"),
            ("1.\r\n 0.5", "1.", Some("0.5"), "1. 0.5"),
            ("1 .", "1", Some("."), "1 ."),
            (
                "99999999999999999999999.9",
                "99999999999999999999999.9",
                None,
                "99999999999999999999999.9",
            ),
        ] {
            let timestamp = Timestamp::parse(value.as_bytes()).unwrap();
            let found = (timestamp.time.as_str(), timestamp.delay.map(|delay| delay.as_str()));
            assert_eq!(found, (time, delay), "{value}");
            assert_eq!(timestamp.to_string(), written);
            assert_eq!(Timestamp::parse(written.as_bytes()), Ok(timestamp));
        }
        for value in ["", ".5", "a", "1.2.3", "1,2", "-1", "1 2 3", "1 x"] {
            assert!(Timestamp::parse(value.as_bytes()).is_err(), "{value}");
        }
    }

    #[test]
    fn as_durations() {
        for (text, expected) in [
            ("54.21", Some(Duration::from_millis(54_210))),
            (".5", Some(Duration::from_millis(500))),
            (".", Some(Duration::ZERO)),
            ("1.0000000019", Some(Duration::new(1, 1))),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(Decimal::parse(text.as_bytes()).unwrap().to_duration(), expected, "{text}");
        }
    }
}
