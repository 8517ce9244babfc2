//! What can still be read of a request that does not parse.

use bytes::Bytes;
use memchr::memchr;

use super::lexer::trim;
use super::list::Elements;
use super::parse::leading_crlfs;
use super::{HeaderName, Message, Response, TypedHeader, Via};
use crate::ParseError;

/// The answer copies no more than this: nobody is owed a reflection of a flood.
const COPIED_BYTES_MAX: usize = 8 * 1024;

/// What an answer must hold.
static MANDATORY: [HeaderName; 5] =
    [HeaderName::Via, HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq];

/// See [`Request::salvage`](super::Request::salvage).
pub(super) fn salvage(bytes: &Bytes, error: &ParseError) -> Option<Response> {
    let text = &bytes[leading_crlfs(bytes)..];
    let start_end = memchr(b'\n', text)?;
    let (start, mut rest) = (&text[..start_end], &text[start_end + 1..]);
    let is_response = start.get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"SIP/"));
    // RFC 3261 section 17.1.1.3: nobody answers an ACK.
    if is_response || start.starts_with(b"ACK ") {
        return None;
    }
    let status = error.kind.status();
    let mut assembler = Response::assembler(status, status.reason().as_bytes(), 512);
    let mut seen = [false; 5];
    let mut copied = 0;
    while let Some((line, after)) = logical_line(rest) {
        rest = after;
        let Some(colon) = memchr(b':', line) else {
            continue;
        };
        let name = HeaderName::from_bytes(trim(&line[..colon]));
        let Some(which) = MANDATORY.iter().position(|mandatory| *mandatory == name) else {
            continue;
        };
        let value = trim(&line[colon + 1..]);
        copied += line.len();
        let is_top_via = name == HeaderName::Via && !seen[which];
        if value.is_empty() || copied > COPIED_BYTES_MAX || is_top_via && !is_via(value) {
            return None;
        }
        // Each of the others but once, as an answer has them.
        if name == HeaderName::Via || !seen[which] {
            assembler.push(&name, value);
        }
        seen[which] = true;
    }
    let is_complete = !seen.contains(&false);
    is_complete.then(|| Response::from_parts(status, Message::from_base(assembler.finish(b""))))
}

/// Whether a response could be routed by it.
fn is_via(value: &[u8]) -> bool {
    Elements::new(value, true).next().is_some_and(|first| Via::parse(first).is_ok())
}

/// The line at the start of `rest` with its continuations, and what follows; `None` at the empty
/// line and at the end. Any LF ends a line here.
fn logical_line(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut end = 0;
    loop {
        end += memchr(b'\n', &rest[end..])? + 1;
        if !matches!(rest.get(end), Some(b' ' | b'\t')) {
            break;
        }
    }
    let (line, after) = rest.split_at(end);
    (!trim(line).is_empty()).then_some((line, after))
}
