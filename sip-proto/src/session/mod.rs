//! Calls: the INVITE usage of a dialog (RFC 3261 sections 13 to 15), at both ends, as a machine.
//!
//! An [`InviteSession`] is one call. It writes and judges every message of it and knows what is to
//! be sent again, and when to give up; it reads no session description, but knows for each message
//! whether one in it is an offer or an answer. It sits above the transactions and knows nothing of
//! them, nor of any network: what it wants sent it says by an [`Action`], and what arrives it is
//! told by a `handle_*`.
//!
//! ```text
//!  config, glare, payload     the ground
//!  offer_answer               RFC 3264, 6337     who may offer, who owes an answer
//!  reliable                   RFC 3262           100rel and PRACK
//!  session_timer              RFC 4028           intervals and who refreshes
//!  accepted                   RFC 3261 13.3.1.4  a 2xx until its ACK, an ACK for each 2xx
//!  calling  ringing           the INVITE that begins it, sent or received
//!  sending  responses         requests of ours within it: re-INVITE, UPDATE, INFO, BYE ...
//!  requests replying          requests of theirs
//!  timeouts ending stored     what is due, how it ends, how it survives a restart
//! ```
//!
//! A call, from INVITE to BYE, at the caller:
//!
//! ```
//! use sip_proto::session::{
//!     Action, InviteSession, Payload, SessionConfig, SessionEvent, SessionState,
//! };
//! use sip_proto::{HeaderName, Instant, Method, Request, Response, Seed, StatusCode};
//!
//! let now = Instant::ZERO;
//! let invite = Request::builder(Method::Invite, "sip:bob@biloxi.example")
//!     .from("<sip:alice@atlanta.example>;tag=1928")
//!     .to("<sip:bob@biloxi.example>")
//!     .call_id("a84b4c76e66710")
//!     .cseq(314159)
//!     .body("application/sdp", "v=0\r\n")
//!     .build();
//! let config = SessionConfig::new("<sip:alice@192.0.2.4>");
//! let mut call = InviteSession::call(config, invite, Seed::from_u64(1).rng())?;
//! let Some(Action::Request { token, request }) = call.poll_action() else { panic!() };
//!
//! // What Bob answers.
//! let mut ok = Response::to(&request, StatusCode::OK);
//! ok.set_to_tag("a6c85cf");
//! ok.push_back(HeaderName::Contact, "<sip:bob@192.0.2.8>");
//! ok.set_body("application/sdp", "v=0\r\n");
//! call.handle_response(now, token, ok);
//! let Some(Action::Ack { request: ack }) = call.poll_action() else { panic!() };
//! assert_eq!(ack.uri_bytes(), b"sip:bob@192.0.2.8");
//! let Some(Action::Event(SessionEvent::Answered { .. })) = call.poll_action() else { panic!() };
//!
//! // Alice hangs up.
//! call.hang_up(now, Payload::none())?;
//! let Some(Action::Request { request: bye, .. }) = call.poll_action() else { panic!() };
//! assert_eq!(*bye.method(), Method::Bye);
//! assert_eq!(call.state(), SessionState::Ended);
//! # Ok::<(), sip_proto::session::SessionError>(())
//! ```

mod accepted;
mod action;
mod calling;
mod config;
mod ending;
mod glare;
mod leg;
mod offer_answer;
mod payload;
mod reliable;
mod replaces;
mod replying;
mod requests;
mod responses;
mod ringing;
mod sending;
mod session_timer;
mod state;
mod stored;
#[cfg(test)]
mod tests;
mod timeouts;

pub use action::{
    Action, ClientToken, EndReason, Failure, ServerToken, SessionError, SessionEvent,
};
pub use config::{ReliablePolicy, SessionConfig, SessionLimits, SessionTiming};
pub use offer_answer::{Description, OfferError};
pub use payload::{Body, Payload, Reply};
pub use replaces::{joined, replaced};
pub use session_timer::TimerConfig;
pub use state::{InviteSession, SessionState};
pub use stored::StoredSession;
