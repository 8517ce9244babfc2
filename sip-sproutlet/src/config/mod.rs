//! Configuration as values.

mod auth_config;
mod dns;
mod error;
mod limits;
mod service_config;
#[cfg(test)]
mod tests;

pub use auth_config::{AuthConfig, UserConfig};
pub use dns::DnsConfig;
pub use error::ConfigError;
pub use limits::HostLimits;
pub use service_config::{ProxyConfig, RegistrarConfig, ServiceConfig};
