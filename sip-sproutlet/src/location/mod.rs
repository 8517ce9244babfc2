//! The location service (RFC 3261 section 10): which contacts an address-of-record has now.

mod binding;
mod call;
mod reach;
mod store;

pub use binding::{Binding, FlowUse, Received};
pub use call::{LocationCall, LocationReply, Record, Version};
pub(crate) use reach::needs_flow;
pub use store::{LocationLimits, LocationStore};
