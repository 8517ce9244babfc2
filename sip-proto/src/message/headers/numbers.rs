//! Max-Forwards, Expires and Content-Length: one number each.

use core::fmt;

use super::super::HeaderName;
use super::super::lexer::{Fault, number, sws, whole};
use super::TypedHeader;
use crate::{ParseError, ParseErrorKind};

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
