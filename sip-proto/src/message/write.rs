//! A message to bytes: exact size first, then one pass.

use bytes::{BufMut, Bytes, BytesMut};

use super::Message;
use super::base::{Decimal, name_len, put_name_and_colon};
use super::overlay::{Change, Line, Patch};
use super::view::parts;

const LENGTH_NAME: &[u8] = b"Content-Length: ";
const CRLF: &[u8] = b"\r\n";

impl Message {
    /// The whole message with its start line. Without edits, and where it came with a
    /// Content-Length, this shares the storage it came in.
    #[must_use]
    pub fn to_bytes(&self) -> Bytes {
        if self.leaves_as_it_came() {
            return self.base.bytes.clone();
        }
        let mut out = BytesMut::with_capacity(self.encoded_len());
        self.write_edited(&mut out);
        out.freeze()
    }

    /// Appends the whole message with its start line to `out`.
    pub fn write(&self, out: &mut BytesMut) {
        if self.leaves_as_it_came() {
            out.put_slice(&self.base.bytes);
            return;
        }
        out.reserve(self.encoded_len());
        self.write_edited(out);
    }

    fn write_edited(&self, out: &mut BytesMut) {
        self.write_start_line(out);
        self.write_headers(out);
        out.put_slice(CRLF);
        out.put_slice(self.body());
    }

    /// How many bytes [`Message::write`] appends.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        if self.leaves_as_it_came() {
            return self.base.bytes.len();
        }
        let base = &*self.base;
        let start = base.headers_start - (base.subject.end - base.subject.start) as usize;
        let subject_len = self.gap().len() + self.subject().len();
        let mut len = start + subject_len + base.headers_end() - base.headers_start;
        if let Some(edits) = self.overlay.as_deref() {
            len += edits.front.iter().chain(&edits.back).map(line_len).sum::<usize>();
            len -= edits.patches.iter().map(|patch| self.line_len(patch)).sum::<usize>();
            len += edits.patches.iter().map(|patch| self.patched_len(patch)).sum::<usize>();
        }
        if !base.has_length {
            len += LENGTH_NAME.len() + Decimal::of(self.body().len()).as_bytes().len() + CRLF.len();
        }
        len + CRLF.len() + self.body().len()
    }

    fn leaves_as_it_came(&self) -> bool {
        self.overlay.is_none() && self.base.has_length && self.base.is_canonical
    }

    /// RFC 3261 section 7.1: the version is sent in upper case, however it came.
    pub(super) fn write_start_line(&self, out: &mut BytesMut) {
        let base = &*self.base;
        let (before, rest) = base.bytes.split_at(base.subject.start as usize);
        let after = &rest[(base.subject.end - base.subject.start) as usize..];
        let after = &after[..base.headers_start - base.subject.end as usize];
        if base.is_canonical || !is_version(before) {
            out.put_slice(before);
        } else {
            out.put_slice(VERSION);
            out.put_slice(&before[VERSION.len()..]);
        }
        out.put_slice(self.gap());
        out.put_slice(self.subject());
        if base.is_canonical || is_version(before) {
            out.put_slice(after);
        } else {
            out.put_slice(b" ");
            out.put_slice(VERSION);
            out.put_slice(CRLF);
        }
    }

    /// The space before a reason phrase, where the Status-Line came without both.
    fn gap(&self) -> &'static [u8] {
        let before = &self.base.bytes[..self.base.subject.start as usize];
        if self.subject().is_empty() || before.ends_with(b" ") { b"" } else { b" " }
    }

    fn write_headers(&self, out: &mut BytesMut) {
        let base = &*self.base;
        let (front, patches, back) = parts(self.overlay.as_deref());
        front.iter().rev().for_each(|line| put_line(out, line));
        // Lines nobody touched go out in runs.
        let mut done = base.headers_start;
        for patch in patches {
            let index = patch.index as usize;
            let span = base.headers[index];
            out.put_slice(&base.bytes[done..span.line as usize]);
            done = base.line_end(index);
            let value = match &patch.change {
                Change::Removed => continue,
                Change::Part(part) => part.of(&base.bytes),
                Change::Value(value) => value,
            };
            out.put_slice(&base.bytes[span.line as usize..span.value.start as usize]);
            out.put_slice(value);
            out.put_slice(CRLF);
        }
        out.put_slice(&base.bytes[done..base.headers_end()]);
        back.iter().for_each(|line| put_line(out, line));
        if !base.has_length {
            out.put_slice(LENGTH_NAME);
            out.put_slice(Decimal::of(self.body().len()).as_bytes());
            out.put_slice(CRLF);
        }
    }

    /// The length of the base line that `patch` changes, as it came.
    fn line_len(&self, patch: &Patch) -> usize {
        let index = patch.index as usize;
        self.base.line_end(index) - self.base.headers[index].line as usize
    }

    /// The length of that line as it goes out.
    fn patched_len(&self, patch: &Patch) -> usize {
        let span = self.base.headers[patch.index as usize];
        let name_len = (span.value.start - span.line) as usize;
        match &patch.change {
            Change::Removed => 0,
            Change::Part(part) => name_len + (part.end - part.start) as usize + CRLF.len(),
            Change::Value(value) => name_len + value.len() + CRLF.len(),
        }
    }
}

const VERSION: &[u8] = b"SIP/2.0";

/// Whether a start line that starts so is a Status-Line.
fn is_version(before: &[u8]) -> bool {
    before.get(..VERSION.len()).is_some_and(|start| start.eq_ignore_ascii_case(VERSION))
}

fn line_len(line: &Line) -> usize {
    name_len(&line.name) + b": ".len() + line.value.len() + CRLF.len()
}

fn put_line(out: &mut BytesMut, line: &Line) {
    put_name_and_colon(out, &line.name);
    out.put_slice(&line.value);
    out.put_slice(CRLF);
}
