//! Configuration as values, and the step from there to a service graph.

mod error;
mod graph;
mod limits;
mod service_config;
#[cfg(test)]
mod tests;

pub use error::ConfigError;
pub use graph::{ServiceGraph, build};
pub use limits::HostLimits;
pub use service_config::{ProxyConfig, RegistrarConfig, ServiceConfig};
