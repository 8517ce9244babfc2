//! Drives a sip-proto machine on Tokio.
