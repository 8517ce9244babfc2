//! [`Part`]: one part of a multipart body.

use core::fmt;
use core::ops::Deref;

use bytes::Bytes;

use super::super::parse::fragment;
use super::super::{ContentType, HeaderName, Message};
use super::content_id;
use super::multipart::Multipart;
use crate::{Limits, ParseError};

/// One part of a multipart body: its header fields and its body are read as those of a message.
#[derive(Clone)]
pub struct Part {
    message: Message,
    /// How many multipart bodies it is in.
    depth: usize,
}

impl Part {
    pub(super) fn parse(bytes: &Bytes, depth: usize, limits: &Limits) -> Result<Self, ParseError> {
        let (_, message) = fragment(bytes, false, limits)?;
        Ok(Self { message, depth })
    }

    /// Whether its type is `kind/subtype`. A part that does not say is `text/plain` (RFC 2046
    /// section 5.1).
    #[must_use]
    pub fn is_type(&self, kind: &str, subtype: &str) -> bool {
        match self.header::<ContentType<'_>>() {
            Ok(Some(content_type)) => content_type.is(kind, subtype),
            Ok(None) => kind.eq_ignore_ascii_case("text") && subtype.eq_ignore_ascii_case("plain"),
            Err(_) => false,
        }
    }

    /// Its Content-ID, without the `<>`.
    #[must_use]
    pub fn content_id(&self) -> Option<&[u8]> {
        self.value(&HeaderName::from_bytes("Content-ID")).map(content_id::bare)
    }

    /// The multipart body it is itself; `None` if it is another type.
    ///
    /// # Errors
    ///
    /// As [`Multipart::parse`]; `BodyDepth` beyond `Limits::body_depth_max`.
    pub fn multipart(&self, limits: &Limits) -> Result<Option<Multipart>, ParseError> {
        match self.header::<ContentType<'_>>() {
            Ok(Some(content_type)) if content_type.kind.eq_ignore_ascii_case("multipart") => {
                Multipart::at_depth(&content_type, self.body(), self.depth + 1, limits).map(Some)
            }
            Ok(_) | Err(_) => Ok(None),
        }
    }
}

impl Deref for Part {
    type Target = Message;

    fn deref(&self) -> &Message {
        &self.message
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.show("Part", f)
    }
}
