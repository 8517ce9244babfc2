//! Messages for a reader, and what it means that two are equal.

use core::fmt;

use bytes::BytesMut;

use super::{HeaderName, Message, Request, Response};
use crate::error::Escaped;

/// Two messages are equal if they read the same: the same Request-URI or reason phrase, the same
/// fields in the same order, the same body. How a name is spelt
/// does not matter, nor what was edited to come there; Content-Length follows from the body.
///
/// ```
/// use sip_proto::{Limits, SipMessage};
///
/// let parse = |text: &'static str| SipMessage::parse(text.into(), &Limits::default()).unwrap();
/// let long = parse("INFO sip:b SIP/2.0\r\nSubject: hello\r\nContent-Length: 0\r\n\r\n");
/// assert_eq!(long, parse("INFO sip:b SIP/2.0\r\ns :hello\r\n\r\n"));
/// assert_ne!(long, parse("INFO sip:b SIP/2.0\r\nSubject: Hello\r\n\r\n"));
/// ```
impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.subject() == other.subject() && self.body() == other.body() && self.same_fields(other)
    }
}

impl Eq for Message {}

impl Message {
    fn same_fields(&self, other: &Self) -> bool {
        let mine = self.iter().filter(|header| *header.name != HeaderName::ContentLength);
        let theirs = other.iter().filter(|header| *header.name != HeaderName::ContentLength);
        mine.eq(theirs)
    }

    /// Shows it as `what`: start line, fields and the size of the body; in `{:#?}` a line each.
    pub(super) fn show(&self, what: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut start_line = BytesMut::new();
        self.write_start_line(&mut start_line);
        let mut shown = f.debug_tuple(what);
        let start_line = start_line.trim_ascii_end();
        if !start_line.is_empty() {
            shown.field(&format_args!("{}", Escaped(start_line)));
        }
        for header in self.iter() {
            shown.field(&header);
        }
        if !self.body().is_empty() {
            shown.field(&format_args!("{} bytes of body", self.body().len()));
        }
        shown.finish()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show("Message", f)
    }
}

/// As on the wire; what is not UTF-8 is replaced.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.to_bytes()))
    }
}

/// Start line, fields and the size of the body; in `{:#?}` a line each.
///
/// ```
/// use sip_proto::{Method, Request};
///
/// let request = Request::builder(Method::Info, "sip:b@b.example").body("a/b", b"\x00\xff").build();
/// assert_eq!(
///     format!("{request:#?}"),
///     "Request(\n    INFO sip:b@b.example SIP/2.0,\n    Content-Type: a/b,\n    \
///      Max-Forwards: 70,\n    Content-Length: 2,\n    2 bytes of body,\n)"
/// );
/// ```
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show("Request", f)
    }
}

/// As on the wire; what is not UTF-8 is replaced.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Start line, fields and the size of the body; in `{:#?}` a line each.
impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show("Response", f)
    }
}

/// As on the wire; what is not UTF-8 is replaced.
impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
