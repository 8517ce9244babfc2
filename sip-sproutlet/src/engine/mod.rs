//! The host without its endpoint: deliveries in, commands out.

mod answer;
mod choose;
mod clock;
mod context;
mod engine;
mod forks;
mod hop;
mod instance;
mod place;
mod run;

pub use engine::HostCounts;
pub(crate) use engine::{Engine, EngineOutput};
