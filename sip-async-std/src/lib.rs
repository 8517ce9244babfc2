//! Drives a sip-proto machine on async-std.
//!
//! async-std is discontinued; what moves its bytes, async-io, is not. Only the entry differs between
//! the features `async-std` (the default) and `smol`, which does without the discontinued crate.
//!
//! [`run`] is for servers: it takes over the calling thread. [`drive`] is the same as a future, for
//! an executor that is already there.
#![forbid(unsafe_code)]

mod drive;

pub use drive::{drive, run};
