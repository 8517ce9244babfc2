//! What user agents do beside calls: registrations (RFC 3261 section 10), subscriptions (RFC 6665),
//! referrals (RFC 3515) and publications (RFC 3903).
//!
//! Each is a machine without transactions, clock or randomness of its own. It is fed with
//! `handle_*`, which takes a [`Context`]; what it wants done is drained with `poll_action` after
//! each, and it is called again no later than at `poll_timeout`. Its requests each go out in a
//! client transaction of their own; what comes of one is handed back with `handle_response`, or with
//! `handle_failure` where no response came. There is one request under way at a time, so that none
//! overtakes another; answers to any other are ignored.
//!
//! A machine can be stored and restored: see [`Record`].

mod action;
mod back_off;
mod exchange;
mod publication;
mod record;
mod refresh;
mod registration;
mod subscription;
#[cfg(test)]
mod tests;

pub use action::{Action, Content, Context, Failure};
pub use back_off::BackOff;
pub use publication::{
    Compositor, CompositorConfig, Publication, PublicationConfig, PublicationEvent,
    PublicationState, PublishedChange,
};
pub use record::{Record, RecordError, Shift, Timed};
pub use refresh::RefreshRule;
pub use registration::{
    GrantedContact, OwnContact, Registration, RegistrationConfig, RegistrationEvent,
    RegistrationState, TooManyContacts,
};
pub use subscription::{
    Notifier, NotifierConfig, NotifierEvent, NotifierState, Referee, RefereeConfig, RefereeEvent,
    Referral, Referrer, ReferrerConfig, ReferrerEvent, Retry, Subscriber, SubscriberConfig,
    SubscriberEvent, TerminationReason,
};
