//! The host without its endpoint: deliveries in, commands out.

mod answer;
mod choose;
mod clock;
mod context;
mod forks;
mod hop;
mod instance;
mod place;
mod run;
mod state;
#[cfg(test)]
mod tests;

pub use state::HostCounts;
pub(crate) use state::{Engine, EngineOutput};
