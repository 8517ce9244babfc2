//! Transport and transactions as one [`Machine`](crate::Machine): Sippet's core, as values.

mod command;
mod config;
mod delivery;

pub use command::{ClientId, Command, NextHop};
pub use config::EndpointConfig;
pub use delivery::{Delivery, ServerId, Source, TransactionError};
