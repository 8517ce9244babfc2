//! Call-ID and In-Reply-To (RFC 3261 sections 20.8 and 20.21).

use core::fmt;

use nom::bytes::complete::take_while1;

use super::super::HeaderName;
use super::super::lexer::{VISIBLE, is_visible, some, sws, whole};
use super::TypedHeader;
use crate::error::debug_as_written;
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
            let (rest, id) = some(VISIBLE)(sws(input))?;
            Ok((sws(rest), CallId(id)))
        })
    }
}

debug_as_written!(CallId InReplyTo);

impl fmt::Display for CallId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.0))
    }
}

/// The Call-ID of a call that this one answers (RFC 3261 section 20.21).
///
/// ```
/// use sip_proto::message::headers::{InReplyTo, TypedHeader};
///
/// assert_eq!(InReplyTo::parse(b"70710@saturn.example").unwrap().0, b"70710@saturn.example");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct InReplyTo<'a>(pub &'a [u8]);

impl<'a> TypedHeader<'a> for InReplyTo<'a> {
    const NAME: HeaderName = HeaderName::InReplyTo;

    /// As wide as a Call-ID, but for the comma that separates two.
    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, |input| {
            let (rest, id) = take_while1(|byte| byte != b',' && is_visible(byte))(sws(input))?;
            Ok((sws(rest), InReplyTo(id)))
        })
    }
}

impl fmt::Display for InReplyTo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_or_two_with_an_at() {
        // RFC 4475 section 3.1.1.2 has nearly every byte of a word.
        let words = b"intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{";
        assert_eq!(CallId::parse(words).map(|id| id.0), Ok(&words[..]));
        assert_eq!(InReplyTo::parse(b" 1@a\r\n ").unwrap().to_string(), "1@a");
        for value in ["", " ", "a b", "a\u{0}b"] {
            assert!(CallId::parse(value.as_bytes()).is_err(), "{value:?}");
            assert!(InReplyTo::parse(value.as_bytes()).is_err(), "{value:?}");
        }
        assert!(InReplyTo::parse(b"a,b").is_err());
    }
}
