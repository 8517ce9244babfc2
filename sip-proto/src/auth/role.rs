//! Who asks for credentials: the other end or a proxy on the way.

use crate::{HeaderName, StatusCode};

/// Who asks for credentials (RFC 3261 sections 22.2 and 22.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A user agent server, or a registrar: 401.
    UserAgent,
    /// A proxy: 407.
    Proxy,
}

impl Role {
    /// The status of a challenge.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::UserAgent => StatusCode::UNAUTHORIZED,
            Self::Proxy => StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        }
    }

    /// Where a challenge stands.
    #[must_use]
    pub const fn challenge_header(self) -> HeaderName {
        match self {
            Self::UserAgent => HeaderName::WwwAuthenticate,
            Self::Proxy => HeaderName::ProxyAuthenticate,
        }
    }

    /// Where credentials stand.
    #[must_use]
    pub const fn credentials_header(self) -> HeaderName {
        match self {
            Self::UserAgent => HeaderName::Authorization,
            Self::Proxy => HeaderName::ProxyAuthorization,
        }
    }
}
