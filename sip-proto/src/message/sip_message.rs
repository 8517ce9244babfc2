//! [`SipMessage`]: what arrives, before one knows what it is.

use core::fmt;

use bytes::Bytes;

use super::parse::parse;
use super::{Message, Request, Response};
use crate::{Limits, ParseError};

/// A request or a response.
#[derive(Clone, PartialEq, Eq)]
pub enum SipMessage {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

impl SipMessage {
    /// Splits one datagram, or one message that was cut out of a stream, into start
    /// line, header fields and body. Values are not looked into: their types do that when asked.
    ///
    /// CRLFs before the start line are skipped (RFC 3261 section 7.5). The body is as long as
    /// Content-Length says and what follows is dropped; without one it is the rest
    /// (RFC 3261 section 18.3).
    ///
    /// # Errors
    ///
    /// Where the start line, a header line or Content-Length is malformed, the empty line is
    /// missing, or a limit is exceeded; the offset counts from the start of `bytes`. For what
    /// [`Request::salvage`] can do then, see there.
    pub fn parse(bytes: Bytes, limits: &Limits) -> Result<Self, ParseError> {
        parse(bytes, limits, None)
    }

    /// Its header fields and body.
    #[must_use]
    pub fn headers(&self) -> &Message {
        match self {
            Self::Request(request) => request,
            Self::Response(response) => response,
        }
    }

    /// The whole message; see [`Message::to_bytes`].
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        self.headers().to_bytes()
    }
}

impl fmt::Debug for SipMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(request) => request.fmt(f),
            Self::Response(response) => response.fmt(f),
        }
    }
}

/// As on the wire; what is not UTF-8 is replaced.
impl fmt::Display for SipMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.headers().fmt(f)
    }
}

impl From<Request> for SipMessage {
    fn from(request: Request) -> Self {
        Self::Request(request)
    }
}

impl From<Response> for SipMessage {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}
