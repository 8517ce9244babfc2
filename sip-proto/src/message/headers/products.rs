//! Server and User-Agent (RFC 3261 sections 20.35 and 20.41).

use core::fmt;
use core::ops::Deref;

use super::super::HeaderName;
use super::super::lexer::{Fault, Parsed, is_lws, separator, sws, token_str, whole};
use super::TypedHeader;
use super::comment::comment;
use crate::error::debug_as_written;
use crate::{ParseError, ParseErrorKind};

/// What software somebody runs: products and comments, in order of importance.
///
/// ```abnf
/// server-val *( LWS server-val )
/// server-val  =  product / comment
/// product     =  token [ SLASH product-version ]
/// ```
///
/// Two are equal where they have the same products and comments.
#[derive(Clone, Copy)]
pub struct Products<'a>(&'a [u8]);

/// One of [`Products`].
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServerVal<'a> {
    /// A product and its version.
    Product {
        /// Before the slash.
        name: &'a str,
        /// After the slash.
        version: Option<&'a str>,
    },
    /// What stands in parentheses, as it stands: quoted pairs and nested comments included.
    Comment(&'a [u8]),
}

impl<'a> Products<'a> {
    /// Products and comments, all of `value`.
    ///
    /// # Errors
    ///
    /// `Value` where it does not follow the grammar above.
    pub fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, products)
    }

    /// Each product and comment, in order.
    pub fn iter(&self) -> impl Iterator<Item = ServerVal<'a>> + use<'a> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            let (after, value) = server_val(sws(rest)).ok()?;
            rest = after;
            Some(value)
        })
    }

    /// As they stand.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }
}

fn products(input: &[u8]) -> Parsed<'_, Products<'_>> {
    let start = sws(input);
    let (mut rest, _) = server_val(start)?;
    loop {
        let raw = &start[..start.len() - rest.len()];
        match rest.first() {
            None => return Ok((rest, Products(raw))),
            Some(byte) if is_lws(*byte) => {}
            Some(_) => return Fault::at(rest),
        }
        if sws(rest).is_empty() {
            return Ok((&[], Products(raw)));
        }
        (rest, _) = server_val(sws(rest))?;
    }
}

fn server_val(input: &[u8]) -> Parsed<'_, ServerVal<'_>> {
    if let [b'(', ..] = input {
        let (rest, inside) = comment(input)?;
        return Ok((rest, ServerVal::Comment(inside)));
    }
    let (rest, name) = token_str(input)?;
    match separator(b'/')(rest) {
        Ok((rest, ())) => {
            let (rest, version) = token_str(rest)?;
            Ok((rest, ServerVal::Product { name, version: Some(version) }))
        }
        Err(_) => Ok((rest, ServerVal::Product { name, version: None })),
    }
}

impl PartialEq for Products<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Products<'_> {}

debug_as_written!(Products ServerVal);

impl fmt::Display for ServerVal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Product { name, version: Some(version) } => write!(f, "{name}/{version}"),
            Self::Product { name, version: None } => f.write_str(name),
            Self::Comment(text) => write!(f, "({})", String::from_utf8_lossy(text)),
        }
    }
}

/// With one space between two.
impl fmt::Display for Products<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{value}")?;
        }
        Ok(())
    }
}

macro_rules! software {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name<'a>(pub Products<'a>);

        impl<'a> TypedHeader<'a> for $name<'a> {
            const NAME: HeaderName = HeaderName::$name;

            fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
                Products::parse(value).map(Self)
            }
        }

        impl<'a> Deref for $name<'a> {
            type Target = Products<'a>;

            fn deref(&self) -> &Products<'a> {
                &self.0
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

software! {
    /// The software of who answers (RFC 3261 section 20.35).
    ///
    /// ```
    /// use sip_proto::message::headers::{Server, ServerVal, TypedHeader};
    ///
    /// let server = Server::parse(b"HomeServer v2").unwrap();
    /// assert!(server.iter().eq(["HomeServer", "v2"]
    ///     .map(|name| ServerVal::Product { name, version: None })));
    /// ```
    Server;
    /// The software of who asks (RFC 3261 section 20.41).
    ///
    /// ```
    /// use sip_proto::message::headers::{ServerVal, TypedHeader, UserAgent};
    ///
    /// let agent = UserAgent::parse(b"Softphone/1.5 (beta (nightly))").unwrap();
    /// let values: Vec<_> = agent.iter().collect();
    /// assert_eq!(values[0], ServerVal::Product { name: "Softphone", version: Some("1.5") });
    /// assert_eq!(values[1], ServerVal::Comment(b"beta (nightly)"));
    /// ```
    UserAgent;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_and_comments_and_how_they_are_written() {
        for (value, count, written) in [
            ("a", 1, "a"),
            (" Phone / 1.0\r\n (x\\) y)\t(z) b ", 4, "Phone/1.0 (x\\) y) (z) b"),
            ("(only a comment)", 1, "(only a comment)"),
            ("a/1 b/2", 2, "a/1 b/2"),
        ] {
            let agent = UserAgent::parse(value.as_bytes()).unwrap();
            assert_eq!(agent.iter().count(), count, "{value}");
            assert_eq!(agent.to_string(), written);
            assert_eq!(UserAgent::parse(written.as_bytes()), Ok(agent));
        }
    }

    #[test]
    fn what_is_no_software() {
        for (value, offset) in [
            ("", 0),
            (" ", 1),
            ("a/", 2),
            ("/1", 0),
            ("a/1/2", 3),
            ("a, b", 1),
            ("a (b", 4),
            ("a(b)", 1),
            ("(b)a", 3),
            ("a \"b\"", 2),
        ] {
            let error = Server::parse(value.as_bytes()).expect_err(value);
            assert_eq!((error.kind, error.offset), (ParseErrorKind::Value, offset), "{value}");
        }
    }
}
