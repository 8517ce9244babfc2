//! The card: what a phone asks.

use subtle::ConstantTimeEq as _;
use thiserror::Error;

use super::milenage::xor;
use super::sqn::{self, Taken};
use super::{Auts, Keys, Milenage};

/// The AMF of an AUTS (3GPP TS 33.102 section 6.3.3): zero, as it is not sent.
pub(super) const AMF_OF_AUTS: [u8; 2] = [0; 2];

/// A USIM or ISIM in software: the subscriber's key and the sequence numbers taken so far.
#[derive(Clone, Debug)]
pub struct Usim {
    milenage: Milenage,
    taken: Taken,
}

/// Why a card does not answer a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UsimError {
    /// The network does not know the key: it is not the home network (3GPP TS 33.102
    /// section 6.3.3).
    #[error("the network did not prove itself")]
    Mac,
    /// The sequence number was used before, or is too far ahead: the home network must hear the
    /// card's own.
    #[error("the sequence number is out of step")]
    Synchronisation(Auts),
}

impl Usim {
    /// A card that has taken all sequence numbers up to `sqn`.
    #[must_use]
    pub const fn new(milenage: Milenage, sqn: u64) -> Self {
        Self { milenage, taken: Taken::new(sqn) }
    }

    /// Answers a challenge, and takes its sequence number.
    ///
    /// # Errors
    ///
    /// [`UsimError`], where the challenge is not the home network's or not new.
    pub fn answer(&mut self, rand: &[u8; 16], autn: &[u8; 16]) -> Result<Keys, UsimError> {
        let [s0, s1, s2, s3, s4, s5, a0, a1, mac @ ..] = *autn;
        let keys = self.milenage.f2345(rand);
        let sqn = xor([s0, s1, s2, s3, s4, s5], keys.ak);
        let (expected, _) = self.milenage.f1(rand, sqn, [a0, a1]);
        if !bool::from(expected.ct_eq(&mac)) {
            return Err(UsimError::Mac);
        }
        if self.taken.take(sqn::from_bytes(sqn)) {
            Ok(keys)
        } else {
            Err(UsimError::Synchronisation(self.auts(rand)))
        }
    }

    /// The highest sequence number taken, to be kept where the card is in software.
    #[must_use]
    pub fn sqn(&self) -> u64 {
        self.taken.highest()
    }

    fn auts(&self, rand: &[u8; 16]) -> Auts {
        let sqn = sqn::to_bytes(self.taken.highest());
        let (_, mac) = self.milenage.f1(rand, sqn, AMF_OF_AUTS);
        let mut auts = [0; 14];
        auts[..6].copy_from_slice(&xor(sqn, self.milenage.f5_star(rand)));
        auts[6..].copy_from_slice(&mac);
        Auts(auts)
    }
}
