//! The checks that every adapter must pass, without any runtime.

mod blocking;

sip_driver::conformance!(blocking::run);
