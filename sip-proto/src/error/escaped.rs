//! Bytes for a reader.

use core::fmt::{self, Write as _};

/// Shows bytes as text: what is not UTF-8, and what would not be seen, escaped.
pub(crate) struct Escaped<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for character in chunk.valid().chars() {
                if character.is_control() {
                    write!(f, "{}", character.escape_default())?;
                } else {
                    f.write_char(character)?;
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

/// `Debug` as the name and what the value is written as: a derived one shows bytes as numbers.
macro_rules! debug_as_written {
    ($($name:ident)*) => {$(
        impl core::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let written = self.to_string();
                let written = $crate::error::Escaped(written.as_bytes());
                write!(f, concat!(stringify!($name), "({})"), written)
            }
        }
    )*};
}
pub(crate) use debug_as_written;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        assert_eq!(Escaped(b"a\r\n\t\x00\xffz").to_string(), r"a\r\n\t\u{0}\xffz");
        assert_eq!(Escaped("\u{e4} \u{fffd}".as_bytes()).to_string(), "\u{e4} \u{fffd}");
    }
}
