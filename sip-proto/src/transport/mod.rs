//! Flows, sockets, connections, Via, next hops, and where a response goes
//! (RFC 3261 section 18, RFC 3581).

mod connections;
mod flow;
mod next_hop;
mod response_route;
mod sockets;
mod stun;
mod via;

pub(crate) use connections::{Alarm, Connection, Connections, QueueError};
pub use flow::FlowId;
pub(crate) use next_hop::{Hosts, Target};
pub(crate) use response_route::ResponseRoute;
pub(crate) use sockets::{Socket, Sockets};
pub(crate) use stun::{Stun, read_stun};
pub(crate) use via::{push_via, sent_by_is, stamp, stamp_top_via, stamp_way_back, via_len};
