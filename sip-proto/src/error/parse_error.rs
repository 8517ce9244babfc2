//! What is wrong with bytes, and where.

use thiserror::Error;

/// Why bytes are not a SIP message, or a header value not what its grammar says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{kind} at byte {offset}")]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// Where, in bytes from the start of what was parsed.
    pub offset: usize,
}

/// What is wrong with the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The start line is neither a Request-Line nor a Status-Line (RFC 3261 section 7).
    #[error("malformed start line")]
    StartLine,
    /// The SIP version is not 2.0 (RFC 3261 section 21.5.6).
    #[error("unsupported SIP version")]
    Version,
    /// A header line has no name or no colon, or its name is not a token.
    #[error("malformed header field")]
    Header,
    /// The message ends before its empty line.
    #[error("no empty line after the header")]
    Truncated,
    /// Content-Length is not a number, is contradicted, or exceeds the datagram
    /// (RFC 3261 section 18.3).
    #[error("bad Content-Length")]
    ContentLength,
    /// A header that must appear once is missing or repeated (RFC 3261 section 8.1.1).
    #[error("a mandatory header is missing or repeated")]
    Cardinality,
    /// A header value does not follow its grammar.
    #[error("malformed header value")]
    Value,
    /// A URI does not follow its grammar.
    #[error("malformed URI")]
    Uri,
    /// More header bytes than `Limits::header_bytes_max`.
    #[error("header too large")]
    HeaderBytes,
    /// More header fields than `Limits::header_count_max`.
    #[error("too many header fields")]
    HeaderCount,
    /// A value longer than `Limits::header_value_bytes_max`.
    #[error("header value too long")]
    HeaderValueBytes,
    /// A body longer than `Limits::body_bytes_max`.
    #[error("body too large")]
    BodyBytes,
    /// A multipart body does not follow RFC 2046 section 5.1, or its boundary is missing.
    #[error("malformed multipart body")]
    Multipart,
    /// A multipart body has more parts than `Limits::body_parts_max`.
    #[error("too many body parts")]
    BodyParts,
    /// Multipart bodies are nested deeper than `Limits::body_depth_max`.
    #[error("body parts nested too deep")]
    BodyDepth,
    /// A session description does not follow RFC 8866.
    #[error("malformed session description")]
    Sdp,
}
