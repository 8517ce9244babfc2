//! Nonces that need no memory: what they say is sealed with the cluster's keys.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::{Rng, Secrets, UnixTime};

const LABEL: &str = "digest-nonce";
const VERSION: u8 = 1;
const TIME_BYTES: usize = 5;
const UNIQUE_BYTES: usize = 8;
const SEAL_BYTES: usize = 16;
const STAMP_BYTES: usize = 1 + TIME_BYTES + UNIQUE_BYTES + SEAL_BYTES;
/// RAND and AUTN.
const AKA_BYTES: usize = 32;
/// No nonce of ours is longer in base64.
const TEXT_BYTES_MAX: usize = (AKA_BYTES + STAMP_BYTES).div_ceil(3) * 4;

/// Which nonce: in the order of issue. No two nodes issue the same, but with a chance of 2^-64 for
/// each pair within a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NonceKey {
    pub(super) issued_s: u64,
    pub(super) unique: u64,
}

/// A nonce of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Nonce {
    pub(super) key: NonceKey,
    /// RAND and AUTN, in a nonce of AKA.
    pub(super) aka: Option<[u8; AKA_BYTES]>,
}

/// A new nonce for `realm`: a version, the time, 64 random bits and a seal over them and the
/// realm, in base64url; for AKA the same after RAND and AUTN, in base64 (RFC 3310 section 3.2).
pub(super) fn mint(
    secrets: &Secrets,
    rng: &mut Rng,
    realm: &[u8],
    now: UnixTime,
    aka: Option<&[u8; AKA_BYTES]>,
) -> String {
    let mut stamp = [VERSION; STAMP_BYTES - SEAL_BYTES];
    stamp[1..=TIME_BYTES].copy_from_slice(&now.as_secs().to_be_bytes()[8 - TIME_BYTES..]);
    rng.fill(&mut stamp[1 + TIME_BYTES..]);
    let seal = secrets.seal(LABEL, &[realm, aka.map_or(&[], |aka| aka.as_slice()), &stamp]);
    match aka {
        Some(aka) => STANDARD.encode([aka.as_slice(), &stamp, &seal].concat()),
        None => URL_SAFE_NO_PAD.encode([stamp.as_slice(), &seal].concat()),
    }
}

/// The nonce that `text` is, if we, or who shares our keys, made it for `realm`.
pub(super) fn open(secrets: &Secrets, realm: &[u8], text: &[u8]) -> Option<Nonce> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).or_else(|_| STANDARD.decode(text)).ok()?;
    let (aka, stamp) = match bytes.len() {
        STAMP_BYTES => (None, bytes.as_slice()),
        _ => bytes.split_first_chunk::<AKA_BYTES>().map(|(aka, stamp)| (Some(*aka), stamp))?,
    };
    let (stamp, seal) = stamp.split_last_chunk::<SEAL_BYTES>()?;
    let [VERSION, t0, t1, t2, t3, t4, unique @ ..] = stamp else { return None };
    let unique = u64::from_be_bytes(unique.try_into().ok()?);
    let prefix = aka.as_ref().map_or(&[][..], |aka| aka.as_slice());
    let key = NonceKey { issued_s: u64::from_be_bytes([0, 0, 0, *t0, *t1, *t2, *t3, *t4]), unique };
    secrets.is_sealed(LABEL, &[realm, prefix, stamp], seal).then_some(Nonce { key, aka })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;

    fn mint_at(secrets: &Secrets, unix_s: u64, aka: Option<&[u8; 32]>) -> String {
        let mut rng = Seed::from_u64(1).rng();
        mint(secrets, &mut rng, b"a.example", UnixTime::from_secs(unix_s), aka)
    }

    #[test]
    fn a_nonce_tells_when_it_was_made() {
        let secrets = Secrets::new([1; 16]);
        for aka in [None, Some(&[7; 32])] {
            let text = mint_at(&secrets, 1_700_000_000, aka);
            let nonce = open(&secrets, b"a.example", text.as_bytes()).expect("a nonce of ours");
            assert_eq!(nonce.key.issued_s, 1_700_000_000);
            assert_eq!(nonce.aka.as_ref(), aka);
            assert!(text.len() <= TEXT_BYTES_MAX, "{text}");
        }
        assert!(
            mint_at(&secrets, 1, None)
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        );
    }

    #[test]
    fn a_nonce_survives_one_rotation_and_no_other_realm() {
        let old = Secrets::new([1; 16]);
        let text = mint_at(&old, 1, None);
        let new = old.rotated([2; 16]);
        assert!(open(&new, b"a.example", text.as_bytes()).is_some());
        assert_eq!(open(&new, b"b.example", text.as_bytes()), None);
        assert_eq!(open(&new.rotated([3; 16]), b"a.example", text.as_bytes()), None);
    }

    /// Every single changed, missing or added character is noticed.
    #[test]
    fn a_forged_nonce_is_nobodys() {
        let secrets = Secrets::new([1; 16]);
        for aka in [None, Some(&[7; 32])] {
            let text = mint_at(&secrets, 1, aka).into_bytes();
            for at in 0..text.len() {
                let mut forged = text.clone();
                forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
                assert_eq!(open(&secrets, b"a.example", &forged), None, "{at}");
                assert_eq!(open(&secrets, b"a.example", &text[..at]), None, "{at}");
            }
            let longer = [text.as_slice(), b"A"].concat();
            assert_eq!(open(&secrets, b"a.example", &longer), None);
            let huge = vec![b'A'; 100_000];
            assert_eq!(open(&secrets, b"a.example", &huge), None);
        }
    }
}
