//! WWW-Authenticate and Proxy-Authenticate (RFC 3261 sections 20.27 and 20.44).

use core::fmt;
use core::ops::Deref;

use super::super::HeaderName;
use super::super::lexer::{is_lws, whole};
use super::auth_params::scheme_and_params;
use super::{AuthParams, TypedHeader};
use crate::{ParseError, ParseErrorKind};

/// What somebody must prove, and how.
///
/// The methods read the parameters of the Digest scheme (RFC 7616 section 3.3, RFC 8760). What
/// they give is without quotes but with quoted pairs as they stand, because digests are made of
/// that; [`AuthParams::text`] reads a parameter for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge<'a> {
    /// `Digest`, or another, as written; see [`Challenge::is_digest`].
    pub scheme: &'a str,
    /// Everything after it.
    pub params: AuthParams<'a>,
}

impl<'a> Challenge<'a> {
    /// The challenge that `value` is, all of it.
    ///
    /// # Errors
    ///
    /// `Value` where it is not a scheme, white space and [`AuthParams`]. One value holds one
    /// challenge: its commas stand between the parameters of one (RFC 3261 section 7.3.1).
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

    /// The `realm`: which name and password are wanted.
    #[must_use]
    pub fn realm(&self) -> Option<&'a [u8]> {
        self.params.inner("realm")
    }

    /// The `nonce`.
    #[must_use]
    pub fn nonce(&self) -> Option<&'a [u8]> {
        self.params.inner("nonce")
    }

    /// The `opaque` that credentials must give back.
    #[must_use]
    pub fn opaque(&self) -> Option<&'a [u8]> {
        self.params.inner("opaque")
    }

    /// Whether only the nonce of the credentials was wrong, being too old: any other value of
    /// `stale` than true is false (RFC 7616 section 3.3).
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.params.is_true("stale")
    }

    /// The `algorithm`; where it is absent, MD5 is meant.
    #[must_use]
    pub fn algorithm(&self) -> Option<&'a [u8]> {
        self.params.inner("algorithm")
    }

    /// Each of the `qop` values offered; none where the parameter is absent.
    pub fn qop(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        words(self.params.inner("qop"), |byte| byte == b',' || is_lws(byte))
    }

    /// The URIs of `domain`; none where it is absent.
    pub fn domain(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        words(self.params.inner("domain"), is_lws)
    }

    /// The `charset` that the user name is wanted in: `UTF-8` (RFC 7616 section 4).
    #[must_use]
    pub fn charset(&self) -> Option<&'a [u8]> {
        self.params.inner("charset")
    }

    /// Whether a hash may stand for the user name (RFC 7616 section 3.4.4).
    #[must_use]
    pub fn is_userhash(&self) -> bool {
        self.params.is_true("userhash")
    }
}

fn words(value: Option<&[u8]>, is_between: fn(u8) -> bool) -> impl Iterator<Item = &[u8]> {
    value
        .into_iter()
        .flat_map(move |value| value.split(move |byte| is_between(*byte)))
        .filter(|word| !word.is_empty())
}

impl fmt::Display for Challenge<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.scheme, self.params)
    }
}

macro_rules! challenges {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name<'a>(pub Challenge<'a>);

        impl<'a> TypedHeader<'a> for $name<'a> {
            const NAME: HeaderName = HeaderName::$name;

            fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
                Challenge::parse(value).map(Self)
            }
        }

        impl<'a> Deref for $name<'a> {
            type Target = Challenge<'a>;

            fn deref(&self) -> &Challenge<'a> {
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

challenges! {
    /// What a user agent must prove to the one at the other end (RFC 3261 section 20.44).
    ///
    /// ```
    /// use sip_proto::message::headers::{TypedHeader, WwwAuthenticate};
    ///
    /// let value = br#"Digest realm="b.example", qop="auth,auth-int", nonce="84a4", algorithm=MD5"#;
    /// let challenge = WwwAuthenticate::parse(value).unwrap();
    /// assert!(challenge.is_digest() && !challenge.is_stale());
    /// assert_eq!(challenge.realm(), Some(&b"b.example"[..]));
    /// assert!(challenge.qop().eq([&b"auth"[..], b"auth-int"]));
    /// ```
    WwwAuthenticate;
    /// What a user agent must prove to a proxy (RFC 3261 section 20.27).
    ///
    /// ```
    /// use sip_proto::message::headers::{ProxyAuthenticate, TypedHeader};
    ///
    /// let challenge = ProxyAuthenticate::parse(br#"Digest realm="a", nonce="1", stale=TRUE"#);
    /// assert!(challenge.is_ok_and(|challenge| challenge.is_stale()));
    /// ```
    ProxyAuthenticate;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_of_a_digest_challenge() {
        let challenge = Challenge::parse(
            b"digest\r\n realm=\"a \\\"b\\\"\",\r\n domain=\"sip:a.example  sip:b.example\" ,\
              qop=\" auth, ,auth-int\",nonce=\"f84f==\", opaque=\"\", stale=\"true\",\
              algorithm=\"SHA-256\", charset=UTF-8, userhash=true, x-new=1",
        )
        .unwrap();
        assert!(challenge.is_digest());
        assert_eq!(challenge.realm(), Some(&br#"a \"b\""#[..]));
        assert!(challenge.domain().eq([&b"sip:a.example"[..], b"sip:b.example"]));
        assert!(challenge.qop().eq([&b"auth"[..], b"auth-int"]));
        assert_eq!(challenge.nonce(), Some(&b"f84f=="[..]));
        assert_eq!(challenge.opaque(), Some(&b""[..]));
        assert!(challenge.is_stale());
        assert_eq!(challenge.algorithm(), Some(&b"SHA-256"[..]));
        assert_eq!(challenge.charset(), Some(&b"UTF-8"[..]));
        assert!(challenge.is_userhash());
        assert_eq!(challenge.params.value("x-new"), Some(&b"1"[..]));
    }

    #[test]
    fn absent_parameters_are_absent() {
        let challenge = Challenge::parse(br#"Digest realm="a", stale=maybe, qop=auth"#).unwrap();
        assert!(!challenge.is_stale() && !challenge.is_userhash());
        assert_eq!(
            (challenge.nonce(), challenge.opaque(), challenge.algorithm()),
            (None, None, None)
        );
        assert_eq!(challenge.domain().count(), 0);
        assert!(challenge.qop().eq([&b"auth"[..]]), "quotes may be missing");
    }

    #[test]
    fn accepted_values_are_written_as_what_they_were() {
        for (value, written) in [
            ("Digest realm=\"a\"", "Digest realm=\"a\""),
            (" DIGEST\trealm = \"a\" ,\r\n nonce=\"b\" ", "DIGEST realm=\"a\", nonce=\"b\""),
            ("Basic realm=\"a, b\"", "Basic realm=\"a, b\""),
            ("Negotiate abc==", "Negotiate abc=="),
            ("Bearer scope=\"sip\", error=x", "Bearer scope=\"sip\", error=x"),
        ] {
            let challenge = Challenge::parse(value.as_bytes()).unwrap();
            assert_eq!(challenge.to_string(), written);
            assert_eq!(Challenge::parse(written.as_bytes()), Ok(challenge), "{value}");
        }
    }

    #[test]
    fn what_is_no_challenge() {
        for (value, offset) in [
            ("", 0),
            ("Digest", 6),
            ("Digest ", 7),
            ("Digest,realm=\"a\"", 6),
            ("Digest abc", 10),
            ("Digest realm=\"a\" nonce=\"b\"", 17),
            ("Digest realm=\"a\",", 17),
            ("Digest realm=\"a", 13),
            ("Digest realm=", 13),
            ("Digest realm=\"a\", qop=auth,auth-int", 35),
            ("Digest realm=\"a\", Digest realm=\"b\"", 25),
            ("realm=\"a\"", 5),
        ] {
            let error = Challenge::parse(value.as_bytes()).expect_err(value);
            assert_eq!((error.kind, error.offset), (ParseErrorKind::Value, offset), "{value}");
        }
    }
}
