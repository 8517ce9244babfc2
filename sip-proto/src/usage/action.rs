//! What goes into the machines of this layer and what comes out of them.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::auth::DigestClient;
use crate::dialog::text;
use crate::{Instant, Request, Response, Rng, StatusCode};

/// What every input comes with.
#[derive(Debug)]
pub struct Context<'a> {
    /// The time.
    pub now: Instant,
    /// Randomness: tags, Call-IDs, the spread of refreshes and retries.
    pub rng: &'a mut Rng,
    /// What answers challenges.
    pub auth: &'a mut DigestClient,
}

/// What a machine wants done.
#[derive(Clone, Debug)]
pub enum Action<E> {
    /// To be sent in a new client transaction. Via is who sends it's to add.
    SendRequest(Box<Request>),
    /// Answers the request that was handed in last.
    Respond(Box<Response>),
    /// For the user.
    Event(E),
}

/// Why a request has no response (RFC 3261 section 8.1.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The transaction timed out: as a 408.
    TimedOut,
    /// The transport failed, or no address is left: as a 503.
    Unreachable,
}

impl Failure {
    /// The status that it counts as.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// A body with its type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The value of Content-Type.
    pub content_type: String,
    /// The body.
    #[serde(with = "text")]
    pub body: Bytes,
}

impl Content {
    /// A body of a type.
    #[must_use]
    pub fn new(content_type: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self { content_type: content_type.into(), body: body.into() }
    }
}
