//! The side that asks: what credentials claim, and whether they are right.

mod answer;
mod claim;
mod config;
mod verify;

pub use answer::strip_keys;
pub use claim::{Claim, Claimed};
pub use config::DigestConfig;
pub use verify::{Authenticated, Credential, DigestServer, Outcome, StoredUser};
