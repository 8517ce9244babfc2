//! How one realm is guarded.

use core::time::Duration;

use super::super::{Algorithm, Qop};

/// How one realm is guarded, with every bound of what it remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestConfig {
    /// The realm: the domain, in most cases. Users see it, and it goes into every [`Ha1`](crate::auth::Ha1).
    pub realm: String,
    /// The algorithms offered, the preferred one first, each in a challenge of its own
    /// (RFC 8760 section 2.3): SHA-256 and MD5. Others are not taken.
    pub algorithms: Vec<Algorithm>,
    /// What may be protected: `auth`. With `auth-int`, whoever changes bodies on the way breaks it.
    pub qop: Vec<Qop>,
    /// Whether clients that know no `qop` are let in (RFC 2069, RFC 3261 section 22.4): yes. For
    /// them each nonce is good for one request.
    pub without_qop: bool,
    /// How long a nonce is good for: 5 minutes. After that, right credentials get `stale`, and the
    /// client tries again without asking its user.
    pub nonce_lifetime: Duration,
    /// Whether the `uri` of credentials must name the user and host of the Request-URI: yes. Off
    /// where a proxy on the way may have changed that. Credentials for another request get 400.
    pub check_uri: bool,
    /// Whether clients may send a hash in place of the user name (RFC 7616 section 3.4.4): no.
    pub userhash: bool,
    /// Whether the challenge says `charset=UTF-8` (RFC 7616 section 4): no.
    pub charset: bool,
    /// Nonces whose counts are remembered: 65,536 of about 60 bytes each. Beyond: the one issued
    /// first is forgotten, and it and those before it are stale.
    pub nonces_max: usize,
    /// How far behind the highest one a nonce count may come: 128, which is also the most there can
    /// be. Beyond: stale.
    pub nonce_count_window: u32,
}

impl DigestConfig {
    /// The defaults, for `realm`.
    #[must_use]
    pub fn new(realm: impl Into<String>) -> Self {
        Self {
            realm: realm.into(),
            algorithms: vec![Algorithm::SHA_256, Algorithm::MD5],
            qop: vec![Qop::Auth],
            without_qop: true,
            nonce_lifetime: Duration::from_secs(300),
            check_uri: true,
            userhash: false,
            charset: false,
            nonces_max: 65_536,
            nonce_count_window: 128,
        }
    }
}
