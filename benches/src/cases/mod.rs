//! The operations that are measured, each as a loop of preparation and one measured call.

mod endpoint;
mod parsing;
mod writing;

use core::hint::black_box;

/// An operation: a name to know it by, and a run of so many rounds.
pub struct Case {
    /// `group/operation message`.
    pub name: &'static str,
    /// Prepares and measures the operation that often; only what goes through [`measured`] counts.
    pub run: fn(rounds: usize),
}

/// All operations, in the order of the report.
#[must_use]
pub fn all() -> Vec<Case> {
    [parsing::cases(), writing::cases(), endpoint::cases()].into_iter().flatten().collect()
}

/// What is counted: `operation` and the drop of what it returns. Never inlined, so that a profiler
/// can be told to look at nothing else.
#[inline(never)]
pub fn measured<T>(operation: impl FnOnce() -> T) {
    drop(black_box(operation()));
}
