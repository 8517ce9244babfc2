//! What is wrong with a message that should make, or belong to, a dialog.

use thiserror::Error;

use crate::StatusCode;
use crate::message::HeaderError;

/// Why a request and a response make no dialog.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DialogError {
    /// The response is neither provisional above 100 nor a 2xx (RFC 3261 section 12.1).
    #[error("a {0} establishes no dialog")]
    Status(StatusCode),
    /// A response without a To tag establishes none (RFC 3261 section 12.1).
    #[error("the response has no To tag")]
    NoTag,
    /// Without a Contact nobody knows where to send requests (RFC 3261 section 12.1.1).
    #[error("there is no Contact with a SIP URI")]
    NoContact,
    /// A header that is needed cannot be read.
    #[error(transparent)]
    Header(#[from] HeaderError),
}

/// Why a request within a dialog is not accepted, and what answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum RequestRefused {
    /// Its CSeq is not above the last one: it came out of order (RFC 3261 section 12.2.2).
    #[error("CSeq {received} is not above {last}")]
    OutOfOrder {
        /// The CSeq of the request.
        received: u32,
        /// The highest one that was accepted.
        last: u32,
    },
    /// It belongs to another dialog.
    #[error("the request belongs to another dialog")]
    OtherDialog,
    /// A header that is needed cannot be read.
    #[error(transparent)]
    Malformed(#[from] HeaderError),
}

impl RequestRefused {
    /// The status that answers it: 500 out of order (RFC 3261 section 12.2.2), 481 where there is
    /// no such dialog, 400 for what cannot be read.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::OutOfOrder { .. } => StatusCode::SERVER_INTERNAL_ERROR,
            Self::OtherDialog => StatusCode::CALL_DOES_NOT_EXIST,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
        }
    }
}
