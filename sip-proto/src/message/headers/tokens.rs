//! Allow, Supported, Require, Proxy-Require and Unsupported: lists of tokens.

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
