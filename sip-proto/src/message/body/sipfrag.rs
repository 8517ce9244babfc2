//! [`SipFrag`]: a part of a message.

use core::fmt;
use core::ops::Deref;

use bytes::{BufMut, Bytes, BytesMut};

use super::super::base::put_name_and_colon;
use super::super::parse::fragment;
use super::super::start_line::Start;
use super::super::{HeaderName, Message, Method, StatusCode};
use crate::{Limits, ParseError};

/// A part of a message (RFC 3420): what is left of one where start line, header fields or body may
/// have been taken away. What is left is read as in a message.
///
/// ```
/// use sip_proto::message::body::SipFrag;
/// use sip_proto::{Limits, Method, Request, StatusCode};
///
/// // What came of a REFER (RFC 3515 section 2.4.5).
/// let notify = Request::builder(Method::Notify, "sip:a@a.example")
///     .body("message/sipfrag;version=2.0", SipFrag::of_status(StatusCode::BUSY_HERE))
///     .build();
/// let fragment = notify.sipfrag_body(&Limits::default())?.expect("that is its type");
/// assert_eq!(fragment.status(), Some(StatusCode::BUSY_HERE));
/// # Ok::<(), sip_proto::ParseError>(())
/// ```
#[derive(Clone)]
pub struct SipFrag {
    start: FragStart,
    message: Message,
}

#[derive(Clone)]
enum FragStart {
    Request(Method),
    Response(StatusCode),
    None,
}

impl SipFrag {
    /// Reads a fragment.
    ///
    /// ```abnf
    /// sipfrag  =  [ start-line ] *message-header [ CRLF [ message-body ] ]
    /// ```
    /// The CRLF of its last line may be missing. What follows the empty line is its body, whatever
    /// Content-Length says.
    ///
    /// # Errors
    ///
    /// As [`SipMessage::parse`](super::super::SipMessage::parse), except that nothing is mandatory.
    pub fn parse(bytes: &Bytes, limits: &Limits) -> Result<Self, ParseError> {
        let (start, message) = fragment(bytes, true, limits)?;
        let start = match start {
            Some(Start::Request(method)) => {
                FragStart::Request(Method::from_bytes(message.start_bytes(method)))
            }
            Some(Start::Response(status)) => FragStart::Response(status),
            None => FragStart::None,
        };
        Ok(Self { start, message })
    }

    /// The method, if it is of a request and has its start line.
    #[must_use]
    pub const fn method(&self) -> Option<&Method> {
        match &self.start {
            FragStart::Request(method) => Some(method),
            FragStart::Response(_) | FragStart::None => None,
        }
    }

    /// The Request-URI, if it is of a request and has its start line.
    #[must_use]
    pub fn uri_bytes(&self) -> Option<&[u8]> {
        self.method().map(|_| self.message.subject())
    }

    /// The status, if it is of a response and has its start line.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        match self.start {
            FragStart::Response(status) => Some(status),
            FragStart::Request(_) | FragStart::None => None,
        }
    }

    /// The reason phrase, if it is of a response and has its start line.
    #[must_use]
    pub fn reason(&self) -> Option<&[u8]> {
        self.status().map(|_| self.message.subject())
    }

    /// A Status-Line alone, with the usual reason phrase.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Bytes {
        Bytes::from(format!("SIP/2.0 {status} {}\r\n", status.reason()))
    }

    /// The start line of `message` and those of its fields that `is_kept`, without its body.
    ///
    /// ```
    /// use sip_proto::message::body::SipFrag;
    /// use sip_proto::message::{HeaderName, Method};
    /// use sip_proto::Request;
    ///
    /// let request = Request::builder(Method::Info, "sip:b").call_id("1").cseq(2).build();
    /// let fragment = SipFrag::of_message(&request, |name| *name == HeaderName::CSeq);
    /// assert_eq!(fragment, "INFO sip:b SIP/2.0\r\nCSeq: 2 INFO\r\n");
    /// ```
    #[must_use]
    pub fn of_message(message: &Message, is_kept: impl Fn(&HeaderName) -> bool) -> Bytes {
        let mut out = BytesMut::new();
        message.write_start_line(&mut out);
        for header in message.iter().filter(|header| is_kept(header.name)) {
            put_name_and_colon(&mut out, header.name);
            out.put_slice(header.value);
            out.put_slice(b"\r\n");
        }
        out.freeze()
    }
}

impl Deref for SipFrag {
    type Target = Message;

    fn deref(&self) -> &Message {
        &self.message
    }
}

impl fmt::Debug for SipFrag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.show("SipFrag", f)
    }
}
