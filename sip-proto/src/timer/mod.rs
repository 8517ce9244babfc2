//! Timers: one hierarchical wheel for all of a machine's deadlines.

mod wheel;

pub use wheel::{TimerId, Wheel};
