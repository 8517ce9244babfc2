//! One dialog of a session, and the requests that are under way in it.

use bytes::Bytes;

use super::action::{ClientToken, ServerToken};
use super::offer_answer::{Carrier, OfferAnswer};
use super::payload::Payload;
use super::reliable::ReliableReceiver;
use crate::dialog::{Dialog, DialogId};
use crate::message::headers::RAck;
use crate::message::{Allow, Method, Require, Supported, To};
use crate::{Instant, Message, Request, Response};

/// One dialog: of each fork while the INVITE is pending, one from then on.
#[derive(Clone, Debug)]
pub(super) struct Leg {
    pub(super) dialog: Dialog,
    pub(super) offers: OfferAnswer,
    /// The reliable provisional responses to our INVITE.
    pub(super) provisionals: ReliableReceiver,
    /// The provisional response whose PRACK waits for the user's answer.
    pub(super) owed_prack: Option<RAck>,
    /// Whether the other end allows UPDATE.
    pub(super) allows_update: bool,
}

impl Leg {
    pub(super) fn new(dialog: Dialog, offers: OfferAnswer, message: &Message) -> Self {
        let mut leg = Self {
            dialog,
            offers,
            provisionals: ReliableReceiver::default(),
            owed_prack: None,
            allows_update: false,
        };
        leg.note_allowed(message);
        leg
    }

    pub(super) const fn id(&self) -> &DialogId {
        self.dialog.id()
    }

    /// What a message of the other end says that it allows (RFC 3311 section 5.1).
    pub(super) fn note_allowed(&mut self, message: &Message) {
        let mut allowed = message.header_list::<Allow<'_>>().flatten().peekable();
        if allowed.peek().is_some() {
            self.allows_update = allowed.any(|Allow(method)| method == "UPDATE");
        }
    }
}

/// A request of ours without final response.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// Of its transaction.
    pub(super) token: ClientToken,
    pub(super) request: Request,
    pub(super) draft: Draft,
    /// The 401 or 407 that the user has to answer.
    pub(super) challenge: Option<Response>,
}

/// What a request is made of, each time it is sent.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// What the user knows it by: the token of its first transaction.
    pub(super) handle: ClientToken,
    pub(super) purpose: Purpose,
    pub(super) method: Method,
    /// Which leg; empty for the INVITE that begins the session.
    pub(super) remote_tag: Bytes,
    pub(super) payload: Payload,
    /// How often it was sent again.
    pub(super) retries: u8,
}

/// On whose behalf a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It begins the session.
    First,
    /// The user's.
    User,
    /// The session timer's.
    Refresh,
    /// A PRACK or BYE of the session's own.
    Own,
}

/// A draft that waits, after it crossed a request of the other end.
#[derive(Clone, Debug)]
pub(super) struct Retry {
    pub(super) at: Instant,
    pub(super) draft: Draft,
}

/// A request of theirs that the user has to answer.
#[derive(Clone, Debug)]
pub(super) struct Received {
    pub(super) id: ServerToken,
    pub(super) request: Request,
    pub(super) remote_tag: Bytes,
}

/// In which message offers are with a request of this method.
pub(super) const fn carrier_of(method: &Method) -> Option<(Carrier, Carrier)> {
    match method {
        Method::Invite => Some((Carrier::Invite, Carrier::Success)),
        Method::Update => Some((Carrier::Update, Carrier::UpdateSuccess)),
        Method::Prack => Some((Carrier::Prack, Carrier::PrackSuccess)),
        _ => None,
    }
}

pub(super) fn requires(message: &Message, option: &str) -> bool {
    let mut required = message.header_list::<Require<'_>>().flatten();
    required.any(|Require(tag)| tag.eq_ignore_ascii_case(option))
}

pub(super) fn supports(message: &Message, option: &str) -> bool {
    let mut supported = message.header_list::<Supported<'_>>().flatten();
    supported.any(|Supported(tag)| tag.eq_ignore_ascii_case(option))
}

/// The tag of To; empty where there is none.
pub(super) fn to_tag(message: &Message) -> Bytes {
    let to = message.header::<To<'_>>().ok().flatten();
    Bytes::copy_from_slice(to.and_then(|to| to.tag()).unwrap_or_default())
}
