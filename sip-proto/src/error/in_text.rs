//! Errors with the text they are about.

use core::fmt;

use super::{Escaped, ParseError};

/// How much of a line is shown before and after the error.
const SHOWN_BEFORE_BYTES: usize = 60;
const SHOWN_AFTER_BYTES: usize = 40;

/// A [`ParseError`] with the text it is in: displays what is wrong, where, the line, and a caret
/// under the offending byte. Long lines are cut around it, and what would not be seen is escaped.
///
/// ```
/// use sip_proto::{Limits, SipMessage};
///
/// let text = "OPTIONS sip:b@b.example SIP/2.0\r\nMax-Forwards 70\r\n\r\n";
/// let error = SipMessage::parse(text.into(), &Limits::default()).unwrap_err();
/// assert_eq!(
///     error.in_text(text.as_bytes()).to_string(),
///     "malformed header field at line 2, column 14\n\
///      \x20   Max-Forwards 70\n\
///      \x20                ^"
/// );
/// ```
#[derive(Clone, Copy, Debug)]
pub struct InText<'a> {
    error: ParseError,
    input: &'a [u8],
}

impl ParseError {
    /// The error with `input`, what was parsed, to be shown to a person.
    #[must_use]
    pub const fn in_text(self, input: &[u8]) -> InText<'_> {
        InText { error: self, input }
    }
}

impl<'a> InText<'a> {
    fn split(&self) -> (&'a [u8], &'a [u8]) {
        self.input.split_at(self.error.offset.min(self.input.len()))
    }

    /// The line that the error is in, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.split().0.iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// The byte in that line, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.before().len() + 1
    }

    /// What stands before the error in its line.
    fn before(&self) -> &'a [u8] {
        let (before, _) = self.split();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        before.get(start..).unwrap_or_default()
    }

    /// The rest of that line from the offending byte on, without its CRLF; empty where something
    /// is missing.
    #[must_use]
    pub fn offending(&self) -> &'a [u8] {
        let (_, after) = self.split();
        let end = after.iter().position(|byte| *byte == b'\n').unwrap_or(after.len());
        let line = after.get(..end).unwrap_or_default();
        line.strip_suffix(b"\r").unwrap_or(line)
    }
}

impl fmt::Display for InText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = (self.before(), self.offending());
        let cut = before.len().saturating_sub(SHOWN_BEFORE_BYTES);
        let lead = if cut > 0 { "..." } else { "" };
        let before = Escaped(before.get(cut..).unwrap_or_default()).to_string();
        let shown = after.get(..SHOWN_AFTER_BYTES).unwrap_or(after);
        let trail = if shown.len() < after.len() { "..." } else { "" };
        writeln!(f, "{} at line {}, column {}", self.error.kind, self.line(), self.column())?;
        writeln!(f, "    {lead}{before}{}{trail}", Escaped(shown))?;
        let width = lead.len() + before.chars().count();
        write!(f, "    {:width$}^", "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ParseErrorKind;

    fn at(offset: usize, input: &[u8]) -> String {
        ParseError { kind: ParseErrorKind::Value, offset }.in_text(input).to_string()
    }

    #[test]
    fn the_caret_stands_under_the_offending_byte() {
        assert_eq!(at(2, b"abc"), "malformed header value at line 1, column 3\n    abc\n      ^");
        assert_eq!(
            at(4, b"a\r\nbc\r\nd"),
            "malformed header value at line 2, column 2\n    bc\n     ^"
        );
        assert_eq!(at(0, b""), "malformed header value at line 1, column 1\n    \n    ^");
        assert_eq!(
            at(2, b"\x00\xffz"),
            "malformed header value at line 1, column 3\n    \\u{0}\\xffz\n             ^"
        );
    }

    #[test]
    fn long_lines_are_cut_and_no_offset_panics() {
        let line = vec![b'x'; 10_000];
        for offset in [0, 60, 61, 5_000, 9_999, 10_000, usize::MAX] {
            let shown = at(offset, &line);
            assert!(shown.len() < 400, "{shown}");
        }
        assert_eq!(at(5_000, &line).lines().last().map(str::len), Some(4 + 3 + 60 + 1));
    }
}
