//! The four machines of RFC 3261 section 17 with RFC 6026 and RFC 4320, and what identifies a
//! transaction on the wire.
//!
//! A machine is a value that [`handle`](InviteClient::handle) consumes: it takes the time and an
//! event, and gives back the next state and [`Actions`] for its owner to carry out. It names the
//! one instant at which it next wants a `Timer` event ([`deadline`](InviteClient::deadline)), so
//! that a transaction costs one entry of the timer wheel, whatever the number of its timers.

mod actions;
mod branch;
mod follow_up;
mod invite_client;
mod invite_server;
mod key;
mod loop_detection;
mod non_invite_client;
mod non_invite_server;
mod resend;
mod timing;

pub use actions::{Actions, Failure};
pub use branch::{BranchToken, EncodedBranch, stateless_branch};
pub use follow_up::{build_ack, build_cancel};
pub use invite_client::{HeldCancel, InviteClient, InviteClientEvent};
pub use invite_server::{InviteServer, InviteServerEvent};
pub(crate) use key::host_bytes;
pub use key::{KeyHasher, MergedKey, ServerKey};
pub use loop_detection::{is_looped, loop_hash};
pub use non_invite_client::{NonInviteClient, NonInviteClientEvent};
pub use non_invite_server::{NonInviteServer, NonInviteServerEvent};
pub use resend::{Resend, Schedule};
pub use timing::Timing;

#[cfg(test)]
mod tests;
