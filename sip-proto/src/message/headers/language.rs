//! Accept-Language and Content-Language (RFC 3261 sections 20.3 and 20.13).

use core::fmt;

use super::super::lexer::{Fault, Parsed, sws, whole};
use super::super::params::params;
use super::super::{HeaderName, Params};
use super::TypedHeader;
use super::qvalue::preference;
use crate::{ParseError, ParseErrorKind};

/// A language that is understood.
///
/// ```abnf
/// language        =  language-range *( SEMI accept-param )
/// language-range  =  ( ( 1*8ALPHA *( "-" 1*8ALPHA ) ) / "*" )
/// ```
/// Subtags may hold digits, as those of today do (RFC 5646 section 2.1).
///
/// ```
/// use sip_proto::message::headers::{AcceptLanguage, TypedHeader};
///
/// let language = AcceptLanguage::parse(b"en-gb;q=0.8").unwrap();
/// assert_eq!((language.range, language.q()), ("en-gb", Some(800)));
/// assert!(language.matches("EN-GB-oxendict") && !language.matches("en"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptLanguage<'a> {
    /// `en`, `da-dk` ... or `*`.
    pub range: &'a str,
    /// Everything after it.
    pub params: Params<'a>,
}

impl AcceptLanguage<'_> {
    /// The `q` parameter in thousandths, 0 to 1000: 1000 if absent, `None` if malformed.
    #[must_use]
    pub fn q(&self) -> Option<u16> {
        preference(self.params)
    }

    /// Whether the range is `*`, the language tag, or a prefix of it that ends at a `-`
    /// (RFC 4647 section 3.3.1), in any case.
    #[must_use]
    pub fn matches(&self, tag: &str) -> bool {
        let (range, tag) = (self.range.as_bytes(), tag.as_bytes());
        range == b"*"
            || tag.split_at_checked(range.len()).is_some_and(|(prefix, rest)| {
                prefix.eq_ignore_ascii_case(range) && matches!(rest, [] | [b'-', ..])
            })
    }
}

impl<'a> TypedHeader<'a> for AcceptLanguage<'a> {
    const NAME: HeaderName = HeaderName::AcceptLanguage;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, |input| {
            let (rest, range) = match sws(input) {
                [b'*', rest @ ..] => (rest, "*"),
                start => tag(start)?,
            };
            let (rest, params) = params(rest)?;
            Ok((rest, Self { range, params }))
        })
    }
}

impl fmt::Display for AcceptLanguage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.range)?;
        if self.params.is_empty() { Ok(()) } else { write!(f, ";{}", self.params) }
    }
}

/// A language of the body (RFC 3261 section 20.13).
///
/// ```
/// use sip_proto::message::headers::{ContentLanguage, TypedHeader};
///
/// assert_eq!(ContentLanguage::parse(b"fr"), Ok(ContentLanguage("fr")));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentLanguage<'a>(pub &'a str);

impl<'a> TypedHeader<'a> for ContentLanguage<'a> {
    const NAME: HeaderName = HeaderName::ContentLanguage;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, |input| {
            let (rest, tag) = tag(sws(input))?;
            Ok((sws(rest), Self(tag)))
        })
    }
}

impl fmt::Display for ContentLanguage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// ```abnf
/// language-tag  =  primary-tag *( "-" subtag )
/// ```
fn tag(input: &[u8]) -> Parsed<'_, &str> {
    let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let (tag, rest) = input.split_at(input.iter().take_while(|byte| is_inside(byte)).count());
    let mut subtags = tag.split(|byte| *byte == b'-');
    let is_alphabetic =
        subtags.next().is_some_and(|first| first.iter().all(u8::is_ascii_alphabetic));
    let is_sized = tag.split(|byte| *byte == b'-').all(|part| matches!(part.len(), 1..=8));
    match core::str::from_utf8(tag) {
        Ok(tag) if is_alphabetic && is_sized => Ok((rest, tag)),
        _ => Fault::at(input),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_and_how_they_are_written() {
        for (value, range, q, written) in [
            ("da", "da", Some(1000), "da"),
            (" es-419 ;q=0.7", "es-419", Some(700), "es-419;q=0.7"),
            ("*;q=0", "*", Some(0), "*;q=0"),
        ] {
            let language = AcceptLanguage::parse(value.as_bytes()).unwrap();
            assert_eq!((language.range, language.q()), (range, q), "{value}");
            assert_eq!(language.to_string(), written);
            assert_eq!(AcceptLanguage::parse(written.as_bytes()), Ok(language));
        }
        assert_eq!(ContentLanguage::parse(b" i-mingo ").unwrap().to_string(), "i-mingo");
    }

    #[test]
    fn what_is_no_language() {
        for value in ["", "e1", "en-", "-en", "en--gb", "en_gb", "abcdefghi", "en gb", "en;"] {
            assert!(AcceptLanguage::parse(value.as_bytes()).is_err(), "{value}");
            assert!(ContentLanguage::parse(value.as_bytes()).is_err(), "{value}");
        }
        assert!(ContentLanguage::parse(b"*").is_err(), "a body has a language, not a range");
    }

    #[test]
    fn a_range_covers_what_it_is_a_prefix_of() {
        let matches =
            |range: &'static str, tag| AcceptLanguage { range, params: Params::EMPTY }.matches(tag);
        assert!(matches("*", "en") && matches("en", "EN") && matches("en", "en-US"));
        assert!(!matches("en", "eng") && !matches("en-us", "en") && !matches("en", ""));
    }
}
