//! Stream bytes to messages (RFC 3261 section 18.3, RFC 5626 section 4.4.1).

use bytes::{Buf, Bytes, BytesMut};
use memchr::memchr;

use crate::message::header_content_length;
use crate::{Limits, ParseError, ParseErrorKind};

/// What came out of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framed {
    /// A whole message, start line to end of body, in storage of its own.
    Message(Bytes),
    /// The second CRLF of two: a keep-alive, to be answered with one CRLF.
    Ping,
    /// A CRLF between messages: the answer to a keep-alive, if one was sent. A ping's first CRLF
    /// comes out as this too, because nobody knows then whether another follows; ignore it where no
    /// answer is awaited.
    Pong,
    /// Where the next message starts cannot be known: nothing more comes out, and the stream must
    /// be closed. With it, what there is of the message's header, for
    /// [`Request::salvage`](crate::Request::salvage).
    Error(ParseError, Bytes),
}

/// Cuts a stream into messages by their Content-Length, which is mandatory on streams
/// (RFC 3261 section 18.3).
///
/// How the bytes were cut into pieces makes no difference to what comes out. A message may need
/// many pieces; each byte is looked at once. It holds at most one piece and one unfinished message
/// within `Limits`.
///
/// ```
/// use sip_proto::Limits;
/// use sip_proto::framing::{Deframer, Framed};
///
/// let mut deframer = Deframer::new(&Limits::default());
/// deframer.push(b"OPTIONS sip:a SIP/2.0\r\nl: 2\r\n\r\nh");
/// assert_eq!(deframer.poll(), None);
/// deframer.push(b"i\r\n");
/// let message = "OPTIONS sip:a SIP/2.0\r\nl: 2\r\n\r\nhi";
/// assert_eq!(deframer.poll(), Some(Framed::Message(message.into())));
/// assert_eq!(deframer.poll(), Some(Framed::Pong));
/// assert_eq!(deframer.poll(), None);
/// ```
#[derive(Debug)]
pub struct Deframer {
    buffer: BytesMut,
    state: State,
    header_bytes_max: usize,
    header_value_bytes_max: usize,
    body_bytes_max: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Between messages; whether a CRLF came just before.
    Between {
        crlf: bool,
    },
    /// In a header, of which this many bytes hold no empty line.
    Header {
        scanned: usize,
    },
    /// In a body: the whole message has this many bytes.
    Body {
        total: usize,
    },
    Failed,
}

impl Deframer {
    /// For a new stream.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            buffer: BytesMut::new(),
            state: State::Between { crlf: false },
            header_bytes_max: limits.header_bytes_max,
            header_value_bytes_max: limits.header_value_bytes_max,
            body_bytes_max: limits.body_bytes_max,
        }
    }

    /// Takes what arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        if !matches!(self.state, State::Failed) {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Whether part of a message is here, or of what may become one.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// What comes out next; call until `None`.
    #[must_use]
    pub fn poll(&mut self) -> Option<Framed> {
        loop {
            match self.state {
                State::Between { crlf } => match leading_crlf(&self.buffer) {
                    Some(true) => {
                        self.buffer.advance(2);
                        self.state = State::Between { crlf: !crlf };
                        return Some(if crlf { Framed::Ping } else { Framed::Pong });
                    }
                    Some(false) => self.state = State::Header { scanned: 0 },
                    None => {
                        // Thousands of idle streams must not each keep room for a large message.
                        if self.buffer.is_empty() {
                            self.buffer = BytesMut::new();
                        }
                        return None;
                    }
                },
                State::Header { scanned } => match self.header_end(scanned) {
                    Ok(Some(header_len)) => match self.total_len(header_len) {
                        Ok(total) => self.state = State::Body { total },
                        Err(error) => return Some(self.fail(error, header_len)),
                    },
                    Ok(None) => return None,
                    Err(error) => {
                        let known = self.buffer.len().min(self.header_bytes_max);
                        return Some(self.fail(error, known));
                    }
                },
                State::Body { total } if self.buffer.len() >= total => {
                    let message = Bytes::copy_from_slice(&self.buffer[..total]);
                    self.buffer.advance(total);
                    self.state = State::Between { crlf: false };
                    return Some(Framed::Message(message));
                }
                State::Body { .. } | State::Failed => return None,
            }
        }
    }

    fn fail(&mut self, error: ParseError, header_len: usize) -> Framed {
        let header = Bytes::copy_from_slice(&self.buffer[..header_len]);
        self.buffer = BytesMut::new();
        self.state = State::Failed;
        Framed::Error(error, header)
    }

    /// The length of the header with its empty line, once it is there.
    fn header_end(&mut self, scanned: usize) -> Result<Option<usize>, ParseError> {
        let limit = self.buffer.len().min(self.header_bytes_max);
        let mut at = scanned;
        while let Some(found) = memchr(b'\n', &self.buffer[at.min(limit)..limit]) {
            at += found + 1;
            if self.buffer[..at].ends_with(b"\r\n\r\n") {
                return Ok(Some(at));
            }
        }
        if self.buffer.len() > self.header_bytes_max {
            return Err(ParseError { kind: ParseErrorKind::HeaderBytes, offset: limit });
        }
        self.state = State::Header { scanned: limit };
        Ok(None)
    }

    /// The length of the message whose header has `header_len` bytes.
    fn total_len(&self, header_len: usize) -> Result<usize, ParseError> {
        let header = &self.buffer[..header_len];
        match header_content_length(header, self.header_value_bytes_max)? {
            None => Err(ParseError { kind: ParseErrorKind::ContentLength, offset: header_len }),
            Some(length) if length > self.body_bytes_max => {
                Err(ParseError { kind: ParseErrorKind::BodyBytes, offset: header_len })
            }
            Some(length) => Ok(header_len + length),
        }
    }
}

/// Whether a CRLF comes next; `None` while that cannot be known.
fn leading_crlf(bytes: &[u8]) -> Option<bool> {
    match bytes {
        [] | [b'\r'] => None,
        bytes => Some(bytes.starts_with(b"\r\n")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const OPTIONS: &str = "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP a\r\nl: 2\r\n\r\nhi";
    const OK: &str = "SIP/2.0 200 OK\r\nContent-Length:\r\n 0\r\n\r\n";

    fn message(text: &str) -> Framed {
        Framed::Message(Bytes::copy_from_slice(text.as_bytes()))
    }

    fn error(kind: ParseErrorKind, offset: usize, header: &str) -> Framed {
        Framed::Error(ParseError { kind, offset }, Bytes::copy_from_slice(header.as_bytes()))
    }

    /// What comes out of `stream`, pushed in pieces of these lengths, then of one byte.
    fn frames(stream: &[u8], pieces: &[usize], limits: &Limits) -> Vec<Framed> {
        let mut deframer = Deframer::new(limits);
        let mut out = Vec::new();
        let (mut rest, mut pieces) = (stream, pieces.iter());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(pieces.next().map_or(1, |len| *len).min(rest.len()));
            deframer.push(piece);
            out.extend(core::iter::from_fn(|| deframer.poll()));
            rest = after;
        }
        out
    }

    #[track_caller]
    fn assert_frames(stream: &str, limits: &Limits, expected: &[Framed]) {
        let stream = stream.as_bytes();
        assert_eq!(frames(stream, &[stream.len()], limits), expected, "whole");
        assert_eq!(frames(stream, &[], limits), expected, "byte by byte");
        for cut in 0..stream.len() {
            let pieces = [cut.max(1), stream.len()];
            assert_eq!(frames(stream, &pieces, limits), expected, "cut at {cut}");
        }
    }

    #[test]
    fn messages_come_out_however_they_were_cut() {
        let limits = Limits::default();
        assert_frames(OPTIONS, &limits, &[message(OPTIONS)]);
        assert_frames(
            &[OPTIONS, OK, OPTIONS].concat(),
            &limits,
            &[message(OPTIONS), message(OK), message(OPTIONS)],
        );
        assert_frames(&[OPTIONS, "SIP/2.0 1"].concat(), &limits, &[message(OPTIONS)]);
        let tricky = "X a:b SIP/2.0\r\nl: 8\r\n\r\n\r\n\r\nl: 9";
        assert_frames(tricky, &limits, &[message(tricky)]);
    }

    #[test]
    fn keep_alives_come_out_between_messages_only() {
        // RFC 5626 section 4.4.1, RFC 3261 section 7.5
        use Framed::{Ping, Pong};
        let limits = Limits::default();
        assert_frames("\r\n", &limits, &[Pong]);
        assert_frames("\r\n\r\n", &limits, &[Pong, Ping]);
        assert_frames("\r\n\r\n\r\n", &limits, &[Pong, Ping, Pong]);
        assert_frames(
            &["\r\n\r\n", OK, "\r\n", OPTIONS, "\r\n\r\n"].concat(),
            &limits,
            &[Pong, Ping, message(OK), Pong, message(OPTIONS), Pong, Ping],
        );
    }

    #[test]
    fn where_the_next_message_starts_must_be_known() {
        use ParseErrorKind::{ContentLength, Header};
        let limits = Limits::default();
        for (header, kind, offset) in [
            // RFC 3261 section 18.3
            ("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n\r\n", ContentLength, 45),
            ("X a:b SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\n", ContentLength, 24),
            ("X a:b SIP/2.0\r\nl: -1\r\n\r\n", ContentLength, 18),
            ("X a:b SIP/2.0\r\nl: 99999999999999999999\r\n\r\n", ContentLength, 18),
            ("X a:b SIP/2.0\r\nno colon\r\nl: 1\r\n\r\n", Header, 18),
            ("X a:b SIP/2.0\r\nA: lone\nLF\r\n\r\n", Header, 22),
        ] {
            let stream = [header, OPTIONS].concat();
            assert_frames(&stream, &limits, &[error(kind, offset, header)]);
        }
    }

    #[test]
    fn limits_hold_before_a_message_is_whole() {
        use ParseErrorKind::{BodyBytes, HeaderBytes, HeaderValueBytes};
        let header = &OPTIONS[..OPTIONS.len() - 2];
        let limits = Limits { body_bytes_max: 1, ..Limits::default() };
        assert_frames(OPTIONS, &limits, &[error(BodyBytes, header.len(), header)]);
        let limits = Limits { header_bytes_max: header.len(), ..Limits::default() };
        assert_frames(OPTIONS, &limits, &[message(OPTIONS)]);
        let max = header.len() - 1;
        let limits = Limits { header_bytes_max: max, ..Limits::default() };
        assert_frames(OPTIONS, &limits, &[error(HeaderBytes, max, &header[..max])]);
        let limits = Limits { header_value_bytes_max: 12, ..Limits::default() };
        assert_frames(OPTIONS, &limits, &[error(HeaderValueBytes, 28, header)]);
        let garbage = "g".repeat(100);
        let limits = Limits { header_bytes_max: 64, ..Limits::default() };
        assert_frames(&garbage, &limits, &[error(HeaderBytes, 64, &garbage[..64])]);
    }

    #[test]
    fn after_an_error_nothing_is_kept() {
        let limits = Limits { header_bytes_max: 8, ..Limits::default() };
        let mut deframer = Deframer::new(&limits);
        deframer.push(b"123456789");
        assert!(matches!(deframer.poll(), Some(Framed::Error(..))));
        deframer.push(OPTIONS.as_bytes());
        assert_eq!(deframer.poll(), None);
        assert_eq!(deframer.buffer.capacity(), 0);
    }

    #[test]
    fn between_messages_nothing_is_kept() {
        let mut deframer = Deframer::new(&Limits::default());
        let large = format!("X a:b SIP/2.0\r\nl: 60000\r\n\r\n{}", "x".repeat(60_000));
        deframer.push(&large.as_bytes()[..50_000]);
        assert_eq!(deframer.poll(), None);
        assert!(deframer.is_unfinished());
        deframer.push(&large.as_bytes()[50_000..]);
        deframer.push(b"\r\n");
        assert!(matches!(deframer.poll(), Some(Framed::Message(_))));
        assert_eq!(deframer.poll(), Some(Framed::Pong));
        assert_eq!(deframer.poll(), None);
        assert_eq!((deframer.is_unfinished(), deframer.buffer.capacity()), (false, 0));
    }

    #[test]
    fn a_message_pins_no_more_than_itself() {
        let mut deframer = Deframer::new(&Limits::default());
        deframer.push([OPTIONS, OK].concat().as_bytes());
        let Some(Framed::Message(first)) = deframer.poll() else { panic!("no message") };
        assert!(first.is_unique());
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(
            parts in vec(prop::sample::select(vec![OPTIONS, OK, "\r\n", "\r\n\r\n", "\r", "x"]), 0..6),
            pieces in vec(1_usize..20, 0..30),
        ) {
            let stream = parts.concat();
            let limits = Limits { header_bytes_max: 70, ..Limits::default() };
            let whole = frames(stream.as_bytes(), &[stream.len()], &limits);
            prop_assert_eq!(frames(stream.as_bytes(), &pieces, &limits), whole);
        }
    }
}
