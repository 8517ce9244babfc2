//! Drives a sip-proto machine on async-std.
