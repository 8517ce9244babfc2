//! Authentication-Info (RFC 3261 section 20.6, RFC 7616 section 3.5).

use core::fmt;

use super::super::HeaderName;
use super::super::lexer::whole;
use super::auth_params::pairs;
use super::credentials::nonce_count;
use super::{AuthParams, TypedHeader};
use crate::{ParseError, ParseErrorKind};

/// What a server says to credentials that it took.
///
/// ```abnf
/// ainfo  =  nextnonce / message-qop / response-auth / cnonce / nonce-count
/// ```
///
/// ```
/// use sip_proto::message::headers::{AuthenticationInfo, TypedHeader};
///
/// let info = AuthenticationInfo::parse(br#"nextnonce="47364c23", qop=auth, nc=00000001"#).unwrap();
/// assert_eq!(info.next_nonce(), Some(&b"47364c23"[..]));
/// assert_eq!(info.nonce_count(), Some(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthenticationInfo<'a> {
    /// All of it.
    pub params: AuthParams<'a>,
}

impl<'a> AuthenticationInfo<'a> {
    /// The `nextnonce` that the next request should use.
    #[must_use]
    pub fn next_nonce(&self) -> Option<&'a [u8]> {
        self.params.inner("nextnonce")
    }

    /// The `qop` that the response was made with.
    #[must_use]
    pub fn qop(&self) -> Option<&'a [u8]> {
        self.params.inner("qop")
    }

    /// The `rspauth`, by which the server proves that it knows the password.
    #[must_use]
    pub fn response_auth(&self) -> Option<&'a [u8]> {
        self.params.inner("rspauth")
    }

    /// The `cnonce` of the credentials.
    #[must_use]
    pub fn cnonce(&self) -> Option<&'a [u8]> {
        self.params.inner("cnonce")
    }

    /// The nonce count of the credentials as it stands: it goes into the digest.
    #[must_use]
    pub fn nc(&self) -> Option<&'a [u8]> {
        self.params.inner("nc")
    }

    /// The nonce count of the credentials; `None` if absent or not eight hexadecimal digits.
    #[must_use]
    pub fn nonce_count(&self) -> Option<u32> {
        nonce_count(self.nc()?)
    }
}

impl<'a> TypedHeader<'a> for AuthenticationInfo<'a> {
    const NAME: HeaderName = HeaderName::AuthenticationInfo;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, |input| {
            let (rest, params) = pairs(input)?;
            Ok((rest, Self { params }))
        })
    }
}

impl fmt::Display for AuthenticationInfo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.params.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says() {
        let value = b"qop=\"auth\",\r\n rspauth=\"00ff\" , cnonce=\"c\",nc=0000000a";
        let info = AuthenticationInfo::parse(value).unwrap();
        assert_eq!(info.qop(), Some(&b"auth"[..]));
        assert_eq!(info.response_auth(), Some(&b"00ff"[..]));
        assert_eq!(info.cnonce(), Some(&b"c"[..]));
        assert_eq!(info.nc(), Some(&b"0000000a"[..]));
        assert_eq!(info.nonce_count(), Some(10));
        assert_eq!(info.next_nonce(), None);
        let written = info.to_string();
        assert_eq!(written, "qop=\"auth\", rspauth=\"00ff\", cnonce=\"c\", nc=0000000a");
        assert_eq!(AuthenticationInfo::parse(written.as_bytes()), Ok(info));
    }

    #[test]
    fn what_is_no_information() {
        for value in ["", "abc", "qop", "qop=auth nc=1", "qop=auth,", "Digest qop=auth"] {
            assert!(AuthenticationInfo::parse(value.as_bytes()).is_err(), "{value}");
        }
    }
}
