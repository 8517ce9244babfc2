//! Whole messages: split, read, edited, written, built, salvaged.

mod building;
mod edits;
mod limits;
mod properties;
mod salvage;
mod split;
mod torture;
mod typed_headers;
mod validate;

use bytes::Bytes;

use super::{Request, Response, SipMessage};
use crate::{Limits, ParseError, ParseErrorKind};

fn parse(text: impl AsRef<[u8]>) -> Result<SipMessage, ParseError> {
    SipMessage::parse(Bytes::copy_from_slice(text.as_ref()), &Limits::default())
}

#[track_caller]
fn request(text: impl AsRef<[u8]>) -> Request {
    match parse(text.as_ref()) {
        Ok(SipMessage::Request(request)) => request,
        other => panic!("{other:?} from {}", String::from_utf8_lossy(text.as_ref())),
    }
}

#[track_caller]
fn response(text: impl AsRef<[u8]>) -> Response {
    match parse(text.as_ref()) {
        Ok(SipMessage::Response(response)) => response,
        other => panic!("{other:?} from {}", String::from_utf8_lossy(text.as_ref())),
    }
}

#[track_caller]
fn error(text: impl AsRef<[u8]>) -> (ParseErrorKind, usize) {
    let error = parse(text.as_ref()).expect_err("parsed");
    (error.kind, error.offset)
}

/// Lines joined with CRLF, an empty one at the end.
fn lines(lines: &[&str]) -> String {
    lines.iter().flat_map(|line| [*line, "\r\n"]).chain(["\r\n"]).collect()
}

/// What the edited view of a message reads as.
fn fields(message: &super::Message) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    message.iter().map(|header| (header.name.to_string(), text(header.value))).collect()
}
