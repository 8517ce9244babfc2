//! Start line, header fields, body.

use super::cursor::{Cursor, is_token, is_wsp, unfold};
use super::{Leniency, Reading, number};

/// What a message says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartLine {
    /// A Request-Line: method and Request-URI.
    Request(Vec<u8>, Vec<u8>),
    /// A Status-Line: code and reason phrase.
    Response(u64, Vec<u8>),
}

/// A message, its parts copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The first line.
    pub start: StartLine,
    /// Name as written and value as it stands, without the white space around it.
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// As long as Content-Length says, or all that follows (RFC 3261 section 18.3).
    pub body: Vec<u8>,
}

/// ```abnf
/// Request   =  Request-Line *( message-header ) CRLF [ message-body ]
/// Response  =  Status-Line *( message-header ) CRLF [ message-body ]
/// ```
/// of one datagram, what comes after the body included. Empty lines before the start line are not
/// read (RFC 3261 section 7.5).
#[must_use]
pub fn message(bytes: &[u8], reading: Reading) -> Option<Message> {
    let mut rest = bytes;
    while let Some(after) = rest.strip_prefix(b"\r\n") {
        rest = after;
    }
    let start = start_line(line(&mut rest)?, reading)?;
    let mut headers = Vec::new();
    loop {
        let mut whole = line(&mut rest)?.to_vec();
        if whole.is_empty() {
            break;
        }
        while rest.first().is_some_and(|byte| is_wsp(*byte)) {
            whole.extend_from_slice(b"\r\n");
            whole.extend_from_slice(line(&mut rest)?);
        }
        headers.push(header(&whole, reading)?);
    }
    let body = body(&headers, rest)?;
    Some(Message { start, headers, body })
}

/// Up to the next CRLF; neither half of one stands alone.
fn line<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.windows(2).position(|two| two == b"\r\n")?;
    let (line, after) = (&rest[..end], &rest[end + 2..]);
    if line.contains(&b'\r') || line.contains(&b'\n') {
        return None;
    }
    *rest = after;
    Some(line)
}

fn start_line(line: &[u8], reading: Reading) -> Option<StartLine> {
    let mut cursor = Cursor::new(line, reading);
    if let Some(response) = status_line(&mut cursor) {
        return Some(response);
    }
    // Request-Line  =  Method SP Request-URI SP SIP-Version CRLF
    let mut cursor = Cursor::new(line, reading);
    let method = cursor.token()?.to_vec();
    cursor.byte(b' ')?;
    let uri = cursor.some(|byte| byte != b' ')?.to_vec();
    cursor.byte(b' ')?;
    sip_version(&mut cursor)?;
    let is_uri = super::uri(&uri, reading).is_some() || reading.allows(Leniency::UriUnread);
    (cursor.is_at_end() && is_uri).then_some(StartLine::Request(method, uri))
}

/// ```abnf
/// Status-Line  =  SIP-Version SP Status-Code SP Reason-Phrase CRLF
/// ```
fn status_line(cursor: &mut Cursor<'_>) -> Option<StartLine> {
    sip_version(cursor)?;
    cursor.byte(b' ')?;
    let digits = cursor.some(|byte| byte.is_ascii_digit())?;
    let code = number(digits, 699).filter(|code| *code >= 100 && digits.len() == 3)?;
    if cursor.is_at_end() && cursor.allows(Leniency::NoSpaceBeforeReason) {
        return Some(StartLine::Response(code, Vec::new()));
    }
    cursor.byte(b' ')?;
    Some(StartLine::Response(code, cursor.text.to_vec()))
}

/// `SIP-Version  =  "SIP" "/" 1*DIGIT "." 1*DIGIT`, of which there is 2.0.
fn sip_version(cursor: &mut Cursor<'_>) -> Option<()> {
    let version = cursor.text.get(..7)?;
    cursor.take(7);
    version.eq_ignore_ascii_case(b"SIP/2.0").then_some(())
}

/// ```abnf
/// message-header    =  header-name HCOLON header-value CRLF
/// HCOLON            =  *( SP / HTAB ) ":" SWS
/// extension-header  =  header-name HCOLON header-value
/// header-value      =  *(TEXT-UTF8char / UTF8-CONT / LWS)
/// ```
fn header(line: &[u8], reading: Reading) -> Option<(Vec<u8>, Vec<u8>)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = line[..colon].trim_ascii_end();
    let ends_in_wsp = line[name.len()..colon].iter().all(|byte| is_wsp(*byte));
    if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) || !ends_in_wsp {
        return None;
    }
    let value = trim(&line[colon + 1..]);
    let is_text = |byte: &u8| matches!(byte, b'\t' | 0x20..=0x7e | 0x80..);
    let is_clean =
        unfold(value).iter().all(is_text) || reading.allows(Leniency::ControlInUnreadValue);
    is_clean.then(|| (name.to_vec(), value.to_vec()))
}

/// A value without the white space and the folds around it.
fn trim(mut value: &[u8]) -> &[u8] {
    let is_lws = |byte: &u8| is_wsp(*byte) || *byte == b'\r' || *byte == b'\n';
    while value.first().is_some_and(is_lws) {
        value = &value[1..];
    }
    while value.last().is_some_and(is_lws) {
        value = &value[..value.len() - 1];
    }
    value
}

/// Two lengths that say the same are one; two that do not are none.
fn body(headers: &[(Vec<u8>, Vec<u8>)], rest: &[u8]) -> Option<Vec<u8>> {
    let is_length = |name: &[u8]| {
        name.eq_ignore_ascii_case(b"Content-Length") || name.eq_ignore_ascii_case(b"l")
    };
    let mut length = None;
    for (_, value) in headers.iter().filter(|(name, _)| is_length(name)) {
        let found = number(value, u64::MAX)?;
        if length.is_some_and(|length| length != found) {
            return None;
        }
        length = Some(found);
    }
    match length {
        Some(length) => rest.get(..usize::try_from(length).ok()?).map(<[u8]>::to_vec),
        None => Some(rest.to_vec()),
    }
}
