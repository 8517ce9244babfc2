//! A reader of RFC 3261 section 25 that is slow and obvious.
//!
//! Written from the grammar alone, rule by rule, in the grammar's order and with its names. It
//! copies everything, goes back where it must, and has no limits. It reads what the library's parser
//! is compared with: start line, header fields, Via, addresses, CSeq, Call-ID, numbers and URIs.
//!
//! The library takes some things that the grammar does not: each is a [`Leniency`], and the reader
//! takes it too unless it is told to be strict. It refuses some that the grammar does allow, because they
//! mean nothing: those are in [`Bound`].

mod address;
mod cursor;
mod host;
mod leniency;
mod message;
mod uri;
mod values;

pub use address::{Address, address, contact};
pub use cursor::{Param, unfold};
pub use leniency::{BOUNDS, Bound, LENIENCIES, Leniency, Reading, Rule};
pub use message::{Message, StartLine, message};
pub use uri::{Uri, uri};
pub use values::{Via, call_id, cseq, number, via};
