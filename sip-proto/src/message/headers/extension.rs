//! What the grammars of the extension headers share.

use core::fmt;
use std::borrow::Cow;

use super::super::lexer::{
    Fault, Parsed, is_token, is_visible, number, quoted_string, sws, token, token_str, whole,
};
use super::super::quoted::unquoted;
use super::super::{Method, Params};
use super::CallId;
use super::numbers::delta_seconds;
use crate::ParseErrorKind;

/// A header that is something and then parameters: the struct, its parser and its writer.
///
/// `check` sees the parsed value; where it says no, what is missing is missing at the end.
macro_rules! with_params {
    ($(
        $(#[$doc:meta])*
        $name:ident<'a> {
            $(#[$field_doc:meta])* $field:ident: $type:ty = $head:path $(, $check:path)?
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $name<'a> {
            $(#[$field_doc])*
            pub $field: $type,
            /// Everything after it.
            pub params: $crate::message::Params<'a>,
        }

        impl<'a> $crate::message::TypedHeader<'a> for $name<'a> {
            const NAME: $crate::HeaderName = $crate::HeaderName::$name;

            fn parse(value: &'a [u8]) -> Result<Self, $crate::ParseError> {
                use super::super::lexer;
                lexer::whole(value, $crate::ParseErrorKind::Value, |input| {
                    let (rest, $field) = $head(lexer::sws(input))?;
                    let (rest, params) = super::super::params::params(rest)?;
                    let parsed = Self { $field, params };
                    $(if !$check(&parsed) {
                        return lexer::Fault::at(rest);
                    })?
                    Ok((rest, parsed))
                })
            }
        }

        $crate::error::debug_as_written!($name);

        impl core::fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                super::extension::Shown::show(&self.$field, f)?;
                super::extension::show_params(&self.params, f)
            }
        }
    )*};
}
pub(super) use with_params;

/// What may stand before the parameters of a header, as it is written.
pub(super) trait Shown {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;
}

impl Shown for &str {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl Shown for &[u8] {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self))
    }
}

impl Shown for u32 {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Shown for bool {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Shown for CallId<'_> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `;` and the parameters, if there are some.
pub(super) fn show_params(params: &Params<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if params.is_empty() { Ok(()) } else { write!(f, ";{params}") }
}

/// ```abnf
/// token-nodot  =  1*( alphanum / "-" / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~" )
/// ```
pub(super) fn token_nodot(input: &[u8]) -> Parsed<'_, &str> {
    let end = input.iter().take_while(|byte| is_token(**byte) && **byte != b'.').count();
    match (end, core::str::from_utf8(&input[..end])) {
        (1.., Ok(token)) => Ok((&input[end..], token)),
        _ => Fault::at(input),
    }
}

/// `token / quoted-string`, the quotes and all.
pub(super) fn token_or_quoted(input: &[u8]) -> Parsed<'_, &[u8]> {
    if input.first() == Some(&b'"') { quoted_string(input) } else { token(input) }
}

/// A Call-ID before parameters. As wide as [`CallId`] is, but for the `;` that ends it, which no
/// Call-ID can hold.
pub(super) fn call_id(input: &[u8]) -> Parsed<'_, CallId<'_>> {
    let end = input.iter().take_while(|byte| is_visible(**byte) && **byte != b';').count();
    if end == 0 {
        return Fault::at(input);
    }
    Ok((&input[end..], CallId(&input[..end])))
}

/// A method.
pub(super) fn method(input: &[u8]) -> Parsed<'_, Method> {
    let (rest, name) = token_str(input)?;
    Ok((rest, Method::from_bytes(name.as_bytes())))
}

/// The whole of a one-number value that must not be 0.
pub(super) fn positive(input: &[u8]) -> Parsed<'_, u32> {
    match number(input)? {
        (_, 0) => Fault::at(input),
        parsed => Ok(parsed),
    }
}

/// The parameter `name` in seconds; `None` if absent or malformed. A number that 32 bits do not
/// hold is the largest one.
pub(super) fn seconds_param(params: &Params<'_>, name: &str) -> Option<u32> {
    whole(params.value(name)?, ParseErrorKind::Value, delta_seconds).ok()
}

/// The parameter `name` as a number; `None` if absent, malformed or too large.
pub(super) fn number_param<T: TryFrom<u64>>(params: &Params<'_>, name: &str) -> Option<T> {
    whole(params.value(name)?, ParseErrorKind::Value, number).ok()
}

/// The parameter `name` without quotes and quoted pairs.
pub(super) fn text_param<'a>(params: &Params<'a>, name: &str) -> Option<Cow<'a, [u8]>> {
    params.value(name).map(unquoted)
}

/// The parameter `name`, if it is a token.
pub(super) fn token_param<'a>(params: &Params<'a>, name: &str) -> Option<&'a str> {
    whole(params.value(name)?, ParseErrorKind::Value, token_str).ok()
}

/// Nothing but white space after `parser`'s value.
pub(super) fn padded<'a, T>(
    parser: impl FnOnce(&'a [u8]) -> Parsed<'a, T>,
) -> impl FnOnce(&'a [u8]) -> Parsed<'a, T> {
    |input| {
        let (rest, value) = parser(sws(input))?;
        Ok((sws(rest), value))
    }
}

/// Checks that every text of `accepted` reads, and that what its value is written as reads as that
/// value again; and that `rejected` are errors at their offsets.
#[cfg(test)]
pub(super) fn check<'a, H>(accepted: &[&'a str], rejected: &[(&'a str, usize)])
where
    H: super::TypedHeader<'a> + PartialEq + fmt::Debug + fmt::Display,
{
    for text in accepted {
        let parsed = H::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        // The view borrows from its text for as long as the table lives.
        let written: &'static str = Box::leak(parsed.to_string().into_boxed_str());
        assert_eq!(H::parse(written.as_bytes()), Ok(parsed), "{text:?} was written {written:?}");
    }
    for (text, offset) in rejected {
        let error = H::parse(text.as_bytes()).expect_err(text);
        assert_eq!((error.kind, error.offset), (ParseErrorKind::Value, *offset), "{text:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_parameters_are_absent_where_they_are_malformed() {
        let params = Params::parse(br#"s=60;n=007;big=70000;t=a;q="\"a\" b";none"#).unwrap();
        assert_eq!(seconds_param(&params, "S"), Some(60));
        assert_eq!(seconds_param(&params, "t"), None);
        assert_eq!(number_param::<u16>(&params, "n"), Some(7));
        assert_eq!(number_param::<u16>(&params, "big"), None);
        assert_eq!(number_param::<u16>(&params, "none"), None);
        assert_eq!(token_param(&params, "t"), Some("a"));
        assert_eq!(token_param(&params, "q"), None);
        assert_eq!(text_param(&params, "q").as_deref(), Some(&br#""a" b"#[..]));
        assert_eq!(text_param(&params, "absent"), None);
    }
}
