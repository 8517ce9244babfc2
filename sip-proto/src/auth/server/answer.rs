//! What goes on the wire: challenges, refusals, Authentication-Info.

use core::fmt::Write as _;

use bytes::Bytes;

use super::super::aka::Vector;
use super::super::{Algorithm, Ha1, HexDigest, Qop, Role, nonce};
use super::{Authenticated, Claim, Claimed, DigestServer, Outcome, StoredUser};
use crate::message::Quoted;
use crate::message::headers::Challenge;
use crate::{HeaderName, Request, Response, StatusCode, UnixTime};

impl DigestServer {
    /// Both steps at once, where users are at hand: who sent `request`, or the answer that it gets
    /// instead.
    ///
    /// # Errors
    ///
    /// The 401, 407, 403 or 400 to send.
    pub fn check<'u>(
        &mut self,
        request: &Request,
        role: Role,
        now: UnixTime,
        look_up: impl FnOnce(&Claim) -> Option<&'u StoredUser>,
    ) -> Result<Box<Authenticated>, Response> {
        let outcome = match self.claim(request, role) {
            Claimed::Nothing { .. } => Outcome::Challenge { stale: false },
            Claimed::Malformed(reason) => Outcome::BadRequest(reason),
            Claimed::Credentials(claim) => self.verify(request, &claim, look_up(&claim), now),
        };
        match outcome {
            Outcome::Authenticated(who) => Ok(who),
            Outcome::Challenge { stale } => Err(self.challenge(request, role, now, stale)),
            Outcome::Forbidden => Err(Response::to(request, StatusCode::FORBIDDEN)),
            Outcome::BadRequest(_) => Err(Response::to(request, StatusCode::BAD_REQUEST)),
        }
    }

    /// The 401 or 407 to `request`: a challenge for each algorithm but those of AKA, the preferred
    /// one first (RFC 8760 section 2.3). `stale` is from [`Outcome::Challenge`].
    pub fn challenge(
        &mut self,
        request: &Request,
        role: Role,
        now: UnixTime,
        stale: bool,
    ) -> Response {
        let mut response = Response::to(request, role.status());
        let nonce = self.next_nonce(now);
        for algorithm in self.config.algorithms.iter().filter(|algorithm| !algorithm.is_aka()) {
            let value = self.challenge_value(*algorithm, &nonce, stale);
            response.push_back(role.challenge_header(), value);
        }
        response
    }

    /// The 401 or 407 with a challenge of AKA. With `hand_over_keys` it carries `ik` and `ck`, for
    /// the P-CSCF that protects the phone's flow with them and takes them out with [`strip_keys`]
    /// (3GPP TS 24.229 section 5.4.1.2.1): never say so towards anybody else.
    pub fn challenge_aka(
        &mut self,
        request: &Request,
        role: Role,
        now: UnixTime,
        algorithm: Algorithm,
        vector: &Vector,
        hand_over_keys: bool,
    ) -> Response {
        let realm = self.config.realm.as_bytes();
        let challenge = vector.challenge();
        let nonce = nonce::mint(&self.secrets, &mut self.rng, realm, now, Some(&challenge));
        let mut value = self.challenge_value(algorithm, &nonce, false);
        if hand_over_keys {
            for (name, key) in [("ik", vector.ik), ("ck", vector.ck)] {
                let _ = write!(value, ", {name}=\"{:032x}\"", u128::from_be_bytes(key));
            }
        }
        let mut response = Response::to(request, role.status());
        response.push_back(role.challenge_header(), value);
        response
    }

    /// The answer to credentials that were not taken; `None` for those that were.
    pub fn refusal(
        &mut self,
        request: &Request,
        role: Role,
        outcome: &Outcome,
        now: UnixTime,
    ) -> Option<Response> {
        match outcome {
            Outcome::Authenticated(_) => None,
            Outcome::Challenge { stale } => Some(self.challenge(request, role, now, *stale)),
            Outcome::Forbidden => Some(Response::to(request, StatusCode::FORBIDDEN)),
            Outcome::BadRequest(_) => Some(Response::to(request, StatusCode::BAD_REQUEST)),
        }
    }

    fn challenge_value(&self, algorithm: Algorithm, nonce: &str, stale: bool) -> String {
        let config = &self.config;
        let realm = Quoted(config.realm.as_bytes());
        let mut value = format!("Digest realm={realm}, nonce=\"{nonce}\"");
        if stale {
            value.push_str(", stale=true");
        }
        // Writing to a String does not fail.
        let _ = write!(value, ", algorithm={algorithm}");
        // RFC 3261 section 22.4 and RFC 8760 section 2.6: a server always offers it.
        let names: Vec<&str> = config.qop.iter().map(|qop| qop.as_str()).collect();
        let qop = if names.is_empty() { Qop::Auth.as_str().to_owned() } else { names.join(",") };
        let _ = write!(value, ", qop=\"{qop}\"");
        if config.charset {
            value.push_str(", charset=UTF-8");
        }
        if config.userhash {
            value.push_str(", userhash=true");
        }
        value
    }
}

impl Authenticated {
    /// The value of an Authentication-Info for a response with `body` (RFC 7616 section 3.5): the
    /// server's own proof that it knows the password, and with `next_nonce`, from
    /// [`DigestServer::next_nonce`], which nonce to use from now on.
    #[must_use]
    pub fn info(&self, body: &[u8], next_nonce: Option<&str>) -> String {
        let mut value = String::new();
        // Writing to a String does not fail.
        if let Some(nonce) = next_nonce {
            let _ = write!(value, "nextnonce=\"{nonce}\"");
        }
        if let Some(qop) = self.claim.qop {
            let comma = if value.is_empty() { "" } else { ", " };
            let (cnonce, nc) = (&self.claim.cnonce, &self.claim.nc);
            let _ = write!(
                value,
                "{comma}qop={}, rspauth=\"{}\", cnonce=\"{}\", nc={}",
                qop.as_str(),
                self.response_auth(body),
                // As it came: quoted pairs were never taken apart.
                String::from_utf8_lossy(cnonce),
                String::from_utf8_lossy(nc),
            );
        }
        value
    }

    fn response_auth(&self, body: &[u8]) -> HexDigest {
        let ha1: &Ha1 = &self.ha1;
        self.claim.input().response_auth(ha1, body)
    }
}

/// Takes `ik` and `ck` out of the challenges of a response, as a P-CSCF does before a phone sees
/// them (3GPP TS 24.229 section 5.2.2), and gives them: the integrity key, then the cipher key, of
/// the first challenge that has both.
pub fn strip_keys(response: &mut Response) -> Option<([u8; 16], [u8; 16])> {
    let name = HeaderName::WwwAuthenticate;
    let values: Vec<Bytes> = response.values(&name).map(Bytes::copy_from_slice).collect();
    let mut keys = None;
    let mut stripped = Vec::with_capacity(values.len());
    for value in &values {
        let Ok(challenge) = Challenge::parse(value) else {
            stripped.push(value.clone());
            continue;
        };
        let key = |name| key_of(challenge.params.inner(name)?);
        keys = keys.or_else(|| key("ik").zip(key("ck")));
        let mut kept = format!("{} ", challenge.scheme).into_bytes();
        let is_kept =
            |name: &[u8]| !name.eq_ignore_ascii_case(b"ik") && !name.eq_ignore_ascii_case(b"ck");
        let params = challenge.params.iter().filter(|(name, _)| is_kept(name));
        for (index, (name, value)) in params.enumerate() {
            let comma: &[u8] = if index == 0 { b"" } else { b", " };
            kept.extend_from_slice(&[comma, name, b"=", value].concat());
        }
        stripped.push(Bytes::from(kept));
    }
    if stripped != values {
        response.remove(&name);
        for value in stripped {
            response.push_back(name.clone(), value);
        }
    }
    keys
}

fn key_of(digits: &[u8]) -> Option<[u8; 16]> {
    let text = core::str::from_utf8(digits).ok()?;
    let is_key = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    u128::from_str_radix(text, 16).ok().filter(|_| is_key).map(u128::to_be_bytes)
}
