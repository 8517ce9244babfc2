//! What the message layer is held to, whatever bytes come.
//!
//! * [`fuzz`]: one function for each fuzz target. It takes any bytes and panics where the library
//!   breaks a promise. `scripts/fuzz` runs them under a fuzzer, `cargo test -p sip-grammar` over
//!   the corpora that it left behind in `fuzz/corpus`, and over random bytes.
//! * [`mod@reference`]: a reader of RFC 3261 section 25 that shares nothing with the library. It is
//!   slow and obvious, and what the library's parser is compared with.

#![forbid(unsafe_code)]

pub mod fuzz;
pub mod reference;
