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
//! resolve                       names -> targets: RFC 3263 over a caching stub resolver
//! transaction                   the four machines of RFC 3261 section 17 with RFC 6026
//! dialog                        what two user agents remember of each other
//! auth                          Digest and AKA, both sides
//! usage                         registrations, subscriptions, referrals, publications
//! overload                      how much neighbours send each other
//! endpoint                      all of it as one Machine
//! stack                         an application of three callbacks on top
//! ```
//!
//! A whole exchange without a network: an endpoint that answers OPTIONS.
//!
//! ```
//! use sip_proto::{
//!     Command, Delivery, Endpoint, EndpointConfig, Input, Instant, Machine, Output, Response,
//!     Secrets, Seed, SocketId, StatusCode, TransportKind, UnixTime,
//! };
//!
//! let (seed, secrets) = (Seed::from_u64(1), Secrets::new([0; 16]));
//! let (now, unix) = (Instant::ZERO, UnixTime::from_secs(1_700_000_000));
//! let mut endpoint = Endpoint::new(EndpointConfig::default(), &seed, secrets, now, unix);
//!
//! let socket = SocketId(0);
//! let local = "192.0.2.1:5060".parse().unwrap();
//! let transport = TransportKind::Udp;
//! endpoint.handle_input(now, Input::Opened { socket, transport, local, advertised: None });
//!
//! let source = "192.0.2.9:5060".parse().unwrap();
//! let data = "OPTIONS sip:192.0.2.1 SIP/2.0\r\n\
//!             Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n\
//!             From: <sip:a@192.0.2.9>;tag=1\r\nTo: <sip:192.0.2.1>\r\n\
//!             Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
//! endpoint.handle_input(now, Input::Datagram { socket, source, local: None, data: data.into() });
//!
//! let mut sent = Vec::new();
//! while let Some(output) = endpoint.poll_output() {
//!     match output {
//!         Output::App(Delivery::Request { id, request, .. }) => {
//!             let response = Response::to(&request, StatusCode::OK);
//!             endpoint.handle_input(now, Input::App(Command::Respond { id, response }));
//!         }
//!         Output::Transmit(transmit) => sent.push(transmit),
//!         other => panic!("{other:?}"),
//!     }
//! }
//! assert_eq!(sent[0].destination, source);
//! assert!(sent[0].data.starts_with(b"SIP/2.0 200 OK\r\n"));
//! // Timer J: the transaction absorbs retransmissions till then.
//! assert_eq!(endpoint.poll_timeout(), Some(Instant::from_secs(32)));
//! ```
#![forbid(unsafe_code)]

pub mod auth;
pub mod dialog;
pub mod endpoint;
mod error;
pub mod framing;
mod hash;
mod limits;
mod machine;
pub mod message;
pub mod overload;
pub mod resolve;
mod rng;
mod slab;
pub mod stack;
mod time;
pub mod timer;
pub mod transaction;
pub mod transport;
mod transport_kind;
pub mod usage;

pub use endpoint::{
    ClientId, Command, Counts, Delivery, Endpoint, EndpointConfig, NextHop, ServerId, Source,
    TransactionError,
};
pub use error::{InText, ParseError, ParseErrorKind};
pub use hash::SeededMap;
pub use limits::Limits;
pub use machine::{
    CloseReason, ConnectionId, DropReason, Event, Forwarded, Input, Machine, Output, PeerIdentity,
    ShardId, SocketId, Transmit, TransmitError,
};
pub use message::{
    Header, HeaderError, HeaderName, Message, Method, Request, Response, SipMessage, StatusCode,
};
pub use resolve::ResolverConfig;
pub use rng::{Rng, Secrets, Seed};
pub use slab::{Slab, SlabKey};
pub use stack::{Core, Stack};
pub use time::{Instant, UnixTime};
pub use transport_kind::TransportKind;
