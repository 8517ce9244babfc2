//! Messages as a scenario writes and reads them.

use std::time::Duration;

use bytes::Bytes;
use sip_proto::framing::{Deframer, Framed};
use sip_proto::{HeaderName, Limits, SipMessage};

use super::net::{Net, PhoneId};

/// A message that a phone received.
#[derive(Clone, Debug)]
pub struct Incoming(SipMessage);

impl Incoming {
    /// The status of a response; 0 for a request.
    #[must_use]
    pub fn status(&self) -> u16 {
        match &self.0 {
            SipMessage::Response(response) => response.status().as_u16(),
            SipMessage::Request(_) => 0,
        }
    }

    /// The method of a request; for a response, that of its CSeq.
    #[must_use]
    pub fn method(&self) -> String {
        match &self.0 {
            SipMessage::Request(request) => request.method().as_str().to_owned(),
            SipMessage::Response(_) => {
                let cseq = self.value(&HeaderName::CSeq);
                cseq.split_whitespace().last().unwrap_or_default().to_owned()
            }
        }
    }

    /// The Request-URI; empty for a response.
    #[must_use]
    pub fn uri(&self) -> String {
        match &self.0 {
            SipMessage::Request(request) => String::from_utf8_lossy(request.uri_bytes()).into(),
            SipMessage::Response(_) => String::new(),
        }
    }

    /// The first value of a header; empty if there is none.
    #[must_use]
    pub fn value(&self, name: &HeaderName) -> String {
        let value = self.0.headers().value(name).unwrap_or_default();
        String::from_utf8_lossy(value).into_owned()
    }

    /// All elements of a list header, in order.
    #[must_use]
    pub fn list(&self, name: &HeaderName) -> Vec<String> {
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        self.0.headers().list(name).map(text).collect()
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.0.headers().body()
    }

    /// A response to this request, with every header a response must copy, and `extra` header
    /// lines (each ending in CRLF).
    #[must_use]
    pub fn answer(&self, status: u16, to_tag: &str, extra: &str) -> String {
        let mut text = format!("SIP/2.0 {status} Scripted\r\n");
        for via in self.list(&HeaderName::Via) {
            text.push_str(&format!("Via: {via}\r\n"));
        }
        for route in self.list(&HeaderName::RecordRoute) {
            text.push_str(&format!("Record-Route: {route}\r\n"));
        }
        let to = self.value(&HeaderName::To);
        let tag = if to.contains("tag=") || status == 100 {
            String::new()
        } else {
            format!(";tag={to_tag}")
        };
        text.push_str(&format!("From: {}\r\nTo: {to}{tag}\r\n", self.value(&HeaderName::From)));
        text.push_str(&format!("Call-ID: {}\r\n", self.value(&HeaderName::CallId)));
        text.push_str(&format!("CSeq: {}\r\n", self.value(&HeaderName::CSeq)));
        text.push_str(extra);
        text.push_str("Content-Length: 0\r\n\r\n");
        text
    }
}

/// Parses one datagram.
#[must_use]
pub(super) fn parse(bytes: Vec<u8>) -> Incoming {
    let shown = String::from_utf8_lossy(&bytes).into_owned();
    match SipMessage::parse(Bytes::from(bytes), &Limits::default()) {
        Ok(message) => Incoming(message),
        Err(error) => panic!("the server sent what does not parse: {error}\n{shown}"),
    }
}

/// A phone's receiving side: whole messages, whatever carries them.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) phone: PhoneId,
    stream: Option<Deframer>,
}

impl Inbox {
    pub(super) const fn datagrams(phone: PhoneId) -> Self {
        Self { phone, stream: None }
    }

    pub(super) fn stream(phone: PhoneId) -> Self {
        Self { phone, stream: Some(Deframer::new(&Limits::default())) }
    }

    /// The next message, if one comes within `limit` (for each piece of a stream).
    pub(super) fn next(&mut self, net: &mut dyn Net, limit: Duration) -> Option<Incoming> {
        let Some(stream) = &mut self.stream else {
            return net.receive(self.phone, limit).map(parse);
        };
        loop {
            match stream.poll() {
                Some(Framed::Message(bytes)) => return Some(parse(bytes.to_vec())),
                Some(Framed::Ping | Framed::Pong) => {}
                Some(Framed::Error(error, _)) => panic!("the server's stream is broken: {error}"),
                None => stream.push(&net.receive(self.phone, limit)?),
            }
        }
    }
}
