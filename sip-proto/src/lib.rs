//! SIP as a pure state machine: bytes and time in, bytes and deliveries out.
//!
//! Nothing here opens a socket, reads a clock, asks for randomness, spawns or sleeps. A driver
//! feeds an [`Endpoint`] with [`Input`]s, drains its [`Output`]s and arms one timer; see
//! [`Machine`] for the contract.
//!
//! Layers, bottom up; each imports only those before it:
//!
//! ```text
//! time rng hash slab limits error
//! transport_kind                the ground
//! message                       bytes <-> messages: lexer, parser, URIs, headers, edits, writer
//! framing                       stream bytes -> messages
//! machine                       the contract with whoever moves the bytes
//! timer                         hierarchical wheel
//! transport                     flows, connections, Via, response routing
//! transaction                   the four machines of RFC 3261 section 17 with RFC 6026
//! endpoint                      all of it as one Machine
//! ```
#![forbid(unsafe_code)]

pub mod endpoint;
mod error;
pub mod framing;
mod hash;
mod limits;
mod machine;
pub mod message;
mod rng;
mod slab;
mod time;
pub mod timer;
pub mod transaction;
pub mod transport;
mod transport_kind;

pub use endpoint::{
    ClientId, Command, Counts, Delivery, Endpoint, EndpointConfig, NextHop, ServerId, Source,
    TransactionError,
};
pub use error::{ParseError, ParseErrorKind};
pub use hash::SeededMap;
pub use limits::Limits;
pub use machine::{
    CloseReason, ConnectionId, DropReason, Event, Forwarded, Input, Machine, Output, PeerIdentity,
    ShardId, SocketId, Transmit, TransmitError,
};
pub use message::{Header, HeaderName, Message, Method, Request, Response, SipMessage, StatusCode};
pub use rng::{Rng, Secrets, Seed};
pub use slab::{Slab, SlabKey};
pub use time::{Instant, UnixTime};
pub use transport_kind::TransportKind;
