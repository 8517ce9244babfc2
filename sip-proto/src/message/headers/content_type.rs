//! Content-Type (RFC 3261 section 20.15).

use core::fmt;

use super::super::lexer::{Parsed, separator, sws, token_str, whole};
use super::super::params::params;
use super::super::{HeaderName, Params};
use super::TypedHeader;
use crate::{ParseError, ParseErrorKind};

/// What a body is.
///
/// ```
/// use sip_proto::message::{ContentType, TypedHeader};
///
/// let kind = ContentType::parse(b"multipart/mixed; boundary=\"a b\"").unwrap();
/// assert!(kind.is("multipart", "mixed"));
/// assert_eq!(kind.params.value("boundary"), Some(&b"\"a b\""[..]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentType<'a> {
    /// `application`, `text` ...
    pub kind: &'a str,
    /// `sdp`, `plain` ...
    pub subtype: &'a str,
    /// Everything after it.
    pub params: Params<'a>,
}

impl ContentType<'_> {
    /// Whether it is `kind/subtype`, in any case.
    #[must_use]
    pub fn is(&self, kind: &str, subtype: &str) -> bool {
        self.kind.eq_ignore_ascii_case(kind) && self.subtype.eq_ignore_ascii_case(subtype)
    }
}

impl<'a> TypedHeader<'a> for ContentType<'a> {
    const NAME: HeaderName = HeaderName::ContentType;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, content_type)
    }
}

/// ```abnf
/// media-type  =  m-type SLASH m-subtype *(SEMI m-parameter)
/// ```
fn content_type(input: &[u8]) -> Parsed<'_, ContentType<'_>> {
    let (rest, kind) = token_str(sws(input))?;
    let (rest, ()) = separator(b'/')(rest)?;
    let (rest, subtype) = token_str(rest)?;
    let (rest, params) = params(rest)?;
    Ok((rest, ContentType { kind, subtype, params }))
}

impl fmt::Display for ContentType<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.subtype)?;
        if !self.params.is_empty() {
            write!(f, ";{}", self.params)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_content_type() {
        for value in ["", "text", "text/", "/plain", "text/plain x", "text/plain;", "a b/c"] {
            assert!(ContentType::parse(value.as_bytes()).is_err(), "{value}");
        }
        assert!(ContentType::parse(b" text / plain ; a = b ").is_ok());
    }
}
