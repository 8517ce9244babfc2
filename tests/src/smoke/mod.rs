//! Scenarios that run unchanged on each runtime adapter and in the simulator.
//!
//! A scenario speaks bytes over a [`Net`]: real sockets to a server on one of the runtimes
//! ([`LoopbackNet`]), or virtual ones to the same service graph in the simulator ([`SimNet`]).

mod loopback;
mod message;
mod net;
pub mod scenarios;
mod simulated;

pub use loopback::{LoopbackNet, Runtime};
pub use message::Incoming;
pub use net::{Net, PhoneId};
pub use simulated::SimNet;
