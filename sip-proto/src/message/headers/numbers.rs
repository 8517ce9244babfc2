//! Max-Forwards, Expires, Min-Expires and Content-Length: one number each.

use core::fmt;

use super::super::HeaderName;
use super::super::lexer::{Fault, Parsed, number, sws, whole};
use super::TypedHeader;
use crate::{ParseError, ParseErrorKind};

/// ```abnf
/// delta-seconds  =  1*DIGIT
/// ```
/// A number that is too large for 32 bits is the largest one: nothing lasts that long.
pub(super) fn delta_seconds(input: &[u8]) -> Parsed<'_, u32> {
    let length = input.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return Fault::at(input);
    }
    let (digits, rest) = input.split_at(length);
    let seconds = digits.iter().fold(0_u32, |seconds, digit| {
        seconds.saturating_mul(10).saturating_add(u32::from(digit - b'0'))
    });
    Ok((rest, seconds))
}

/// The shortest time that a registrar grants, in seconds (RFC 3261 section 20.23). A number that is
/// too large for 32 bits is the largest one.
///
/// ```
/// use sip_proto::message::headers::{MinExpires, TypedHeader};
///
/// assert_eq!(MinExpires::parse(b"60"), Ok(MinExpires(60)));
/// assert_eq!(MinExpires::parse(b"99999999999"), Ok(MinExpires(u32::MAX)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MinExpires(pub u32);

impl TypedHeader<'_> for MinExpires {
    const NAME: HeaderName = HeaderName::MinExpires;

    fn parse(value: &[u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, |input| {
            let (rest, seconds) = delta_seconds(sws(input))?;
            Ok((sws(rest), Self(seconds)))
        })
    }
}

impl fmt::Display for MinExpires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident($type:ident <= $max:expr);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $type);

        impl TypedHeader<'_> for $name {
            const NAME: HeaderName = HeaderName::$name;

            fn parse(value: &[u8]) -> Result<Self, ParseError> {
                whole(value, ParseErrorKind::Value, |input| {
                    let (rest, number) = number(sws(input))?;
                    if number > $max {
                        return Fault::at(input);
                    }
                    Ok((sws(rest), Self(number)))
                })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

numbers! {
    /// How many more hops a request may take, 0 to 255 (RFC 3261 section 20.22).
    ///
    /// ```
    /// use sip_proto::message::{MaxForwards, TypedHeader};
    ///
    /// assert_eq!(MaxForwards::parse(b"70"), Ok(MaxForwards(70)));
    /// assert!(MaxForwards::parse(b"256").is_err());
    /// ```
    MaxForwards(u32 <= 255);
    /// How long something holds, in seconds, 0 to 2^32-1 (RFC 3261 section 20.19).
    ///
    /// ```
    /// use sip_proto::message::{Expires, TypedHeader};
    ///
    /// assert_eq!(Expires::parse(b"3600"), Ok(Expires(3600)));
    /// assert!(Expires::parse(b"Thu, 01 Dec 1994 16:00:00 GMT").is_err());
    /// ```
    Expires(u32 <= u32::MAX);
    /// The bytes of the body (RFC 3261 section 20.14).
    ///
    /// ```
    /// use sip_proto::message::{ContentLength, TypedHeader};
    ///
    /// assert_eq!(ContentLength::parse(b"349"), Ok(ContentLength(349)));
    /// assert!(ContentLength::parse(b"-1").is_err());
    /// ```
    ContentLength(usize <= usize::MAX);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_what_are_none() {
        assert_eq!(MaxForwards::parse(b" 0255\r\n "), Ok(MaxForwards(255)));
        assert_eq!(Expires::parse(b"4294967295").unwrap().to_string(), "4294967295");
        assert_eq!(MinExpires::parse(b" 0 ").unwrap().to_string(), "0");
        for value in ["", " ", "-1", "+1", "1 2", "1.0", "0x10", "1,2", "one"] {
            assert!(MaxForwards::parse(value.as_bytes()).is_err(), "{value}");
            assert!(Expires::parse(value.as_bytes()).is_err(), "{value}");
            assert!(MinExpires::parse(value.as_bytes()).is_err(), "{value}");
            assert!(ContentLength::parse(value.as_bytes()).is_err(), "{value}");
        }
    }

    #[test]
    fn of_what_is_too_large_only_a_shortest_time_is_the_largest() {
        let large = b"100000000000000000000000000";
        assert_eq!(MinExpires::parse(large), Ok(MinExpires(u32::MAX)));
        // Who reads these takes a default (RFC 4475 section 3.1.2.4).
        assert!(Expires::parse(large).is_err());
        assert!(MaxForwards::parse(large).is_err());
        assert!(ContentLength::parse(large).is_err());
    }
}
