//! Call-ID (RFC 3261 section 20.8).

use core::fmt;

use super::super::HeaderName;
use super::super::lexer::{VISIBLE, some, sws, whole};
use super::TypedHeader;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallId<'a>(pub &'a [u8]);

impl<'a> TypedHeader<'a> for CallId<'a> {
    const NAME: HeaderName = HeaderName::CallId;

    /// Any visible bytes: wider than `word [ "@" word ]`, because nobody but its creator reads it.
    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, |input| {
            let (rest, id) = some(VISIBLE)(sws(input))?;
            Ok((sws(rest), CallId(id)))
        })
    }
}

impl fmt::Display for CallId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.0))
    }
}
