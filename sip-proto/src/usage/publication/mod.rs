//! Publications (RFC 3903): the agent that publishes, and the book of who composes.

mod client;
mod compositor;
mod config;
#[cfg(test)]
mod tests;

pub use client::{Publication, PublicationEvent, PublicationState};
pub use compositor::{Compositor, CompositorConfig, PublishedChange};
pub use config::PublicationConfig;
