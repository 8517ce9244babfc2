//! Subscriptions, both sides (RFC 6665), and those that a REFER implies (RFC 3515, RFC 4488).

mod headers;
mod leg;
mod notifications;
mod notifier;
mod reason;
mod refer;
mod subscriber;
mod subscriber_config;
#[cfg(test)]
mod tests;

pub use notifications::NotifierState;
pub use notifier::{Notifier, NotifierConfig, NotifierEvent};
pub use reason::{Retry, TerminationReason};
pub use refer::{
    Referee, RefereeConfig, RefereeEvent, Referral, Referrer, ReferrerConfig, ReferrerEvent,
};
pub use subscriber::{Subscriber, SubscriberEvent};
pub use subscriber_config::SubscriberConfig;
