//! Digest authentication, both sides, and AKA (RFC 7616, RFC 8760, RFC 3261 section 22; RFC 3310,
//! RFC 4169).
//!
//! Everything here is a value: no transaction, no clock, no store. [`DigestServer`] reads what
//! credentials claim, leaves the look-up of the user to its caller, and tells whether they are right;
//! [`DigestClient`] answers challenges. Nonces carry a seal instead of being kept, so that whoever
//! shares the cluster's [`Secrets`](crate::Secrets) tells its own.

mod aka;
mod algorithm;
mod client;
mod digest;
mod hash;
mod nonce;
mod nonce_counts;
mod role;
mod server;
#[cfg(test)]
mod tests;

pub use aka::{AuthenticationCenter, Auts, Keys, Milenage, Usim, UsimError, Vector};
pub use algorithm::{Algorithm, PasswordKind};
pub use client::{
    Account, AccountSecret, Attempts, ClientConfig, DigestClient, Preference, Unanswered,
    copy_credentials,
};
pub use digest::{DigestInput, Ha1, Qop, userhash};
pub use hash::{HashFunction, HexDigest};
pub use role::Role;
pub use server::{
    Authenticated, Claim, Claimed, Credential, DigestConfig, DigestServer, Outcome, StoredUser,
    strip_keys,
};
