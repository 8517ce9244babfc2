//! Privacy (RFC 3323 section 4.2).

use core::fmt;

use super::super::HeaderName;
use super::super::lexer::{Fault, Parsed, sws, token, trim, whole};
use super::TypedHeader;
use crate::{ParseError, ParseErrorKind};

/// What of a message or session somebody wants to be hidden.
///
/// ```abnf
/// Privacy-hdr  =  "Privacy" HCOLON priv-value *(";" priv-value)
/// priv-value   =  "header" / "session" / "user" / "none" / "critical" / token
/// ```
///
/// `id` is of RFC 3325 section 9.3, `history` of RFC 7044. White space may stand
/// around the semicolons, as real peers write it.
///
/// ```
/// use sip_proto::message::TypedHeader;
/// use sip_proto::message::headers::Privacy;
///
/// let privacy = Privacy::parse(b"id; user; critical").unwrap();
/// assert!(privacy.has("ID") && !privacy.has("none"));
/// assert_eq!(privacy.values().collect::<Vec<_>>(), ["id", "user", "critical"]);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Privacy<'a>(&'a str);

impl<'a> Privacy<'a> {
    /// Each value, as written, in order; at least one.
    pub fn values(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.0.split(';').map(|value| value.trim_matches([' ', '\t', '\r', '\n']))
    }

    /// Whether `value` is one of the values, in any case.
    #[must_use]
    pub fn has(&self, value: &str) -> bool {
        self.values().any(|found| found.eq_ignore_ascii_case(value))
    }
}

impl<'a> TypedHeader<'a> for Privacy<'a> {
    const NAME: HeaderName = HeaderName::Privacy;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, privacy)
    }
}

fn privacy(input: &[u8]) -> Parsed<'_, Privacy<'_>> {
    let mut rest = input;
    loop {
        (rest, _) = token(sws(rest))?;
        match sws(rest) {
            [b';', tail @ ..] => rest = tail,
            tail => {
                // Tokens, white space and semicolons are ASCII.
                let text = core::str::from_utf8(trim(&input[..input.len() - rest.len()]));
                return text.map_or_else(|_| Fault::at(input), |text| Ok((tail, Privacy(text))));
            }
        }
    }
}

/// The same values in the same order and case, however they are spaced.
impl PartialEq for Privacy<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.values().eq(other.values())
    }
}

impl Eq for Privacy<'_> {}

impl fmt::Display for Privacy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.values().enumerate() {
            if index > 0 {
                f.write_str(";")?;
            }
            f.write_str(value)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::extension::check;
    use super::*;

    #[test]
    fn forms() {
        check::<Privacy<'_>>(
            &["none", "id;critical", " header\r\n ; session ;\tx~ "],
            &[("", 0), (";", 0), ("id;", 3), ("id;;user", 3), ("id, user", 2), ("id user", 3)],
        );
        assert_eq!(Privacy::parse(b" id ;\r\n user").unwrap().to_string(), "id;user");
        assert_ne!(Privacy::parse(b"id;user"), Privacy::parse(b"user;id"));
    }
}
