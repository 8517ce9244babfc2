//! The lines of a session description.

use memchr::memchr;

/// A line: `<type>=<value>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// The letter; 0 in a line that has none.
    pub(super) kind: u8,
    /// What follows the `=`, without the line end.
    pub(super) value: &'a [u8],
    /// Where it starts.
    pub(super) start: usize,
    /// After its line end.
    pub(super) end: usize,
}

/// The lines of `text`. CRLF ends one, and so does LF alone, which RFC 8866 section 5 wants
/// accepted.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut at = 0;
    core::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let (line, len) = match memchr(b'\n', rest) {
            Some(end) => (&rest[..end], end + 1),
            None => (rest, rest.len()),
        };
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (kind, value) = match line {
            [kind, b'=', value @ ..] if kind.is_ascii_alphabetic() => (*kind, value),
            _ => (0, line),
        };
        let start = at;
        at += len;
        Some(Line { kind, value, start, end: at })
    })
}

/// Name and value of an attribute.
///
/// ```abnf
/// attribute  =  (att-field ":" att-value) / att-field
/// ```
pub(super) fn attribute(value: &[u8]) -> (&[u8], Option<&[u8]>) {
    match memchr(b':', value) {
        Some(colon) => (&value[..colon], Some(&value[colon + 1..])),
        None => (value, None),
    }
}

/// The words of a value, which single spaces separate.
pub(super) fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b' ')
}
