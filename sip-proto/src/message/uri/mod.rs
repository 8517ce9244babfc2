//! SIP, SIPS, tel and other URIs (RFC 3261 section 19.1, RFC 3966, RFC 8141, RFC 2392).

mod edit;
mod equivalence;
mod headers;
mod normal;
mod parse;
mod parts;
mod tel;
#[cfg(test)]
mod tests;

pub use self::tel::{PhoneContext, TelephoneSubscriber};

use core::fmt;

use bytes::Bytes;

use super::lexer::whole;
use super::{Host, Params};
use crate::error::debug_as_written;
use crate::{ParseError, ParseErrorKind};

/// What stands before the first colon of a URI, in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme<'a> {
    /// `sip`
    Sip,
    /// `sips`
    Sips,
    /// `tel`
    Tel,
    /// Any other, as written.
    Other(&'a str),
}

/// A URI, parsed; a view of the bytes it was parsed from.
///
/// ```
/// use sip_proto::message::{Host, Uri};
///
/// let uri = Uri::parse(b"sip:bob;day=tue:pw@Example.com:5070;transport=tcp;lr?Subject=x").unwrap();
/// assert_eq!(uri.user(), Some(&b"bob;day=tue"[..]));
/// assert_eq!(uri.host(), Some(Host::Name("example.com")));
/// assert_eq!(uri.port(), Some(5070));
/// assert_eq!(uri.transport(), Some(&b"tcp"[..]));
/// assert!(uri.is_lr());
/// ```
#[derive(Clone, Copy)]
pub struct Uri<'a> {
    raw: &'a [u8],
    scheme: Scheme<'a>,
    opaque: &'a [u8],
    authority: Option<Authority<'a>>,
    params: Params<'a>,
    headers: Option<&'a [u8]>,
}

/// What only a SIP or SIPS URI has.
#[derive(Clone, Copy)]
struct Authority<'a> {
    user: Option<&'a [u8]>,
    password: Option<&'a [u8]>,
    host: Host<'a>,
    port: Option<u16>,
}

impl<'a> Uri<'a> {
    /// The URI that `raw` is, all of it.
    ///
    /// # Errors
    ///
    /// `Uri` where `raw` does not follow the grammar of RFC 3261 section 25.1 for its scheme:
    /// `SIP-URI`, `SIPS-URI` or `absoluteURI`.
    pub fn parse(raw: &'a [u8]) -> Result<Self, ParseError> {
        whole(raw, ParseErrorKind::Uri, parse::uri)
    }

    /// Its scheme.
    #[must_use]
    pub const fn scheme(&self) -> Scheme<'a> {
        self.scheme
    }

    /// Whether it is a SIP or SIPS URI.
    #[must_use]
    pub const fn is_sip(&self) -> bool {
        self.authority.is_some()
    }

    /// The user of a SIP URI, escapes and all.
    #[must_use]
    pub const fn user(&self) -> Option<&'a [u8]> {
        match &self.authority {
            Some(authority) => authority.user,
            None => None,
        }
    }

    /// The password of a SIP URI, escapes and all.
    #[must_use]
    pub const fn password(&self) -> Option<&'a [u8]> {
        match &self.authority {
            Some(authority) => authority.password,
            None => None,
        }
    }

    /// The host of a SIP URI.
    #[must_use]
    pub const fn host(&self) -> Option<Host<'a>> {
        match &self.authority {
            Some(authority) => Some(authority.host),
            None => None,
        }
    }

    /// The port of a SIP URI, where it is written.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        match &self.authority {
            Some(authority) => authority.port,
            None => None,
        }
    }

    /// The parameters of a SIP or tel URI.
    #[must_use]
    pub const fn params(&self) -> Params<'a> {
        self.params
    }

    /// What stands after the `?` of a SIP URI.
    #[must_use]
    pub const fn headers_raw(&self) -> Option<&'a [u8]> {
        self.headers
    }

    /// The `transport` parameter.
    #[must_use]
    pub fn transport(&self) -> Option<&'a [u8]> {
        self.param("transport").flatten()
    }

    /// The `maddr` parameter.
    #[must_use]
    pub fn maddr(&self) -> Option<&'a [u8]> {
        self.param("maddr").flatten()
    }

    /// Whether it names a loose router (RFC 3261 section 19.1.1).
    #[must_use]
    pub fn is_lr(&self) -> bool {
        self.param("lr").is_some()
    }

    /// A parameter by its name, which may be written with escapes (RFC 3261 section 19.1.4).
    /// `Some(None)` if it has no value; the value keeps its escapes.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<Option<&'a [u8]>> {
        self.params
            .iter()
            .find(|(found, _)| {
                found.eq_ignore_ascii_case(name.as_bytes())
                    || (found.contains(&b'%')
                        && normal::equal_ignoring_case(found, name.as_bytes()))
            })
            .map(|(_, value)| value)
    }

    /// As written.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.raw
    }

    /// What stands after the scheme and its colon.
    #[must_use]
    pub const fn opaque(&self) -> &'a [u8] {
        self.opaque
    }

    /// Whether both URIs name the same, by the rules of RFC 3261 section 19.1.4 for SIP, of
    /// RFC 3966 section 4 for tel, of RFC 8141 section 3 for urn, and byte for byte after the
    /// scheme for others. Symmetric and reflexive, but for SIP not transitive.
    ///
    /// ```
    /// use sip_proto::message::Uri;
    ///
    /// let uri = |text: &'static str| Uri::parse(text.as_bytes()).unwrap();
    /// let alice = uri("sip:%61lice@atlanta.com;transport=TCP");
    /// assert!(alice.equivalent(&uri("sip:alice@AtLanTa.CoM;Transport=tcp")));
    /// assert!(!alice.equivalent(&uri("sip:ALICE@atlanta.com;transport=TCP")));
    /// ```
    #[must_use]
    pub fn equivalent(&self, other: &Uri<'_>) -> bool {
        equivalence::equivalent(self, other)
    }

    /// The address-of-record it names, in canonical form (RFC 3261 section 10.3 step 5): scheme,
    /// user without needless escapes, host in lower case, port where written; no password, no
    /// parameters, no headers. `None` unless it is a SIP or SIPS URI.
    #[must_use]
    pub fn aor(&self) -> Option<Bytes> {
        normal::aor(self)
    }
}

debug_as_written!(Uri);

impl fmt::Display for Uri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.raw))
    }
}
