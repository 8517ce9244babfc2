//! A reader of RFC 3261 section 25 that is slow and obvious.
