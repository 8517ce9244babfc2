//! The hash functions that digests are made with, and their output in hexadecimal digits.

use core::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512_256};
use subtle::ConstantTimeEq as _;

/// A hash function for digests (RFC 7616 section 6.1, RFC 8760 section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HashFunction {
    /// MD5: what RFC 3261 knows. Broken; for phones that know no other.
    Md5,
    /// SHA-256.
    Sha256,
    /// SHA-512/256: the 256-bit variant with its own initial value, not a cut SHA-512.
    Sha512_256,
}

impl HashFunction {
    /// How many hexadecimal digits its output has.
    #[must_use]
    pub const fn digits(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha256 | Self::Sha512_256 => 64,
        }
    }

    /// Its name in the IANA registry for digests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512_256 => "SHA-512-256",
        }
    }

    /// How much it resists: MD5 below the others, which are alike.
    pub(super) const fn strength(self) -> u8 {
        match self {
            Self::Md5 => 0,
            Self::Sha256 | Self::Sha512_256 => 1,
        }
    }

    /// The digest of `parts` with colons between them.
    pub(super) fn of_joined(self, parts: &[&[u8]]) -> HexDigest {
        match self {
            Self::Md5 => HexDigest::of(&joined::<Md5>(parts)),
            Self::Sha256 => HexDigest::of(&joined::<Sha256>(parts)),
            Self::Sha512_256 => HexDigest::of(&joined::<Sha512_256>(parts)),
        }
    }

    /// The HMAC of `data` under `key` (RFC 2104), in bytes.
    pub(super) fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => {
                let mut mac = Hmac::<Md5>::new(&block(key, |key| Md5::digest(key).to_vec()).into());
                mac.update(data);
                mac.finalize().into_bytes().to_vec()
            }
            Self::Sha256 => {
                let block = block(key, |key| Sha256::digest(key).to_vec());
                let mut mac = Hmac::<Sha256>::new(&block.into());
                mac.update(data);
                mac.finalize().into_bytes().to_vec()
            }
            Self::Sha512_256 => {
                let block = block(key, |key| Sha512_256::digest(key).to_vec());
                let mut mac = Hmac::<Sha512_256>::new(&block.into());
                mac.update(data);
                mac.finalize().into_bytes().to_vec()
            }
        }
    }
}

fn joined<D: sha2::Digest>(parts: &[&[u8]]) -> Vec<u8> {
    let mut hasher = D::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hasher.update(b":");
        }
        hasher.update(part);
    }
    hasher.finalize().to_vec()
}

/// A key of one block: padded with zeros, and hashed first where it is longer.
fn block<const N: usize>(key: &[u8], hash: impl Fn(&[u8]) -> Vec<u8>) -> [u8; N] {
    let mut block = [0; N];
    let hashed = if key.len() > N { Some(hash(key)) } else { None };
    let short = hashed.as_deref().unwrap_or(key);
    for (to, from) in block.iter_mut().zip(short) {
        *to = *from;
    }
    block
}

/// The output of a hash function in lower-case hexadecimal digits: what a `response` is, and what
/// further hashes are made of. Compared in constant time.
#[derive(Clone, Copy)]
pub struct HexDigest {
    digits: [u8; 64],
    len: u8,
}

impl HexDigest {
    fn of(bytes: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; 64];
        for (to, byte) in digits.chunks_exact_mut(2).zip(bytes) {
            to[0] = DIGITS[usize::from(byte >> 4)];
            to[1] = DIGITS[usize::from(byte & 15)];
        }
        // No hash here has more than 32 bytes.
        Self { digits, len: (bytes.len().min(32) * 2) as u8 }
    }

    /// The digest that `text` spells, in digits of either case; `None` where these are not 32 or 64
    /// hexadecimal digits.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        if !matches!(text.len(), 32 | 64) || !text.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let mut digits = [0; 64];
        for (to, from) in digits.iter_mut().zip(text) {
            *to = from.to_ascii_lowercase();
        }
        Some(Self { digits, len: text.len() as u8 })
    }

    /// The digits.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.digits.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The digits, as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Hexadecimal digits are ASCII.
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl PartialEq for HexDigest {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && bool::from(self.digits.ct_eq(&other.digits))
    }
}

impl Eq for HexDigest {}

impl fmt::Debug for HexDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for HexDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 1321 A.5, FIPS 180-4's one-block example, and the SHA-512/256 example of NIST.
    #[test]
    fn hashes_of_abc() {
        let table = [
            (HashFunction::Md5, "900150983cd24fb0d6963f7d28e17f72"),
            (
                HashFunction::Sha256,
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
            (
                HashFunction::Sha512_256,
                "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23",
            ),
        ];
        for (function, digits) in table {
            let digest = function.of_joined(&[b"abc"]);
            assert_eq!(digest.as_str(), digits);
            assert_eq!(digits.len(), function.digits());
            assert_eq!(HexDigest::parse(digits.to_uppercase().as_bytes()), Some(digest));
            assert_eq!(function.of_joined(&[b"a", b"c"]), function.of_joined(&[b"a:c"]));
        }
    }

    /// RFC 2202 section 2, cases 2 and 6; RFC 4231 section 4.7.
    #[test]
    fn hmacs() {
        let hex =
            |bytes: Vec<u8>| -> String { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
        let jefe = HashFunction::Md5.hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(hex(jefe), "750c783e6ab0b503eaa86e310a5db738");
        let long = b"Test Using Larger Than Block-Size Key - Hash Key First";
        let md5 = HashFunction::Md5.hmac(&[0xaa; 80], long);
        assert_eq!(hex(md5), "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd");
        let sha256 = HashFunction::Sha256.hmac(&[0xaa; 131], long);
        assert_eq!(hex(sha256), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
        let sha512 = HashFunction::Sha512_256.hmac(&[0xaa; 200], long);
        assert_eq!(sha512.len(), 32);
    }

    #[test]
    fn what_is_no_digest() {
        for text in ["", "00", "g0000000000000000000000000000000", &"0".repeat(63)] {
            assert_eq!(HexDigest::parse(text.as_bytes()), None, "{text}");
        }
    }
}
