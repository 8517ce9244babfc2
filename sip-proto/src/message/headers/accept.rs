//! Accept and Accept-Encoding (RFC 3261 sections 20.1 and 20.2).

use core::fmt;

use super::super::lexer::{Parsed, separator, sws, token_str, whole};
use super::super::params::params;
use super::super::{HeaderName, Params};
use super::qvalue::preference;
use super::{ContentType, TypedHeader};
use crate::{ParseError, ParseErrorKind};

/// A kind of body that is understood. No element at all means that none is (RFC 3261 section 20.1).
///
/// ```abnf
/// accept-range  =  media-range *( SEMI accept-param )
/// media-range   =  ( "*/*" / ( m-type SLASH "*" ) / ( m-type SLASH m-subtype ) )
///                  *( SEMI m-parameter )
/// ```
///
/// ```
/// use sip_proto::message::headers::{Accept, ContentType, TypedHeader};
///
/// let range = Accept::parse(b"application/*;q=0.3").unwrap();
/// assert_eq!(range.q(), Some(300));
/// assert!(range.matches(&ContentType::parse(b"application/sdp").unwrap()));
/// assert!(!range.matches(&ContentType::parse(b"text/plain").unwrap()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accept<'a> {
    /// `application`, `text` ... or `*`.
    pub kind: &'a str,
    /// `sdp`, `plain` ... or `*`.
    pub subtype: &'a str,
    /// Everything after it.
    pub params: Params<'a>,
}

impl Accept<'_> {
    /// The `q` parameter in thousandths, 0 to 1000: 1000 if absent, `None` if malformed.
    #[must_use]
    pub fn q(&self) -> Option<u16> {
        preference(self.params)
    }

    /// Whether a body of that type is of this kind; parameters do not count.
    #[must_use]
    pub fn matches(&self, body: &ContentType<'_>) -> bool {
        let part = |range: &str, part: &str| range == "*" || range.eq_ignore_ascii_case(part);
        part(self.kind, body.kind) && part(self.subtype, body.subtype)
    }
}

impl<'a> TypedHeader<'a> for Accept<'a> {
    const NAME: HeaderName = HeaderName::Accept;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, range)
    }
}

fn range(input: &[u8]) -> Parsed<'_, Accept<'_>> {
    // An asterisk is a token.
    let (rest, kind) = token_str(sws(input))?;
    let (rest, ()) = separator(b'/')(rest)?;
    let (rest, subtype) = token_str(rest)?;
    let (rest, params) = params(rest)?;
    Ok((rest, Accept { kind, subtype, params }))
}

impl fmt::Display for Accept<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.subtype)?;
        if self.params.is_empty() { Ok(()) } else { write!(f, ";{}", self.params) }
    }
}

/// An encoding of bodies that is understood, or `*` for any other (RFC 3261 section 20.2).
///
/// ```abnf
/// encoding  =  ( content-coding / "*" ) *( SEMI accept-param )
/// ```
///
/// ```
/// use sip_proto::message::headers::{AcceptEncoding, TypedHeader};
///
/// let encoding = AcceptEncoding::parse(b"gzip;q=1.0").unwrap();
/// assert_eq!((encoding.coding, encoding.q()), ("gzip", Some(1000)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptEncoding<'a> {
    /// `gzip`, `identity` ... or `*`.
    pub coding: &'a str,
    /// Everything after it.
    pub params: Params<'a>,
}

impl AcceptEncoding<'_> {
    /// The `q` parameter in thousandths, 0 to 1000: 1000 if absent, `None` if malformed.
    #[must_use]
    pub fn q(&self) -> Option<u16> {
        preference(self.params)
    }
}

impl<'a> TypedHeader<'a> for AcceptEncoding<'a> {
    const NAME: HeaderName = HeaderName::AcceptEncoding;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, |input| {
            let (rest, coding) = token_str(sws(input))?;
            let (rest, params) = params(rest)?;
            Ok((rest, Self { coding, params }))
        })
    }
}

impl fmt::Display for AcceptEncoding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.coding)?;
        if self.params.is_empty() { Ok(()) } else { write!(f, ";{}", self.params) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_how_they_are_written() {
        for (value, kind, subtype, q, written) in [
            ("application/sdp", "application", "sdp", Some(1000), "application/sdp"),
            ("*/*", "*", "*", Some(1000), "*/*"),
            (" text / * ; q=0.5 ", "text", "*", Some(500), "text/*;q=0.5"),
            ("a/b;level=1;Q=0", "a", "b", Some(0), "a/b;level=1;Q=0"),
            ("a/b;q=7", "a", "b", None, "a/b;q=7"),
        ] {
            let range = Accept::parse(value.as_bytes()).unwrap();
            assert_eq!((range.kind, range.subtype, range.q()), (kind, subtype, q), "{value}");
            assert_eq!(range.to_string(), written);
            assert_eq!(Accept::parse(written.as_bytes()), Ok(range));
        }
        for value in ["", "*", "a", "a/", "/b", "a/b c", "a/b;", "a/b,c/d"] {
            assert!(Accept::parse(value.as_bytes()).is_err(), "{value}");
        }
    }

    #[test]
    fn encodings_and_how_they_are_written() {
        for (value, coding, q, written) in
            [("gzip", "gzip", Some(1000), "gzip"), (" * ; q = 0.1 ", "*", Some(100), "*;q = 0.1")]
        {
            let encoding = AcceptEncoding::parse(value.as_bytes()).unwrap();
            assert_eq!((encoding.coding, encoding.q()), (coding, q), "{value}");
            assert_eq!(encoding.to_string(), written);
            assert_eq!(AcceptEncoding::parse(written.as_bytes()), Ok(encoding));
        }
        for value in ["", ";q=1", "gzip;", "gzip deflate", "a/b"] {
            assert!(AcceptEncoding::parse(value.as_bytes()).is_err(), "{value}");
        }
    }
}
