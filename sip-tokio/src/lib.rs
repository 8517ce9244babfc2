//! Drives a sip-proto machine on Tokio.
//!
//! [`run`] is for servers: it takes over the calling thread with a runtime of its own. [`drive`] is
//! the same as a future, for a runtime that is already there.

mod drive;

pub use drive::{drive, run};
