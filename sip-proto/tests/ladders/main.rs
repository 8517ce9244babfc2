//! Ladders: two endpoints on a virtual wire, as the figures of the RFCs draw them.
//!
//! Each line of a ladder is the time in milliseconds, who sends, over what (`-->` a datagram,
//! `--x` a datagram that is lost, `==>` a stream), to whom, and what. The way takes 10 ms.

mod call;
mod cancel;
mod chaos;
mod determinism;
mod dns;
mod drain;
mod forged;
mod large;
mod limits;
mod malformed;
mod messages;
mod names;
mod next_hop;
mod non_invite;
mod response_route;
mod secure;
mod stateless;
mod storage;
mod streams;
mod stun;
mod torture;
mod websocket;
mod wire;
