//! Overload control between neighbours: loss-based (RFC 7339) and rate-based (RFC 7415), both ends.
//!
//! Values without clock, randomness or table: there is one [`OverloadClient`] for each next hop, and
//! one [`OverloadServer`] for this server. Feedback travels in the topmost Via of responses.
//!
//! ```
//! use sip_proto::message::{TypedHeader, Via};
//! use sip_proto::overload::{OverloadClient, OverloadClientConfig, OverloadServer};
//! use sip_proto::overload::{OverloadServerConfig, RequestClass};
//! use sip_proto::{Instant, Seed, UnixTime};
//!
//! let (now, mut rng) = (Instant::ZERO, Seed::from_u64(1).rng());
//! let mut client = OverloadClient::new(OverloadClientConfig::default());
//! let sent = format!("SIP/2.0/UDP a.example;branch=z9hG4bK1;{}", client.offer());
//!
//! // The server is at twice of what it can.
//! let mut server = OverloadServer::new(OverloadServerConfig::default(), now, UnixTime::from_secs(9));
//! server.handle_load(2000);
//! let feedback = server.feedback(now, &Via::parse(sent.as_bytes())?, 1).expect("it is asked for");
//!
//! let answered = format!("SIP/2.0/UDP a.example;branch=z9hG4bK1;{feedback}");
//! client.handle_via(now, &Via::parse(answered.as_bytes())?);
//! let passed = (0..1000).filter(|_| client.admit(now, &mut rng, RequestClass::Ordinary)).count();
//! assert!((400..500).contains(&passed));
//! assert!(client.admit(now, &mut rng, RequestClass::Priority));
//! # Ok::<(), sip_proto::ParseError>(())
//! ```

mod algorithm;
mod bucket;
mod class;
mod client;
mod server;
#[cfg(test)]
mod tests;

pub use algorithm::OverloadAlgorithm;
pub use class::RequestClass;
pub use client::{OverloadClient, OverloadClientConfig};
pub use server::{OverloadFeedback, OverloadServer, OverloadServerConfig};
