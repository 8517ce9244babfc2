//! Bytes to a message, in one pass.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use super::base::{Base, HeaderSpan, HeaderSpans, Span};
use super::lexer::{TOKEN, find_soon, is_token, line_break, number, run, sws, trim_end, whole};
use super::name::{CONTENT_LENGTH, LENGTH_MAX as NAME_LEN_MAX, NameId, OTHER, classify};
use super::start_line::{Start, StartLine, start_line};
use super::{Message, Method, Request, Response, SipMessage};
use crate::{Limits, ParseError, ParseErrorKind};

/// See [`SipMessage::parse`]. Uses the storage of `spare`, if nobody else does.
pub(super) fn parse(
    bytes: Bytes,
    limits: &Limits,
    spare: Option<Arc<Base>>,
) -> Result<SipMessage, ParseError> {
    let lead = leading_crlfs(&bytes);
    let mut headers = HeaderSpans::default();
    let head = match split(&bytes[lead..], limits, &mut headers) {
        Ok(head) => head,
        Err(error) => return fail(error.kind, error.offset + lead),
    };
    let end = lead + head.body_start + head.body_len;
    let bytes = if lead == 0 && end == bytes.len() { bytes } else { bytes.slice(lead..end) };
    let body = if head.body_len == 0 { Bytes::new() } else { bytes.slice(head.body_start..) };
    let start = match head.start.start {
        Start::Request(method) => Ok(Method::from_part(&bytes, method.of(&bytes))),
        Start::Response(status) => Err(status),
    };
    let base = Base {
        bytes,
        body,
        subject: head.start.subject,
        headers,
        headers_start: head.start.len,
        has_length: head.has_length,
        is_canonical: head.start.is_canonical,
        other_names: OnceLock::new(),
    };
    let message = match spare {
        Some(mut spare) => {
            match Arc::get_mut(&mut spare) {
                Some(place) => *place = base,
                None => spare = Arc::new(base),
            }
            Message { base: spare, overlay: None }
        }
        None => Message::from_base(base),
    };
    Ok(match start {
        Ok(method) => SipMessage::Request(Request::from_parts(method, message)),
        Err(status) => SipMessage::Response(Response::from_parts(status, message)),
    })
}

/// RFC 3261 section 7.5: CRLFs before the start line are ignored.
pub(super) fn leading_crlfs(bytes: &[u8]) -> usize {
    bytes.chunks_exact(2).take_while(|pair| *pair == b"\r\n").count() * 2
}

/// Reads header fields and what follows their empty line as a message without, or, where
/// `may_start`, also with a start line. The empty line may be missing where nothing follows.
pub(super) fn fragment(
    bytes: &Bytes,
    may_start: bool,
    limits: &Limits,
) -> Result<(Option<Start>, Message), ParseError> {
    let whole_len = bytes.len();
    let bytes = closed(bytes);
    let mut headers = HeaderSpans::default();
    let split = fragment_start(&bytes, may_start, limits)
        .and_then(|start| Ok((fragment_headers(&bytes, &start, limits, &mut headers)?, start)));
    let (end, start) = match split {
        Ok(split) => split,
        Err(error) => return fail(error.kind, error.offset.min(whole_len)),
    };
    let message = Message::from_base(Base {
        body: bytes.slice(end + 2..),
        bytes,
        subject: start.subject,
        headers,
        headers_start: start.len,
        has_length: true,
        is_canonical: start.is_canonical,
        other_names: OnceLock::new(),
    });
    Ok((start.start, message))
}

/// With an empty line at the end of its header fields.
fn closed(bytes: &Bytes) -> Bytes {
    if bytes.starts_with(b"\r\n") || memchr::memmem::find(bytes, b"\r\n\r\n").is_some() {
        return bytes.clone();
    }
    let is_ended = bytes.is_empty() || bytes.ends_with(b"\r\n");
    let missing = if is_ended { "\r\n" } else { "\r\n\r\n" };
    Bytes::from([bytes, missing.as_bytes()].concat())
}

/// The start line of a fragment, if it has one.
struct FragmentStart {
    start: Option<Start>,
    subject: Span,
    is_canonical: bool,
    len: usize,
}

fn fragment_start(
    bytes: &[u8],
    may_start: bool,
    limits: &Limits,
) -> Result<FragmentStart, ParseError> {
    let name = bytes.iter().take_while(|byte| is_token(**byte)).count();
    let after_name = bytes.get(name..).unwrap_or_default().trim_ascii_start();
    if !may_start || after_name.starts_with(b":") || bytes.starts_with(b"\r\n") {
        let subject = Span::default();
        return Ok(FragmentStart { start: None, subject, is_canonical: true, len: 0 });
    }
    let lines = Lines::new(bytes, limits);
    let line = start_line(&lines.region[..lines.line_end(0)?])?;
    let StartLine { start, subject, is_canonical, len } = line;
    Ok(FragmentStart { start: Some(start), subject, is_canonical, len })
}

/// Where the empty line is that ends the header fields.
fn fragment_headers(
    bytes: &[u8],
    start: &FragmentStart,
    limits: &Limits,
    headers: &mut HeaderSpans,
) -> Result<usize, ParseError> {
    let lines = Lines::new(bytes, limits);
    let mut at = start.len;
    while let Some((header, next)) = lines.header(at)? {
        if headers.len() == limits.header_count_max {
            return fail(ParseErrorKind::HeaderCount, at);
        }
        headers.push(header);
        at = next;
    }
    Ok(at)
}

/// Everything about a message but its bytes and header fields. Offsets count from the start line.
struct Head {
    start: StartLine,
    has_length: bool,
    body_start: usize,
    body_len: usize,
}

fn split(bytes: &[u8], limits: &Limits, headers: &mut HeaderSpans) -> Result<Head, ParseError> {
    let lines = Lines::new(bytes, limits);
    let start_end = lines.line_end(0)?;
    let start = start_line(&lines.region[..start_end])?;
    let mut length = None;
    let mut at = start_end + 2;
    while let Some((header, next)) = lines.header(at)? {
        if headers.len() == limits.header_count_max {
            return fail(ParseErrorKind::HeaderCount, at);
        }
        if header.id == CONTENT_LENGTH {
            length = Some(content_length(lines.region, header.value, length)?);
        }
        headers.push(header);
        at = next;
    }
    let body_start = at + 2;
    let body_len = match body_len(bytes.len() - body_start, length, limits) {
        Ok(len) => len,
        Err(kind) => return fail(kind, body_start),
    };
    Ok(Head { start, has_length: length.is_some(), body_start, body_len })
}

const fn fail<T>(kind: ParseErrorKind, offset: usize) -> Result<T, ParseError> {
    Err(ParseError { kind, offset })
}

/// RFC 3261 section 18.3: a body is as long as Content-Length says, or as the datagram; what
/// follows in the datagram is dropped, and what is missing is an error.
fn body_len(
    available: usize,
    length: Option<usize>,
    limits: &Limits,
) -> Result<usize, ParseErrorKind> {
    let len = length.unwrap_or(available);
    if len > limits.body_bytes_max {
        Err(ParseErrorKind::BodyBytes)
    } else if len > available {
        Err(ParseErrorKind::ContentLength)
    } else {
        Ok(len)
    }
}

/// A Content-Length that does not contradict one before it.
fn content_length(region: &[u8], value: Span, before: Option<usize>) -> Result<usize, ParseError> {
    let offset = value.start as usize;
    match whole(value.of(region), ParseErrorKind::ContentLength, number) {
        Ok(length) if before.is_none_or(|before| before == length) => Ok(length),
        Ok(_) => fail(ParseErrorKind::ContentLength, offset),
        Err(error) => fail(error.kind, offset + error.offset),
    }
}

/// The Content-Length in `header`, a header section with its empty line.
///
/// # Errors
///
/// Where a line is malformed, or Content-Length contradicts itself.
pub(crate) fn header_content_length(
    header: &[u8],
    value_max: usize,
) -> Result<Option<usize>, ParseError> {
    let lines = Lines { region: header, is_capped: false, value_max };
    let mut length = None;
    let mut at = lines.line_end(0)? + 2;
    while let Some((header, next)) = lines.header(at)? {
        if header.id == CONTENT_LENGTH {
            length = Some(content_length(lines.region, header.value, length)?);
        }
        at = next;
    }
    Ok(length)
}

/// The header section, as far as it may reach.
struct Lines<'a> {
    /// What may be looked at.
    region: &'a [u8],
    /// Whether there is more, beyond `Limits::header_bytes_max`.
    is_capped: bool,
    /// `Limits::header_value_bytes_max`.
    value_max: usize,
}

impl<'a> Lines<'a> {
    fn new(bytes: &'a [u8], limits: &Limits) -> Self {
        // Spans are 32 bits wide.
        let header_max = limits.header_bytes_max.min(u32::MAX as usize);
        Self {
            region: &bytes[..bytes.len().min(header_max)],
            is_capped: bytes.len() > header_max,
            value_max: limits.header_value_bytes_max,
        }
    }
}

impl Lines<'_> {
    /// The region ended too early.
    #[cold]
    fn missing<T>(&self) -> Result<T, ParseError> {
        let kind =
            if self.is_capped { ParseErrorKind::HeaderBytes } else { ParseErrorKind::Truncated };
        fail(kind, self.region.len())
    }

    /// Where the CRLF is that ends the line holding `from`. A CR or LF alone ends no line, and is
    /// an error: what one element takes for a line end and the next one does not would smuggle
    /// headers.
    #[inline(always)]
    fn line_end(&self, from: usize) -> Result<usize, ParseError> {
        let (found, rest) = line_break(self.region.get(from..).unwrap_or_default());
        match rest {
            [b'\r', b'\n', ..] => Ok(from + found),
            [] | [b'\r'] => self.missing(),
            _ => fail(ParseErrorKind::Header, from + found),
        }
    }

    /// The header whose line starts at `line`, and where the next line starts; `None` at the
    /// empty line.
    ///
    /// ```abnf
    /// message-header  =  header-name HCOLON header-value CRLF
    /// HCOLON          =  *( SP / HTAB ) ":" SWS
    /// ```
    #[inline(always)]
    fn header(&self, line: usize) -> Result<Option<(HeaderSpan, usize)>, ParseError> {
        let region = self.region;
        let rest = region.get(line..).unwrap_or_default();
        if rest.starts_with(b"\r\n") {
            return Ok(None);
        }
        let near = &rest[..rest.len().min(NAME_LEN_MAX)];
        let name = &near[..find_soon(near, b':').unwrap_or(0)];
        // A known name is a token, and no other line has one before its first colon.
        let (name_len, id, value_from) = match classify(name) {
            OTHER => self.unusual_name(line)?,
            id => (name.len(), id, line + name.len() + 1),
        };
        let (start, end, next) = self.value(value_from)?;
        let Ok(name_len) = u16::try_from(name_len) else {
            return fail(ParseErrorKind::HeaderValueBytes, line);
        };
        if end - start > self.value_max {
            return fail(ParseErrorKind::HeaderValueBytes, start);
        }
        let value = Span::new(start, end);
        let header = HeaderSpan { line: line as u32, value, name_len, id };
        Ok(Some((header, next)))
    }

    /// A name that is not known, or not followed by its colon: its length, what it is, and where the
    /// value starts.
    #[cold]
    fn unusual_name(&self, line: usize) -> Result<(usize, NameId, usize), ParseError> {
        let rest = self.region.get(line..).unwrap_or_default();
        let name = &rest[..run(rest, TOKEN)];
        let colon = self.colon(line, line + name.len())?;
        Ok((name.len(), classify(name), colon + 1))
    }

    /// Where the colon is of a line whose name ends at `name_end`.
    fn colon(&self, line: usize, name_end: usize) -> Result<usize, ParseError> {
        let mut at = name_end;
        while let Some(b' ' | b'\t') = self.region.get(at) {
            at += 1;
        }
        match self.region.get(at..).unwrap_or_default() {
            [b':', ..] if name_end > line => Ok(at),
            [] => self.missing(),
            [b'\r'] if at == line => self.missing(),
            _ => fail(ParseErrorKind::Header, at),
        }
    }

    /// Where the value after a colon starts and ends, trimmed, and where the next line starts. A
    /// line that starts with white space continues the one before (RFC 3261 section 7.3.1).
    #[inline(always)]
    fn value(&self, from: usize) -> Result<(usize, usize, usize), ParseError> {
        let mut end = self.line_end(from)?;
        loop {
            match self.region.get(end + 2) {
                Some(b' ' | b'\t') => end = self.line_end(end + 3)?,
                Some(_) => break,
                None => return self.missing(),
            }
        }
        let untrimmed = &self.region[from..end];
        let value = sws(untrimmed);
        let start = end - value.len();
        Ok((start, start + trim_end(value).len(), end + 2))
    }
}
