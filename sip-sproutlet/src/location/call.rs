//! What is asked of a location store, and what it answers.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::location::Binding;

/// The version of a [`Record`]: grows with every write, never repeats. 0 where there is no record.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Version(pub u64);

/// What an address-of-record has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its version; 0 if it was never registered, or too long ago.
    pub version: Version,
    /// Its valid bindings, in the order of their first registration.
    pub bindings: Vec<Binding>,
}

/// A request to a location store. The address-of-record is canonical
/// (RFC 3261 section 10.3, step 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LocationCall {
    /// What does it have?
    Lookup {
        /// The address-of-record.
        aor: Bytes,
    },
    /// Replace what it has, if nobody else did since.
    Replace {
        /// The address-of-record.
        aor: Bytes,
        /// The version that the change is based on.
        expected: Version,
        /// All its bindings from now on.
        bindings: Vec<Binding>,
    },
}

/// The answer of a location store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LocationReply {
    /// To [`LocationCall::Lookup`]: what it has.
    Found(Record),
    /// To [`LocationCall::Replace`]: done.
    Replaced(Version),
    /// To [`LocationCall::Replace`]: somebody else was faster; what it has now.
    Conflict(Record),
    /// To [`LocationCall::Replace`]: a limit of [`LocationLimits`](crate::LocationLimits) was
    /// reached; nothing changed.
    Full,
}
