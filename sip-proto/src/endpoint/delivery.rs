//! What an endpoint tells its application.

use std::net::SocketAddr;

use thiserror::Error;

use crate::transport::FlowId;
use crate::{ClientId, Request, Response, SipMessage, TransportKind};

/// A server transaction, named by the endpoint. The generation makes late answers harmless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerId {
    pub(crate) index: u32,
    pub(crate) generation: u32,
}

impl ServerId {
    /// The id of those parts. Endpoints make their own; this is for what stands in for one.
    #[must_use]
    pub const fn new(index: u32, generation: u32) -> Self {
        Self { index, generation }
    }

    /// Which slot: small and dense.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.index
    }

    /// Which of the transactions that the slot has held.
    #[must_use]
    pub const fn generation(self) -> u32 {
        self.generation
    }
}

/// Where a message came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// Over what.
    pub transport: TransportKind,
    /// From where.
    pub remote: SocketAddr,
    /// Our own address there: what to advertise in Record-Route and Contact towards that peer.
    pub local: SocketAddr,
    /// The flow, for [`NextHop::Flow`](crate::NextHop::Flow).
    pub flow: FlowId,
}

/// From an [`Endpoint`](crate::Endpoint) to the application.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// A new request, with its mandatory headers checked; answer it with
    /// [`Command::Respond`](crate::Command::Respond). Its top Via carries received and rport.
    Request {
        /// Its server transaction.
        id: ServerId,
        /// The request.
        request: Request,
        /// Where it came from.
        source: Source,
    },
    /// An ACK that belongs to no non-2xx answer of ours: one to a 2xx (RFC 3261 section 13.2.2.4).
    Ack {
        /// The ACK.
        request: Request,
        /// Where it came from.
        source: Source,
    },
    /// A message without a transaction, to a [stateless](crate::EndpointConfig::stateless)
    /// endpoint: a request of any method, with its mandatory headers checked and its topmost Via
    /// saying where it came from, or a response to one that was forwarded, our own Via removed.
    Stateless {
        /// The message.
        message: SipMessage,
        /// Where it came from.
        source: Source,
    },
    /// The peer cancelled an INVITE; the endpoint has answered the CANCEL with 200
    /// (RFC 3261 section 9.2). The INVITE is still to be answered, with 487.
    Cancel {
        /// The INVITE's server transaction.
        id: ServerId,
        /// The CANCEL, for its Reason.
        request: Request,
    },
    /// A response in a client transaction, our own Via removed. More may follow a provisional one,
    /// and a 2xx to an INVITE (RFC 6026).
    Response {
        /// Which.
        id: ClientId,
        /// The response.
        response: Response,
        /// Where it came from.
        source: Source,
    },
    /// A client transaction failed without a final response; [`Delivery::ClientEnded`] follows,
    /// except where a command was refused because its id is in use: that transaction lives on.
    ClientFailed {
        /// Which.
        id: ClientId,
        /// Why.
        error: TransactionError,
    },
    /// A server transaction failed: its response could not be sent, or no ACK came. That of an
    /// INVITE without a final response lives on, and is still to be answered (RFC 6026
    /// section 8.8); [`Delivery::ServerEnded`] is the end of it.
    ServerFailed {
        /// Which.
        id: ServerId,
        /// Why.
        error: TransactionError,
    },
    /// A client transaction is over; its id may be used again. The last delivery for it, also
    /// after [`Delivery::ClientFailed`].
    ClientEnded {
        /// Which.
        id: ClientId,
    },
    /// A server transaction is over. The last delivery for it, also after
    /// [`Delivery::ServerFailed`].
    ServerEnded {
        /// Which.
        id: ServerId,
    },
}

/// Why a transaction failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TransactionError {
    /// No final response (Timer B, F) or no ACK (Timer H) in time.
    #[error("timed out")]
    Timeout,
    /// The transport failed.
    #[error("transport failed")]
    Transport,
    /// The next hop has no address that can be reached from here.
    #[error("no address for the next hop")]
    NoAddress,
    /// No name server could say where the next hop is.
    #[error("the next hop's name could not be resolved")]
    Unresolved,
    /// It was cancelled before it was sent anywhere.
    #[error("cancelled before it was sent")]
    Cancelled,
    /// A limit of `Limits` or of `ResolverConfig` was reached.
    #[error("limit reached")]
    Limit,
    /// The command cannot be carried out: the id is in use, or the message is not what it must be.
    #[error("misuse of the endpoint")]
    Misuse,
}
