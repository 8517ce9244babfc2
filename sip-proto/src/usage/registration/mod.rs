//! The client of a registrar (RFC 3261 section 10.2, RFC 5626, RFC 3327, RFC 3608, RFC 5627).

mod client;
mod config;
mod contact;
mod granted;
#[cfg(test)]
mod tests;

pub use client::{Registration, RegistrationEvent, RegistrationState};
pub use config::RegistrationConfig;
pub use contact::{OwnContact, TooManyContacts};
pub use granted::GrantedContact;
