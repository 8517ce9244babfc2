//! What the user adds to a message that a session writes.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::offer_answer::describes_session;
use crate::dialog::text;
use crate::{HeaderName, Message, StatusCode};

/// A body and its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// The value of Content-Type.
    pub content_type: String,
    /// The bytes.
    #[serde(with = "text")]
    pub data: Bytes,
}

/// Headers and a body for a message that a session writes. Hold is such a body, an answer is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// Headers beside those of the dialog.
    pub headers: Vec<(HeaderName, Bytes)>,
    /// The body.
    pub body: Option<Body>,
}

impl Payload {
    /// Nothing.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A session description: an offer or an answer.
    #[must_use]
    pub fn sdp(data: impl Into<Bytes>) -> Self {
        Self::body("application/sdp", data)
    }

    /// A body.
    #[must_use]
    pub fn body(content_type: &str, data: impl Into<Bytes>) -> Self {
        let body = Body { content_type: content_type.to_owned(), data: data.into() };
        Self { headers: Vec::new(), body: Some(body) }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: impl Into<Bytes>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn write(&self, message: &mut Message) {
        for (name, value) in &self.headers {
            message.push_back(name.clone(), value.clone());
        }
        if let Some(body) = &self.body {
            message.set_body(&body.content_type, body.data.clone());
        }
    }
}

/// An answer of the user to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// Whether a provisional one is sent reliably, where the other end supports it (RFC 3262).
    pub is_reliable: bool,
    /// What it carries.
    pub payload: Payload,
}

impl Reply {
    /// With nothing but a status.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self { status, is_reliable: false, payload: Payload::none() }
    }

    /// With a session description.
    #[must_use]
    pub fn sdp(status: StatusCode, data: impl Into<Bytes>) -> Self {
        Self { status, is_reliable: false, payload: Payload::sdp(data) }
    }

    /// The same, sent reliably where the other end supports it.
    #[must_use]
    pub fn reliably(mut self) -> Self {
        self.is_reliable = true;
        self
    }
}

/// The session description of a message, as far as it has one.
pub(super) fn description_of(message: &Message) -> Option<Body> {
    if !describes_session(message) {
        return None;
    }
    let content_type = message.value(&HeaderName::ContentType).unwrap_or(b"application/sdp");
    Some(Body {
        content_type: String::from_utf8_lossy(content_type).into_owned(),
        data: message.body().clone(),
    })
}
