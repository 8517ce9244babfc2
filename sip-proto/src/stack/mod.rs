//! An application as three callbacks: a request arrived, a response arrived, something failed.
//!
//! [`Stack`] puts a [`Core`] on an [`Endpoint`](crate::Endpoint), as one
//! [`Machine`](crate::Machine). The idea is that of Sippet, the SIP middleware library for Elixir;
//! the table below says where its parts are. A whole application that answers OPTIONS:
//!
//! ```
//! use sip_proto::stack::{ClientKey, Context, Key, ServerKey};
//! use sip_proto::{Core, Method, Request, Response, StatusCode, TransactionError};
//!
//! struct Responder;
//!
//! impl Core for Responder {
//!     type In = ();
//!     type Out = String;
//!
//!     fn receive_request(
//!         &mut self, request: Request, key: Option<ServerKey>, cx: &mut Context<'_, String>,
//!     ) {
//!         // Without a key there is nothing to answer: an ACK. A CANCEL is answered already.
//!         let Some(key) = key.filter(|_| *request.method() != Method::Cancel) else { return };
//!         cx.tell(format!("asked by {}", key.sent_by()));
//!         let status = match request.method() {
//!             Method::Options => StatusCode::OK,
//!             _ => StatusCode::METHOD_NOT_ALLOWED,
//!         };
//!         let _ = cx.reply(&request, status);
//!     }
//!
//!     fn receive_response(
//!         &mut self, _: Response, _: Option<ClientKey>, _: &mut Context<'_, String>,
//!     ) {}
//!     fn receive_error(&mut self, _: TransactionError, _: Key, _: &mut Context<'_, String>) {}
//! }
//! # use sip_proto::*;
//! # let (seed, secrets) = (Seed::from_u64(1), Secrets::new([0; 16]));
//! # let (now, unix) = (Instant::ZERO, UnixTime::from_secs(1_700_000_000));
//! # let mut stack =
//! #     Stack::new(Responder, EndpointConfig::default(), &seed, secrets, now, unix);
//! # let (socket, transport) = (SocketId(0), TransportKind::Udp);
//! # let local = "192.0.2.1:5060".parse().unwrap();
//! # stack.handle_input(now, Input::Opened { socket, transport, local, advertised: None });
//! # let data = "OPTIONS sip:192.0.2.1 SIP/2.0\r\n\
//! #             Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1\r\n\
//! #             From: <sip:a@192.0.2.9>;tag=1\r\nTo: <sip:192.0.2.1>\r\n\
//! #             Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
//! # let source = "192.0.2.9:5060".parse().unwrap();
//! # stack.handle_input(now, Input::Datagram { socket, source, local: None, data: data.into() });
//! # assert!(matches!(stack.poll_output(), Some(Output::App(told)) if told.ends_with("192.0.2.9")));
//! # let Some(Output::Transmit(answer)) = stack.poll_output() else { panic!("an answer") };
//! # assert!(answer.data.starts_with(b"SIP/2.0 200 OK\r\n"));
//! ```
//!
//! # Sippet's row
//!
//! | Sippet | here |
//! | --- | --- |
//! | one core with three callbacks | [`Core`] |
//! | request with and without a transaction | [`Core::receive_request`]: the key is `None` for an ACK to a 2xx |
//! | response with and without a transaction | [`Core::receive_response`]. On purpose, a retransmitted 2xx comes *with* its key: RFC 6026 keeps the transaction for it; and a response that belongs to nothing is dropped and counted, except on a stateless stack |
//! | error with a reason | [`Core::receive_error`], [`TransactionError`](crate::TransactionError) |
//! | `send(request)`, `send(response)` | [`Context::send`], from outside [`Stack::send`]; [`Context::send_to`] |
//! | an ACK goes straight to the transport | [`Context::send`], without a key |
//! | transaction keys as plain values | [`Key`], [`ClientKey`], [`ServerKey`]: printable, parseable, and made from any message by [`ServerKey::of`]. On purpose, the branch of a client key is not that on the wire, which changes with the server that is tried |
//! | `terminate(key)` | [`Context::terminate`], [`Stack::terminate`] |
//! | CANCEL | [`Context::cancel`]; one that arrives comes with the key of its INVITE, already answered. Sippet leaves both to its user |
//! | `Branch` and CSeq renewed by hand | the branch is the stack's. CSeq is not, but for a challenge: [`auth::DigestClient`](crate::auth::DigestClient) |
//! | header editing, front and back | [`Message`](crate::Message): `push_front`, `push_back`, `pop_front`, `pop_back`, `replace_front`, `replace_back`, `update_front`, `update_back`, `set`, `set_if_absent`, `remove`, `retain` |
//! | typed and raw values | [`Message::header`](crate::Message::header), [`Message::value`](crate::Message::value) |
//! | `build_request`, `to_response` | [`Request::builder`](crate::Request::builder), [`Response::to`](crate::Response::to) |
//! | `create_tag`, `create_branch`, `create_call_id` | [`Rng::tag`](crate::Rng::tag), [`Rng::branch`](crate::Rng::branch), [`Rng::call_id`](crate::Rng::call_id) on [`Context::rng`] |
//! | `validate` with reasons | [`Request::validate`](crate::Request::validate), [`Request::faults`](crate::Request::faults) and those of [`Response`](crate::Response); [`Context::send`] asks them |
//! | `DigestAuth` | [`auth`](crate::auth), both sides |
//! | URI equivalence | [`Uri::equivalent`](crate::message::Uri::equivalent) |
//! | branches of a stateless proxy | [`EndpointConfig::stateless`](crate::EndpointConfig::stateless): the stack derives them |
//! | wire format | [`Message::to_bytes`](crate::Message::to_bytes), [`SipMessage::parse`](crate::SipMessage::parse) |
//! | transports as plug-ins, reliable or not | [`Input`](crate::Input) and [`Output`](crate::Output): whoever moves datagrams or stream bytes is a transport, and its [`TransportKind`](crate::TransportKind) says whether it is reliable. On purpose, not registered by name: a machine cannot tell who drives it |
//! | `reliable?(message)` | [`TransportKind::is_reliable`](crate::TransportKind::is_reliable) of [`Via::transport_kind`](crate::message::Via::transport_kind) |
//! | several stacks in a process | values: nothing is global |
//! | cores that send when they like | [`Core::receive_ask`], [`Core::receive_alarm`], [`Stack::act`] |

mod callbacks;
mod context;
mod desk;
mod key;
mod machine;

pub use callbacks::Core;
pub use context::{Context, SendError};
pub use key::{ClientKey, Key, KeyError, ServerKey};
pub use machine::Stack;

#[cfg(test)]
mod tests;
