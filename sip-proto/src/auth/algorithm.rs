//! What a challenge's `algorithm` names: a hash function and where the password comes from.

use core::fmt;

use super::HashFunction;

/// An `algorithm` of the Digest scheme.
///
/// ```
/// use sip_proto::auth::Algorithm;
///
/// assert_eq!(Algorithm::parse(b"sha-256-SESS"), Some(Algorithm::SHA_256_SESS));
/// assert_eq!(Algorithm::parse(b"AKAv1-MD5"), Some(Algorithm::AKA_V1_MD5));
/// assert_eq!(Algorithm::parse(b"SHA-1"), None);
/// assert_eq!(Algorithm::SHA_512_256.to_string(), "SHA-512-256");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Algorithm {
    /// Where the password comes from.
    pub password: PasswordKind,
    /// What digests are made with.
    pub hash: HashFunction,
    /// The `-sess` variant: the nonces go into the first hash, so that what is kept for one
    /// session does not open another (RFC 7616 section 3.4.2).
    pub session: bool,
}

/// Where the password of a digest comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PasswordKind {
    /// It is a password.
    Shared,
    /// It is the RES of AKA (RFC 3310).
    AkaV1,
    /// It follows from RES, IK and CK of AKA (RFC 4169).
    AkaV2,
}

impl Algorithm {
    /// MD5; also what an absent `algorithm` means.
    pub const MD5: Self = Self::shared(HashFunction::Md5, false);
    /// MD5, bound to a session.
    pub const MD5_SESS: Self = Self::shared(HashFunction::Md5, true);
    /// SHA-256.
    pub const SHA_256: Self = Self::shared(HashFunction::Sha256, false);
    /// SHA-256, bound to a session.
    pub const SHA_256_SESS: Self = Self::shared(HashFunction::Sha256, true);
    /// SHA-512/256.
    pub const SHA_512_256: Self = Self::shared(HashFunction::Sha512_256, false);
    /// SHA-512/256, bound to a session.
    pub const SHA_512_256_SESS: Self = Self::shared(HashFunction::Sha512_256, true);
    /// AKA version 1 with MD5 (RFC 3310).
    pub const AKA_V1_MD5: Self = Self::aka(PasswordKind::AkaV1);
    /// AKA version 2 with MD5 (RFC 4169).
    pub const AKA_V2_MD5: Self = Self::aka(PasswordKind::AkaV2);

    const fn shared(hash: HashFunction, session: bool) -> Self {
        Self { password: PasswordKind::Shared, hash, session }
    }

    const fn aka(password: PasswordKind) -> Self {
        Self { password, hash: HashFunction::Md5, session: false }
    }

    /// The algorithm called `name`, in any case.
    #[must_use]
    pub fn parse(name: &[u8]) -> Option<Self> {
        let (password, rest) = match name.split_at_checked(6) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case(b"AKAv1-") => {
                (PasswordKind::AkaV1, rest)
            }
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case(b"AKAv2-") => {
                (PasswordKind::AkaV2, rest)
            }
            Some(_) | None => (PasswordKind::Shared, name),
        };
        let suffix = rest.len().checked_sub(5).and_then(|at| rest.split_at_checked(at));
        let (hash, session) = match suffix {
            Some((hash, suffix)) if suffix.eq_ignore_ascii_case(b"-sess") => (hash, true),
            Some(_) | None => (rest, false),
        };
        let hash = [HashFunction::Md5, HashFunction::Sha256, HashFunction::Sha512_256]
            .into_iter()
            .find(|known| hash.eq_ignore_ascii_case(known.as_str().as_bytes()))?;
        Some(Self { password, hash, session })
    }

    /// Whether the password comes from AKA.
    #[must_use]
    pub const fn is_aka(self) -> bool {
        !matches!(self.password, PasswordKind::Shared)
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.password {
            PasswordKind::Shared => "",
            PasswordKind::AkaV1 => "AKAv1-",
            PasswordKind::AkaV2 => "AKAv2-",
        })?;
        f.write_str(self.hash.as_str())?;
        f.write_str(if self.session { "-sess" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_algorithm_is_read_as_it_is_written() {
        use PasswordKind::{AkaV1, AkaV2, Shared};
        for password in [Shared, AkaV1, AkaV2] {
            for hash in [HashFunction::Md5, HashFunction::Sha256, HashFunction::Sha512_256] {
                for session in [false, true] {
                    let algorithm = Algorithm { password, hash, session };
                    let name = algorithm.to_string();
                    assert_eq!(Algorithm::parse(name.as_bytes()), Some(algorithm), "{name}");
                    let lower = name.to_lowercase();
                    assert_eq!(Algorithm::parse(lower.as_bytes()), Some(algorithm), "{name}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_algorithm() {
        for name in ["", "-sess", "MD", "MD5-", "AKAv1-", "AKAv3-MD5", "SHA-512", "token", "\u{e4}"]
        {
            assert_eq!(Algorithm::parse(name.as_bytes()), None, "{name}");
        }
    }
}
