//! Call-ID (RFC 3261 section 20.8).

use core::fmt;

use nom::bytes::complete::take_while1;

use super::super::HeaderName;
use super::super::lexer::{is_visible, sws, whole};
use super::TypedHeader;
use crate::error::Escaped;
use crate::{ParseError, ParseErrorKind};

/// What identifies a call, compared byte by byte.
///
/// ```
/// use sip_proto::message::{CallId, TypedHeader};
///
/// let id = CallId::parse(b"f81d4fae-7dec-11d0@biloxi.example").unwrap();
/// assert_eq!(id.0, b"f81d4fae-7dec-11d0@biloxi.example");
/// assert!(CallId::parse(b"two words").is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CallId<'a>(pub &'a [u8]);

impl<'a> TypedHeader<'a> for CallId<'a> {
    const NAME: HeaderName = HeaderName::CallId;

    /// Any visible bytes: wider than `word [ "@" word ]`, because nobody but its creator reads it.
    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, |input| {
            let (rest, id) = take_while1(is_visible)(sws(input))?;
            Ok((sws(rest), CallId(id)))
        })
    }
}

impl fmt::Debug for CallId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallId({})", Escaped(self.0))
    }
}

impl fmt::Display for CallId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.0))
    }
}
