//! From names to targets: RFC 3263 over a caching stub resolver (RFC 1034, 2308, 2782, 3403, 6891).
//!
//! DNS messages are datagrams and stream bytes like any others, on sockets and connections of their
//! own, so that every driver has the same resolver and the simulator needs none.

mod blacklist;
mod cache;
mod codec;
mod config;
mod exchange;
mod lookup;
mod name;
mod resolver;
mod stub;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;
mod wanted;
mod weights;

pub(crate) use blacklist::Verdict;
use codec::Srv;
pub use config::ResolverConfig;
pub(crate) use lookup::{Next, NoTarget, Target};
use name::DomainName;
pub(crate) use resolver::Resolver;
pub(crate) use stub::Action;
pub use text::{read_hosts, read_resolv_conf};
pub(crate) use wanted::{Means, Wanted};
