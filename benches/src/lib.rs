//! What is measured: the messages, the set of typed headers, and the operations on them.

pub mod cases;
pub mod messages;
mod typed;

pub use typed::{Depth, read_typed_set};
