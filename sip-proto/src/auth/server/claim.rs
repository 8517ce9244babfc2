//! What the credentials of a request claim, before anything is looked up.

use std::borrow::Cow;

use super::super::aka::{Auts, parse_nonce};
use super::super::nonce::{self, Nonce};
use super::super::{Algorithm, HexDigest, Qop, Role};
use super::DigestConfig;
use crate::message::Uri;
use crate::message::headers::Credentials;
use crate::{Request, Secrets};

/// What a request brings for a realm.
#[derive(Clone, Debug)]
pub enum Claimed {
    /// No credentials, or none that can be checked: to be challenged.
    Nothing {
        /// The user name, where there is one without a proof: what a phone with a SIM card sends
        /// first, so that the right vector can be fetched (3GPP TS 24.229 section 5.1.1.2).
        username: Option<Vec<u8>>,
    },
    /// Credentials, to be checked with [`DigestServer::verify`](super::DigestServer::verify) once
    /// their user is looked up.
    Credentials(Box<Claim>),
    /// Credentials that no client may send: 400.
    Malformed(&'static str),
}

/// Credentials that can be checked.
#[derive(Clone, Debug)]
pub struct Claim {
    pub(super) username: Vec<u8>,
    pub(super) is_userhash: bool,
    pub(super) algorithm: Algorithm,
    pub(super) nonce: Vec<u8>,
    /// `None` if the nonce is not ours.
    pub(super) opened: Option<Nonce>,
    pub(super) uri: Vec<u8>,
    pub(super) response: HexDigest,
    pub(super) qop: Option<Qop>,
    pub(super) nc: Vec<u8>,
    pub(super) count: Option<u32>,
    pub(super) cnonce: Vec<u8>,
    auts: Option<Auts>,
}

impl Claim {
    /// The user name, or its hash where [`is_userhash`](Self::is_userhash).
    #[must_use]
    pub fn username(&self) -> &[u8] {
        &self.username
    }

    /// Whether [`username`](Self::username) is what [`userhash`](crate::auth::userhash) gives, with
    /// the hash of [`algorithm`](Self::algorithm).
    #[must_use]
    pub const fn is_userhash(&self) -> bool {
        self.is_userhash
    }

    /// What the response is made with.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// RAND and AUTN of the challenge that is answered, if it was one of AKA and ours: the expected
    /// answer follows from them.
    #[must_use]
    pub fn aka(&self) -> Option<([u8; 16], [u8; 16])> {
        self.opened.filter(|nonce| nonce.aka.is_some()).and_then(|_| parse_nonce(&self.nonce))
    }

    /// The sequence number of a card that is out of step (RFC 3310 section 3.4). There is no
    /// password to check then: hand it to the authentication centre with RAND of
    /// [`aka`](Self::aka), and challenge again.
    #[must_use]
    pub const fn auts(&self) -> Option<Auts> {
        self.auts
    }
}

/// Looks for credentials of the realm; among several, for those that answer a nonce of ours.
pub(super) fn read(
    request: &Request,
    role: Role,
    config: &DigestConfig,
    secrets: &Secrets,
) -> Claimed {
    let name = role.credentials_header();
    let mut best = Claimed::Nothing { username: None };
    for value in request.values(&name) {
        let Ok(credentials) = Credentials::parse(value) else { continue };
        let realm = credentials.params.text("realm");
        if !credentials.is_digest() || realm.as_deref() != Some(config.realm.as_bytes()) {
            continue;
        }
        let claimed = read_one(request, &credentials, config, secrets);
        let is_ours = matches!(&claimed, Claimed::Credentials(claim) if claim.opened.is_some());
        if is_ours {
            return claimed;
        }
        if matches!(best, Claimed::Nothing { username: None }) {
            best = claimed;
        }
    }
    best
}

fn read_one(
    request: &Request,
    credentials: &Credentials<'_>,
    config: &DigestConfig,
    secrets: &Secrets,
) -> Claimed {
    let Some(username) = username_of(credentials) else {
        return Claimed::Malformed("credentials without a user name");
    };
    let nothing = |username: Cow<'_, [u8]>| Claimed::Nothing { username: Some(username.into()) };
    let (Some(nonce), Some(uri), Some(response)) =
        (credentials.nonce(), credentials.uri(), credentials.response())
    else {
        return Claimed::Malformed("credentials without nonce, uri or response");
    };
    if nonce.is_empty() || response.is_empty() && credentials.auts().is_none() {
        return nothing(username);
    }
    let opened = nonce::open(secrets, config.realm.as_bytes(), nonce);
    let Some(algorithm) = algorithm_of(credentials, opened.as_ref(), config) else {
        return nothing(username);
    };
    let protection = match Protection::of(credentials, algorithm, config) {
        Ok(Some(protection)) => protection,
        Ok(None) => return nothing(username),
        Err(reason) => return Claimed::Malformed(reason),
    };
    let Some(response) = HexDigest::parse(response) else {
        return Claimed::Malformed("a response that is no digest");
    };
    if config.check_uri && !is_same_target(uri, request.uri_bytes()) {
        return Claimed::Malformed("credentials for another URI");
    }
    Claimed::Credentials(Box::new(Claim {
        username: username.into_owned(),
        is_userhash: credentials.is_userhash() && config.userhash,
        algorithm,
        nonce: nonce.to_vec(),
        opened,
        uri: uri.to_vec(),
        response,
        qop: protection.qop,
        nc: protection.nc.to_vec(),
        count: protection.count,
        cnonce: protection.cnonce.to_vec(),
        auts: credentials.auts().and_then(Auts::parse),
    }))
}

fn username_of<'a>(credentials: &Credentials<'a>) -> Option<Cow<'a, [u8]>> {
    credentials.params.text("username").or_else(|| {
        Some(match credentials.username_extended()? {
            Cow::Borrowed(name) => Cow::Borrowed(name.as_bytes()),
            Cow::Owned(name) => Cow::Owned(name.into_bytes()),
        })
    })
}

/// The algorithm, if it is one of those offered. Absent, MD5 is meant (RFC 7616 section 3.4); but
/// some phones leave it away where a challenge of AKA named one.
fn algorithm_of(
    credentials: &Credentials<'_>,
    opened: Option<&Nonce>,
    config: &DigestConfig,
) -> Option<Algorithm> {
    let offered = |algorithm: &Algorithm| config.algorithms.contains(algorithm);
    match credentials.algorithm() {
        Some(name) => Algorithm::parse(name).filter(offered),
        None if opened.is_some_and(|nonce| nonce.aka.is_some()) => {
            config.algorithms.iter().copied().find(|algorithm| algorithm.is_aka())
        }
        None => Some(Algorithm::MD5).filter(offered),
    }
}

/// The parameters that go together with `qop`.
struct Protection<'a> {
    qop: Option<Qop>,
    nc: &'a [u8],
    count: Option<u32>,
    cnonce: &'a [u8],
}

impl<'a> Protection<'a> {
    /// `None` where it is not what was offered.
    fn of(
        credentials: &Credentials<'a>,
        algorithm: Algorithm,
        config: &DigestConfig,
    ) -> Result<Option<Self>, &'static str> {
        let Some(qop) = credentials.qop() else {
            let cnonce = credentials.cnonce().unwrap_or_default();
            if algorithm.session && cnonce.is_empty() {
                return Err("a session without a cnonce");
            }
            let bare = Self { qop: None, nc: b"", count: None, cnonce };
            return Ok(Some(bare).filter(|_| config.without_qop));
        };
        // RFC 7616 section 3.4: both are there if and only if qop is.
        let cnonce = credentials.cnonce().ok_or("qop without a cnonce")?;
        let nc = credentials.nc().ok_or("qop without a nonce count")?;
        let count = credentials.nonce_count().ok_or("a nonce count that is no number")?;
        let offered = Qop::parse(qop).filter(|qop| config.qop.contains(qop));
        Ok(offered.map(|qop| Self { qop: Some(qop), nc, count: Some(count), cnonce }))
    }
}

/// Whether both name the same user at the same host. Ports and parameters may differ: phones and
/// proxies add and remove them.
fn is_same_target(digest_uri: &[u8], request_uri: &[u8]) -> bool {
    if digest_uri == request_uri {
        return true;
    }
    let (Ok(one), Ok(other)) = (Uri::parse(digest_uri), Uri::parse(request_uri)) else {
        return false;
    };
    let user_and_host = |uri: &Uri<'_>| {
        let aor = uri.aor()?;
        let start = aor.iter().position(|byte| *byte == b':')? + 1;
        let at = aor.iter().rposition(|byte| *byte == b'@').map_or(start, |at| at + 1);
        Some((aor.slice(start..at), uri.host().map(|host| host.to_string().to_ascii_lowercase())))
    };
    one.is_sip() && other.is_sip() && user_and_host(&one) == user_and_host(&other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_that_name_the_same_target() {
        let table = [
            ("sip:bob@b.example", "sip:bob@b.example", true),
            ("sip:bob@B.example", "sip:bob@b.example:5060;transport=tcp", true),
            ("sip:b.example", "sip:b.example;transport=udp", true),
            ("sips:bob@b.example", "sip:bob@b.example", true),
            ("sip:alice@b.example", "sip:bob@b.example", false),
            ("sip:bob@a.example", "sip:bob@b.example", false),
            ("sip:b.example", "sip:bob@b.example", false),
            ("", "sip:bob@b.example", false),
            ("/", "sip:bob@b.example", false),
            ("tel:+1", "tel:+1", true),
            ("tel:+1", "tel:+2", false),
        ];
        for (digest_uri, request_uri, same) in table {
            let found = is_same_target(digest_uri.as_bytes(), request_uri.as_bytes());
            assert_eq!(found, same, "{digest_uri} {request_uri}");
        }
    }
}
