//! Contact (RFC 3261 section 20.10).

use core::fmt;

use super::super::lexer::{trim, whole};
use super::super::{HeaderName, NameAddr};
use super::TypedHeader;
use super::numbers::delta_seconds;
use super::qvalue::qvalue;
use crate::{ParseError, ParseErrorKind};

/// Where somebody can be reached, or `*` for all bindings (RFC 3261 section 10.2.2).
///
/// ```
/// use sip_proto::message::{Contact, TypedHeader};
///
/// let contact = Contact::parse(b"\"Mr. W\" <sip:w@w.example>;q=0.7;expires=3600").unwrap();
/// assert_eq!(contact.q(), Some(700));
/// assert_eq!(contact.expires_secs(), Some(Ok(3600)));
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
    pub fn expires_secs(&self) -> Option<Result<u32, ParseError>> {
        let value = self.address()?.params.get("expires")?;
        Some(whole(value.unwrap_or_default(), ParseErrorKind::Value, delta_seconds))
    }

    /// The `q` parameter in thousandths, 0 to 1000; `None` if absent or malformed.
    #[must_use]
    pub fn q(&self) -> Option<u16> {
        qvalue(self.address()?.params.value("q")?)
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
    fn expires_is_a_number_or_somebody_elses_problem() {
        let expires = |params: &str| {
            let value = format!("<sip:a@b>{params}");
            Contact::parse(value.as_bytes()).unwrap().expires_secs().map(Result::ok)
        };
        assert_eq!(expires(""), None);
        assert_eq!(expires(";expires=0"), Some(Some(0)));
        assert_eq!(expires(";EXPIRES=60"), Some(Some(60)));
        assert_eq!(expires(";expires=4294967296"), Some(Some(u32::MAX)));
        assert_eq!(expires(";expires=999999999999999999999999"), Some(Some(u32::MAX)));
        assert_eq!(expires(";expires=soon"), Some(None));
        assert_eq!(expires(";expires"), Some(None));
    }
}
