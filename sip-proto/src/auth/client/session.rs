//! A challenge that was answered, and may be answered again without being asked.

use core::fmt::Write as _;

use super::super::aka::{Auts, UsimError, parse_nonce};
use super::super::{Algorithm, DigestInput, Ha1, HexDigest, Qop, Role, userhash};
use super::{Account, AccountSecret};
use crate::Request;
use crate::message::Quoted;
use crate::message::headers::Challenge;

/// Credentials for one realm, as often as they are needed.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) role: Role,
    /// As it stands between its quotes, which is also what is hashed.
    pub(super) realm: Vec<u8>,
    /// Which requests they may go with.
    pub(super) scope: Vec<u8>,
    pub(super) nonce: Vec<u8>,
    pub(super) cnonce: String,
    pub(super) count: u32,
    username: Vec<u8>,
    is_userhash: bool,
    algorithm: Algorithm,
    names_algorithm: bool,
    opaque: Option<Vec<u8>>,
    qop: Option<Qop>,
    ha1: Ha1,
    auts: Option<Auts>,
}

/// What a challenge asks for, as far as it was understood.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) role: Role,
    pub(super) challenge: Challenge<'a>,
    pub(super) realm: &'a [u8],
    pub(super) nonce: &'a [u8],
    pub(super) algorithm: Algorithm,
    pub(super) qop: Option<Qop>,
}

impl Session {
    /// Answers a challenge with an account that can.
    pub(super) fn start(
        asked: &Asked<'_>,
        account: &mut Account,
        cnonce: String,
        scope: Vec<u8>,
    ) -> Result<Self, UsimError> {
        let Asked { role, challenge, realm, nonce, algorithm, qop } = *asked;
        let plain = account.username.as_bytes();
        let (password, auts) = match &mut account.secret {
            AccountSecret::Password(password) => (password.clone(), None),
            AccountSecret::Ha1(_) => (Vec::new(), None),
            AccountSecret::Usim(usim) => {
                let (rand, autn) = parse_nonce(nonce).ok_or(UsimError::Mac)?;
                match usim.answer(&rand, &autn) {
                    Ok(keys) => (keys.password(algorithm.password, algorithm.hash), None),
                    // RFC 3310 section 3.4: the password is empty.
                    Err(UsimError::Synchronisation(auts)) => (Vec::new(), Some(auts)),
                    Err(UsimError::Mac) => return Err(UsimError::Mac),
                }
            }
        };
        let made = Ha1::new(algorithm.hash, plain, realm, &password);
        let ha1 = match &account.secret {
            AccountSecret::Ha1(kept) => {
                kept.iter().find(|ha1| ha1.hash() == algorithm.hash).copied().unwrap_or(made)
            }
            AccountSecret::Password(_) | AccountSecret::Usim(_) => made,
        };
        let is_userhash = challenge.is_userhash();
        let username = if is_userhash {
            userhash(algorithm.hash, plain, realm).as_bytes().to_vec()
        } else {
            plain.to_vec()
        };
        Ok(Self {
            role,
            realm: realm.to_vec(),
            scope,
            nonce: nonce.to_vec(),
            cnonce,
            count: 0,
            username,
            is_userhash,
            algorithm,
            names_algorithm: challenge.algorithm().is_some(),
            opaque: challenge.opaque().map(<[u8]>::to_vec),
            qop,
            ha1,
            auts,
        })
    }

    /// Whether it only tells the network how far the card is: good for one request.
    pub(super) const fn is_resynchronisation(&self) -> bool {
        self.auts.is_some()
    }

    /// Whether it may be used again without a new challenge.
    pub(super) const fn is_reusable(&self) -> bool {
        self.auts.is_none() && self.qop.is_some() && self.count < u32::MAX
    }

    /// The credentials for `request`, with the next nonce count.
    pub(super) fn credentials(&mut self, request: &Request) -> Vec<u8> {
        self.count = self.count.saturating_add(1);
        let nc = format!("{:08x}", self.count);
        let uri = request.uri_bytes();
        let method = request.method().as_str().as_bytes();
        let response = self.input(&nc, uri).response(&self.ha1, method, request.body());
        let mut value =
            format!("Digest username={}, realm=\"", Quoted(&self.username)).into_bytes();
        // As they came: what stands between their quotes was not taken apart.
        value.extend_from_slice(&self.realm);
        value.extend_from_slice(b"\", nonce=\"");
        value.extend_from_slice(&self.nonce);
        value.extend_from_slice(b"\", uri=\"");
        value.extend_from_slice(uri);
        value.extend_from_slice(b"\"");
        if let Some(opaque) = &self.opaque {
            value.extend_from_slice(b", opaque=\"");
            value.extend_from_slice(opaque);
            value.extend_from_slice(b"\"");
        }
        value.extend_from_slice(self.proof(&nc, &response).as_bytes());
        value
    }

    fn proof(&self, nc: &str, response: &HexDigest) -> String {
        // Writing to a String does not fail.
        let mut text = format!(", response=\"{response}\"");
        if self.names_algorithm {
            let _ = write!(text, ", algorithm={}", self.algorithm);
        }
        match self.qop {
            Some(qop) => {
                let _ = write!(text, ", qop={}, nc={nc}, cnonce=\"{}\"", qop.as_str(), self.cnonce);
            }
            None if self.algorithm.session => {
                let _ = write!(text, ", cnonce=\"{}\"", self.cnonce);
            }
            None => {}
        }
        if self.is_userhash {
            text.push_str(", userhash=true");
        }
        if let Some(auts) = &self.auts {
            let _ = write!(text, ", auts=\"{auts}\"");
        }
        text
    }

    /// What `rspauth` must be for credentials with the count `nc` for `uri`.
    pub(super) fn response_auth(&self, nc: &str, uri: &[u8], body: &[u8]) -> HexDigest {
        self.input(nc, uri).response_auth(&self.ha1, body)
    }

    fn input<'a>(&'a self, nc: &'a str, uri: &'a [u8]) -> DigestInput<'a> {
        DigestInput {
            algorithm: self.algorithm,
            nonce: &self.nonce,
            cnonce: self.cnonce.as_bytes(),
            nc: nc.as_bytes(),
            qop: self.qop,
            uri,
        }
    }
}
