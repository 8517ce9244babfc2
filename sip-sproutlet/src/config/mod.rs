//! Configuration as values.

mod dns;
mod error;
mod limits;
mod service_config;
#[cfg(test)]
mod tests;

pub use dns::DnsConfig;
pub use error::ConfigError;
pub use limits::HostLimits;
pub use service_config::{ProxyConfig, RegistrarConfig, ServiceConfig};
