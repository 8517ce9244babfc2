//! The authentication centre: what the home network knows of a subscriber.

use subtle::ConstantTimeEq as _;

use super::milenage::xor;
use super::usim::AMF_OF_AUTS;
use super::{Auts, Milenage, Vector, sqn};

/// The home network's side of one subscriber: the key and the last sequence number used.
#[derive(Clone, Debug)]
pub struct AuthenticationCenter {
    milenage: Milenage,
    amf: [u8; 2],
    sqn: u64,
}

impl AuthenticationCenter {
    /// A subscriber whose last sequence number was `sqn`; `amf` goes into each AUTN.
    #[must_use]
    pub const fn new(milenage: Milenage, amf: [u8; 2], sqn: u64) -> Self {
        Self { milenage, amf, sqn }
    }

    /// A new vector. `rand` must never come twice: draw it from [`Rng`](crate::Rng).
    pub fn vector(&mut self, rand: [u8; 16]) -> Vector {
        self.sqn = sqn::next(self.sqn);
        let sqn = sqn::to_bytes(self.sqn);
        let keys = self.milenage.f2345(&rand);
        let (mac, _) = self.milenage.f1(&rand, sqn, self.amf);
        let mut autn = [0; 16];
        autn[..6].copy_from_slice(&xor(sqn, keys.ak));
        autn[6..8].copy_from_slice(&self.amf);
        autn[8..].copy_from_slice(&mac);
        Vector { rand, autn, xres: keys.res.to_vec(), ck: keys.ck, ik: keys.ik }
    }

    /// What the answer to an earlier challenge must be, from its RAND alone: so nothing has to be
    /// kept between a challenge and its answer.
    #[must_use]
    pub fn expected(&self, rand: &[u8; 16], autn: &[u8; 16]) -> Vector {
        let keys = self.milenage.f2345(rand);
        Vector { rand: *rand, autn: *autn, xres: keys.res.to_vec(), ck: keys.ck, ik: keys.ik }
    }

    /// Takes the sequence number of a card that is out of step (3GPP TS 33.102 section 6.3.5), if
    /// the card proves itself: the next vector will be new to it. Says whether it did.
    #[must_use]
    pub fn resynchronise(&mut self, rand: &[u8; 16], auts: &Auts) -> bool {
        let [s0, s1, s2, s3, s4, s5, mac @ ..] = auts.0;
        let sqn = xor([s0, s1, s2, s3, s4, s5], self.milenage.f5_star(rand));
        let (_, expected) = self.milenage.f1(rand, sqn, AMF_OF_AUTS);
        let is_genuine = bool::from(expected.ct_eq(&mac));
        if is_genuine {
            self.sqn = sqn::from_bytes(sqn);
        }
        is_genuine
    }

    /// The last sequence number used, to be stored.
    #[must_use]
    pub const fn sqn(&self) -> u64 {
        self.sqn
    }
}
