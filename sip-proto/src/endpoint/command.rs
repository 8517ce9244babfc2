//! What an application tells an endpoint.

use std::net::SocketAddr;

use bytes::Bytes;

use crate::transport::FlowId;
use crate::{Request, Response, ServerId, TransportKind};

/// A client transaction, named by the application that starts it.
///
/// Any number that is not in use; a generation in its upper bits makes late answers harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(pub u64);

/// From the application to an [`Endpoint`](crate::Endpoint).
#[derive(Clone, Debug)]
pub enum Command {
    /// Send `request` in a new client transaction (RFC 3261 section 17.1). The endpoint adds the
    /// Via. Not for ACK: use [`Command::SendRequest`].
    Request {
        /// The application's name for the transaction.
        id: ClientId,
        /// The request, without our Via.
        request: Request,
        /// Where to.
        next_hop: NextHop,
    },
    /// Cancel an INVITE client transaction (RFC 3261 section 9.1). Held back until a provisional
    /// response has arrived; forgotten once a final one has.
    Cancel {
        /// Which.
        id: ClientId,
        /// The value of a Reason header (RFC 3326), if any.
        reason: Option<Bytes>,
    },
    /// Answer a server transaction (RFC 3261 section 17.2).
    Respond {
        /// Which.
        id: ServerId,
        /// The answer. For a forwarded response, our own Via is already removed.
        response: Response,
    },
    /// Send a request outside any transaction: an ACK to a 2xx, or one that is forwarded
    /// statelessly. The endpoint adds a Via whose branch is derived from the request
    /// (RFC 3261 section 16.11). Nobody hears of it when it cannot be sent.
    SendRequest {
        /// The request, without our Via.
        request: Request,
        /// Where to.
        next_hop: NextHop,
    },
    /// Forget a server transaction, answered or not: nothing more is delivered for it, and what
    /// else arrives for it is treated as new. Its client gives up by its own timers.
    Abandon {
        /// Which.
        id: ServerId,
    },
    /// Send a response outside any transaction, to where its topmost Via says (RFC 3261
    /// section 18.2.2): one that is forwarded statelessly. Nobody hears of it when it cannot be
    /// sent.
    SendResponse {
        /// The response, without our Via.
        response: Response,
    },
    /// Forget a client transaction: nothing more is delivered for it, and its id is free. A CANCEL
    /// that is already on its way is still repeated until it is answered.
    Terminate {
        /// Which.
        id: ClientId,
    },
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NextHop {
    /// As RFC 3261 sections 8.1.2 and 16.6 (7) say: the topmost Route, else the Request-URI. Where
    /// the next hop is a strict router, whoever rewrote the request for it (16.6 (6)) says
    /// [`NextHop::Uri`].
    ByMessage,
    /// To what a SIP URI names, whatever the message says.
    Uri(Bytes),
    /// To an address.
    Address {
        /// Over what.
        transport: TransportKind,
        /// To where.
        address: SocketAddr,
    },
    /// Back over the flow something arrived on, if it is still there.
    Flow(FlowId),
    /// Back over the flow something arrived on while it is still there, else as
    /// [`NextHop::ByMessage`]. Which of them is decided once, when the request is sent.
    FlowOrMessage(FlowId),
}
