//! Identity (RFC 8224, RFC 4474).

use core::fmt;
use std::borrow::Cow;

use nom::bytes::complete::{tag_no_case, take_while1};

use super::super::lexer::{Fault, Parsed, is_in_angles, quoted_string, separator, sws, whole};
use super::super::params::params;
use super::super::{HeaderName, Params};
use super::TypedHeader;
use super::extension::{show_params, text_param, token_param};
use crate::error::debug_as_written;
use crate::{ParseError, ParseErrorKind};

/// A signature over who sends a request. There may be several: each in a field of its own.
///
/// ```
/// use sip_proto::message::TypedHeader;
/// use sip_proto::message::headers::Identity;
///
/// let identity = Identity::parse(
///     b"eyJh.eyJv.c2ln;info=<https://cert.example.org/p.cer>;alg=ES256;ppt=shaken",
/// ).unwrap();
/// let passport = identity.passport().unwrap();
/// assert_eq!(passport.parts(), Some(["eyJh", "eyJv", "c2ln"]));
/// assert_eq!(passport.info, b"https://cert.example.org/p.cer");
/// assert_eq!(passport.extension().as_deref(), Some(&b"shaken"[..]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Identity<'a> {
    /// As RFC 8224 has it.
    Passport(IdentityPassport<'a>),
    /// As the obsolete RFC 4474 had it: a quoted signature, quotes and all, of what Identity-Info
    /// tells more about. Kept as it stands.
    Signature(&'a [u8]),
}

/// A PASSporT (RFC 8225) and the certificate it was signed with (RFC 8224 section 4).
///
/// ```abnf
/// Identity                =  "Identity" HCOLON signed-identity-digest SEMI
///                            ident-info *( SEMI ident-info-params )
/// signed-identity-digest  =  1*(base64url-char / ".")       ; erratum 6499
/// ident-info              =  "info" EQUAL ident-info-uri
/// ident-info-uri          =  LAQUOT absoluteURI RAQUOT
/// ident-info-params       =  ident-info-alg / ident-type / ident-info-extension
/// ident-info-alg          =  "alg" EQUAL token
/// ident-type              =  "ppt" EQUAL token
/// ident-info-extension    =  generic-param
/// ```
///
/// The characters that only base64 has are read too: the RFC said so before its erratum.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IdentityPassport<'a> {
    /// The PASSporT in its full or its compact form.
    pub passport: &'a str,
    /// The URI of the certificate, without `<>`.
    pub info: &'a [u8],
    /// Everything after it.
    pub params: Params<'a>,
}

impl<'a> Identity<'a> {
    /// The PASSporT, if it is of RFC 8224.
    #[must_use]
    pub const fn passport(&self) -> Option<&IdentityPassport<'a>> {
        match self {
            Self::Passport(passport) => Some(passport),
            Self::Signature(_) => None,
        }
    }
}

impl<'a> IdentityPassport<'a> {
    /// Header, claims and signature, each in base64url; header and claims are empty in the compact
    /// form (RFC 8225 section 7). `None` if it has not three parts.
    #[must_use]
    pub fn parts(&self) -> Option<[&'a str; 3]> {
        let mut parts = self.passport.split('.');
        let three = [parts.next()?, parts.next()?, parts.next()?];
        parts.next().is_none().then_some(three)
    }

    /// The algorithm of the signature, `alg`: `ES256` if absent (RFC 8224 section 4).
    #[must_use]
    pub fn algorithm(&self) -> Option<&'a str> {
        token_param(&self.params, "alg")
    }

    /// The extension of the PASSporT, `ppt`, without the quotes that real peers send.
    #[must_use]
    pub fn extension(&self) -> Option<Cow<'a, [u8]>> {
        text_param(&self.params, "ppt")
    }
}

impl<'a> TypedHeader<'a> for Identity<'a> {
    const NAME: HeaderName = HeaderName::Identity;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, |input| match sws(input) {
            start @ [b'"', ..] => {
                let (rest, signature) = quoted_string(start)?;
                Ok((sws(rest), Self::Signature(signature)))
            }
            start => {
                let (rest, passport) = passport(start)?;
                Ok((rest, Self::Passport(passport)))
            }
        })
    }
}

fn passport(input: &[u8]) -> Parsed<'_, IdentityPassport<'_>> {
    let (rest, digest) = take_while1(is_digest)(input)?;
    let (rest, ()) = separator(b';')(rest)?;
    let (rest, _) = tag_no_case("info")(rest)?;
    let (rest, ()) = separator(b'=')(rest)?;
    let [b'<', rest @ ..] = rest else {
        return Fault::at(rest);
    };
    let (rest, info) = take_while1(is_in_angles)(rest)?;
    let [b'>', rest @ ..] = rest else {
        return Fault::at(rest);
    };
    let (rest, params) = params(rest)?;
    // The class is ASCII.
    let passport = core::str::from_utf8(digest).unwrap_or_default();
    Ok((rest, IdentityPassport { passport, info, params }))
}

const fn is_digest(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+' | b'/' | b'=')
}

debug_as_written!(Identity IdentityPassport);

impl fmt::Display for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passport(passport) => passport.fmt(f),
            Self::Signature(signature) => f.write_str(&String::from_utf8_lossy(signature)),
        }
    }
}

impl fmt::Display for IdentityPassport<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};info=<{}>", self.passport, String::from_utf8_lossy(self.info))?;
        show_params(&self.params, f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::extension::check;
    use super::*;

    #[test]
    fn forms() {
        check::<Identity<'_>>(
            &[
                "..sig-_;info=<https://cert.example.org/p.cer>",
                " a.b.c ;\r\n Info = <sip:a@b;c=d>; alg = ES256 ;ppt=\"shaken\";x",
                "a+b/c=;info=<cid:a>",
                "\"ZYNBbHC00VMZr2kZt6VmCvPonWJMGvQTBDqghoWeLxJfzB2a1pxAr3Vg==\"",
            ],
            &[
                ("", 0),
                ("a.b.c", 5),
                ("a.b.c;alg=ES256", 6),
                ("a.b.c;info=https://a", 11),
                ("a.b.c;info=<>", 12),
                ("a.b.c;info=<https://a", 21),
                ("a.b.c;info=<https://a>;", 23),
                ("a.b.c;info=<https://a>,", 22),
                ("\"open", 0),
                ("\"a\";info=<https://a>", 3),
            ],
        );
    }

    #[test]
    fn passports() {
        let passport = |digest: &str| {
            let value = format!("{digest};info=<https://a>;alg=ES256");
            let identity = Identity::parse(value.as_bytes()).unwrap();
            let parts = identity.passport().unwrap().parts();
            parts.map(|parts| parts.map(str::to_string))
        };
        assert_eq!(passport("..s"), Some(["", "", "s"].map(str::to_string)));
        assert_eq!(passport("a.b"), None);
        assert_eq!(passport("a.b.c.d"), None);
        let old = Identity::parse(b"\"kVBy\"").unwrap();
        assert_eq!((old, old.passport()), (Identity::Signature(b"\"kVBy\""), None));
    }
}
