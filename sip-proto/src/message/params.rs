//! `;name=value` parameters of headers and URIs.

use core::fmt;

use super::lexer::{
    Fault, PLAIN, Parsed, VALUE, quoted_end, quoted_string, run, some, sws, token, whole,
};
use crate::{ParseError, ParseErrorKind};

/// Parameters as they stand, without the `;` before the first. Names are case-insensitive; of two
/// with the same name, the first counts.
///
/// ```
/// use sip_proto::message::Params;
///
/// let params = Params::parse(b"branch=z9hG4bKa;rport;Received=192.0.2.1").unwrap();
/// assert_eq!(params.value("received"), Some(&b"192.0.2.1"[..]));
/// assert_eq!(params.get("rport"), Some(None));
/// assert_eq!(params.get("maddr"), None);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Params<'a>(&'a [u8]);

impl<'a> Params<'a> {
    /// None.
    pub const EMPTY: Self = Self(b"");

    /// Header parameters: `raw` without the first `;`.
    ///
    /// # Errors
    ///
    /// `Value` where `raw` is not empty and not
    ///
    /// ```abnf
    /// generic-param *( SEMI generic-param )
    /// generic-param  =  token [ EQUAL gen-value ]
    /// gen-value      =  token / host / quoted-string
    /// ```
    ///
    /// or a wider value that some extension's grammar allows.
    pub fn parse(raw: &'a [u8]) -> Result<Self, ParseError> {
        if raw.is_empty() {
            Ok(Self::EMPTY)
        } else {
            whole(raw, ParseErrorKind::Value, generic_params)
        }
    }

    /// Parameters whose grammar was checked elsewhere.
    pub(super) const fn unchecked(raw: &'a [u8]) -> Self {
        Self(raw)
    }

    /// As they stand, without the first `;`.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The parameter `name`: `None` if absent, `Some(None)` if it has no value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Option<&'a [u8]>> {
        self.iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    /// The value of the parameter `name`, if it has one. Quotes are part of it.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.get(name).flatten()
    }

    /// Whether the parameter `name` is there, with or without a value.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Each name with its value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> + use<'a> {
        Pairs(Some(self.0).filter(|raw| !raw.is_empty()))
    }
}

/// Names and values. The text was checked by who made it parameters: what is no parameter ends it.
struct Pairs<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let start = sws(self.0?);
        let (name, rest) = start.split_at(run(start, PLAIN));
        let (mut rest, mut value) = (sws(rest), None);
        if let [b'=', tail @ ..] = rest {
            let tail = sws(tail);
            let (found, after) = tail.split_at(value_end(tail));
            (rest, value) = (sws(after), Some(found));
        }
        self.0 = rest.strip_prefix(b";");
        Some((name, value))
    }
}

/// Where a value ends that starts at the start of `raw`: at white space or `;` outside quotes.
#[inline]
fn value_end(raw: &[u8]) -> usize {
    let mut at = 0;
    loop {
        at += run(&raw[at..], PLAIN);
        match raw.get(at) {
            Some(b'=') => at += 1,
            Some(b'"') => match quoted_end(raw, at + 1) {
                Some(end) => at = end,
                None => return raw.len(),
            },
            _ => return at,
        }
    }
}

/// `*( SEMI generic-param )`, with white space before and after.
#[inline]
pub(super) fn params(input: &[u8]) -> Parsed<'_, Params<'_>> {
    params_with(input, |_, _| {})
}

/// The same, telling `note` each name and value on the way.
#[inline]
pub(super) fn params_with<'a>(
    input: &'a [u8],
    note: impl FnMut(&'a [u8], Option<&'a [u8]>),
) -> Parsed<'a, Params<'a>> {
    match sws(input) {
        [b';', rest @ ..] => generic(rest, note),
        rest => Ok((rest, Params::EMPTY)),
    }
}

/// One parameter or more, as far as they go, without a `;` before them.
pub(super) fn generic_params(input: &[u8]) -> Parsed<'_, Params<'_>> {
    generic(input, |_, _| {})
}

/// One parameter or more, as far as they go.
fn generic<'a>(
    input: &'a [u8],
    mut note: impl FnMut(&'a [u8], Option<&'a [u8]>),
) -> Parsed<'a, Params<'a>> {
    let mut rest = input;
    loop {
        let (name_end, name) = token(sws(rest))?;
        rest = name_end;
        if let [b'=', tail @ ..] = sws(name_end) {
            let (value_end, found) = value(sws(tail))?;
            rest = value_end;
            note(name, Some(found));
        } else {
            note(name, None);
        }
        match sws(rest) {
            [b';', tail @ ..] => rest = tail,
            tail => {
                let raw = &input[..input.len() - rest.len()];
                return Ok((tail, Params(sws(raw))));
            }
        }
    }
}

fn value(input: &[u8]) -> Parsed<'_, &[u8]> {
    match input {
        [b'"', ..] => quoted_string(input),
        [] => Fault::at(input),
        _ => some(VALUE)(input),
    }
}

impl fmt::Debug for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Params({:?})", String::from_utf8_lossy(self.0))
    }
}

/// As they stand, without the first `;`.
impl fmt::Display for Params<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pairs<'a> = Vec<(&'a str, Option<&'a str>)>;

    fn pairs(raw: &str) -> Option<Pairs<'_>> {
        fn text(bytes: &[u8]) -> &str {
            core::str::from_utf8(bytes).unwrap()
        }
        let params = Params::parse(raw.as_bytes()).ok()?;
        Some(params.iter().map(|(name, value)| (text(name), value.map(text))).collect())
    }

    #[test]
    fn names_and_values() {
        assert_eq!(pairs(""), Some(vec![]));
        assert_eq!(pairs("lr"), Some(vec![("lr", None)]));
        assert_eq!(pairs("a=1;b=2"), Some(vec![("a", Some("1")), ("b", Some("2"))]));
        assert_eq!(
            pairs(" a \r\n =\t1 ;\r\n b ;c=d "),
            Some(vec![("a", Some("1")), ("b", None), ("c", Some("d"))])
        );
        assert_eq!(
            pairs(r#"text="a;\"b=c";x"#),
            Some(vec![("text", Some(r#""a;\"b=c""#)), ("x", None)])
        );
        assert_eq!(
            pairs("received=[2001:db8::1];maddr=2001:db8::2"),
            Some(vec![("received", Some("[2001:db8::1]")), ("maddr", Some("2001:db8::2"))])
        );
        assert_eq!(pairs("n\u{e4}=1"), None, "a name is a token");
        assert_eq!(pairs("n=\u{e4}"), Some(vec![("n", Some("\u{e4}"))]), "UTF-8 in a value");
    }

    #[test]
    fn empty_or_broken_ones_are_errors_at_their_place() {
        for (raw, offset) in [
            (";", 0),
            ("a;", 2),
            ("a;;b", 2),
            ("a=", 2),
            ("a=;b", 2),
            ("=a", 0),
            ("a=\"open", 2),
            ("a=b c", 4),
            ("a=b,c", 3),
            ("a=\"b\"c", 5),
            ("a b", 2),
        ] {
            assert_eq!(
                Params::parse(raw.as_bytes()),
                Err(ParseError { kind: ParseErrorKind::Value, offset }),
                "{raw}"
            );
        }
    }
}
