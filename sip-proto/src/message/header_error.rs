//! [`HeaderError`].

use core::fmt;
use core::ops::Deref;

use super::{HeaderName, TypedHeader};
use crate::ParseError;

/// Why a typed header cannot be read: which one, what is wrong, and where in its value.
///
/// ```
/// use sip_proto::message::{CSeq, Method};
/// use sip_proto::{HeaderName, Request};
///
/// let request = Request::builder(Method::Info, "sip:b@b.example")
///     .header(HeaderName::CSeq, "one INFO")
///     .build();
/// let error = request.require::<CSeq>().unwrap_err();
/// assert_eq!(error.to_string(), "CSeq: malformed header value at byte 0");
/// ```
#[derive(Clone, Copy)]
pub struct HeaderError {
    /// A name is not [`Copy`] and may own bytes; who makes it is a pointer.
    name: fn() -> HeaderName,
    error: ParseError,
}

impl HeaderError {
    pub(crate) fn new<'a, H: TypedHeader<'a>>(error: ParseError) -> Self {
        Self { name: || H::NAME, error }
    }

    /// Which header it is.
    #[must_use]
    pub fn name(&self) -> HeaderName {
        (self.name)()
    }

    /// What is wrong, and where: in bytes from the start of the value, or, in a list header, of the
    /// element.
    #[must_use]
    pub const fn error(&self) -> ParseError {
        self.error
    }
}

/// To what is wrong with it.
impl Deref for HeaderError {
    type Target = ParseError;

    fn deref(&self) -> &ParseError {
        &self.error
    }
}

impl From<HeaderError> for ParseError {
    fn from(error: HeaderError) -> Self {
        error.error
    }
}

impl PartialEq for HeaderError {
    fn eq(&self, other: &Self) -> bool {
        self.error == other.error && self.name() == other.name()
    }
}

impl Eq for HeaderError {}

impl fmt::Debug for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeaderError({self})")
    }
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name(), self.error)
    }
}

impl core::error::Error for HeaderError {}
