//! What the runtime adapters share: batched sockets, the drive loop, write queues.
//!
//! A [`Driver`] moves bytes between non-blocking sockets and one
//! [`Machine`](sip_proto::Machine), whose effects an [`App`] performs. It never waits: that is all
//! an adapter does, on a single descriptor that stands for every socket, with one timer.
//!
//! ```text
//! app                 who performs effects                       (yours)
//! driver              the turn: inputs in, outputs performed, one deadline out
//! io                  all descriptors, and what to do when one is ready
//! udp  tcp            batched datagrams; connections and their write queues
//! layers              what lies between a connection's bytes and the machine
//! tls  ws             rustls and tungstenite over slices
//! poller pool stop    one epoll instance; receive memory; the way to the end
//! ```
#![forbid(unsafe_code)]

mod app;
mod clock;
mod config;
mod descriptors;
mod driver;
mod error;
mod io;
mod layers;
mod poller;
mod pool;
mod sockets;
mod stop;
mod summary;
mod tcp;
#[cfg(feature = "test-support")]
pub mod test_support;
mod tls;
mod udp;
mod ws;

pub use app::App;
pub use clock::{Start, entropy};
pub use config::{DriverConfig, Listen};
pub use descriptors::DescriptorShortage;
pub use driver::{Driver, Turn};
pub use error::{BindError, DriverError};
pub use layers::{HandshakeError, HandshakeFailure};
pub use sockets::Sockets;
pub use stop::{StopHandle, StopSignal, stop_channel};
pub use summary::RunSummary;
pub use tls::{
    CertificateExpiry, ClientAuth, FileProblem, KeyPair, TlsConfig, TlsContext, TlsError,
};
pub use ws::WsConfig;
