//! The side that answers challenges.

mod account;
mod answer;
mod attempts;
mod session;

pub use account::{Account, AccountSecret};
pub use answer::{ClientConfig, DigestClient, Preference, Unanswered, copy_credentials};
pub use attempts::Attempts;
