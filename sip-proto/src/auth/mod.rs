//! Digest authentication, both sides, and AKA.
mod aka;
mod algorithm;
mod digest;
mod hash;
mod nonce;
mod nonce_counts;
#[cfg(test)]
mod tests;

pub use aka::{AuthenticationCenter, Auts, Keys, Milenage, Usim, UsimError, Vector};
pub use algorithm::{Algorithm, PasswordKind};
pub use digest::{DigestInput, Ha1, Qop, userhash};
pub use hash::{HashFunction, HexDigest};
