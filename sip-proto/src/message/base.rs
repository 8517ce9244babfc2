//! What a message was parsed from or built as: its bytes, and where everything is. Immutable.

use core::ops::Deref;
use std::sync::OnceLock;

use bytes::{BufMut, Bytes, BytesMut};
use smallvec::SmallVec;

use super::HeaderName;
use super::lexer::{is_unbroken, trim};
use super::name::{self, NameId, NameSet, OTHER};

/// A part of a base's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Span {
    /// Offsets stay within the header section, whose length the parser and the assembler keep
    /// within 32 bits.
    pub(super) const fn new(start: usize, end: usize) -> Self {
        Self { start: start as u32, end: end as u32 }
    }

    /// The part of `bytes` that it is.
    #[inline]
    pub(super) fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// One header field: 16 bytes. Its line starts with the name and ends where the next one starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeaderSpan {
    /// Where the line starts.
    pub(super) line: u32,
    /// The value, trimmed, folds inside.
    pub(super) value: Span,
    /// The length of the name, from the start of the line.
    pub(super) name_len: u16,
    /// Which known name it is.
    pub(super) id: NameId,
}

/// Most messages have fewer header fields, and then need one allocation.
const HEADERS_INLINE: usize = 20;

/// The header fields in wire order, and which names are among them.
#[derive(Clone, Debug, Default)]
pub(super) struct HeaderSpans {
    spans: SmallVec<[HeaderSpan; HEADERS_INLINE]>,
    present: NameSet,
    repeated: NameSet,
}

impl HeaderSpans {
    #[inline]
    pub(super) fn push(&mut self, span: HeaderSpan) {
        self.repeated |= self.present & name::set_of(span.id);
        self.present |= name::set_of(span.id);
        self.spans.push(span);
    }

    /// Whether a field may have that name. An unknown name may always be there.
    #[inline]
    pub(super) fn may_have(&self, id: NameId) -> bool {
        id == OTHER || self.present & name::set_of(id) != 0
    }

    /// Whether more than one field may have that name.
    #[inline]
    pub(super) fn may_repeat(&self, id: NameId) -> bool {
        id == OTHER || self.repeated & name::set_of(id) != 0
    }
}

impl Deref for HeaderSpans {
    type Target = [HeaderSpan];

    #[inline]
    fn deref(&self) -> &[HeaderSpan] {
        &self.spans
    }
}

/// A whole message: `[start line][header lines][CRLF][body]`.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) bytes: Bytes,
    /// The part of `bytes` after the empty line.
    pub(super) body: Bytes,
    /// The Request-URI; for a response, the reason phrase.
    pub(super) subject: Span,
    pub(super) headers: HeaderSpans,
    /// Where the header lines start.
    pub(super) headers_start: usize,
    /// Whether there is a Content-Length, which then fits the body.
    pub(super) has_length: bool,
    /// Whether the version is written as RFC 3261 section 7.1 wants it sent.
    pub(super) is_canonical: bool,
    /// The unknown names, made when first asked for.
    pub(super) other_names: OnceLock<Box<[HeaderName]>>,
}

impl Base {
    /// The value of the first header with a known name.
    #[inline]
    pub(super) fn first_value(&self, id: NameId) -> Option<&[u8]> {
        if !self.headers.may_have(id) {
            return None;
        }
        let span = self.headers.iter().find(|span| span.id == id)?;
        Some(span.value.of(&self.bytes))
    }

    /// Where the header lines end: at the empty line.
    pub(super) fn headers_end(&self) -> usize {
        self.bytes.len() - self.body.len() - 2
    }

    /// Where the line of the `index`th header ends, and the next one starts.
    pub(super) fn line_end(&self, index: usize) -> usize {
        self.headers.get(index + 1).map_or_else(|| self.headers_end(), |next| next.line as usize)
    }

    /// The `index`th header's name, as written.
    pub(super) fn wire_name(&self, span: &HeaderSpan) -> &[u8] {
        let start = span.line as usize;
        self.bytes.get(start..start + usize::from(span.name_len)).unwrap_or_default()
    }

    /// The `nth` unknown name.
    pub(super) fn other_name(&self, nth: usize) -> Option<&HeaderName> {
        let names = self.other_names.get_or_init(|| {
            self.headers
                .iter()
                .filter(|span| span.id == OTHER)
                .map(|span| HeaderName::Other(self.bytes.slice_ref(self.wire_name(span))))
                .collect()
        });
        names.get(nth)
    }

    /// The same in right-sized storage of its own.
    pub(super) fn detached(&self) -> Self {
        let bytes = Bytes::copy_from_slice(&self.bytes);
        Self {
            body: bytes.slice(bytes.len() - self.body.len()..),
            bytes,
            headers: self.headers.clone(),
            other_names: OnceLock::new(),
            ..*self
        }
    }
}

/// Writes a new base line by line.
#[derive(Debug)]
pub(super) struct Assembler {
    bytes: Vec<u8>,
    subject: Span,
    headers: HeaderSpans,
    headers_start: usize,
}

/// A number as text, without a detour over the heap.
pub(super) struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    pub(super) fn of(number: usize) -> Self {
        let (mut digits, mut start, mut rest) = ([0; 20], 20, number);
        // 64 bits have at most 20 digits.
        while start > 0 {
            start -= 1;
            digits[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        Self { digits, start }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.digits[self.start..]
    }
}

/// Appends a port, or another small number, in decimal.
pub(crate) fn put_number(out: &mut Vec<u8>, number: impl Into<usize>) {
    out.extend_from_slice(Decimal::of(number.into()).as_bytes());
}

/// Beyond, a header line of our own making is left out: it could not be addressed with 32 bits.
const ASSEMBLED_BYTES_MAX: usize = 1 << 30;

/// A Content-Length line and the empty line.
const LENGTH_LINE_MAX: usize = 40;

impl Assembler {
    /// Starts with the start line `before subject after`, whose parts lose any CR and LF.
    pub(super) fn new(before: [&[u8]; 3], subject: &[u8], after: &[u8], capacity: usize) -> Self {
        let mut bytes = Vec::with_capacity(capacity);
        before.iter().for_each(|part| put_line_part(&mut bytes, part));
        let start = bytes.len();
        put_line_part(&mut bytes, subject);
        let subject = Span::new(start, bytes.len());
        put_line_part(&mut bytes, after);
        bytes.put_slice(b"\r\n");
        Self { headers_start: bytes.len(), bytes, subject, headers: HeaderSpans::default() }
    }

    /// Whether a header of that name was pushed.
    pub(super) fn has(&self, id: NameId) -> bool {
        self.headers.may_have(id)
    }

    /// A header of our own; CR and LF in it become spaces.
    pub(super) fn push(&mut self, name: &HeaderName, value: &[u8]) {
        self.push_parts(name, [trim(value)]);
    }

    /// The same, its value made of parts without white space at either end.
    pub(super) fn push_parts<const N: usize>(&mut self, name: &HeaderName, parts: [&[u8]; N]) {
        let line = self.bytes.len();
        if line + parts.iter().map(|part| part.len()).sum::<usize>() > ASSEMBLED_BYTES_MAX {
            return;
        }
        put_name_and_colon(&mut self.bytes, name);
        let start = self.bytes.len();
        parts.iter().for_each(|part| put_line_part(&mut self.bytes, part));
        let value = Span::new(start, self.bytes.len());
        self.bytes.put_slice(b"\r\n");
        let name_len = u16::try_from(start - line - b": ".len()).unwrap_or(u16::MAX);
        self.headers.push(HeaderSpan { line: line as u32, value, name_len, id: name.id() });
    }

    /// A header line of another message, byte for byte: `raw` with its CRLF.
    pub(super) fn push_raw(&mut self, from: &Base, index: usize) {
        let Some(span) = from.headers.get(index) else {
            return;
        };
        let raw = from.bytes.get(span.line as usize..from.line_end(index)).unwrap_or_default();
        let line = self.bytes.len();
        if line + raw.len() > ASSEMBLED_BYTES_MAX {
            return;
        }
        self.bytes.put_slice(raw);
        let moved = |offset: u32| line + (offset - span.line) as usize;
        self.headers.push(HeaderSpan {
            line: line as u32,
            value: Span::new(moved(span.value.start), moved(span.value.end)),
            ..*span
        });
    }

    /// Adds Content-Length and the body.
    pub(super) fn finish(mut self, body: &[u8]) -> Base {
        self.bytes.reserve(LENGTH_LINE_MAX + body.len());
        self.push(&HeaderName::ContentLength, Decimal::of(body.len()).as_bytes());
        self.bytes.put_slice(b"\r\n");
        self.bytes.put_slice(body);
        let bytes = Bytes::from(self.bytes);
        Base {
            body: bytes.slice(bytes.len() - body.len()..),
            bytes,
            subject: self.subject,
            headers: self.headers,
            headers_start: self.headers_start,
            has_length: true,
            is_canonical: true,
            other_names: OnceLock::new(),
        }
    }
}

/// A header name on the wire, with its colon and a space. One made by hand that is no token would
/// break the line: what does not belong in a token becomes `-`.
pub(super) fn put_name_and_colon(out: &mut (impl BufMut + Extend<u8>), name: &HeaderName) {
    match name {
        HeaderName::Other(other) => {
            let other = &other[..other.len().min(usize::from(u16::MAX))];
            out.extend(other.iter().map(|b| if super::lexer::is_token(*b) { *b } else { b'-' }));
            if other.is_empty() {
                out.put_u8(b'-');
            }
            out.put_slice(b": ");
        }
        known => out.put_slice(name::with_colon(known.id())),
    }
}

/// How many bytes the name has that [`put_name_and_colon`] puts.
pub(super) fn name_len(name: &HeaderName) -> usize {
    name.as_bytes().len().clamp(1, usize::from(u16::MAX))
}

/// Text of our own in a line: CR and LF become spaces, so that nobody smuggles in a header.
#[inline]
pub(super) fn put_line_part(out: &mut (impl BufMut + Extend<u8>), part: &[u8]) {
    if is_unbroken(part) {
        out.put_slice(part);
    } else {
        out.extend(part.iter().map(|b| if matches!(b, b'\r' | b'\n') { b' ' } else { *b }));
    }
}

/// The same, as a value to keep.
pub(super) fn line_safe(value: Bytes) -> Bytes {
    let trimmed = trim(&value);
    let value = if trimmed.len() == value.len() { value } else { value.slice_ref(trimmed) };
    if is_unbroken(&value) {
        return value;
    }
    let mut safe = BytesMut::with_capacity(value.len());
    put_line_part(&mut safe, &value);
    safe.freeze()
}

/// The name of a header in a base; `nth_other` counts the unknown ones before it.
pub(super) fn name_at<'a>(base: &'a Base, span: &HeaderSpan, nth_other: usize) -> &'a HeaderName {
    // Every span with OTHER has its name, so the fallback is never read.
    name::known(span.id).or_else(|| base.other_name(nth_other)).unwrap_or(&HeaderName::Via)
}
