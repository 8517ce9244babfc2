//! One conformance suite for every runtime, and interoperability with real peers.
//!
//! * [`smoke`]: scenarios that run unchanged on each runtime adapter and in the simulator
//!   (`cargo test -p sip-tests`);
//! * [`interop`]: SIPp, baresip and Kamailio against the built server
//!   (`cargo run --release -p sip-tests --bin interop`);
//! * [`rfc`]: which MUSTs are cited at code and at tests
//!   (`cargo run -p sip-tests --bin rfc-coverage`).

pub mod interop;
pub mod rfc;
pub mod smoke;
