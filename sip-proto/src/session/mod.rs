//! Calls.
mod accepted;
mod config;
mod glare;
mod offer_answer;
mod reliable;
mod session_timer;
pub use config::{ReliablePolicy, SessionConfig, SessionLimits, SessionTiming};
pub use offer_answer::{Description, OfferError};
pub use session_timer::TimerConfig;
/// A request that a session sent, named by the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientToken(pub u64);
/// x
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionError {
    /// x
    Limit,
}
