//! Configuration as values.

mod auth_config;
mod error;
mod limits;
mod service_config;
#[cfg(test)]
mod tests;

pub use auth_config::{AuthConfig, UserConfig};
pub use error::ConfigError;
pub use limits::HostLimits;
pub use service_config::{ProxyConfig, RegistrarConfig, ServiceConfig};
