//! [`Response`].

use core::ops::{Deref, DerefMut};

use bytes::Bytes;

use super::base::{Assembler, Decimal};
use super::{HeaderName, Message, Method, Request, ResponseBuilder, StatusCode, To};

/// A response: a status code, a reason phrase, and a [`Message`].
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    status: StatusCode,
    message: Message,
}

impl Response {
    pub(super) const fn from_parts(status: StatusCode, message: Message) -> Self {
        Self { status, message }
    }

    pub(super) fn into_message(self) -> Message {
        self.message
    }

    /// Starts a new response with the usual reason phrase, for what [`Response::to`] does not fit.
    ///
    /// ```
    /// use sip_proto::{HeaderName, Response, StatusCode};
    ///
    /// let response =
    ///     Response::builder(StatusCode::OK).header(HeaderName::Via, "SIP/2.0/UDP a").build();
    /// assert_eq!(
    ///     response.to_bytes(),
    ///     "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a\r\nContent-Length: 0\r\n\r\n"
    /// );
    /// ```
    #[must_use]
    pub fn builder(status: StatusCode) -> ResponseBuilder {
        ResponseBuilder::new(status)
    }

    /// The response to `request` with what RFC 3261 section 8.2.6.2 copies from it, byte for byte:
    /// Via, From, To, Call-ID, CSeq; Timestamp for a 100 (section 8.2.6.1); Record-Route for what
    /// may start a dialog (section 12.1.1). No To tag is added: see [`Response::set_to_tag`].
    #[must_use]
    pub fn to(request: &Request, status: StatusCode) -> Self {
        let starts_dialog = (101..=299).contains(&status.as_u16())
            && matches!(
                request.method(),
                Method::Invite | Method::Subscribe | Method::Notify | Method::Refer
            );
        let is_copied = |name: &HeaderName| match name {
            HeaderName::Via
            | HeaderName::From
            | HeaderName::To
            | HeaderName::CallId
            | HeaderName::CSeq => true,
            HeaderName::Timestamp => status == StatusCode::TRYING,
            HeaderName::RecordRoute => starts_dialog,
            _ => false,
        };
        let mut assembler =
            Self::assembler(status, status.reason().as_bytes(), request.copy_hint());
        request.copy_into(&mut assembler, is_copied);
        Self::from_parts(status, Message::from_base(assembler.finish(b"")))
    }

    pub(super) fn assembler(status: StatusCode, reason: &[u8], capacity: usize) -> Assembler {
        let code = Decimal::of(usize::from(status.as_u16()));
        Assembler::new([b"SIP/2.0 ", code.as_bytes(), b" "], reason, b"", capacity)
    }

    /// Its status code.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// Its reason phrase, as it stands.
    #[must_use]
    pub fn reason(&self) -> &[u8] {
        self.message.subject()
    }

    /// Replaces the reason phrase, for a human reader (RFC 3261 section 7.2).
    pub fn set_reason(&mut self, reason: impl Into<Bytes>) {
        self.message.set_subject(reason.into());
    }

    /// Adds `;tag=` to the To, if it can be read and has none (RFC 3261 section 8.2.6.2).
    pub fn set_to_tag(&mut self, tag: &str) {
        let Ok(Some(to)) = self.header::<To<'_>>() else {
            return;
        };
        if to.tag().is_some() {
            return;
        }
        let value = self.value(&HeaderName::To).unwrap_or_default();
        let tagged = [value, b";tag=", tag.as_bytes()].concat();
        self.set(HeaderName::To, Bytes::from(tagged));
    }
}

impl Deref for Response {
    type Target = Message;

    fn deref(&self) -> &Message {
        &self.message
    }
}

impl DerefMut for Response {
    fn deref_mut(&mut self) -> &mut Message {
        &mut self.message
    }
}
