//! Streams.

use sip_proto::framing::{Deframer, Framed};
use sip_proto::{Limits, Request, SipMessage};

use super::is_as_it_came;

/// A byte that chooses the limits, a byte that says how many piece lengths follow, those, and the
/// stream.
///
/// However a stream is cut into pieces, the same comes out; messages stay within the caps, are
/// what the parser takes them for, and nothing comes after an error.
pub fn framing(data: &[u8]) {
    let [choice, count, rest @ ..] = data else { return };
    let (lengths, stream) = rest.split_at(usize::from(count % 32).min(rest.len()));
    let limits = limits(*choice);
    let whole = frames(&limits, [stream]);
    check(&limits, stream, &whole);
    assert_eq!(frames(&limits, Pieces { lengths, next: 0, rest: stream }), whole, "in pieces");
    if stream.len() <= 4096 {
        assert_eq!(frames(&limits, stream.chunks(1)), whole, "byte by byte");
    }
}

/// Those of a server, or such that few bytes reach them.
fn limits(choice: u8) -> Limits {
    let default = Limits::default();
    match choice % 3 {
        0 => default,
        1 => Limits { header_bytes_max: 48, body_bytes_max: 8, ..default },
        _ => Limits {
            header_bytes_max: 256,
            body_bytes_max: 64,
            header_value_bytes_max: 16,
            ..default
        },
    }
}

/// A stream in pieces of the lengths given, again and again; zero is a piece too.
struct Pieces<'a> {
    lengths: &'a [u8],
    next: usize,
    rest: &'a [u8],
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let all_zero = self.lengths.iter().all(|length| *length == 0);
        let length = if all_zero { 7 } else { self.lengths[self.next % self.lengths.len()] };
        self.next += 1;
        let (piece, rest) = self.rest.split_at(usize::from(length).min(self.rest.len()));
        self.rest = rest;
        Some(piece)
    }
}

fn frames<'a>(limits: &Limits, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Framed> {
    let mut deframer = Deframer::new(limits);
    let mut frames = Vec::new();
    for piece in pieces {
        deframer.push(piece);
        while let Some(framed) = deframer.poll() {
            frames.push(framed);
        }
    }
    frames
}

fn check(limits: &Limits, stream: &[u8], frames: &[Framed]) {
    let mut rest = stream;
    for (index, framed) in frames.iter().enumerate() {
        match framed {
            Framed::Message(message) => {
                assert!(rest.starts_with(message), "a message is a part of the stream");
                rest = &rest[message.len()..];
                check_message(limits, message);
            }
            Framed::Ping | Framed::Pong => {
                assert!(rest.starts_with(b"\r\n"), "a keep-alive is a CRLF");
                rest = &rest[2..];
            }
            Framed::Error(error, header) => {
                assert_eq!(index + 1, frames.len(), "nothing comes after an error");
                assert!(rest.starts_with(header), "what is salvaged is a part of the stream");
                assert!(header.len() <= limits.header_bytes_max, "the header is capped");
                let _ = (error.to_string(), Request::salvage(header, error));
            }
        }
    }
}

fn check_message(limits: &Limits, message: &bytes::Bytes) {
    assert!(message.len() <= limits.header_bytes_max + limits.body_bytes_max, "the caps hold");
    if let Ok(parsed) = SipMessage::parse(message.clone(), limits) {
        let body = parsed.headers().body();
        assert!(message.ends_with(body), "the body ends the message");
        assert!(body.len() <= limits.body_bytes_max, "the body is capped");
        let written = parsed.to_bytes();
        assert_eq!(written.len(), message.len(), "what was framed is what was parsed");
        assert!(is_as_it_came(message, &written), "what was framed is what was parsed");
    }
}
