//! The four machines of RFC 3261 section 17 with RFC 6026 and RFC 4320, and what identifies a
//! transaction on the wire.
//!
//! A machine is a value that its `handle` consumes: it takes the time and an event, and gives back
//! the next state and `Actions` for its owner to carry out. It names the one instant at which it
//! next wants a `Timer` event (`deadline`), so that a transaction costs one entry of the timer
//! wheel, whatever the number of its timers. The machines are the [`Endpoint`](crate::Endpoint)'s
//! own; public is what services and tests need to know of branches and hop-by-hop requests.

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

pub use branch::{BranchToken, EncodedBranch};
pub use follow_up::{build_ack, build_cancel};
pub use loop_detection::{is_looped, loop_hash};

pub(crate) use actions::{Actions, Failure};
pub(crate) use branch::{BRANCH_CHARS, stateless_branch};
pub(crate) use invite_client::{InviteClient, InviteClientEvent};
pub(crate) use invite_server::{InviteServer, InviteServerEvent};
pub(crate) use key::{KeyHasher, MergedKey, ServerKey, host_bytes};
pub(crate) use non_invite_client::{NonInviteClient, NonInviteClientEvent};
pub(crate) use non_invite_server::{NonInviteServer, NonInviteServerEvent};
pub(crate) use resend::{Resend, Schedule};
pub(crate) use timing::Timing;

#[cfg(test)]
mod tests;
