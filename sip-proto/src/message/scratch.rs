//! [`ParseScratch`]: parsing without an allocation.

use std::sync::Arc;

use bytes::Bytes;

use super::SipMessage;
use super::base::Base;
use super::parse::parse;
use crate::{Limits, ParseError};

/// Storage that messages are parsed into, again and again: for who looks at a message and lets go of
/// it, such as a filter or a steering peek. Parsing then allocates nothing, unless the message has
/// more header fields than is usual.
///
/// ```
/// use sip_proto::message::ParseScratch;
/// use sip_proto::Limits;
///
/// let mut scratch = ParseScratch::default();
/// for datagram in ["OPTIONS sip:a@a SIP/2.0\r\nl: 0\r\n\r\n", "SIP/2.0 200 OK\r\nl: 0\r\n\r\n"] {
///     let message = scratch.parse(datagram.into(), &Limits::default())?;
///     assert_eq!(message.headers().iter().count(), 1);
///     scratch.recycle(message);
/// }
/// # Ok::<(), sip_proto::ParseError>(())
/// ```
#[derive(Debug, Default)]
pub struct ParseScratch {
    spare: Option<Arc<Base>>,
}

impl ParseScratch {
    /// As [`SipMessage::parse`], in the storage of the message recycled last.
    ///
    /// # Errors
    ///
    /// As [`SipMessage::parse`].
    pub fn parse(&mut self, bytes: Bytes, limits: &Limits) -> Result<SipMessage, ParseError> {
        parse(bytes, limits, self.spare.take())
    }

    /// Takes back the storage of a message, unless a copy of it is still alive. The bytes it was
    /// parsed from are kept until the next parse.
    pub fn recycle(&mut self, message: SipMessage) {
        let mut base = match message {
            SipMessage::Request(request) => request.into_message().base,
            SipMessage::Response(response) => response.into_message().base,
        };
        if Arc::get_mut(&mut base).is_some() {
            self.spare = Some(base);
        }
    }
}
