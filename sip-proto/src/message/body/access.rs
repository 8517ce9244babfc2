//! What a message's body is, read as what its Content-Type says.

use bytes::Bytes;

use super::super::{ContentType, Message, SipMessage};
use super::multipart::Multipart;
use super::part::Part;
use super::sipfrag::SipFrag;
use crate::{Limits, ParseError};

/// The body as what its Content-Type says; see [`body`](super).
impl Message {
    /// The parts of a multipart body; `None` where the Content-Type is another, or none.
    ///
    /// # Errors
    ///
    /// As [`Multipart::parse`]; where Content-Type cannot be read.
    pub fn multipart(&self, limits: &Limits) -> Result<Option<Multipart>, ParseError> {
        match self.header::<ContentType<'_>>()? {
            Some(kind) if kind.kind.eq_ignore_ascii_case("multipart") => {
                Multipart::parse(&kind, self.body(), limits).map(Some)
            }
            Some(_) | None => Ok(None),
        }
    }

    /// The body of the type `kind/subtype`: the whole body, or the first such part of a multipart
    /// one.
    ///
    /// # Errors
    ///
    /// As [`Message::multipart`] and [`Multipart::find_type`].
    pub fn body_of_type(
        &self,
        kind: &str,
        subtype: &str,
        limits: &Limits,
    ) -> Result<Option<Bytes>, ParseError> {
        if self.is_body(kind, subtype)? {
            return Ok(Some(self.body().clone()));
        }
        match self.multipart(limits)? {
            Some(multipart) => {
                let found = multipart.find_type(kind, subtype, limits)?;
                Ok(found.map(|part| part.body().clone()))
            }
            None => Ok(None),
        }
    }

    /// The part of a multipart body that `id` names, a `cid:` URL or the value of a Content-ID, as
    /// headers refer to bodies (RFC 2392).
    ///
    /// # Errors
    ///
    /// As [`Message::multipart`] and [`Multipart::find_content_id`].
    pub fn body_by_id(&self, id: &str, limits: &Limits) -> Result<Option<Part>, ParseError> {
        match self.multipart(limits)? {
            Some(multipart) => multipart.find_content_id(id, limits),
            None => Ok(None),
        }
    }

    /// The whole message in a `message/sip` body (RFC 3261 section 27.5); `None` where the body is
    /// another type.
    ///
    /// # Errors
    ///
    /// As [`SipMessage::parse`].
    pub fn sip_body(&self, limits: &Limits) -> Result<Option<SipMessage>, ParseError> {
        let is_sip = self.is_body("message", "sip")?;
        is_sip.then(|| SipMessage::parse(self.body().clone(), limits)).transpose()
    }

    /// The part of a message in a `message/sipfrag` body (RFC 3420), as a NOTIFY about a REFER has
    /// it; `None` where the body is another type.
    ///
    /// # Errors
    ///
    /// As [`SipFrag::parse`].
    pub fn sipfrag_body(&self, limits: &Limits) -> Result<Option<SipFrag>, ParseError> {
        let is_fragment = self.is_body("message", "sipfrag")?;
        is_fragment.then(|| SipFrag::parse(self.body(), limits)).transpose()
    }

    fn is_body(&self, kind: &str, subtype: &str) -> Result<bool, ParseError> {
        Ok(self.header::<ContentType<'_>>()?.is_some_and(|found| found.is(kind, subtype)))
    }
}
