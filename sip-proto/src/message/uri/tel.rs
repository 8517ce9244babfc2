//! Telephone numbers in tel URIs and in the users of SIP URIs (RFC 3966).

use core::fmt;
use std::borrow::Cow;

use super::super::Params;
use super::super::host::host;
use super::super::lexer::{Fault, PARAM, Parsed, URIC, cut, escaped, unescape, whole};
use super::normal::equal_ignoring_case;
use super::{Scheme, Uri};
use crate::error::{Escaped, debug_as_written};
use crate::{ParseError, ParseErrorKind};

/// A telephone number and its parameters.
///
/// ```abnf
/// telephone-subscriber  =  global-number / local-number
/// global-number         =  "+" *phonedigit DIGIT *phonedigit *par
/// local-number          =  *phonedigit-hex ( HEXDIG / "*" / "#" ) *phonedigit-hex
///                          *par context *par
/// phonedigit            =  DIGIT / visual-separator             ; erratum 4376
/// phonedigit-hex        =  HEXDIG / "*" / "#" / visual-separator
/// visual-separator      =  "-" / "." / "(" / ")"
/// ```
/// In a URI, `#` is always escaped. A local number may come without the phone-context that it must
/// have (RFC 3966 section 5.1.5), because so they are dialled: what it means, who routes it knows.
///
/// ```
/// use sip_proto::message::{PhoneContext, TelephoneSubscriber, Uri};
///
/// let uri = Uri::parse(b"tel:7042;phone-context=example.com;ext=1.2").unwrap();
/// let number = uri.telephone_subscriber().unwrap().unwrap();
/// assert!(!number.is_global());
/// assert_eq!(number.phone_context(), Some(PhoneContext::Domain("example.com")));
/// assert_eq!(number.ext(), Some(&b"1.2"[..]));
///
/// let uri = Uri::parse(b"sip:+1-212-555-1212:pw@gateway.example;user=phone").unwrap();
/// let number = uri.telephone_subscriber().unwrap().unwrap();
/// assert_eq!(&*number.digits(), b"+12125551212");
/// ```
#[derive(Clone, Copy)]
pub struct TelephoneSubscriber<'a> {
    /// The number as it stands, with `+`, visual separators and escapes.
    pub number: &'a [u8],
    /// Everything after it.
    pub params: Params<'a>,
}

/// Where a local number counts (RFC 3966 section 5.1.5).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PhoneContext<'a> {
    /// In a domain's numbering plan. Domains compare in any case.
    Domain(&'a str),
    /// After these first digits of a global number, as they stand.
    Global(&'a [u8]),
}

impl fmt::Debug for PhoneContext<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(domain) => write!(f, "Domain({domain})"),
            Self::Global(digits) => write!(f, "Global({})", Escaped(digits)),
        }
    }
}

impl<'a> TelephoneSubscriber<'a> {
    /// The number that `raw` is, all of it: what follows `tel:`, or a user with `user=phone`.
    ///
    /// # Errors
    ///
    /// `Uri` where it does not follow the grammar above.
    pub fn parse(raw: &'a [u8]) -> Result<Self, ParseError> {
        whole(raw, ParseErrorKind::Uri, subscriber)
    }

    /// Whether it is a global number: one with a `+`.
    #[must_use]
    pub fn is_global(&self) -> bool {
        self.number.first() == Some(&b'+')
    }

    /// The number without visual separators and escapes: `+`, digits, `*`, `#` and the letters of
    /// hexadecimal digits in lower case.
    #[must_use]
    pub fn digits(&self) -> Cow<'a, [u8]> {
        let is_plain = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'*');
        if self.number.iter().all(is_plain) {
            return Cow::Borrowed(self.number);
        }
        Cow::Owned(digits(self.number).collect())
    }

    /// The `phone-context`; `None` if it is absent or malformed.
    #[must_use]
    pub fn phone_context(&self) -> Option<PhoneContext<'a>> {
        let value = self.param("phone-context")?;
        if let [b'+', ..] = value {
            return Some(PhoneContext::Global(value));
        }
        match host(value) {
            Ok(([], super::Host::Name(name))) => Some(PhoneContext::Domain(name)),
            _ => None,
        }
    }

    /// The extension, as it stands (RFC 3966 section 5.3).
    #[must_use]
    pub fn ext(&self) -> Option<&'a [u8]> {
        self.param("ext")
    }

    /// The ISDN subaddress, as it stands (RFC 3966 section 5.2).
    #[must_use]
    pub fn isub(&self) -> Option<&'a [u8]> {
        self.param("isub")
    }

    fn param(&self, name: &str) -> Option<&'a [u8]> {
        self.params.value(name)
    }
}

impl<'a> Uri<'a> {
    /// The telephone number that it is: of a tel URI, or of a SIP URI with `user=phone` (RFC 3261
    /// section 19.1.1). `None` for another URI.
    ///
    /// # Errors
    ///
    /// As [`TelephoneSubscriber::parse`]; a tel URI and a user are wider.
    pub fn telephone_subscriber(&self) -> Option<Result<TelephoneSubscriber<'a>, ParseError>> {
        let is_phone = || {
            let user = self.param("user").flatten();
            user.is_some_and(|user| equal_ignoring_case(user, b"phone"))
        };
        let raw = match self.scheme {
            Scheme::Tel => self.opaque,
            Scheme::Sip | Scheme::Sips if is_phone() => self.user()?,
            Scheme::Sip | Scheme::Sips | Scheme::Other(_) => return None,
        };
        Some(TelephoneSubscriber::parse(raw))
    }
}

debug_as_written!(TelephoneSubscriber);

/// As it stands.
impl fmt::Display for TelephoneSubscriber<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.number))?;
        if self.params.is_empty() { Ok(()) } else { write!(f, ";{}", self.params) }
    }
}

/// What two numbers are compared by: separators do not count, an escape is its byte, letters
/// compare in any case.
pub(super) fn digits(number: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = number;
    core::iter::from_fn(move || {
        let (&first, tail) = rest.split_first()?;
        let (byte, after) = match unescape(rest) {
            // An escape is three bytes.
            Some(byte) => (byte, &rest[3..]),
            None => (first, tail),
        };
        rest = after;
        Some(byte)
    })
    .filter(|byte| !is_separator(*byte))
    .map(|byte| byte.to_ascii_lowercase())
}

const fn is_separator(byte: u8) -> bool {
    matches!(byte, b'-' | b'.' | b'(' | b')')
}

fn subscriber(input: &[u8]) -> Parsed<'_, TelephoneSubscriber<'_>> {
    let (number, rest) = match cut(input, b';') {
        Some((number, _)) => input.split_at(number.len()),
        None => (input, &[][..]),
    };
    if let Some(left) = bad_number(number) {
        return Fault::at(&input[input.len() - left - rest.len()..]);
    }
    let params = match rest {
        [b';', raw @ ..] => {
            pars(raw)?;
            Params::unchecked(raw)
        }
        _ => Params::EMPTY,
    };
    Ok((&[], TelephoneSubscriber { number, params }))
}

/// How much of `number` is left at the byte where it stops being one.
fn bad_number(number: &[u8]) -> Option<usize> {
    let (is_global, mut rest) = match number {
        [b'+', rest @ ..] => (true, rest),
        _ => (false, number),
    };
    let mut has_digit = false;
    while let Some((&first, tail)) = rest.split_first() {
        let (byte, after) = match unescape(rest) {
            Some(byte) => (byte, &rest[3..]),
            None => (first, tail),
        };
        let is_digit = byte.is_ascii_digit()
            || (!is_global && (byte.is_ascii_hexdigit() || matches!(byte, b'*' | b'#')));
        if !is_digit && !is_separator(byte) {
            return Some(rest.len());
        }
        has_digit |= is_digit;
        rest = after;
    }
    (!has_digit).then_some(0)
}

/// ```abnf
/// par              =  parameter / extension / isdn-subaddress
/// isdn-subaddress  =  ";isub=" 1*uric
/// extension        =  ";ext=" 1*phonedigit
/// context          =  ";phone-context=" ( domainname / global-number-digits )
/// parameter        =  ";" pname [ "=" pvalue ]
/// pname            =  1*( alphanum / "-" )
/// pvalue           =  1*paramchar
/// ```
/// A subaddress ends at the next `;`, as others must.
fn pars(raw: &[u8]) -> Result<(), nom::Err<Fault>> {
    let mut rest = raw;
    loop {
        let length = rest.iter().take_while(|byte| is_pname(**byte)).count();
        let (name, after) = rest.split_at(length);
        if name.is_empty() {
            return fault(rest);
        }
        rest = after;
        if let [b'=', value @ ..] = rest {
            let end = cut(value, b';').map_or(value.len(), |(value, _)| value.len());
            let (value, after) = value.split_at(end);
            if let Some(left) = bad_value(name, value) {
                return fault(&rest[rest.len() - after.len() - left..]);
            }
            rest = after;
        }
        match rest {
            [] => return Ok(()),
            [b';', tail @ ..] => rest = tail,
            _ => return fault(rest),
        }
    }
}

fn fault(rest: &[u8]) -> Result<(), nom::Err<Fault>> {
    Fault::at(rest).map(|(_, ())| ())
}

const fn is_pname(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-'
}

/// How much of `value` is left at the byte where it stops being one of the parameter `name`.
fn bad_value(name: &[u8], value: &[u8]) -> Option<usize> {
    if value.is_empty() {
        return Some(0);
    }
    let class = if name.eq_ignore_ascii_case(b"isub") { URIC } else { PARAM };
    let left = match escaped(class)(value) {
        Ok((rest, _)) => rest.len(),
        Err(error) => Fault::left_of(&error),
    };
    if left > 0 {
        return Some(left);
    }
    if name.eq_ignore_ascii_case(b"ext") {
        let at = value.iter().position(|byte| !byte.is_ascii_digit() && !is_separator(*byte))?;
        return Some(value.len() - at);
    }
    if name.eq_ignore_ascii_case(b"phone-context") {
        return match value {
            [b'+', ..] => bad_number(value),
            // A name that starts with a digit or ends with a number is still somebody's context.
            _ => value.iter().position(|byte| !is_context(*byte)).map(|at| value.len() - at),
        };
    }
    None
}

const fn is_context(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> TelephoneSubscriber<'_> {
        TelephoneSubscriber::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    #[test]
    fn numbers_and_their_digits() {
        for (raw, is_global, digits) in [
            ("+12015550123", true, "+12015550123"),
            ("+1-(201).555-0123", true, "+12015550123"),
            ("7042", false, "7042"),
            ("*21%23", false, "*21#"),
            ("863-1234;phone-context=+1-914-555", false, "8631234"),
            ("DEAD.beef", false, "deadbeef"),
            ("%2D1", false, "1"),
        ] {
            let number = number(raw);
            assert_eq!((number.is_global(), &*number.digits()), (is_global, digits.as_bytes()));
            assert_eq!(number.to_string(), raw);
        }
    }

    #[test]
    fn contexts_extensions_and_subaddresses() {
        let local = number("1;isub=12%2F3/4?;Phone-Context=+1-914;ext=5-5;x;y=[/:&+$]");
        assert_eq!(local.phone_context(), Some(PhoneContext::Global(b"+1-914")));
        assert_eq!(local.ext(), Some(&b"5-5"[..]));
        assert_eq!(local.isub(), Some(&b"12%2F3/4?"[..]));
        assert_eq!(local.params.value("y"), Some(&b"[/:&+$]"[..]));
        let domain = number("1;phone-context=Houston.example.com.");
        assert_eq!(domain.phone_context(), Some(PhoneContext::Domain("Houston.example.com.")));
        let none = number("1;phone-context;x");
        assert_eq!((none.phone_context(), none.ext(), none.isub()), (None, None, None));
    }

    #[test]
    fn what_is_no_number() {
        for (raw, offset) in [
            ("", 0),
            ("+", 1),
            ("+-", 2),
            ("-.()", 4),
            ("+1a", 2),
            ("+1*", 2),
            ("12g", 2),
            ("1 2", 1),
            ("1#g", 2),
            ("1;", 2),
            ("1;;ext=2", 2),
            ("1;ext=", 6),
            ("1;ext=a", 6),
            ("1;a_b=c", 3),
            ("1;x=\"y\"", 4),
            ("1;x=%4", 4),
            ("1;phone-context=+", 17),
            ("1;phone-context=a/b", 17),
            (";ext=1", 0),
        ] {
            let error = TelephoneSubscriber::parse(raw.as_bytes()).expect_err(raw);
            assert_eq!((error.kind, error.offset), (ParseErrorKind::Uri, offset), "{raw}");
        }
    }

    #[test]
    fn numbers_in_uris() {
        let of = |text: &'static str| {
            let uri = Uri::parse(text.as_bytes()).unwrap();
            uri.telephone_subscriber().map(|number| number.map(|number| number.number))
        };
        assert_eq!(of("tel:+1-2"), Some(Ok(&b"+1-2"[..])));
        assert_eq!(of("sip:+1;ext=2@b;user=phone"), Some(Ok(&b"+1"[..])));
        assert_eq!(of("sips:911@b;User=Phone"), Some(Ok(&b"911"[..])));
        assert_eq!(of("sip:+1@b"), None);
        assert_eq!(of("sip:b;user=phone"), None);
        assert_eq!(of("urn:1"), None);
        assert!(of("tel:bob").is_some_and(|number| number.is_err()));
    }
}
