//! Flows, connections, Via, and where a response goes.

mod flow;

pub use flow::FlowId;
