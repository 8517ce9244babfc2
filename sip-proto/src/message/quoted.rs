//! Quoted strings: out of their quotes, and into them (RFC 3261 section 25.1).

use core::fmt::{self, Write};
use std::borrow::Cow;

use memchr::memchr;

use crate::error::debug_as_written;

/// What stands between the quotes of `value`, quoted pairs untouched; all of it if it has no quotes.
pub(super) fn between_quotes(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inside @ .., b'"'] => inside,
        bare => bare,
    }
}

/// What `value` means: without its quotes, each quoted pair the byte it stands for. A value without
/// quotes means itself.
pub(super) fn unquoted(value: &[u8]) -> Cow<'_, [u8]> {
    let [b'"', inside @ .., b'"'] = value else {
        return Cow::Borrowed(value);
    };
    if memchr(b'\\', inside).is_none() {
        return Cow::Borrowed(inside);
    }
    let mut plain = Vec::with_capacity(inside.len());
    let mut bytes = inside.iter();
    while let Some(&byte) = bytes.next() {
        plain.push(if byte == b'\\' { bytes.next().copied().unwrap_or(byte) } else { byte });
    }
    Cow::Owned(plain)
}

/// Text that is written as a quoted string.
///
/// A quote and a backslash become quoted pairs. CR and LF cannot stand in one (RFC 3261 section
/// 25.1) and become spaces, so that no text breaks out of its line.
///
/// ```
/// use sip_proto::message::Quoted;
///
/// assert_eq!(Quoted(br#"say "hi""#).to_string(), r#""say \"hi\"""#);
/// assert_eq!(Quoted(b"a\r\nVia: x").to_string(), r#""a  Via: x""#);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quoted<'a>(pub &'a [u8]);

debug_as_written!(Quoted);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for char in String::from_utf8_lossy(self.0).chars() {
            match char {
                '"' | '\\' => write!(f, "\\{char}")?,
                '\r' | '\n' => f.write_char(' ')?,
                _ => f.write_char(char)?,
            }
        }
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_quoted_pairs_come_off() {
        let table: &[(&[u8], &[u8])] = &[
            (b"", b""),
            (b"bare", b"bare"),
            (br#""""#, b""),
            (br#""a b""#, b"a b"),
            (br#""\"a\\\b""#, br#""a\b"#),
            (b"\"", b"\""),
        ];
        for (value, plain) in table {
            assert_eq!(*unquoted(value), **plain, "{}", String::from_utf8_lossy(value));
        }
        assert_eq!(between_quotes(br#""\"a\\""#), br#"\"a\\"#);
        assert_eq!(between_quotes(b"a"), b"a");
    }

    #[test]
    fn what_is_quoted_comes_back() {
        for plain in ["", "a", "\"", "\\", "a\\\"b", "J\u{fc}rgen", "\t;,<>"] {
            let written = Quoted(plain.as_bytes()).to_string();
            assert_eq!(*unquoted(written.as_bytes()), *plain.as_bytes(), "{written}");
        }
    }
}
