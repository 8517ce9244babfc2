//! Transport and transactions as one [`Machine`](crate::Machine): Sippet's core, as values.
//!
//! ```text
//!            Input                                             Output
//!   datagram ─────┐                                   ┌──── datagram, bytes to write
//!   stream bytes ─┤ intake ─► requests ─► servers ────┤
//!                 │        └► responses ► clients ────┼──── Delivery
//!   Command ──────┴ commands ─────────────────────────┘
//! ```

mod budget;
mod clients;
mod command;
mod commands;
mod config;
mod core;
mod delivery;
mod drain;
mod failures;
mod forwarding;
mod intake;
mod journeys;
mod large;
mod reconnect;
mod requests;
mod responses;
mod second_way;
mod sending;
mod servers;
mod stateless;
mod streams;
mod stun;
mod timers;

pub use command::{ClientId, Command, NextHop};
pub use config::EndpointConfig;
pub use core::{Counts, Endpoint};
pub use delivery::{Delivery, ServerId, Source, TransactionError};
