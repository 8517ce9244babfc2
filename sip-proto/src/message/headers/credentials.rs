//! Authorization and Proxy-Authorization (RFC 3261 sections 20.7 and 20.28).

use core::fmt;
use core::ops::Deref;
use std::borrow::Cow;

use memchr::memchr;

use super::super::HeaderName;
use super::super::lexer::{cut, unescape, whole};
use super::auth_params::scheme_and_params;
use super::{AuthParams, TypedHeader};
use crate::{ParseError, ParseErrorKind};

/// What somebody proves, and how.
///
/// The methods read the parameters of the Digest scheme (RFC 7616 section 3.4, RFC 8760,
/// RFC 3310). What they give is without quotes but with quoted pairs as they stand, because digests
/// are made of that; [`AuthParams::text`] reads a parameter for people. Which of them must be
/// there is for who checks the credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// `Digest`, or another, as written; see [`Credentials::is_digest`].
    pub scheme: &'a str,
    /// Everything after it.
    pub params: AuthParams<'a>,
}

impl<'a> Credentials<'a> {
    /// The credentials that `value` is, all of it.
    ///
    /// # Errors
    ///
    /// `Value` where it is not a scheme, white space and [`AuthParams`].
    pub fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, |input| {
            let (rest, (scheme, params)) = scheme_and_params(input)?;
            Ok((rest, Self { scheme, params }))
        })
    }

    /// Whether the scheme is Digest.
    #[must_use]
    pub const fn is_digest(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("Digest")
    }

    /// The `username`: a name, or its hash where [`Credentials::is_userhash`].
    #[must_use]
    pub fn username(&self) -> Option<&'a [u8]> {
        self.params.inner("username")
    }

    /// The user name of `username*`, where it had to be encoded (RFC 7616 section 3.4). `None` if
    /// it is absent, malformed or not in UTF-8.
    #[must_use]
    pub fn username_extended(&self) -> Option<Cow<'a, str>> {
        extended(self.params.value("username*")?)
    }

    /// The `realm`.
    #[must_use]
    pub fn realm(&self) -> Option<&'a [u8]> {
        self.params.inner("realm")
    }

    /// The `nonce` of the challenge.
    #[must_use]
    pub fn nonce(&self) -> Option<&'a [u8]> {
        self.params.inner("nonce")
    }

    /// The `uri`, which need not be the Request-URI (RFC 3261 section 22.4).
    #[must_use]
    pub fn uri(&self) -> Option<&'a [u8]> {
        self.params.inner("uri")
    }

    /// The `response`, in hexadecimal digits if it is sound.
    #[must_use]
    pub fn response(&self) -> Option<&'a [u8]> {
        self.params.inner("response")
    }

    /// The `algorithm`; where it is absent, MD5 is meant.
    #[must_use]
    pub fn algorithm(&self) -> Option<&'a [u8]> {
        self.params.inner("algorithm")
    }

    /// The `cnonce`.
    #[must_use]
    pub fn cnonce(&self) -> Option<&'a [u8]> {
        self.params.inner("cnonce")
    }

    /// The `opaque` of the challenge.
    #[must_use]
    pub fn opaque(&self) -> Option<&'a [u8]> {
        self.params.inner("opaque")
    }

    /// The `qop` chosen.
    #[must_use]
    pub fn qop(&self) -> Option<&'a [u8]> {
        self.params.inner("qop")
    }

    /// The nonce count as it stands: it goes into the digest.
    #[must_use]
    pub fn nc(&self) -> Option<&'a [u8]> {
        self.params.inner("nc")
    }

    /// The nonce count; `None` if it is absent or not eight hexadecimal digits.
    #[must_use]
    pub fn nonce_count(&self) -> Option<u32> {
        nonce_count(self.nc()?)
    }

    /// Whether `username` is a hash (RFC 7616 section 3.4.4).
    #[must_use]
    pub fn is_userhash(&self) -> bool {
        self.params.is_true("userhash")
    }

    /// The `auts` of a USIM that is out of step, in base64 (RFC 3310 section 3.4).
    #[must_use]
    pub fn auts(&self) -> Option<&'a [u8]> {
        self.params.inner("auts")
    }
}

/// ```abnf
/// nc-value  =  8LHEX
/// ```
/// In either case.
pub(super) fn nonce_count(value: &[u8]) -> Option<u32> {
    if value.len() != 8 || !value.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(core::str::from_utf8(value).ok()?, 16).ok()
}

/// An `ext-value` (RFC 8187 section 3.2.1):
///
/// ```abnf
/// ext-value  =  charset "'" [ language ] "'" *( pct-encoded / attr-char )
/// ```
fn extended(value: &[u8]) -> Option<Cow<'_, str>> {
    let (charset, rest) = cut(value, b'\'')?;
    let (_, encoded) = cut(rest, b'\'')?;
    if !charset.eq_ignore_ascii_case(b"UTF-8") {
        return None;
    }
    if memchr(b'%', encoded).is_none() {
        return core::str::from_utf8(encoded).ok().map(Cow::Borrowed);
    }
    let mut plain = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' {
            plain.push(unescape(rest)?);
            // An escape is three bytes.
            rest = &rest[3..];
        } else {
            plain.push(first);
            rest = tail;
        }
    }
    String::from_utf8(plain).ok().map(Cow::Owned)
}

impl fmt::Display for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.scheme, self.params)
    }
}

macro_rules! credentials {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name<'a>(pub Credentials<'a>);

        impl<'a> TypedHeader<'a> for $name<'a> {
            const NAME: HeaderName = HeaderName::$name;

            fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
                Credentials::parse(value).map(Self)
            }
        }

        impl<'a> Deref for $name<'a> {
            type Target = Credentials<'a>;

            fn deref(&self) -> &Credentials<'a> {
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

credentials! {
    /// What a user agent proves to the one at the other end (RFC 3261 section 20.7).
    ///
    /// ```
    /// use sip_proto::message::headers::{Authorization, TypedHeader};
    ///
    /// let value = br#"Digest username="bob", realm="b.example", nonce="84a4", nc=00000001,
    ///     uri="sip:b.example", response="6629fae49393a05397450978507c4ef1", qop=auth"#;
    /// let credentials = Authorization::parse(value).unwrap();
    /// assert_eq!(credentials.username(), Some(&b"bob"[..]));
    /// assert_eq!(credentials.nonce_count(), Some(1));
    /// ```
    Authorization;
    /// What a user agent proves to a proxy (RFC 3261 section 20.28). One message may hold several,
    /// one for each realm (RFC 3261 section 22.3): see
    /// [`Message::header_list`](crate::message::Message::header_list).
    ///
    /// ```
    /// use sip_proto::message::headers::{ProxyAuthorization, TypedHeader};
    ///
    /// let credentials = ProxyAuthorization::parse(br#"Digest username="a", realm="b""#).unwrap();
    /// assert_eq!(credentials.realm(), Some(&b"b"[..]));
    /// assert_eq!(credentials.response(), None);
    /// ```
    ProxyAuthorization;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_digest_credentials() {
        // Algorithm and qop come with and without quotes.
        for quote in ["", "\""] {
            let value = format!(
                "Digest username=\"bob\",realm=\"r\", nonce=\"n==\" ,uri=\"sip:b;a=b,c\",\r\n \
                 response=\"00ff\", algorithm={quote}MD5-sess{quote}, cnonce=\"c\", opaque=\"o\",\
                 qop={quote}auth{quote}, nc={quote}0000000A{quote}, userhash=false, auts=\"YQ==\""
            );
            let credentials = Credentials::parse(value.as_bytes()).unwrap();
            assert!(credentials.is_digest() && !credentials.is_userhash());
            for (found, expected) in [
                (credentials.username(), "bob"),
                (credentials.realm(), "r"),
                (credentials.nonce(), "n=="),
                (credentials.uri(), "sip:b;a=b,c"),
                (credentials.response(), "00ff"),
                (credentials.algorithm(), "MD5-sess"),
                (credentials.cnonce(), "c"),
                (credentials.opaque(), "o"),
                (credentials.qop(), "auth"),
                (credentials.nc(), "0000000A"),
                (credentials.auts(), "YQ=="),
            ] {
                assert_eq!(found, Some(expected.as_bytes()));
            }
            assert_eq!(credentials.nonce_count(), Some(10));
        }
    }

    #[test]
    fn a_nonce_count_is_eight_digits() {
        for (value, expected) in [
            ("00000001", Some(1)),
            ("ffffffff", Some(u32::MAX)),
            ("1", None),
            ("000000001", None),
            ("+0000001", None),
            ("0000000g", None),
        ] {
            assert_eq!(nonce_count(value.as_bytes()), expected, "{value}");
        }
    }

    #[test]
    fn an_encoded_user_name() {
        for (value, expected) in [
            ("UTF-8''J%C3%A4s%C3%B8n%20Doe", Some("J\u{e4}s\u{f8}n Doe")),
            ("utf-8'en'bob", Some("bob")),
            ("iso-8859-1''bob", None),
            ("UTF-8''%ff", None),
            ("UTF-8''%4", None),
            ("bob", None),
        ] {
            let value = format!("Digest username*={value}, userhash=true");
            let credentials = Credentials::parse(value.as_bytes()).unwrap();
            assert_eq!(credentials.username_extended().as_deref(), expected, "{value}");
            assert_eq!(credentials.username(), None);
            assert!(credentials.is_userhash());
        }
    }

    #[test]
    fn accepted_values_are_written_as_what_they_were() {
        for (value, written) in [
            ("Digest a=b", "Digest a=b"),
            ("Digest\r\n username = \"\\\"\" ,nc=1", "Digest username=\"\\\"\", nc=1"),
            ("Bearer mF_9.B5f-4.1JqM", "Bearer mF_9.B5f-4.1JqM"),
            ("NoOneKnowsThisScheme opaque-data=here", "NoOneKnowsThisScheme opaque-data=here"),
        ] {
            let credentials = Credentials::parse(value.as_bytes()).unwrap();
            assert_eq!(credentials.to_string(), written);
            assert_eq!(Credentials::parse(written.as_bytes()), Ok(credentials), "{value}");
        }
    }

    #[test]
    fn what_are_no_credentials() {
        for (value, offset) in [
            ("", 0),
            ("Digest", 6),
            ("Digest username", 15),
            ("Digest username=\"a\" realm=\"b\"", 20),
            ("Digest username=\"a\";realm=\"b\"", 19),
            ("Digest username=\"a\", , realm=\"b\"", 21),
            ("Digest username=\"a", 16),
            ("Bearer a b", 9),
        ] {
            let error = Credentials::parse(value.as_bytes()).expect_err(value);
            assert_eq!((error.kind, error.offset), (ParseErrorKind::Value, offset), "{value}");
        }
    }
}
