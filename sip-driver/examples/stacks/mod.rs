//! What the examples with several stacks share: a socket on loopback for each, and a program
//! around it that prints what the stack tells.
#![allow(dead_code, reason = "no example needs all of it")]

use std::error::Error;
use std::net::SocketAddr;

use sip_driver::{App, DriverConfig, Listen, Sockets, Start, StopHandle, StopSignal, stop_channel};
use sip_proto::{Core, EndpointConfig, Instant, Method, NextHop, Request, Stack, TransportKind};

/// Where a stack is, and how it is stopped.
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    pub(crate) sockets: Sockets,
    pub(crate) signal: StopSignal,
    pub(crate) stop: StopHandle,
}

/// A free UDP port on loopback.
pub(crate) fn place() -> Result<Place, Box<dyn Error>> {
    let listen = vec![Listen::new(TransportKind::Udp, ([127, 0, 0, 1], 0).into())];
    let sockets = Sockets::bind(DriverConfig { listen, ..DriverConfig::default() })?;
    let address = sockets.local()[0].1;
    let (stop, signal) = stop_channel()?;
    Ok(Place { address, sockets, signal, stop })
}

/// How a stack of `core` is built.
pub(crate) fn stack<C: Core>(core: C, config: EndpointConfig) -> impl FnOnce(Start) -> Stack<C> {
    |Start { now, unix, seed, secrets }| Stack::new(core, config, &seed, secrets, now, unix)
}

/// Over UDP, to an address.
pub(crate) fn next_hop(address: SocketAddr) -> NextHop {
    NextHop::Address { transport: TransportKind::Udp, address }
}

/// An OPTIONS to `address`.
pub(crate) fn options(address: SocketAddr) -> Request {
    Request::builder(Method::Options, format!("sip:{address}"))
        .from("<sip:demo@localhost>;tag=1")
        .to(format!("<sip:{address}>"))
        .call_id("demo")
        .cseq(1)
        .build()
}

/// Prints what it is told. What it stops then are all the stacks there are.
pub(crate) struct Program<I> {
    ask: Option<I>,
    stops: Vec<StopHandle>,
}

impl<I> Program<I> {
    /// Goes on until others stop it.
    pub(crate) fn serving() -> Self {
        Self { ask: None, stops: Vec::new() }
    }

    /// Asks for something, and ends with all others when it is told something.
    pub(crate) fn asking(ask: I, stops: &[&StopHandle]) -> Self {
        Self { ask: Some(ask), stops: stops.iter().copied().cloned().collect() }
    }
}

impl<C: Core<Out = String>> App<Stack<C>> for Program<C::In> {
    fn handle_start(&mut self, _: Instant, inbox: &mut Vec<C::In>) {
        inbox.extend(self.ask.take());
    }

    fn handle_output(&mut self, _: Instant, told: String, _: &mut Vec<C::In>) {
        println!("{told}");
        self.stops.iter().for_each(StopHandle::drain);
    }
}
