//! Allow, Content-Encoding, Priority, Proxy-Require, Require, Supported and Unsupported: tokens.

use super::super::lexer::{sws, token_str, whole};
use crate::{ParseError, ParseErrorKind};

macro_rules! tokens {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name<'a>(pub &'a str);

        impl<'a> $crate::message::TypedHeader<'a> for $name<'a> {
            const NAME: $crate::HeaderName = $crate::HeaderName::$name;

            fn parse(value: &'a [u8]) -> Result<Self, $crate::ParseError> {
                super::tokens::element(value).map(Self)
            }
        }

        impl core::fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.0)
            }
        }
    )*};
}
pub(super) use tokens;

tokens! {
    /// A method that is understood (RFC 3261 section 20.5).
    ///
    /// ```
    /// use sip_proto::message::{Allow, TypedHeader};
    ///
    /// assert_eq!(Allow::parse(b"INVITE"), Ok(Allow("INVITE")));
    /// ```
    Allow;
    /// An encoding that was applied to the body, in the order of application (RFC 3261 section
    /// 20.12).
    ///
    /// ```
    /// use sip_proto::message::headers::{ContentEncoding, TypedHeader};
    ///
    /// assert_eq!(ContentEncoding::parse(b"gzip"), Ok(ContentEncoding("gzip")));
    /// ```
    ContentEncoding;
    /// How urgent a request is: `emergency`, `urgent`, `normal`, `non-urgent` or another, in any
    /// case (RFC 3261 section 20.26).
    ///
    /// ```
    /// use sip_proto::message::headers::{Priority, TypedHeader};
    ///
    /// assert!(Priority::parse(b"Emergency").unwrap().0.eq_ignore_ascii_case("emergency"));
    /// ```
    Priority;
    /// An extension that is supported (RFC 3261 section 20.37).
    ///
    /// ```
    /// use sip_proto::message::{Supported, TypedHeader};
    ///
    /// assert_eq!(Supported::parse(b"100rel"), Ok(Supported("100rel")));
    /// ```
    Supported;
    /// An extension that the other end must support (RFC 3261 section 20.32).
    ///
    /// ```
    /// use sip_proto::Request;
    /// use sip_proto::message::{HeaderName, Method, Require};
    ///
    /// let request = Request::builder(Method::Invite, "sip:b@b.example")
    ///     .header(HeaderName::Require, "100rel, precondition")
    ///     .build();
    /// let tags: Result<Vec<_>, _> = request.header_list::<Require<'_>>().collect();
    /// assert_eq!(tags, Ok(vec![Require("100rel"), Require("precondition")]));
    /// ```
    Require;
    /// An extension that proxies must support (RFC 3261 section 20.29).
    ///
    /// ```
    /// use sip_proto::message::{ProxyRequire, TypedHeader};
    ///
    /// assert_eq!(ProxyRequire::parse(b"foo"), Ok(ProxyRequire("foo")));
    /// ```
    ProxyRequire;
    /// An extension that is not supported (RFC 3261 section 20.40).
    ///
    /// ```
    /// use sip_proto::message::{TypedHeader, Unsupported};
    ///
    /// assert!(Unsupported::parse(b"foo bar").is_err());
    /// ```
    Unsupported;
}

pub(super) fn element(value: &[u8]) -> Result<&str, ParseError> {
    whole(value, ParseErrorKind::Value, |input| {
        let (rest, token) = token_str(sws(input))?;
        Ok((sws(rest), token))
    })
}

#[cfg(test)]
mod tests {
    use super::super::TypedHeader;
    use super::*;

    #[test]
    fn one_token_and_nothing_else() {
        assert_eq!(Priority::parse(b" non-urgent\r\n "), Ok(Priority("non-urgent")));
        assert_eq!(Allow::parse(b"!%*_+`'~-.x").unwrap().to_string(), "!%*_+`'~-.x");
        for (value, offset) in [("", 0), (" ", 1), ("a b", 2), ("a,b", 1), ("a;b", 1), ("\"a\"", 0)]
        {
            let error = Allow::parse(value.as_bytes()).expect_err(value);
            assert_eq!((error.kind, error.offset), (ParseErrorKind::Value, offset), "{value}");
        }
    }
}
