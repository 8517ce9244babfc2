//! [`Request`].

use core::ops::{Deref, DerefMut};

use bytes::Bytes;

use super::{Message, Method, RequestBuilder, Response, Uri, salvage};
use crate::ParseError;

/// A request: a method, a Request-URI, and a [`Message`].
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    method: Method,
    message: Message,
}

impl Request {
    pub(super) const fn from_parts(method: Method, message: Message) -> Self {
        Self { method, message }
    }

    pub(super) fn into_message(self) -> Message {
        self.message
    }

    /// Starts a new request.
    ///
    /// ```
    /// use sip_proto::{HeaderName, Method, Request};
    ///
    /// let request = Request::builder(Method::Options, "sip:b@b.example")
    ///     .header(HeaderName::Via, "SIP/2.0/UDP a.example;branch=z9hG4bK1")
    ///     .from("<sip:a@a.example>;tag=1")
    ///     .to("<sip:b@b.example>")
    ///     .call_id("1@a.example")
    ///     .cseq(1)
    ///     .build();
    /// assert!(request.to_bytes().starts_with(b"OPTIONS sip:b@b.example SIP/2.0\r\nVia: SIP/2.0/UDP"));
    /// ```
    pub fn builder(method: Method, uri: impl AsRef<[u8]>) -> RequestBuilder {
        RequestBuilder::new(method, uri.as_ref())
    }

    /// Its method.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// The Request-URI as it stands, edits included.
    #[must_use]
    pub fn uri_bytes(&self) -> &[u8] {
        self.message.subject()
    }

    /// The Request-URI, parsed.
    ///
    /// # Errors
    ///
    /// As [`Uri::parse`].
    pub fn uri(&self) -> Result<Uri<'_>, ParseError> {
        Uri::parse(self.uri_bytes())
    }

    /// Replaces the Request-URI.
    pub fn set_uri(&mut self, uri: impl Into<Bytes>) {
        self.message.set_subject(uri.into());
    }

    /// The answer owed to a request that [`SipMessage::parse`](super::SipMessage::parse) refused
    /// with `error`, ready to be sent to where its top Via says: the status of the error, with what
    /// RFC 3261 section 8.2.6.2 copies from the request. `None` where no answer is owed or
    /// possible: to a response, to an ACK, or where Via, From, To, Call-ID or CSeq cannot be read.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use sip_proto::{Limits, Request, SipMessage, StatusCode};
    ///
    /// let bytes = Bytes::from_static(
    ///     b"OPTIONS sip:b@b.example SIP/7.0\r\nVia: SIP/2.0/UDP a.example;branch=z9hG4bK1\r\n\
    ///       From: <sip:a@a.example>;tag=1\r\nTo: <sip:b@b.example>\r\nCall-ID: 1\r\n\
    ///       CSeq: 1 OPTIONS\r\n\r\n",
    /// );
    /// let error = SipMessage::parse(bytes.clone(), &Limits::default()).unwrap_err();
    /// let answer = Request::salvage(&bytes, &error).unwrap();
    /// assert_eq!(answer.status(), StatusCode::VERSION_NOT_SUPPORTED);
    /// ```
    #[must_use]
    pub fn salvage(bytes: &Bytes, error: &ParseError) -> Option<Response> {
        salvage::salvage(bytes, error)
    }
}

impl Deref for Request {
    type Target = Message;

    fn deref(&self) -> &Message {
        &self.message
    }
}

impl DerefMut for Request {
    fn deref_mut(&mut self) -> &mut Message {
        &mut self.message
    }
}
