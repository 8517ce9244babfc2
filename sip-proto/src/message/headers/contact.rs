//! Contact (RFC 3261 section 20.10).

use core::fmt;

use super::super::lexer::{number, trim, whole};
use super::super::{HeaderName, NameAddr};
use super::TypedHeader;
use crate::{ParseError, ParseErrorKind};

/// Where somebody can be reached, or `*` for all bindings (RFC 3261 section 10.2.2).
///
/// ```
/// use sip_proto::message::{Contact, TypedHeader};
///
/// let contact = Contact::parse(b"\"Mr. W\" <sip:w@w.example>;q=0.7;expires=3600").unwrap();
/// assert_eq!(contact.q(), Some(700));
/// assert_eq!(contact.expires(), Some(Ok(3600)));
/// assert_eq!(Contact::parse(b"*"), Ok(Contact::Star));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contact<'a> {
    /// `*`
    Star,
    /// An address.
    Address(NameAddr<'a>),
}

impl<'a> Contact<'a> {
    /// The address, unless it is `*`.
    #[must_use]
    pub const fn address(&self) -> Option<&NameAddr<'a>> {
        match self {
            Self::Star => None,
            Self::Address(address) => Some(address),
        }
    }

    /// The `expires` parameter, in seconds. The error is the registrar's to judge: RFC 3261
    /// section 10.2.1.1 takes a malformed value for 3600. A number that is too large for 32 bits
    /// is the largest one.
    #[must_use]
    pub fn expires(&self) -> Option<Result<u32, ParseError>> {
        let value = self.address()?.params.get("expires")?;
        Some(
            whole(value.unwrap_or_default(), ParseErrorKind::Value, number::<u64>)
                .map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)),
        )
    }

    /// The `q` parameter in thousandths, 0 to 1000; `None` if absent or malformed.
    #[must_use]
    pub fn q(&self) -> Option<u16> {
        qvalue(self.address()?.params.value("q")?)
    }
}

/// ```abnf
/// qvalue  =  ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
/// ```
pub(super) fn qvalue(value: &[u8]) -> Option<u16> {
    let (whole, digits) = match value {
        [whole, b'.', digits @ ..] => (whole, digits),
        [whole] => (whole, &[][..]),
        _ => return None,
    };
    if digits.len() > 3 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |index: usize| digits.get(index).map_or(0, |digit| u16::from(digit - b'0'));
    let thousandths = digit(0) * 100 + digit(1) * 10 + digit(2);
    match (whole, thousandths) {
        (b'0', thousandths) => Some(thousandths),
        (b'1', 0) => Some(1000),
        _ => None,
    }
}

impl<'a> TypedHeader<'a> for Contact<'a> {
    const NAME: HeaderName = HeaderName::Contact;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        if trim(value) == b"*" {
            return Ok(Self::Star);
        }
        NameAddr::parse(value).map(Self::Address)
    }
}

impl fmt::Display for Contact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Star => f.write_str("*"),
            Self::Address(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_values_are_thousandths() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1", Some(1000)),
            ("0.", Some(0)),
            ("0.5", Some(500)),
            ("0.05", Some(50)),
            ("0.999", Some(999)),
            ("1.000", Some(1000)),
            ("1.001", None),
            ("0.1234", None),
            ("2", None),
            ("", None),
            (".5", None),
            ("0.x", None),
            ("-1", None),
        ] {
            assert_eq!(qvalue(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn expires_is_a_number_or_somebody_elses_problem() {
        let expires = |params: &str| {
            let value = format!("<sip:a@b>{params}");
            Contact::parse(value.as_bytes()).unwrap().expires().map(Result::ok)
        };
        assert_eq!(expires(""), None);
        assert_eq!(expires(";expires=0"), Some(Some(0)));
        assert_eq!(expires(";EXPIRES=60"), Some(Some(60)));
        assert_eq!(expires(";expires=4294967296"), Some(Some(u32::MAX)));
        assert_eq!(expires(";expires=soon"), Some(None));
        assert_eq!(expires(";expires"), Some(None));
    }
}
