//! SIP services as pure state machines: a host that chains them, a proxy and a registrar.
//!
//! A service implements [`Sproutlet`], which makes a [`Transaction`] for each request it takes.
//! A transaction is a machine: [`TransactionEvent`]s in, [`Actions`] out. The [`SproutletHost`]
//! owns everything else: matching requests to services, chaining co-located services in memory,
//! forks and their response context, CANCEL, ACK, timers, effects.
//!
//! Layers, bottom up; each imports only those before it:
//!
//! ```text
//! local_names            which URIs are our own
//! breadth                how many branches a request may have at once
//! refusal                why a service turns a request down
//! location               contacts by address-of-record
//! abi                    the service interface as values
//! config                 what an operator can set
//! guard                  who may register and call
//! registrar              RFC 3261 section 10.3 as a service
//! proxy                  RFC 3261 section 16 as a service
//! graph                  the services of one host, from a configuration or by hand
//! engine                 the host without its endpoint: deliveries in, commands out
//! host                   all of it as one Machine
//! ```
#![forbid(unsafe_code)]
// Tests pick out what they are about.
#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod abi;
mod breadth;
mod config;
mod engine;
mod graph;
mod guard;
mod host;
mod local_names;
pub mod location;
mod proxy;
mod refusal;
mod registrar;
#[cfg(test)]
mod testing;

pub use abi::{
    Action, Actions, CancelCause, CancelReason, Context, Effect, EffectCall, EffectCallId,
    EffectError, EffectId, EffectOutcome, EffectReply, ForkError, ForkId, Hop, PassThrough,
    Sproutlet, Start, TimerId, Transaction, TransactionEvent,
};
pub use config::{
    AuthConfig, ConfigError, DnsConfig, HostLimits, ProxyConfig, RegistrarConfig, ServiceConfig,
    UserConfig,
};
pub use engine::HostCounts;
pub use graph::ServiceGraph;
pub use host::{SproutletHost, build};
pub use local_names::{LocalNames, LocalSocket};
pub use location::{LocationLimits, LocationStore};
pub use proxy::Proxy;
pub use registrar::Registrar;
