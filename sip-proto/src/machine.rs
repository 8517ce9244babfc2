//! The contract between a machine and whoever moves its bytes.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use crate::{Instant, ParseErrorKind, Secrets, TransportKind, UnixTime};

/// A protocol machine: one enum in, one enum out, one deadline.
///
/// The driver's loop, in this order:
///
/// 1. [`handle_input`](Self::handle_input) with what happened; any number of inputs may follow
///    each other, so that batched receives are legal;
/// 2. [`poll_output`](Self::poll_output) until `None`, performing each output;
/// 3. arm one timer for [`poll_timeout`](Self::poll_timeout); when it fires, [`Input::Timeout`].
///
/// ```
/// use sip_proto::{Input, Instant, Machine, Output};
///
/// /// What a driver does with one thing that happened; when to come back with `Input::Timeout`.
/// fn drive<M: Machine>(
///     machine: &mut M,
///     now: Instant,
///     input: Input<M::In>,
///     mut perform: impl FnMut(Output<M::Out>) -> Option<M::In>,
/// ) -> Option<Instant> {
///     machine.handle_input(now, input);
///     while let Some(output) = machine.poll_output() {
///         // Whoever is above may answer at once.
///         if let Some(answer) = perform(output) {
///             machine.handle_input(now, Input::App(answer));
///         }
///     }
///     machine.poll_timeout()
/// }
/// # use sip_proto::*;
/// # let (config, seed) = (EndpointConfig::default(), Seed::from_u64(1));
/// # let secrets = Secrets::new([0; 16]);
/// # let mut endpoint = Endpoint::new(config, &seed, secrets, Instant::ZERO, UnixTime::default());
/// # assert_eq!(drive(&mut endpoint, Instant::ZERO, Input::Timeout, |_| None), None);
/// ```
///
/// Late, early and spurious wake-ups are harmless. Time that goes backwards is clamped. An answer
/// to an id that is gone is ignored. Work per input is bounded by [`Limits`](crate::Limits).
pub trait Machine {
    /// From above: commands, replies to effects.
    type In;
    /// To above: deliveries, effects.
    type Out;

    /// Takes in one thing that happened. Never fails: bad bytes are counted, answered or dropped.
    fn handle_input(&mut self, now: Instant, input: Input<Self::In>);

    /// The next thing to do, in order; `None` when there is nothing left.
    #[must_use]
    fn poll_output(&mut self) -> Option<Output<Self::Out>>;

    /// When [`Input::Timeout`] is next wanted. Call it after draining the outputs.
    #[must_use]
    fn poll_timeout(&self) -> Option<Instant>;
}

/// A datagram socket or a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub u32);

impl SocketId {
    const EPHEMERAL: u32 = 1 << 31;

    /// The `number`th socket that the machine asks for with [`Output::Open`]. The driver's own have
    /// smaller ids.
    #[must_use]
    pub const fn ephemeral(number: u32) -> Self {
        Self(number | Self::EPHEMERAL)
    }

    /// Whether the machine asked for it.
    #[must_use]
    pub const fn is_ephemeral(self) -> bool {
        self.0 & Self::EPHEMERAL != 0
    }
}

/// A stream connection.
///
/// Who opens it names it: the driver names what it accepts with [`ConnectionId::accepted`], the
/// machine what it dials with [`ConnectionId::dialled`]. Numbers are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u64);

impl ConnectionId {
    const DIALLED: u64 = 1 << 63;

    /// The driver's `number`th accepted connection.
    #[must_use]
    pub const fn accepted(number: u64) -> Self {
        Self(number & !Self::DIALLED)
    }

    /// The machine's `number`th dialled connection.
    #[must_use]
    pub const fn dialled(number: u64) -> Self {
        Self(number | Self::DIALLED)
    }

    /// The id as a number, to be stored.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }

    /// The id that [`to_bits`](Self::to_bits) gave.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Whether the machine dialled it.
    #[must_use]
    pub const fn is_dialled(self) -> bool {
        self.0 & Self::DIALLED != 0
    }
}

/// One machine of a sharded process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardId(pub u8);

/// Who the other end of a connection proved to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerIdentity {
    /// Domains of its verified certificate (RFC 5922); empty without TLS or without one.
    pub domains: Vec<String>,
}

/// What happened. `A` is [`Machine::In`].
#[derive(Clone, Debug)]
pub enum Input<A> {
    /// The deadline of [`Machine::poll_timeout`] has passed (or not: spurious ones are harmless).
    Timeout,
    /// A datagram arrived.
    Datagram {
        /// On which socket.
        socket: SocketId,
        /// From where.
        source: SocketAddr,
        /// To which local address, where the socket is bound to all of them and the driver knows.
        local: Option<IpAddr>,
        /// What. The machine copies what it keeps.
        data: Bytes,
    },
    /// A datagram socket is bound or a listener listens: once for each at the start, and as the
    /// answer to [`Output::Open`].
    Opened {
        /// Its id; for [`Output::Open`], the one the machine chose.
        socket: SocketId,
        /// What it carries.
        transport: TransportKind,
        /// Where it is bound.
        local: SocketAddr,
        /// What peers must be told instead of `local` (in Via, Record-Route and Contact).
        advertised: Option<SocketAddr>,
    },
    /// A listener accepted a connection; over TLS and WebSocket, its handshake is over.
    Accepted {
        /// Its id, from [`ConnectionId::accepted`].
        connection: ConnectionId,
        /// By which listener.
        listener: SocketId,
        /// Our end: where the peer reached us, though the listener be bound to all addresses.
        local: SocketAddr,
        /// The other end.
        peer: SocketAddr,
        /// Who the other end proved to be.
        identity: PeerIdentity,
    },
    /// A dialled connection is open; over TLS, its handshake is over.
    Connected {
        /// Its id, from [`Output::Connect`].
        connection: ConnectionId,
        /// Our end.
        local: SocketAddr,
        /// Who the other end proved to be.
        identity: PeerIdentity,
    },
    /// Bytes arrived on a connection.
    Received {
        /// On which.
        connection: ConnectionId,
        /// What, in any segmentation; over WebSocket, exactly one of its messages (RFC 7118
        /// section 5), empty for a ping that was answered. The machine copies what it keeps.
        data: Bytes,
    },
    /// Bytes left a connection's write queue.
    Flushed {
        /// Of which.
        connection: ConnectionId,
        /// How many bytes still wait, with what TLS and WebSocket add to them.
        queued_bytes: usize,
    },
    /// A connection is gone, or could not be opened. The last input for its id.
    Closed {
        /// Which.
        connection: ConnectionId,
        /// Why.
        reason: CloseReason,
    },
    /// A datagram could not be sent, or an ICMP error came back.
    TransmitFailed {
        /// From which socket.
        socket: SocketId,
        /// To where.
        destination: SocketAddr,
        /// Why.
        error: TransmitError,
    },
    /// Another shard handed over what belongs here.
    Forwarded(Forwarded),
    /// The wall clock, at least every few seconds.
    Clock(UnixTime),
    /// The cluster's MAC keys were rotated.
    Secrets(Secrets),
    /// Take no new work; finish what is there, then say [`Output::Drained`].
    Drain,
    /// From above.
    App(A),
}

/// What to do. `A` is [`Machine::Out`].
#[derive(Clone, Debug)]
pub enum Output<A> {
    /// Send a datagram.
    Transmit(Transmit),
    /// Open an ephemeral datagram socket; answer with [`Input::Opened`].
    Open {
        /// Its id, chosen by the machine: a [`SocketId::ephemeral`].
        socket: SocketId,
        /// Which address to bind; port 0 for an unpredictable one.
        local: SocketAddr,
    },
    /// Close a socket that [`Output::Open`] opened; nothing more is heard of it.
    CloseSocket {
        /// Which.
        socket: SocketId,
    },
    /// Queue bytes on a connection. What is queued before [`Input::Connected`] is kept for it.
    Write {
        /// On which.
        connection: ConnectionId,
        /// What; over WebSocket, one of its messages.
        data: Bytes,
    },
    /// Dial a connection; answer with [`Input::Connected`] or [`Input::Closed`].
    Connect {
        /// Its id, from [`ConnectionId::dialled`].
        connection: ConnectionId,
        /// What it carries.
        transport: TransportKind,
        /// To where.
        peer: SocketAddr,
        /// The domain or address that its certificate must prove (RFC 5922 section 7.3); without one,
        /// TLS is not dialled.
        server_name: Option<String>,
    },
    /// Close a connection once its queue is written; answer with [`Input::Closed`].
    Close {
        /// Which.
        connection: ConnectionId,
    },
    /// Hand over to the shard it belongs to; comes in there as [`Input::Forwarded`].
    Forward {
        /// Which.
        to: ShardId,
        /// What.
        item: Forwarded,
    },
    /// For observers; never needed for correctness.
    Event(Event),
    /// After [`Input::Drain`]: nothing is left to finish. Said once.
    Drained,
    /// To above.
    App(A),
}

/// A datagram to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// From which socket.
    pub socket: SocketId,
    /// To where.
    pub destination: SocketAddr,
    /// From which local address, where the socket is bound to all of them.
    pub source: Option<IpAddr>,
    /// What.
    pub data: Bytes,
}

/// A datagram that another shard received for this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forwarded {
    /// The socket it arrived on, by its id in the receiving shard (same in all shards).
    pub socket: SocketId,
    /// From where.
    pub source: SocketAddr,
    /// What.
    pub data: Bytes,
}

/// Why a connection is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The machine asked for it.
    Requested,
    /// The peer closed its end.
    PeerClosed,
    /// The peer reset it, or the network failed.
    Reset,
    /// Nobody listens there.
    Refused,
    /// It could not be opened in time, or there is no route.
    Unreachable,
    /// It was opened, but its TLS or WebSocket was not: the peer is not who it was to be, or wants
    /// proof that we do not have.
    Handshake,
}

/// Why a datagram was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransmitError {
    /// ICMP port unreachable: nobody listens there.
    Refused,
    /// No route, or the network refused.
    Unreachable,
    /// Larger than the socket or the path can carry.
    TooLarge,
}

/// Something an operator may want to count or see.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Bytes from the network were dropped.
    Dropped {
        /// From where.
        source: SocketAddr,
        /// Why.
        reason: DropReason,
    },
    /// A request was turned away: malformed, merged, too much, or too late while draining.
    Rejected {
        /// From where.
        source: SocketAddr,
        /// With which status.
        status: u16,
    },
    /// A connection opened.
    ConnectionOpened {
        /// Which.
        connection: ConnectionId,
        /// To whom.
        peer: SocketAddr,
    },
    /// A connection ended.
    ConnectionClosed {
        /// Which.
        connection: ConnectionId,
        /// Why.
        reason: CloseReason,
    },
    /// A service decided something; the trail of a transaction.
    Decision {
        /// The service.
        service: String,
        /// What it did and why.
        detail: String,
    },
}

/// Why bytes from the network were dropped without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropReason {
    /// Not SIP, and no answer is owed or possible.
    Malformed(ParseErrorKind),
    /// A response whose branch is not ours, or whose MAC is wrong.
    ForgedBranch,
    /// A response to a transaction that is over (RFC 6026: stray responses are not forwarded).
    StrayResponse,
    /// An ACK to an INVITE that has no final answer yet.
    StrayAck,
    /// A datagram to the resolver that answers none of its questions.
    ForgedAnswer,
    /// A keep-alive or an empty datagram.
    KeepAlive,
    /// A STUN message that is broken, or no binding request.
    Stun,
    /// A limit was reached; its name in `Limits`.
    Limit(&'static str),
}
