//! Request-Line and Status-Line.

use nom::Parser;
use nom::bytes::complete::{tag, tag_no_case};
use nom::character::complete::char;
use nom::sequence::terminated;

use super::StatusCode;
use super::base::Span;
use super::lexer::{Fault, Parsed, cut, number, token};
use crate::{ParseError, ParseErrorKind};

/// What a start line says. Spans count from its start.
pub(super) struct StartLine {
    pub(super) start: Start,
    /// The Request-URI or the reason phrase.
    pub(super) subject: Span,
    /// Whether the version is written in upper case, as RFC 3261 section 7.1 wants it sent.
    pub(super) is_canonical: bool,
    /// With its CRLF.
    pub(super) len: usize,
}

pub(super) enum Start {
    /// With the method.
    Request(Span),
    Response(StatusCode),
}

/// Reads `line`, which has no CRLF.
pub(super) fn start_line(line: &[u8]) -> Result<StartLine, ParseError> {
    let is_response = line.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"SIP/"));
    if is_response { status_line(line) } else { request_line(line) }
}

/// ```abnf
/// Request-Line  =  Method SP Request-URI SP SIP-Version CRLF
/// ```
/// The Request-URI is anything without a space here: what is wrong with it is for who reads it,
/// who can then answer.
fn request_line(line: &[u8]) -> Result<StartLine, ParseError> {
    let (rest, method) = located(line, terminated(token, char(' ')).parse(line))?;
    let (uri, rest) = match cut(rest, b' ') {
        Some((uri, after)) if !uri.is_empty() => (uri, after),
        _ => return fault(line, rest),
    };
    let uri_start = method.len() + 1;
    let (rest, is_canonical) = version(line, rest)?;
    if !rest.is_empty() {
        return fault(line, rest);
    }
    Ok(StartLine {
        start: Start::Request(Span::new(0, method.len())),
        subject: Span::new(uri_start, uri_start + uri.len()),
        is_canonical,
        len: line.len() + 2,
    })
}

/// ```abnf
/// Status-Line    =  SIP-Version SP Status-Code SP Reason-Phrase CRLF
/// Reason-Phrase  =  *(reserved / unreserved / escaped / UTF8-NONASCII / UTF8-CONT / SP / HTAB)
/// ```
/// The space before an empty phrase may be missing.
fn status_line(line: &[u8]) -> Result<StartLine, ParseError> {
    let (rest, is_canonical) = version(line, line)?;
    let (rest, _) = located(line, char(' ').parse(rest))?;
    let (after, code) = located(line, number::<u16>(rest))?;
    let (3, Some(status)) = (rest.len() - after.len(), StatusCode::new(code)) else {
        return fault(line, rest);
    };
    let reason = match after {
        [] => after,
        [b' ', reason @ ..] => reason,
        _ => return fault(line, after),
    };
    Ok(StartLine {
        start: Start::Response(status),
        subject: Span::new(line.len() - reason.len(), line.len()),
        is_canonical,
        len: line.len() + 2,
    })
}

/// What follows the version at the start of `rest`, and whether it is in upper case.
///
/// ```abnf
/// SIP-Version  =  "SIP" "/" 1*DIGIT "." 1*DIGIT
/// ```
fn version<'a>(line: &[u8], rest: &'a [u8]) -> Result<(&'a [u8], bool), ParseError> {
    if let Some(after) = rest.strip_prefix(b"SIP/2.0")
        && !after.first().is_some_and(u8::is_ascii_digit)
    {
        return Ok((after, true));
    }
    let parts = (tag_no_case("SIP/"), number::<u64>, tag("."), number::<u64>).parse(rest);
    let (after, (_, major, _, minor)) = located(line, parts)?;
    let length = rest.len() - after.len();
    if (major, minor, length) == (2, 0, b"SIP/2.0".len()) {
        Ok((after, false))
    } else {
        Err(ParseError { kind: ParseErrorKind::Version, offset: line.len() - rest.len() })
    }
}

fn located<'a, T>(line: &[u8], part: Parsed<'a, T>) -> Result<(&'a [u8], T), ParseError> {
    part.map_err(|error| ParseError {
        kind: ParseErrorKind::StartLine,
        offset: line.len() - Fault::left_of(&error),
    })
}

fn fault<T>(line: &[u8], rest: &[u8]) -> Result<T, ParseError> {
    Err(ParseError { kind: ParseErrorKind::StartLine, offset: line.len() - rest.len() })
}
