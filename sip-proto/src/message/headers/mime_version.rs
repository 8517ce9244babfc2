//! MIME-Version (RFC 3261 section 20.24).

use core::fmt;

use super::super::HeaderName;
use super::super::lexer::{Fault, number, sws, whole};
use super::TypedHeader;
use crate::{ParseError, ParseErrorKind};

/// The version of MIME that the body was made with.
///
/// ```abnf
/// MIME-Version  =  1*DIGIT "." 1*DIGIT
/// ```
///
/// ```
/// use sip_proto::message::headers::{MimeVersion, TypedHeader};
///
/// assert_eq!(MimeVersion::parse(b"1.0"), Ok(MimeVersion { major: 1, minor: 0 }));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MimeVersion {
    /// Before the dot. A number that does not fit is an error.
    pub major: u32,
    /// After the dot. A number that does not fit is an error.
    pub minor: u32,
}

impl TypedHeader<'_> for MimeVersion {
    const NAME: HeaderName = HeaderName::MimeVersion;

    fn parse(value: &[u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, |input| {
            let (rest, major) = number(sws(input))?;
            let [b'.', rest @ ..] = rest else {
                return Fault::at(rest);
            };
            let (rest, minor) = number(rest)?;
            Ok((sws(rest), Self { major, minor }))
        })
    }
}

impl fmt::Display for MimeVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_numbers_and_a_dot() {
        let version = MimeVersion::parse(b" 01.10 ").unwrap();
        assert_eq!(version, MimeVersion { major: 1, minor: 10 });
        assert_eq!(version.to_string(), "1.10");
        for value in ["", "1", "1.", ".0", "1 .0", "1.0.0", "1.0 (x)", "1.99999999999"] {
            assert!(MimeVersion::parse(value.as_bytes()).is_err(), "{value}");
        }
    }
}
