//! Authentication and Key Agreement: the password of one digest from a SIM card's key (RFC 3310,
//! RFC 4169, 3GPP TS 33.102).
//!
//! ```
//! use sip_proto::auth::{AuthenticationCenter, HashFunction, Milenage, PasswordKind, Usim, UsimError};
//!
//! let milenage = Milenage::from_op([1; 16], [2; 16]);
//! let mut center = AuthenticationCenter::new(milenage.clone(), [0x80, 0], 0);
//! let mut card = Usim::new(milenage, 64);
//!
//! // The card has seen later numbers than the home network thinks: it tells its own.
//! let vector = center.vector([7; 16]);
//! let Err(UsimError::Synchronisation(auts)) = card.answer(&vector.rand, &vector.autn) else {
//!     panic!("it is out of step");
//! };
//! assert!(center.resynchronise(&vector.rand, &auts));
//!
//! let vector = center.vector([8; 16]);
//! let keys = card.answer(&vector.rand, &vector.autn).unwrap();
//! let (kind, hash) = (PasswordKind::AkaV2, HashFunction::Md5);
//! assert_eq!(keys.password(kind, hash), vector.password(kind, hash));
//! ```

mod center;
mod milenage;
mod sqn;
#[cfg(test)]
mod tests;
mod usim;

pub use center::AuthenticationCenter;
pub use milenage::{Keys, Milenage};
pub use usim::{Usim, UsimError};

use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{HashFunction, PasswordKind};

/// By which a card that is out of step tells its sequence number, and proves itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Auts(pub [u8; 14]);

impl Auts {
    /// The `auts` parameter of credentials (RFC 3310 section 3.4).
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        // Longer ones need not be decoded to be refused.
        let bytes = STANDARD.decode(text.get(..text.len().min(24))?).ok()?;
        bytes.try_into().ok().filter(|_| text.len() <= 24).map(Self)
    }
}

impl fmt::Display for Auts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

/// An authentication vector: a challenge with the answer that is expected, as a home subscriber
/// server hands it out.
#[derive(Clone, PartialEq, Eq)]
pub struct Vector {
    /// The challenge.
    pub rand: [u8; 16],
    /// The network's proof, with the sequence number.
    pub autn: [u8; 16],
    /// The answer: 4 to 16 bytes.
    pub xres: Vec<u8>,
    /// The cipher key.
    pub ck: [u8; 16],
    /// The integrity key.
    pub ik: [u8; 16],
}

impl Vector {
    /// The password of a digest that answers this challenge.
    #[must_use]
    pub fn password(&self, kind: PasswordKind, hash: HashFunction) -> Vec<u8> {
        password(kind, hash, &self.xres, &self.ik, &self.ck)
    }

    /// RAND and AUTN: what the nonce of a challenge starts with (RFC 3310 section 3.2).
    pub(super) fn challenge(&self) -> [u8; 32] {
        let mut challenge = [0; 32];
        challenge[..16].copy_from_slice(&self.rand);
        challenge[16..].copy_from_slice(&self.autn);
        challenge
    }
}

impl fmt::Debug for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vector(..)")
    }
}

impl Keys {
    /// The password of a digest that answers the challenge they were made for.
    #[must_use]
    pub fn password(&self, kind: PasswordKind, hash: HashFunction) -> Vec<u8> {
        password(kind, hash, &self.res, &self.ik, &self.ck)
    }
}

/// RFC 3310 section 3.3 and RFC 4169 section 3: RES itself, or an HMAC under RES, IK and CK, in
/// base64, so that a tunnelled challenge gives nothing away that is worth anything outside.
fn password(kind: PasswordKind, hash: HashFunction, res: &[u8], ik: &[u8], ck: &[u8]) -> Vec<u8> {
    match kind {
        PasswordKind::Shared | PasswordKind::AkaV1 => res.to_vec(),
        PasswordKind::AkaV2 => {
            let key = [res, ik, ck].concat();
            STANDARD.encode(hash.hmac(&key, b"http-digest-akav2-password")).into_bytes()
        }
    }
}

/// RAND and AUTN in the nonce of a challenge; what follows them is the server's own.
pub(super) fn parse_nonce(nonce: &[u8]) -> Option<([u8; 16], [u8; 16])> {
    const TEXT_BYTES_MAX: usize = 512;
    let bytes = STANDARD.decode(nonce.get(..nonce.len().min(TEXT_BYTES_MAX))?).ok()?;
    let (rand, rest) = bytes.split_first_chunk::<16>()?;
    let (autn, _) = rest.split_first_chunk::<16>()?;
    Some((*rand, *autn)).filter(|_| nonce.len() <= TEXT_BYTES_MAX)
}
