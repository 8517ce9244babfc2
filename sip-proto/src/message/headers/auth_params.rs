//! The parameters of challenges and credentials (RFC 3261 section 25.1, RFC 7235 section 2.1).

use core::fmt;
use std::borrow::Cow;

use nom::bytes::complete::{take_while, take_while1};

use super::super::lexer::{
    Fault, Parsed, cut, is_lws, is_value, quoted_end, quoted_string, separator, sws, token,
    token_str, trim, whole,
};
use super::super::quoted::{between_quotes, unquoted};
use crate::error::debug_as_written;
use crate::{ParseError, ParseErrorKind};

/// What follows the scheme of a challenge or of credentials: `name=value` pairs with commas
/// between them, or one token68 (RFC 7235 section 2.1; the Bearer scheme of RFC 8898).
///
/// Names are case-insensitive; of two with the same name, the first counts. Two are equal where
/// they have the same pairs in the same order.
///
/// ```
/// use sip_proto::message::headers::AuthParams;
///
/// let params = AuthParams::parse(br#"realm="a \"b\"", stale=TRUE"#).unwrap();
/// assert_eq!(params.value("Realm"), Some(&br#""a \"b\"""#[..]));
/// assert_eq!(params.inner("realm"), Some(&br#"a \"b\""#[..]));
/// assert_eq!(params.text("realm").as_deref(), Some(&br#"a "b""#[..]));
/// assert_eq!(params.inner("stale"), Some(&b"TRUE"[..]));
/// assert_eq!(AuthParams::parse(b"mF_9.B5f-4.1JqM==").unwrap().token68(), Some("mF_9.B5f-4.1JqM=="));
/// ```
#[derive(Clone, Copy)]
pub struct AuthParams<'a> {
    raw: &'a [u8],
    is_token68: bool,
}

impl<'a> AuthParams<'a> {
    /// Parameters, all of `raw`.
    ///
    /// # Errors
    ///
    /// `Value` where `raw` is neither a token68 nor
    ///
    /// ```abnf
    /// auth-param *( COMMA auth-param )
    /// auth-param  =  token EQUAL ( token / quoted-string )
    /// ```
    ///
    /// A value without quotes may also hold what others put there, `/` and `:` among it, but
    /// neither comma nor white space.
    pub fn parse(raw: &'a [u8]) -> Result<Self, ParseError> {
        whole(raw, ParseErrorKind::Value, any)
    }

    /// Each name with its value as it stands, quotes and all, in order. Empty for a token68.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let mut rest = Some(self.raw).filter(|_| !self.is_token68);
        core::iter::from_fn(move || {
            let raw = rest?;
            let end = param_end(raw);
            rest = raw.get(end + 1..);
            cut(&raw[..end], b'=').map(|(name, value)| (trim(name), trim(value)))
        })
    }

    /// The value of the parameter `name` as it stands, quotes and all.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The value of the parameter `name` without its quotes, quoted pairs untouched: the `unq(X)`
    /// that digests are made of (RFC 7616 section 3.4).
    #[must_use]
    pub fn inner(&self, name: &str) -> Option<&'a [u8]> {
        self.value(name).map(between_quotes)
    }

    /// The value of the parameter `name` as what it means: without quotes, each quoted pair the
    /// byte it stands for.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.value(name).map(unquoted)
    }

    /// Whether the parameter `name` is `true`, in any case, with or without quotes.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.inner(name).is_some_and(|value| value.eq_ignore_ascii_case(b"true"))
    }

    /// The token68 that stands there in place of parameters.
    #[must_use]
    pub fn token68(&self) -> Option<&'a str> {
        // The class is ASCII.
        core::str::from_utf8(self.raw).ok().filter(|_| self.is_token68)
    }
}

/// Where the first parameter of `raw` ends: at a comma outside quotes.
fn param_end(raw: &[u8]) -> usize {
    let mut at = 0;
    while let Some(&byte) = raw.get(at) {
        match byte {
            b',' => return at,
            b'"' => match quoted_end(raw, at + 1) {
                Some(end) => at = end,
                None => return raw.len(),
            },
            _ => at += 1,
        }
    }
    raw.len()
}

/// ```abnf
/// credentials  =  auth-scheme LWS ( auth-param *( COMMA auth-param ) / token68 )
/// ```
/// A challenge looks the same. Digest never has a token68.
pub(super) fn scheme_and_params(input: &[u8]) -> Parsed<'_, (&str, AuthParams<'_>)> {
    let (rest, scheme) = token_str(sws(input))?;
    if !rest.first().is_some_and(|byte| is_lws(*byte)) {
        return Fault::at(rest);
    }
    let rest = sws(rest);
    let (rest, params) =
        if scheme.eq_ignore_ascii_case("Digest") { pairs(rest)? } else { any(rest)? };
    Ok((rest, (scheme, params)))
}

fn any(input: &[u8]) -> Parsed<'_, AuthParams<'_>> {
    match token68(sws(input)) {
        Ok((rest, text)) if sws(rest).is_empty() => {
            Ok((&[], AuthParams { raw: text, is_token68: true }))
        }
        _ => pairs(input),
    }
}

/// ```abnf
/// token68  =  1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
/// ```
fn token68(input: &[u8]) -> Parsed<'_, &[u8]> {
    let class = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    let (rest, _) = take_while1(class)(input)?;
    let (rest, _) = take_while(|byte| byte == b'=')(rest)?;
    Ok((rest, &input[..input.len() - rest.len()]))
}

/// One pair or more, to the end of the last.
pub(super) fn pairs(input: &[u8]) -> Parsed<'_, AuthParams<'_>> {
    let start = sws(input);
    let mut rest = start;
    loop {
        (rest, _) = token(sws(rest))?;
        (rest, ()) = separator(b'=')(rest)?;
        (rest, _) = match rest {
            [b'"', ..] => quoted_string(rest)?,
            // Written without its white space, `a= =` would be a token68.
            [b'=', ..] => return Fault::at(rest),
            _ => take_while1(is_value)(rest)?,
        };
        let end = rest;
        match sws(rest) {
            [b',', tail @ ..] => rest = tail,
            tail => {
                let raw = &start[..start.len() - end.len()];
                return Ok((tail, AuthParams { raw, is_token68: false }));
            }
        }
    }
}

impl PartialEq for AuthParams<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.token68() == other.token68()
            && self.iter().count() == other.iter().count()
            && self
                .iter()
                .zip(other.iter())
                .all(|(a, b)| a.0.eq_ignore_ascii_case(b.0) && a.1 == b.1)
    }
}

impl Eq for AuthParams<'_> {}

debug_as_written!(AuthParams);

/// `name=value` with `, ` between them, values as they stand.
impl fmt::Display for AuthParams<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.token68() {
            return f.write_str(text);
        }
        for (index, (name, value)) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let (name, value) = (String::from_utf8_lossy(name), String::from_utf8_lossy(value));
            write!(f, "{comma}{name}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_keep_their_quotes_and_lose_their_spaces() {
        let params =
            AuthParams::parse(b" a = 1 ,\r\n B=\"x, \\\"y\\\" = z\" , c=d/e== , a=2 ").unwrap();
        let pairs: Vec<_> = params.iter().collect();
        let expected: [(&[u8], &[u8]); 4] =
            [(b"a", b"1"), (b"B", br#""x, \"y\" = z""#), (b"c", b"d/e=="), (b"a", b"2")];
        assert_eq!(pairs, expected);
        assert_eq!(params.value("A"), Some(&b"1"[..]), "the first counts");
        assert_eq!(params.text("b").as_deref(), Some(&br#"x, "y" = z"#[..]));
        assert_eq!(params.token68(), None);
        let written = params.to_string();
        assert_eq!(written, r#"a=1, B="x, \"y\" = z", c=d/e==, a=2"#);
        assert_eq!(AuthParams::parse(written.as_bytes()), Ok(params));
    }

    #[test]
    fn a_token68_is_no_pair() {
        for text in ["abc", "abc=", "a.b/c+d~e_f-9=="] {
            let params = AuthParams::parse(text.as_bytes()).unwrap();
            assert_eq!(params.token68(), Some(text));
            assert_eq!(params.iter().count(), 0);
            assert_eq!(params.to_string(), text);
        }
    }

    #[test]
    fn what_is_neither() {
        for (raw, offset) in [
            ("", 0),
            (",", 0),
            ("a=1,", 4),
            ("a=1,,b=2", 4),
            ("a=1 b=2", 4),
            ("a=\"1\"b=2", 5),
            ("a=\"open", 2),
            ("a=,b=1", 2),
            ("=1", 0),
            ("a= =", 3),
            ("a b", 2),
            ("a=1, Basic realm=\"x\"", 11),
        ] {
            let error = AuthParams::parse(raw.as_bytes()).expect_err(raw);
            assert_eq!((error.kind, error.offset), (ParseErrorKind::Value, offset), "{raw}");
        }
    }
}
