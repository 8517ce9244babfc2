//! Content-Disposition (RFC 3261 section 20.11).

use core::fmt;

use super::super::lexer::{sws, token_str, whole};
use super::super::params::params;
use super::super::{HeaderName, Params};
use super::TypedHeader;
use crate::{ParseError, ParseErrorKind};

/// What a body is for.
///
/// ```abnf
/// Content-Disposition  =  disp-type *( SEMI disp-param )
/// disp-type            =  "render" / "session" / "icon" / "alert" / disp-extension-token
/// ```
///
/// ```
/// use sip_proto::message::headers::{ContentDisposition, TypedHeader};
///
/// let disposition = ContentDisposition::parse(b"session;handling=optional").unwrap();
/// assert_eq!(disposition.kind, "session");
/// assert!(disposition.is_optional());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentDisposition<'a> {
    /// `render`, `session`, `icon`, `alert` ... in any case.
    pub kind: &'a str,
    /// Everything after it.
    pub params: Params<'a>,
}

impl ContentDisposition<'_> {
    /// Whether who does not understand the body may ignore it. Without `handling=optional` it must
    /// be understood, or the request refused with a 415.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.params.value("handling").is_some_and(|value| value.eq_ignore_ascii_case(b"optional"))
    }
}

impl<'a> TypedHeader<'a> for ContentDisposition<'a> {
    const NAME: HeaderName = HeaderName::ContentDisposition;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, |input| {
            let (rest, kind) = token_str(sws(input))?;
            let (rest, params) = params(rest)?;
            Ok((rest, Self { kind, params }))
        })
    }
}

impl fmt::Display for ContentDisposition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind)?;
        if self.params.is_empty() { Ok(()) } else { write!(f, ";{}", self.params) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_handling() {
        for (value, kind, is_optional, written) in [
            ("session", "session", false, "session"),
            (
                " icon ; HANDLING=Optional;x=\"a;b\"",
                "icon",
                true,
                "icon;HANDLING=Optional;x=\"a;b\"",
            ),
            (
                "by-reference;handling=required",
                "by-reference",
                false,
                "by-reference;handling=required",
            ),
            ("x;handling", "x", false, "x;handling"),
        ] {
            let disposition = ContentDisposition::parse(value.as_bytes()).unwrap();
            assert_eq!(
                (disposition.kind, disposition.is_optional()),
                (kind, is_optional),
                "{value}"
            );
            assert_eq!(disposition.to_string(), written);
            assert_eq!(ContentDisposition::parse(written.as_bytes()), Ok(disposition));
        }
        for value in ["", ";handling=optional", "a b", "session;", "session,alert", "a/b"] {
            assert!(ContentDisposition::parse(value.as_bytes()).is_err(), "{value}");
        }
    }
}
