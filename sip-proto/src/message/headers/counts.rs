//! Flow-Timer and Max-Breadth: a number each, of any size.

use core::fmt;

use super::super::HeaderName;
use super::super::lexer::whole;
use super::TypedHeader;
use super::extension::padded;
use super::numbers::delta_seconds;
use crate::{ParseError, ParseErrorKind};

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl TypedHeader<'_> for $name {
            const NAME: HeaderName = HeaderName::$name;

            fn parse(value: &[u8]) -> Result<Self, ParseError> {
                whole(value, ParseErrorKind::Value, padded(delta_seconds)).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

counts! {
    /// After how many seconds without a keep-alive a flow is taken for dead (RFC 5626).
    /// What 32 bits do not hold is 2^32-1.
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::FlowTimer;
    ///
    /// assert_eq!(FlowTimer::parse(b"126"), Ok(FlowTimer(126)));
    /// ```
    FlowTimer;
    /// Into how many branches at once a request may still fork (RFC 5393 section 5.3.1). What 32
    /// bits do not hold is 2^32-1.
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::MaxBreadth;
    ///
    /// assert_eq!(MaxBreadth::parse(b"69"), Ok(MaxBreadth(69)));
    /// assert!(MaxBreadth::parse(b"-1").is_err());
    /// ```
    MaxBreadth;
}

#[cfg(test)]
mod tests {
    use super::super::extension::check;
    use super::*;

    #[test]
    fn forms() {
        let good = ["0", " 0060 ", "18446744073709551616"];
        let bad = [("", 0), ("-1", 0), ("60s", 2), ("1 2", 2), ("1;a=b", 1), ("0x1", 1)];
        check::<FlowTimer>(&good, &bad);
        check::<MaxBreadth>(&good, &bad);
    }
}
