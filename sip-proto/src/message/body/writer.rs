//! [`MultipartBuilder`].

use bytes::{BufMut, Bytes, BytesMut};
use memchr::memmem;
use thiserror::Error;

use super::super::HeaderName;
use super::super::base::{put_line_part, put_name_and_colon};
use super::boundary::is_boundary;

/// Why parts cannot be written with a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidBoundary {
    /// It is not 1 to 70 of the characters that RFC 2046 section 5.1.1 allows.
    #[error("the boundary is not 1 to 70 characters that RFC 2046 allows")]
    Syntax,
    /// A line in a part starts with it.
    #[error("the boundary stands in a part")]
    Occurs,
}

/// Writes a multipart body (RFC 2046 section 5.1).
///
/// The boundary must not stand in a part; one from [`Rng::token`](crate::Rng::token) does not.
///
/// ```
/// use sip_proto::message::HeaderName;
/// use sip_proto::message::body::MultipartBuilder;
///
/// let (content_type, body) = MultipartBuilder::new("related", "b1")
///     .part_with(
///         &[
///             (HeaderName::ContentType, "application/pidf+xml"),
///             (HeaderName::from_bytes("Content-ID"), "<here@a.example>"),
///         ],
///         "<presence/>",
///     )
///     .build()?;
/// assert_eq!(content_type, "multipart/related;boundary=\"b1\"");
/// assert!(body.starts_with(b"--b1\r\nContent-Type: application/pidf+xml\r\nContent-ID: <here@"));
/// # Ok::<(), sip_proto::message::body::InvalidBoundary>(())
/// ```
#[derive(Clone, Debug)]
pub struct MultipartBuilder {
    subtype: String,
    boundary: String,
    parts: Vec<BytesMut>,
}

impl MultipartBuilder {
    /// Starts a `multipart/subtype` body: `mixed`, `alternative`, `related` ...
    #[must_use]
    pub fn new(subtype: &str, boundary: &str) -> Self {
        Self { subtype: subtype.to_owned(), boundary: boundary.to_owned(), parts: Vec::new() }
    }

    /// Adds a part with a Content-Type and no other field.
    #[must_use]
    pub fn part(self, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        self.part_with(&[(HeaderName::ContentType, content_type)], body)
    }

    /// Adds a part with these header fields. CR and LF in a value become spaces.
    #[must_use]
    pub fn part_with(mut self, fields: &[(HeaderName, &str)], body: impl AsRef<[u8]>) -> Self {
        let mut part = BytesMut::new();
        for (name, value) in fields {
            put_name_and_colon(&mut part, name);
            put_line_part(&mut part, value.trim().as_bytes());
            part.put_slice(b"\r\n");
        }
        part.put_slice(b"\r\n");
        part.put_slice(body.as_ref());
        self.parts.push(part);
        self
    }

    /// The value of the Content-Type, and the body. Without any part there is an empty one, because
    /// there must be one.
    ///
    /// # Errors
    ///
    /// Where the boundary is malformed, or stands in a part.
    pub fn build(mut self) -> Result<(String, Bytes), InvalidBoundary> {
        if !is_boundary(self.boundary.as_bytes()) {
            return Err(InvalidBoundary::Syntax);
        }
        if self.parts.is_empty() {
            self = self.part_with(&[], "");
        }
        let dashed = format!("--{}", self.boundary);
        let delimiter = memmem::Finder::new(dashed.as_bytes());
        let mut body = BytesMut::new();
        for part in &self.parts {
            let is_line = |at: usize| at == 0 || part[..at].ends_with(b"\r\n");
            if delimiter.find_iter(part).any(is_line) {
                return Err(InvalidBoundary::Occurs);
            }
            body.put_slice(dashed.as_bytes());
            body.put_slice(b"\r\n");
            body.put_slice(part);
            body.put_slice(b"\r\n");
        }
        body.put_slice(dashed.as_bytes());
        body.put_slice(b"--\r\n");
        let content_type = format!("multipart/{};boundary=\"{}\"", self.subtype, self.boundary);
        Ok((content_type, body.freeze()))
    }
}
