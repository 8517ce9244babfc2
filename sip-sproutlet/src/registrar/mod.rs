//! The registrar (RFC 3261 section 10.3).

mod answer;
mod date;
mod registration;
mod service;
#[cfg(test)]
mod tests;
mod update;

pub use service::Registrar;
