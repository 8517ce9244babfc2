//! What a session wants done, and what it tells its user.

use thiserror::Error;

use super::offer_answer::{Description, OfferError};
use crate::dialog::DialogId;
use crate::{Request, Response, StatusCode};

/// A request that a session sends, named by the session: unique within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientToken(pub u64);

/// A request that a session was given, named by whoever drives it: unique among those that are not
/// answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerToken(pub u64);

/// From an [`InviteSession`](super::InviteSession) to whoever drives it.
#[derive(Clone, Debug)]
pub enum Action {
    /// Send the request in a client transaction of its own, and hand its responses back with the
    /// token: each provisional one, the final one, and of an INVITE each 2xx, also those that come
    /// again.
    Request {
        /// Its name.
        token: ClientToken,
        /// The request, without Via.
        request: Request,
    },
    /// Cancel an INVITE (RFC 3261 section 9.1): not before a provisional response is there.
    Cancel {
        /// Which.
        token: ClientToken,
    },
    /// Send the ACK to a 2xx, outside any transaction.
    Ack {
        /// The ACK, without Via.
        request: Request,
    },
    /// Answer a request. More than one provisional response may come, and of a 2xx to an INVITE
    /// each retransmission does.
    Respond {
        /// Which.
        id: ServerToken,
        /// The response.
        response: Response,
    },
    /// Tell the user.
    Event(SessionEvent),
}

/// What a session tells its user.
#[derive(Clone, Debug)]
pub enum SessionEvent {
    /// A provisional response to the INVITE that began the session: it rings, or there is early
    /// media. An offer is to be answered with
    /// [`acknowledge_provisional`](super::InviteSession::acknowledge_provisional).
    Progress {
        /// The early dialog, where there is one: one for each fork.
        dialog: Option<DialogId>,
        /// The response.
        response: Response,
        /// What its session description is.
        description: Option<Description>,
    },
    /// The INVITE that began the session was answered with 2xx. An offer is to be answered with
    /// [`acknowledge`](super::InviteSession::acknowledge); else the ACK was sent.
    Answered {
        /// The dialog.
        dialog: DialogId,
        /// The response.
        response: Response,
        /// What its session description is.
        description: Option<Description>,
    },
    /// A request to answer with [`respond`](super::InviteSession::respond): an INVITE, an UPDATE
    /// or PRACK with an offer, or one that the session only passes on, as INFO.
    Received {
        /// Its name.
        id: ServerToken,
        /// The request.
        request: Request,
        /// What its session description is.
        description: Option<Description>,
    },
    /// An INVITE within the session was cancelled, and answered with 487.
    Cancelled {
        /// Which.
        id: ServerToken,
    },
    /// The ACK to a 2xx of ours came.
    Acknowledged {
        /// The ACK.
        request: Request,
        /// What its session description is.
        description: Option<Description>,
    },
    /// The PRACK to a provisional response of ours came, and was answered.
    ProvisionalAcknowledged {
        /// The PRACK.
        request: Request,
        /// What its session description is.
        description: Option<Description>,
    },
    /// The session was refreshed, by either end, and is as it was (RFC 4028).
    Refreshed,
    /// A final response to a request of the user. An offer in the 2xx to a re-INVITE is to be
    /// answered with [`acknowledge`](super::InviteSession::acknowledge).
    Responded {
        /// The request, as the command that sent it named it.
        handle: ClientToken,
        /// The response.
        response: Response,
        /// What its session description is.
        description: Option<Description>,
    },
    /// A request of the user has no final response.
    Failed {
        /// The request, as the command that sent it named it.
        handle: ClientToken,
        /// Why.
        failure: Failure,
    },
    /// A request was answered with 401 or 407: go on with
    /// [`authorize`](super::InviteSession::authorize) or
    /// [`decline_challenge`](super::InviteSession::decline_challenge). Until then it is pending,
    /// also after the end of the session, as a BYE can be.
    Challenged {
        /// Which.
        token: ClientToken,
        /// The request.
        request: Request,
        /// The response.
        response: Response,
    },
    /// The session is over. Only a challenge to its BYE may follow.
    Ended(EndReason),
}

/// Why a request has no final response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Failure {
    /// None came in time: as a 408 (RFC 3261 section 8.1.3.1).
    #[error("timed out")]
    Timeout,
    /// It could not be sent: as a 503 (RFC 3261 section 8.1.3.1).
    #[error("transport failed")]
    Transport,
    /// It crossed requests of the other end as often as it was tried.
    #[error("requests kept crossing")]
    Glare,
}

/// Why a session is over.
#[derive(Clone, Debug)]
pub enum EndReason {
    /// The user hung up, or cancelled the call.
    LocalHangup,
    /// The other end did.
    RemoteHangup {
        /// The BYE, or CANCEL, for its Reason.
        request: Box<Request>,
    },
    /// The other end refused the call.
    Rejected {
        /// With what.
        response: Box<Response>,
    },
    /// The user refused the call.
    Refused(StatusCode),
    /// Our 2xx was never acknowledged (RFC 3261 section 13.3.1.4).
    NoAck,
    /// Our reliable provisional response was never acknowledged (RFC 3262 section 3).
    NoPrack,
    /// Nobody refreshed the session (RFC 4028 section 10).
    Expired,
    /// A request was answered with a status that says that the other end knows no such dialog
    /// (RFC 3261 section 12.2.1.2, RFC 5057 section 5.1).
    Gone(StatusCode),
    /// A request was not answered at all (RFC 3261 section 12.2.1.2).
    Failed(Failure),
    /// An offer was not answered where it had to be.
    BadOffer(OfferError),
    /// The 2xx establishes no dialog: it cannot even be acknowledged.
    Unusable,
}

/// Why a command of the user cannot be carried out. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SessionError {
    /// There is no such request, dialog or challenge.
    #[error("no such request or dialog")]
    Unknown,
    /// The session is not in a state for it.
    #[error("not in this state of the session")]
    State,
    /// The message is not what it must be.
    #[error("not such a message")]
    Misuse,
    /// Another request of the same kind is pending (RFC 3261 section 14.1, RFC 3311 section 5.1).
    #[error("another request is pending")]
    Pending,
    /// The description may not stand there now, or is missing.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// A limit of `SessionLimits` was reached.
    #[error("limit reached")]
    Limit,
}
