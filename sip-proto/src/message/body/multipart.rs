//! [`Multipart`]: a body of several parts.

use bytes::Bytes;

use super::super::ContentType;
use super::super::quoted::unquoted;
use super::boundary::{Delimiter, Delimiters, is_boundary};
use super::content_id;
use super::part::Part;
use crate::{Limits, ParseError, ParseErrorKind};

/// A multipart body, of any subtype (RFC 2046 section 5.1, as RFC 5621 has SIP use it).
///
/// ```
/// use bytes::Bytes;
/// use sip_proto::message::body::Multipart;
/// use sip_proto::message::{ContentType, TypedHeader};
/// use sip_proto::Limits;
///
/// let kind = ContentType::parse(b"multipart/mixed; boundary=\"b 1\"")?;
/// let body = Bytes::from_static(
///     b"--b 1\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b 1\r\n\r\nno header\r\n--b 1--\r\n",
/// );
/// let multipart = Multipart::parse(&kind, &body, &Limits::default())?;
/// assert_eq!(multipart.subtype(), "mixed");
/// assert_eq!(multipart.parts()[0].body(), "hello");
/// assert_eq!(multipart.parts()[1].iter().count(), 0);
/// # Ok::<(), sip_proto::ParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Multipart {
    subtype: String,
    preamble: Bytes,
    parts: Vec<Part>,
    epilogue: Bytes,
}

impl Multipart {
    /// Splits a body of the type `content_type`. The parts share its storage, except where their
    /// header lacks its empty line.
    ///
    /// # Errors
    ///
    /// `Multipart` where `content_type` is no multipart type with a boundary, or the body has no
    /// delimiter or no closing one; as for a message where the header of a part is malformed;
    /// `BodyParts` beyond `Limits::body_parts_max`. The offset counts from the start of `body`.
    pub fn parse(
        content_type: &ContentType<'_>,
        body: &Bytes,
        limits: &Limits,
    ) -> Result<Self, ParseError> {
        Self::at_depth(content_type, body, 1, limits)
    }

    /// The `depth`th one, from the outside.
    pub(super) fn at_depth(
        content_type: &ContentType<'_>,
        body: &Bytes,
        depth: usize,
        limits: &Limits,
    ) -> Result<Self, ParseError> {
        if depth > limits.body_depth_max {
            return fail(ParseErrorKind::BodyDepth, 0);
        }
        let boundary = content_type.params.value("boundary").map(unquoted).unwrap_or_default();
        if !content_type.kind.eq_ignore_ascii_case("multipart") || !is_boundary(&boundary) {
            return fail(ParseErrorKind::Multipart, 0);
        }
        let mut delimiters = Delimiters::new(body, &boundary);
        let Some(first) = delimiters.next() else {
            return fail(ParseErrorKind::Multipart, 0);
        };
        let mut parts = Vec::new();
        let mut last = first;
        for next in delimiters {
            if parts.len() == limits.body_parts_max {
                return fail(ParseErrorKind::BodyParts, last.start);
            }
            parts.push(part(body, last, next, depth, limits)?);
            last = next;
        }
        if !last.is_close {
            return fail(ParseErrorKind::Multipart, body.len());
        }
        Ok(Self {
            subtype: content_type.subtype.to_ascii_lowercase(),
            preamble: body.slice(..first.start.saturating_sub(2)),
            parts,
            epilogue: body.slice(last.end..),
        })
    }

    /// `mixed`, `alternative`, `related` ..., in lower case.
    #[must_use]
    pub fn subtype(&self) -> &str {
        &self.subtype
    }

    /// Its parts, in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// What stands before the first part, to be ignored.
    #[must_use]
    pub const fn preamble(&self) -> &Bytes {
        &self.preamble
    }

    /// What follows the last part, to be ignored.
    #[must_use]
    pub const fn epilogue(&self) -> &Bytes {
        &self.epilogue
    }

    /// The first part of the type `kind/subtype`, in this or in a multipart body inside it.
    ///
    /// # Errors
    ///
    /// Where a multipart body inside is malformed; `BodyParts` where more than
    /// `Limits::body_parts_max` were looked at.
    pub fn find_type(
        &self,
        kind: &str,
        subtype: &str,
        limits: &Limits,
    ) -> Result<Option<Part>, ParseError> {
        self.find(limits, |part| part.is_type(kind, subtype))
    }

    /// The part that `id` names, in this or in a multipart body inside it: a `cid:` URL (RFC 2392),
    /// or the value of the Content-ID with or without its `<>`.
    ///
    /// # Errors
    ///
    /// As [`Multipart::find_type`].
    pub fn find_content_id(&self, id: &str, limits: &Limits) -> Result<Option<Part>, ParseError> {
        let wanted = content_id::wanted(id);
        self.find(limits, |part| part.content_id() == Some(&wanted[..]))
    }

    fn find(
        &self,
        limits: &Limits,
        is_wanted: impl Fn(&Part) -> bool,
    ) -> Result<Option<Part>, ParseError> {
        let mut open: Vec<Part> = self.parts.iter().rev().cloned().collect();
        let mut seen = 0;
        while let Some(part) = open.pop() {
            seen += 1;
            if seen > limits.body_parts_max {
                return fail(ParseErrorKind::BodyParts, 0);
            }
            if is_wanted(&part) {
                return Ok(Some(part));
            }
            if let Some(inner) = part.multipart(limits)? {
                open.extend(inner.parts.into_iter().rev());
            }
        }
        Ok(None)
    }
}

const fn fail<T>(kind: ParseErrorKind, offset: usize) -> Result<T, ParseError> {
    Err(ParseError { kind, offset })
}

/// What stands between two delimiters.
fn part(
    body: &Bytes,
    before: Delimiter,
    after: Delimiter,
    depth: usize,
    limits: &Limits,
) -> Result<Part, ParseError> {
    // The CRLF before a delimiter belongs to it; that may be the one of the delimiter before.
    let end = after.start.saturating_sub(2).max(before.end);
    Part::parse(&body.slice(before.end..end), depth, limits)
        .map_err(|error| ParseError { offset: before.end + error.offset, ..error })
}
