//! The proxy (RFC 3261 section 16).

mod ends;
mod flow_token;
mod forward;
mod record_route;
mod service;
mod targets;
#[cfg(test)]
mod tests;
mod uas;
mod validate;

pub use service::Proxy;
