//! What lives on the virtual network.

use core::fmt;

use sip_proto::{Input, Instant, Machine, Output};

/// A node, by the order in which it was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// From the plan to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Begin: phones register, hostile peers open fire.
    Start,
    /// Dial the call with this id in the plan.
    Dial(u32),
    /// End what is in progress, start nothing new, go quiet.
    Stop,
}

/// From a node to whoever judges the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A phone sent the INVITE of an attempt at a call.
    Dialled {
        /// The call in the plan.
        call: u32,
        /// 0 for the first attempt, then counting redials.
        attempt: u32,
        /// The Call-ID on the wire.
        call_id: String,
    },
    /// The INVITE of an attempt has its outcome, the only one.
    Outcome {
        /// The call in the plan.
        call: u32,
        /// Which attempt.
        attempt: u32,
        /// What became of it.
        outcome: Outcome,
    },
    /// The phone will not redial: nothing more comes for this call from its caller, but the end
    /// of an established one.
    Settled {
        /// The call in the plan.
        call: u32,
    },
    /// The caller's side of an established call is over.
    HungUp {
        /// The call in the plan.
        call: u32,
        /// Which attempt.
        attempt: u32,
    },
    /// The callee gave up waiting for the ACK to its 2xx.
    Unacknowledged {
        /// The Call-ID on the wire.
        call_id: String,
    },
    /// A phone's binding was confirmed or removed.
    Registered {
        /// Whether it is bound now.
        bound: bool,
    },
}

/// What became of an INVITE, as its caller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// A 2xx came and was acknowledged.
    Established,
    /// 486 or 600.
    Busy,
    /// The caller cancelled it, and no 2xx crossed the CANCEL.
    Cancelled,
    /// Another final response; `None` when none came at all.
    Failed(Option<u16>),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Established => f.write_str("established"),
            Self::Busy => f.write_str("busy"),
            Self::Cancelled => f.write_str("cancelled"),
            Self::Failed(Some(status)) => write!(f, "failed ({status})"),
            Self::Failed(None) => f.write_str("failed (no answer)"),
        }
    }
}

/// Things a node still holds, by what they are: all zero once everything is over.
pub type Residue = Vec<(&'static str, usize)>;

/// A machine that the simulator can run: any [`Machine`], with the plan above it.
pub trait Node: Machine<In = Order, Out = Note> {
    /// What the node holds now: transactions, connections, timers. When everything is over each
    /// number must be zero (the conservation invariant).
    fn residue(&self) -> Residue;
}

/// Any machine as a node: what it says to above is answered by `effects`, and it takes no orders.
pub struct Hosted<M, F> {
    machine: M,
    effects: F,
    residue: fn(&M) -> Residue,
    now: Instant,
}

impl<M, F> Hosted<M, F>
where
    M: Machine,
    F: FnMut(Instant, M::Out, &mut Vec<M::In>),
{
    /// Runs `machine`; `effects` performs what it asks from above and pushes the replies;
    /// `residue` says what it holds.
    pub const fn new(machine: M, effects: F, residue: fn(&M) -> Residue) -> Self {
        Self { machine, effects, residue, now: Instant::ZERO }
    }
}

impl<M, F> Machine for Hosted<M, F>
where
    M: Machine,
    F: FnMut(Instant, M::Out, &mut Vec<M::In>),
{
    type In = Order;
    type Out = Note;

    fn handle_input(&mut self, now: Instant, input: Input<Order>) {
        self.now = now;
        if let Ok(input) = retype_input(input) {
            self.machine.handle_input(now, input);
        }
    }

    fn poll_output(&mut self) -> Option<Output<Note>> {
        let mut replies = Vec::new();
        loop {
            match retype_output(self.machine.poll_output()?) {
                Ok(output) => return Some(output),
                Err(said) => (self.effects)(self.now, said, &mut replies),
            }
            for reply in replies.drain(..) {
                self.machine.handle_input(self.now, Input::App(reply));
            }
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.machine.poll_timeout()
    }
}

impl<M, F> Node for Hosted<M, F>
where
    M: Machine,
    F: FnMut(Instant, M::Out, &mut Vec<M::In>),
{
    fn residue(&self) -> Residue {
        (self.residue)(&self.machine)
    }
}

impl<M, F> fmt::Debug for Hosted<M, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hosted(..)")
    }
}

/// The same input for a machine with another application on top; `Err` is what was meant for
/// the application.
pub(crate) fn retype_input<A, B>(input: Input<A>) -> Result<Input<B>, A> {
    Ok(match input {
        Input::Timeout => Input::Timeout,
        Input::Datagram { socket, source, local, data } => {
            Input::Datagram { socket, source, local, data }
        }
        Input::Opened { socket, transport, local, advertised } => {
            Input::Opened { socket, transport, local, advertised }
        }
        Input::Accepted { connection, listener, local, peer, identity } => {
            Input::Accepted { connection, listener, local, peer, identity }
        }
        Input::Connected { connection, local, identity } => {
            Input::Connected { connection, local, identity }
        }
        Input::Received { connection, data } => Input::Received { connection, data },
        Input::Flushed { connection, queued_bytes } => Input::Flushed { connection, queued_bytes },
        Input::Closed { connection, reason } => Input::Closed { connection, reason },
        Input::TransmitFailed { socket, destination, error } => {
            Input::TransmitFailed { socket, destination, error }
        }
        Input::Forwarded(item) => Input::Forwarded(item),
        Input::Clock(time) => Input::Clock(time),
        Input::Secrets(secrets) => Input::Secrets(secrets),
        Input::Drain => Input::Drain,
        Input::App(order) => return Err(order),
    })
}

/// The same output from a machine with another application on top; `Err` is what the
/// application is told.
pub(crate) fn retype_output<A, B>(output: Output<A>) -> Result<Output<B>, A> {
    Ok(match output {
        Output::Transmit(transmit) => Output::Transmit(transmit),
        Output::Open { socket, local } => Output::Open { socket, local },
        Output::CloseSocket { socket } => Output::CloseSocket { socket },
        Output::Write { connection, data } => Output::Write { connection, data },
        Output::Connect { connection, transport, peer, server_name } => {
            Output::Connect { connection, transport, peer, server_name }
        }
        Output::Close { connection } => Output::Close { connection },
        Output::Forward { to, item } => Output::Forward { to, item },
        Output::Event(event) => Output::Event(event),
        Output::Drained => Output::Drained,
        Output::App(said) => return Err(said),
    })
}
