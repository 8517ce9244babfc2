//! Randomness as values: one [`Seed`] at construction, forked with a label per component, and
//! [`Secrets`] for the MACs that other shards and nodes must be able to verify.

use core::fmt;
use core::hash::Hasher as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use sha2::Sha256;
use siphasher::sip::SipHasher24;
use subtle::ConstantTimeEq as _;

const TAG_CHARACTERS: usize = 12;
const CALL_ID_CHARACTERS: usize = 26;
const BRANCH_CHARACTERS: usize = 16;
const TOKEN_ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The seed of everything random in one machine.
///
/// The driver draws it from the operating system; the simulator and tests choose it.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed([u8; 32]);

impl Seed {
    /// A seed from 32 bytes of entropy.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A seed from a number, for tests and simulations.
    #[must_use]
    pub fn from_u64(number: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        Self(bytes)
    }

    /// An independent seed for the component called `label`: its own stream of the generator.
    #[must_use]
    pub fn fork(&self, label: &str) -> Self {
        let mut hasher = SipHasher24::new();
        hasher.write(label.as_bytes());
        let mut stream = ChaCha12Rng::from_seed(self.0);
        stream.set_stream(hasher.finish());
        let mut bytes = [0; 32];
        stream.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// The generator seeded with this.
    #[must_use]
    pub fn rng(&self) -> Rng {
        Rng(ChaCha12Rng::from_seed(self.0))
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// The project's one generator: ChaCha12, portable across versions and machines.
pub struct Rng(ChaCha12Rng);

impl Rng {
    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `bound`; zero if `bound` is zero. Unbiased to within 2^-32 for `bound`s
    /// below 2^32.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// True with probability `numerator / denominator`.
    pub fn chance(&mut self, numerator: u64, denominator: u64) -> bool {
        self.below(denominator) < numerator
    }

    /// Fills `bytes`.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }

    /// A From or To tag: 60 random bits, of at least 32 that RFC 3261 section 19.3 asks for.
    ///
    /// ```
    /// use sip_proto::{Method, Request, Seed};
    ///
    /// let mut rng = Seed::from_u64(1).rng();
    /// let request = Request::builder(Method::Options, "sip:b@b.example")
    ///     .from(format!("<sip:a@a.example>;tag={}", rng.tag()))
    ///     .call_id(rng.call_id("a.example"))
    ///     .build();
    /// assert!(request.call_id().unwrap().ends_with(b"@a.example"));
    /// ```
    pub fn tag(&mut self) -> String {
        self.token(TAG_CHARACTERS)
    }

    /// A Call-ID: 130 random bits, as many as a random UUID has, and `@host`; without `@` where
    /// `host` is empty, as privacy wants it (RFC 3261 section 8.1.1.4, RFC 3323 section 4.1).
    pub fn call_id(&mut self, host: &str) -> String {
        let id = self.token(CALL_ID_CHARACTERS);
        if host.is_empty() { id } else { format!("{id}@{host}") }
    }

    /// A Via branch: the magic cookie and 80 random bits (RFC 3261 section 8.1.1.7). For who sends
    /// requests by hand: an [`Endpoint`](crate::Endpoint) makes branches of its own.
    pub fn branch(&mut self) -> String {
        format!("z9hG4bK{}", self.token(BRANCH_CHARACTERS))
    }

    /// A token of `len` characters, 5 bits each.
    pub fn token(&mut self, len: usize) -> String {
        let mut bytes = vec![0; len];
        self.0.fill_bytes(&mut bytes);
        bytes.iter().map(|byte| char::from(TOKEN_ALPHABET[usize::from(byte & 31)])).collect()
    }
}

impl fmt::Debug for Rng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rng(ChaCha12)")
    }
}

/// MAC keys shared by all shards and nodes of a cluster, rotated with an overlap.
///
/// What was made under the previous key still verifies, so that a branch, a flow token or a
/// nonce survives one rotation and every restart.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    current: [u8; 16],
    previous: Option<[u8; 16]>,
}

impl Secrets {
    /// Secrets with a single key.
    #[must_use]
    pub const fn new(key: [u8; 16]) -> Self {
        Self { current: key, previous: None }
    }

    /// Secrets that follow from a seed, for tests and simulations, which repeat. A server takes
    /// secrets of their own from the operating system: who learns its seed shall not learn its
    /// MAC keys.
    #[must_use]
    pub fn from_seed(seed: &Seed) -> Self {
        let mut key = [0; 16];
        seed.fork("secrets").rng().fill(&mut key);
        Self::new(key)
    }

    /// The secrets after `key` replaced the current one, which stays valid for verification.
    #[must_use]
    pub const fn rotated(&self, key: [u8; 16]) -> Self {
        Self { current: key, previous: Some(self.current) }
    }

    /// The MAC (SipHash-2-4, 64 bits) of `data` under the current key, in the domain `label`.
    #[must_use]
    pub fn mac(&self, label: &str, data: &[u8]) -> u64 {
        mac(&self.current, label, data)
    }

    /// Whether the bits of `tag` selected by `mask` are those of the MAC of `data` in the domain
    /// `label`, under the current or the previous key.
    #[must_use]
    pub fn verify(&self, label: &str, data: &[u8], tag: u64, mask: u64) -> bool {
        let matches = |key| (mac(key, label, data) ^ tag) & mask == 0;
        matches(&self.current) || self.previous.as_ref().is_some_and(matches)
    }

    /// The seal (HMAC-SHA-256, its first 128 bits) of `parts` under the current key, in the domain
    /// `label`: for what lets somebody in, where [`mac`](Self::mac) only tells strays from our own.
    /// Each part counts with its length, so that no two lists of parts have the same seal.
    #[must_use]
    pub fn seal(&self, label: &str, parts: &[&[u8]]) -> [u8; 16] {
        seal(&self.current, label, parts)
    }

    /// Whether `tag` is the seal of `parts` in the domain `label`, under the current or the previous
    /// key. Takes the same time wherever the first difference is.
    #[must_use]
    pub fn is_sealed(&self, label: &str, parts: &[&[u8]], tag: &[u8; 16]) -> bool {
        let matches = |key| bool::from(seal(key, label, parts).ct_eq(tag));
        matches(&self.current) || self.previous.as_ref().is_some_and(matches)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

fn mac(key: &[u8; 16], label: &str, data: &[u8]) -> u64 {
    let mut hasher = SipHasher24::new_with_key(key);
    hasher.write(label.as_bytes());
    hasher.write_u8(0xff);
    hasher.write(data);
    hasher.finish()
}

fn seal(key: &[u8; 16], label: &str, parts: &[&[u8]]) -> [u8; 16] {
    // A key shorter than the block counts as padded with zeros (RFC 2104 section 2).
    let mut block = [0; 64];
    block[..16].copy_from_slice(key);
    let mut hmac = Hmac::<Sha256>::new(&block.into());
    for part in core::iter::once(label.as_bytes()).chain(parts.iter().copied()) {
        hmac.update(&(part.len() as u64).to_le_bytes());
        hmac.update(part);
    }
    let mut tag = [0; 16];
    tag.copy_from_slice(&hmac.finalize().into_bytes()[..16]);
    tag
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forks_differ_by_label_and_repeat_by_seed() {
        let seed = Seed::from_u64(7);
        let first = |label| seed.fork(label).rng().next_u64();
        assert_eq!(first("a"), first("a"));
        assert_ne!(first("a"), first("b"));
        assert_ne!(first("a"), Seed::from_u64(8).fork("a").rng().next_u64());
    }

    #[test]
    fn tags_call_ids_and_branches_are_tokens_that_do_not_repeat() {
        let mut rng = Seed::from_u64(3).rng();
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..1000 {
            let (tag, id, branch) = (rng.tag(), rng.call_id("h"), rng.branch());
            assert_eq!((tag.len(), id.len(), branch.len()), (12, 28, 23));
            assert!(id.ends_with("@h") && branch.starts_with("z9hG4bK"));
            let characters =
                tag.chars().chain(branch.chars()).chain(id.trim_end_matches("@h").chars());
            assert!(characters.into_iter().all(|it| it.is_ascii_alphanumeric()));
            assert!(seen.insert(tag) && seen.insert(id) && seen.insert(branch));
        }
        assert!(!rng.call_id("").contains('@'));
    }

    /// Pinned: a changed generator would silently change every recorded plan.
    #[test]
    fn the_generator_is_chacha12() {
        let mut rng = Seed::from_u64(0).rng();
        assert_eq!(rng.next_u64(), 0x53f9_5507_6a9a_f49b);
    }

    #[test]
    fn below_stays_below() {
        let mut rng = Seed::from_u64(1).rng();
        assert_eq!(rng.below(0), 0);
        assert!((0..1000).all(|_| rng.below(10) < 10));
    }

    #[test]
    fn secrets_verify_across_one_rotation() {
        let old = Secrets::new([1; 16]);
        let tag = old.mac("branch", b"x");
        let new = old.rotated([2; 16]);
        assert!(new.verify("branch", b"x", tag, u64::MAX));
        assert!(!new.verify("flow", b"x", tag, u64::MAX));
        assert!(!new.rotated([3; 16]).verify("branch", b"x", tag, u64::MAX));
    }

    #[test]
    fn seals_hold_across_one_rotation_and_for_their_parts_only() {
        let old = Secrets::new([1; 16]);
        let tag = old.seal("nonce", &[b"ab", b"c"]);
        let new = old.rotated([2; 16]);
        assert!(new.is_sealed("nonce", &[b"ab", b"c"], &tag));
        assert!(!new.is_sealed("nonce", &[b"a", b"bc"], &tag));
        assert!(!new.is_sealed("flow", &[b"ab", b"c"], &tag));
        assert!(!new.rotated([3; 16]).is_sealed("nonce", &[b"ab", b"c"], &tag));
    }
}
