//! A service, and how it takes or declines a request.

use std::rc::Rc;

use bytes::Bytes;
use sip_proto::{Request, Secrets, Source, UnixTime};

use crate::abi::Transaction;
use crate::local_names::LocalNames;

/// A service: one per name, made at start-up; it makes a [`Transaction`] for each request it
/// takes.
///
/// The host matches a request by its target, which is its topmost Route if there is one and its
/// Request-URI otherwise; names and aliases are one namespace. In this order, the first match
/// counts:
///
/// 1. the `service=` URI parameter, where the host is ours;
/// 2. the first host label, where the rest of the host is ours (`registrar.example.com`);
/// 3. the user part, where the host is ours;
/// 4. the port: of the socket for a request from the wire, of the URI for one from a service;
/// 5. the graph's entry service.
pub trait Sproutlet {
    /// The name, unique in its graph.
    fn name(&self) -> &str;

    /// Other names that reach it.
    fn aliases(&self) -> &[String] {
        &[]
    }

    /// The port whose requests are its own.
    fn port(&self) -> Option<u16> {
        None
    }

    /// The network function it is part of: services of one function act as one box, which
    /// decrements Max-Forwards once and answers 100 at its entry.
    fn network_function(&self) -> &str {
        self.name()
    }

    /// Takes or declines `request`. Its top Route is removed if it was ours.
    fn start(&self, request: &Request, cx: &Context<'_>) -> Start;
}

/// What a service says to a request.
pub enum Start {
    /// It is for this service.
    Accept(Box<dyn Transaction>),
    /// It is not.
    Decline {
        /// Where it should go instead; `None` to match again without this service.
        next_hop: Option<Hop>,
    },
}

/// Where a declined request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hop {
    /// To the co-located service of that name or alias.
    Service(Rc<str>),
    /// To a URI, which becomes the topmost Route and is matched again.
    Uri(Bytes),
}

/// What a service may know when a request is offered to it.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub(crate) local: &'a Rc<LocalNames>,
    pub(crate) secrets: &'a Secrets,
    pub(crate) source: &'a Source,
    pub(crate) route: Option<&'a Bytes>,
    pub(crate) name: &'a str,
    pub(crate) unix: UnixTime,
    pub(crate) from_wire: bool,
}

impl<'a> Context<'a> {
    /// The domains and addresses that are our own.
    #[must_use]
    pub const fn local(&self) -> &'a Rc<LocalNames> {
        self.local
    }

    /// The keys with which our own branches are recognised.
    #[must_use]
    pub const fn secrets(&self) -> &'a Secrets {
        self.secrets
    }

    /// Where the request, or the one it descends from, came in.
    #[must_use]
    pub const fn source(&self) -> &'a Source {
        self.source
    }

    /// The topmost Route that was ours and is removed from the request.
    #[must_use]
    pub const fn route(&self) -> Option<&'a Bytes> {
        self.route
    }

    /// The wall clock.
    #[must_use]
    pub const fn unix(&self) -> UnixTime {
        self.unix
    }

    /// Whether the request came in from the network, rather than from a service here.
    #[must_use]
    pub const fn is_from_wire(&self) -> bool {
        self.from_wire
    }

    /// The name or alias of the service that matched.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }
}
