//! Organization and Subject: text for people.

use core::fmt;
use std::borrow::Cow;

use super::super::HeaderName;
use super::super::lexer::{Fault, Parsed, is_lws, is_visible, sws, trim, whole};
use super::TypedHeader;
use crate::error::debug_as_written;
use crate::{ParseError, ParseErrorKind};

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        ///
        /// Two are equal where [`Self::text`] is.
        #[derive(Clone, Copy)]
        pub struct $name<'a>(
            /// As it stands, folds included.
            pub &'a [u8],
        );

        impl<'a> $name<'a> {
            /// What it says: each fold with the white space around it is one space (RFC 3261
            /// section 7.3.1).
            #[must_use]
            pub fn text(&self) -> Cow<'a, [u8]> {
                unfolded(self.0)
            }
        }

        impl PartialEq for $name<'_> {
            fn eq(&self, other: &Self) -> bool {
                self.text() == other.text()
            }
        }

        impl Eq for $name<'_> {}

        impl<'a> TypedHeader<'a> for $name<'a> {
            const NAME: HeaderName = HeaderName::$name;

            fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
                whole(value, ParseErrorKind::Value, text).map(Self)
            }
        }

        debug_as_written!($name);

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&String::from_utf8_lossy(&self.text()))
            }
        }
    )*};
}

texts! {
    /// Whom the sender works for; may be empty (RFC 3261 section 20.25).
    ///
    /// ```
    /// use sip_proto::message::headers::{Organization, TypedHeader};
    ///
    /// let organization = Organization::parse("Caf\u{e9} Boxes by Bob".as_bytes()).unwrap();
    /// assert_eq!(organization.to_string(), "Caf\u{e9} Boxes by Bob");
    /// ```
    Organization;
    /// What a call is about; may be empty (RFC 3261 section 20.36).
    ///
    /// ```
    /// use sip_proto::message::headers::{Subject, TypedHeader};
    ///
    /// let subject = Subject::parse(b"I know you're there,\r\n\tpick up the phone!").unwrap();
    /// assert_eq!(&*subject.text(), b"I know you're there, pick up the phone!");
    /// ```
    Subject;
}

/// ```abnf
/// [ TEXT-UTF8-TRIM ]
/// TEXT-UTF8-TRIM  =  1*TEXT-UTF8char *( *LWS TEXT-UTF8char )
/// TEXT-UTF8char   =  %x21-7E / UTF8-NONASCII
/// ```
/// Bytes that are not UTF-8 stay: who shows the text can tell.
fn text(input: &[u8]) -> Parsed<'_, &[u8]> {
    let start = sws(input);
    match start.iter().position(|byte| !is_lws(*byte) && !is_visible(*byte)) {
        Some(at) => Fault::at(&start[at..]),
        None => Ok((&[], trim(start))),
    }
}

fn unfolded(text: &[u8]) -> Cow<'_, [u8]> {
    let is_fold = |byte: &u8| matches!(byte, b'\r' | b'\n');
    if !text.iter().any(is_fold) {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.iter().position(is_fold) {
        plain.extend_from_slice(trim(&rest[..at]));
        plain.push(b' ');
        rest = sws(&rest[at..]);
    }
    plain.extend_from_slice(rest);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_trimmed_and_unfolded() {
        for (value, text) in [
            ("", ""),
            (" \r\n ", ""),
            ("a  b", "a  b"),
            (" a \r\n b\r\n\t c ", "a b c"),
            ("J\u{fc}rgen, \"x\" <y>;(z)", "J\u{fc}rgen, \"x\" <y>;(z)"),
        ] {
            let subject = Subject::parse(value.as_bytes()).unwrap();
            assert_eq!(subject.to_string(), text);
            assert_eq!(Subject::parse(text.as_bytes()), Ok(subject), "{value:?}");
        }
        assert_eq!(Subject::parse(b"\xff").map(|subject| subject.0), Ok(&b"\xff"[..]));
    }

    #[test]
    fn text_holds_no_control_characters() {
        for (value, offset) in [("a\u{0}", 1), (" \u{7f}", 1), ("a b\u{8}c", 3)] {
            let error = Organization::parse(value.as_bytes()).expect_err(value);
            assert_eq!((error.kind, error.offset), (ParseErrorKind::Value, offset), "{value:?}");
        }
    }
}
