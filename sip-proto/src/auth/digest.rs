//! The arithmetic of Digest (RFC 7616 section 3.4, RFC 3261 section 22.4).

use core::fmt;

use super::hash::HexDigest;
use super::{Algorithm, HashFunction};

/// What a response protects beside the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Qop {
    /// `auth`: method and URI.
    Auth,
    /// `auth-int`: the body, too. Whoever changes it on the way makes the response wrong.
    AuthInt,
}

impl Qop {
    /// The `qop` called `name`, in any case.
    #[must_use]
    pub fn parse(name: &[u8]) -> Option<Self> {
        [Self::Auth, Self::AuthInt]
            .into_iter()
            .find(|known| name.eq_ignore_ascii_case(known.as_str().as_bytes()))
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::AuthInt => "auth-int",
        }
    }
}

/// The hash of user name, realm and password: what a server keeps in place of the password. It is
/// as good as the password in its realm, and is kept as secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Ha1 {
    hash: HashFunction,
    digest: HexDigest,
}

impl Ha1 {
    /// The hash of a user's password in a realm.
    #[must_use]
    pub fn new(hash: HashFunction, username: &[u8], realm: &[u8], password: &[u8]) -> Self {
        Self { hash, digest: hash.of_joined(&[username, realm, password]) }
    }

    /// One that was computed before, in hexadecimal digits of either case. `None` where these are
    /// not as many as `hash` gives.
    #[must_use]
    pub fn from_hex(hash: HashFunction, digits: &[u8]) -> Option<Self> {
        HexDigest::parse(digits)
            .filter(|digest| digest.as_bytes().len() == hash.digits())
            .map(|digest| Self { hash, digest })
    }

    /// What it is a hash with.
    #[must_use]
    pub const fn hash(&self) -> HashFunction {
        self.hash
    }

    /// Its hexadecimal digits: a secret.
    #[must_use]
    pub const fn digest(&self) -> &HexDigest {
        &self.digest
    }
}

impl fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ha1({}, ..)", self.hash.as_str())
    }
}

/// The hash that stands for a user name in `username`, where the challenge offers `userhash`
/// (RFC 7616 section 3.4.4).
#[must_use]
pub fn userhash(hash: HashFunction, username: &[u8], realm: &[u8]) -> HexDigest {
    hash.of_joined(&[username, realm])
}

/// Everything that a response is made of beside the password, as it stands between its quotes.
///
/// The first example of RFC 7616 section 3.9.1:
///
/// ```
/// use sip_proto::auth::{Algorithm, DigestInput, Ha1, HashFunction, Qop};
///
/// let ha1 = Ha1::new(
///     HashFunction::Md5, b"Mufasa", b"http-auth@example.org", b"Circle of Life",
/// );
/// let input = DigestInput {
///     algorithm: Algorithm::MD5,
///     nonce: b"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
///     cnonce: b"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
///     nc: b"00000001",
///     qop: Some(Qop::Auth),
///     uri: b"/dir/index.html",
/// };
/// let response = input.response(&ha1, b"GET", b"");
/// assert_eq!(response.as_str(), "8ca523f5e9506fed4657c9700eebdbec");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct DigestInput<'a> {
    /// Which hash, and whether it is bound to the session.
    pub algorithm: Algorithm,
    /// The server's nonce.
    pub nonce: &'a [u8],
    /// The client's nonce; empty without `qop`, except for `-sess`.
    pub cnonce: &'a [u8],
    /// The nonce count, eight digits; empty without `qop`.
    pub nc: &'a [u8],
    /// What is protected; `None` for a response as RFC 2069 has it.
    pub qop: Option<Qop>,
    /// The digest URI.
    pub uri: &'a [u8],
}

impl DigestInput<'_> {
    /// The `response` to a challenge, over a request's method and, for `auth-int`, its body.
    #[must_use]
    pub fn response(&self, ha1: &Ha1, method: &[u8], body: &[u8]) -> HexDigest {
        self.keyed(ha1, method, body)
    }

    /// The `rspauth` of Authentication-Info, by which the server proves that it knows the password,
    /// over a response's body (RFC 7616 section 3.5: the method is left out).
    #[must_use]
    pub fn response_auth(&self, ha1: &Ha1, body: &[u8]) -> HexDigest {
        self.keyed(ha1, b"", body)
    }

    fn keyed(&self, ha1: &Ha1, method: &[u8], body: &[u8]) -> HexDigest {
        let hash = self.algorithm.hash;
        let a1 = if self.algorithm.session {
            hash.of_joined(&[ha1.digest.as_bytes(), self.nonce, self.cnonce])
        } else {
            ha1.digest
        };
        let a2 = match self.qop {
            // RFC 3261 section 22.4: where there is no body, the hash is that of the empty string.
            Some(Qop::AuthInt) => {
                let body = hash.of_joined(&[body]);
                hash.of_joined(&[method, self.uri, body.as_bytes()])
            }
            Some(Qop::Auth) | None => hash.of_joined(&[method, self.uri]),
        };
        match self.qop {
            Some(qop) => hash.of_joined(&[
                a1.as_bytes(),
                self.nonce,
                self.nc,
                self.cnonce,
                qop.as_str().as_bytes(),
                a2.as_bytes(),
            ]),
            None => hash.of_joined(&[a1.as_bytes(), self.nonce, a2.as_bytes()]),
        }
    }
}
