//! Alert-Info, Call-Info and Error-Info: a URI in angle brackets and parameters.

use core::fmt;

use nom::bytes::complete::take_while1;

use super::super::lexer::{Fault, Parsed, is_in_angles, sws, whole};
use super::super::params::params;
use super::super::{HeaderName, Params, Uri};
use super::TypedHeader;
use super::extension::token_param;
use crate::error::debug_as_written;
use crate::{ParseError, ParseErrorKind};

macro_rules! infos {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $name<'a> {
            /// The URI as it stands, without `<>`.
            pub uri: &'a [u8],
            /// Everything after it.
            pub params: Params<'a>,
        }

        impl<'a> $name<'a> {
            /// The URI, parsed.
            ///
            /// # Errors
            ///
            /// As [`Uri::parse`].
            pub fn parsed_uri(&self) -> Result<Uri<'a>, ParseError> {
                Uri::parse(self.uri)
            }
        }

        impl<'a> TypedHeader<'a> for $name<'a> {
            const NAME: HeaderName = HeaderName::$name;

            fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
                let (uri, params) = whole(value, ParseErrorKind::Value, info)?;
                Ok(Self { uri, params })
            }
        }

        debug_as_written!($name);

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "<{}>", String::from_utf8_lossy(self.uri))?;
                if self.params.is_empty() { Ok(()) } else { write!(f, ";{}", self.params) }
            }
        }
    )*};
}

infos! {
    /// How to ring, or to sound as if ringing (RFC 3261 section 20.4, RFC 7462).
    ///
    /// ```
    /// use sip_proto::message::headers::{AlertInfo, TypedHeader};
    ///
    /// let alert = AlertInfo::parse(b"<urn:alert:source:internal>").unwrap();
    /// assert_eq!(alert.uri, b"urn:alert:source:internal");
    /// ```
    AlertInfo;
    /// More about who calls or is called (RFC 3261 section 20.9).
    ///
    /// ```
    /// use sip_proto::message::headers::{CallInfo, TypedHeader};
    ///
    /// let info = CallInfo::parse(b"<http://www.example.com/alice/photo.jpg> ;purpose=icon").unwrap();
    /// assert_eq!(info.uri, b"http://www.example.com/alice/photo.jpg");
    /// assert_eq!(info.purpose(), Some("icon"));
    /// ```
    CallInfo;
    /// More about an error (RFC 3261 section 20.18).
    ///
    /// ```
    /// use sip_proto::message::headers::{ErrorInfo, TypedHeader};
    ///
    /// let info = ErrorInfo::parse(b"<sip:not-in-service-recording@atlanta.example>").unwrap();
    /// assert!(info.parsed_uri().unwrap().is_sip());
    /// ```
    ErrorInfo;
}

impl<'a> CallInfo<'a> {
    /// What the URI is for: `icon`, `info`, `card` or another token; `None` if absent or malformed.
    #[must_use]
    pub fn purpose(&self) -> Option<&'a str> {
        token_param(&self.params, "purpose")
    }
}

/// ```abnf
/// info  =  LAQUOT absoluteURI RAQUOT *( SEMI generic-param )
/// ```
fn info(input: &[u8]) -> Parsed<'_, (&[u8], Params<'_>)> {
    let [b'<', inside @ ..] = sws(input) else {
        return Fault::at(sws(input));
    };
    let (rest, uri) = take_while1(is_in_angles)(inside)?;
    let [b'>', rest @ ..] = rest else {
        return Fault::at(rest);
    };
    let (rest, params) = params(rest)?;
    Ok((rest, (uri, params)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_and_what_follows_it() {
        for (value, uri, params, written) in [
            ("<http://a.example/x;y?z,w>", "http://a.example/x;y?z,w", "", None),
            (
                " <cid:a@b> ; purpose = card;x ",
                "cid:a@b",
                "purpose = card;x",
                Some("<cid:a@b>;purpose = card;x"),
            ),
        ] {
            let info = CallInfo::parse(value.as_bytes()).unwrap();
            assert_eq!((info.uri, info.params.as_bytes()), (uri.as_bytes(), params.as_bytes()));
            assert_eq!(info.to_string(), written.unwrap_or(value));
            assert_eq!(CallInfo::parse(info.to_string().as_bytes()), Ok(info));
        }
    }

    #[test]
    fn what_is_no_information() {
        for (value, offset) in [
            ("", 0),
            ("http://a.example", 0),
            ("<>", 1),
            ("<http://a", 9),
            ("<http://a b>", 9),
            ("<http://a> x", 11),
            ("<http://a>;", 11),
            ("Name <http://a>", 0),
        ] {
            let error = AlertInfo::parse(value.as_bytes()).expect_err(value);
            assert_eq!((error.kind, error.offset), (ParseErrorKind::Value, offset), "{value}");
            assert!(ErrorInfo::parse(value.as_bytes()).is_err());
        }
    }
}
