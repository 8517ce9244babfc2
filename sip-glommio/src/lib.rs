//! Drives a sip-proto machine on io_uring through glommio, on the thread that runs it.
//!
//! [`run`] is for servers: it takes over the calling thread with an executor of its own. [`drive`]
//! is the same as a future, for an executor that is already there.
//!
//! Needs Linux 5.8 with io_uring allowed and a memlock limit of 512 KiB; where it is not, [`run`]
//! says what is missing.

mod drive;
mod uring;
mod wait;

pub use drive::{available, drive, run};
