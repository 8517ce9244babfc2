//! What happened, line by line, and its hash.

mod ladder;

use core::fmt;
use core::hash::Hasher as _;
use std::collections::VecDeque;
use std::net::SocketAddr;

use bytes::Bytes;
use sip_proto::{Instant, TransportKind};
use siphasher::sip::SipHasher13;

use crate::network::Fate;
use crate::node::NodeId;
use crate::wire::{self, Scan, Start};

pub use ladder::Ladder;

/// How many records are kept for ladders; older ones live on in the hash only.
const RECORDS_MAX: usize = 1 << 18;

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Record {
    /// When.
    pub at: Instant,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug)]
pub enum What {
    /// A node sent a datagram, or wrote to a stream.
    Sent {
        /// Who.
        from: NodeId,
        /// To whom, where anybody is there.
        to: Option<NodeId>,
        /// Over what.
        transport: TransportKind,
        /// To where.
        destination: SocketAddr,
        /// What.
        data: Bytes,
        /// What becomes of it.
        fate: Fate,
    },
    /// A node was handed a datagram or a piece of a stream.
    Arrived {
        /// Who.
        to: NodeId,
        /// What.
        data: Bytes,
    },
    /// A node's timer fired.
    Timer {
        /// Whose.
        node: NodeId,
    },
    /// A connection opened or closed, a socket opened, a transmission failed.
    Network {
        /// Who was told.
        node: NodeId,
        /// What.
        text: String,
    },
    /// A node said something to its judge.
    Note {
        /// Who.
        node: NodeId,
        /// What.
        text: String,
    },
}

/// The record of a run: a hash over everything, and the latest records.
#[derive(Debug)]
pub struct Trace {
    names: Vec<String>,
    records: VecDeque<Record>,
    hasher: SipHasher13,
}

impl Trace {
    pub(crate) fn new() -> Self {
        Self { names: Vec::new(), records: VecDeque::new(), hasher: SipHasher13::new() }
    }

    pub(crate) fn add_node(&mut self, name: &str) {
        self.names.push(name.to_owned());
    }

    pub(crate) fn push(&mut self, at: Instant, what: What) {
        self.hash(at, &what);
        if self.records.len() == RECORDS_MAX {
            self.records.pop_front();
        }
        self.records.push_back(Record { at, what });
    }

    /// The hash over everything that happened: equal for equal runs.
    #[must_use]
    pub fn hash_value(&self) -> u64 {
        self.hasher.finish()
    }

    /// The name of a node.
    #[must_use]
    pub fn name(&self, node: NodeId) -> &str {
        self.names.get(node.index()).map_or("?", String::as_str)
    }

    /// The latest records, oldest first.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.records.iter()
    }

    /// The latest records as text, a line each.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.records.iter().map(|record| self.line(record))
    }

    fn line(&self, record: &Record) -> String {
        let at = record.at;
        match &record.what {
            What::Sent { from, to, transport, destination, data, fate } => {
                let to = to.map_or_else(|| destination.to_string(), |to| self.name(to).to_owned());
                let from = self.name(*from);
                format!("{at} {from} -> {to} {transport} {} {fate}", summary(data))
            }
            What::Arrived { to, data } => {
                format!("{at} {} <- {}", self.name(*to), summary(data))
            }
            What::Timer { node } => format!("{at} {} timer", self.name(*node)),
            What::Network { node, text } | What::Note { node, text } => {
                format!("{at} {} {text}", self.name(*node))
            }
        }
    }

    fn hash(&mut self, at: Instant, what: &What) {
        let hasher = &mut self.hasher;
        hasher.write_u64(at.as_nanos());
        match what {
            What::Sent { from, to, transport, destination, data, fate } => {
                hasher.write_u8(1);
                hasher.write_u32(from.0);
                hasher.write_u32(to.map_or(u32::MAX, |to| to.0));
                hasher.write(transport.as_str().as_bytes());
                hasher.write_u16(destination.port());
                hasher.write(data);
                hasher.write_u8(0xff);
                hash_fate(hasher, *fate);
            }
            What::Arrived { to, data } => {
                hasher.write_u8(2);
                hasher.write_u32(to.0);
                hasher.write(data);
                hasher.write_u8(0xff);
            }
            What::Timer { node } => {
                hasher.write_u8(3);
                hasher.write_u32(node.0);
            }
            What::Network { node, text } | What::Note { node, text } => {
                hasher.write_u8(4);
                hasher.write_u32(node.0);
                hasher.write(text.as_bytes());
                hasher.write_u8(0xff);
            }
        }
    }
}

fn hash_fate(hasher: &mut SipHasher13, fate: Fate) {
    let (tag, first, second) = match fate {
        Fate::Delivered(after) => (1, after.as_nanos(), 0),
        Fate::Duplicated(first, second) => (2, first.as_nanos(), second.as_nanos()),
        Fate::Lost => (3, 0, 0),
        Fate::Unroutable => (4, 0, 0),
        Fate::Stream => (5, 0, 0),
    };
    hasher.write_u8(tag);
    hasher.write_u64(first as u64);
    hasher.write_u64(second as u64);
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivered(after) => write!(f, "+{after:?}"),
            Self::Duplicated(first, second) => write!(f, "twice +{first:?} +{second:?}"),
            Self::Lost => f.write_str("lost"),
            Self::Unroutable => f.write_str("unroutable"),
            Self::Stream => f.write_str("in stream"),
        }
    }
}

/// A message in a few words: `INVITE`, `180 INVITE`, or how many bytes it is.
fn summary(data: &[u8]) -> String {
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let label = label(data);
    wire::call_id(data).map_or_else(|| label.clone(), |id| format!("{label} [{}]", lossy(id)))
}

/// A message in even fewer words.
fn label(data: &[u8]) -> String {
    let lossy = String::from_utf8_lossy;
    match Scan::new(data) {
        Some(scan) => match scan.start {
            Start::Request { method } => lossy(method).into_owned(),
            Start::Response { status } => format!("{status} {}", lossy(scan.method())),
        },
        None => format!("({} bytes)", data.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(data: &'static [u8], fate: Fate) -> What {
        What::Sent {
            from: NodeId(0),
            to: Some(NodeId(1)),
            transport: TransportKind::Udp,
            destination: SocketAddr::from(([10, 0, 0, 1], 5060)),
            data: Bytes::from_static(data),
            fate,
        }
    }

    fn trace(whats: &[What]) -> Trace {
        let mut trace = Trace::new();
        trace.add_node("alice");
        trace.add_node("server");
        for what in whats {
            trace.push(Instant::from_millis(5), what.clone());
        }
        trace
    }

    #[test]
    fn the_hash_sees_every_difference() {
        let base = trace(&[sent(b"x", Fate::Lost)]).hash_value();
        assert_eq!(base, trace(&[sent(b"x", Fate::Lost)]).hash_value());
        for other in [sent(b"y", Fate::Lost), sent(b"x", Fate::Unroutable)] {
            assert_ne!(base, trace(&[other]).hash_value());
        }
        assert_ne!(base, trace(&[sent(b"x", Fate::Lost), sent(b"x", Fate::Lost)]).hash_value());
    }

    #[test]
    fn a_line_says_who_what_and_what_became_of_it() {
        let ok = b"SIP/2.0 200 OK\r\nCall-ID: c1\r\nCSeq: 2 BYE\r\n\r\n";
        let trace = trace(&[sent(ok, Fate::Lost), sent(b"junk", Fate::Unroutable)]);
        let lines: Vec<_> = trace.lines().collect();
        assert_eq!(lines[0], "0.005000s alice -> server UDP 200 BYE [c1] lost");
        assert_eq!(lines[1], "0.005000s alice -> server UDP (4 bytes) unroutable");
    }
}
