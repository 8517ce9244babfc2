//! Stacks that talk to each other over a wire without delay or loss.

mod calls;
mod keys;
mod limits;
mod stateless;

use std::net::SocketAddr;

use super::{ClientKey, Context, Core, Key, ServerKey, Stack};
use crate::{
    EndpointConfig, Input, Instant, Machine as _, Method, NextHop, Output, Request, Response,
    Secrets, Seed, SocketId, StatusCode, TransactionError, TransportKind, UnixTime,
};

const SOCKET: SocketId = SocketId(0);

fn address(node: usize) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1 + node as u8], 5060))
}

/// Notes what it hears, and answers as it was told to.
#[derive(Default)]
struct Notes {
    heard: Vec<String>,
    /// What each request is answered with, its method given.
    answer: Option<fn(&Method) -> Option<StatusCode>>,
    requests: Vec<(Request, Option<ServerKey>)>,
    responses: Vec<(Response, Option<ClientKey>)>,
    /// What is sent again whenever sending fails.
    stubborn: Option<Request>,
}

impl Core for Notes {
    type In = Request;
    type Out = String;

    fn receive_request(
        &mut self,
        request: Request,
        key: Option<ServerKey>,
        cx: &mut Context<'_, String>,
    ) {
        let with = key.as_ref().map_or_else(|| "no key".to_owned(), ToString::to_string);
        self.heard.push(format!("{} ({with})", request.method()));
        let method = request.method().clone();
        if key.is_some()
            && let Some(status) = self.answer.and_then(|answer| answer(&method))
        {
            cx.reply(&request, status).expect("the request has just come");
        }
        self.requests.push((request, key));
    }

    fn receive_response(
        &mut self,
        response: Response,
        key: Option<ClientKey>,
        _: &mut Context<'_, String>,
    ) {
        let method = key.as_ref().map_or("no key", |key| key.method().as_str());
        self.heard.push(format!("{} ({method})", response.status()));
        self.responses.push((response, key));
    }

    fn receive_error(&mut self, reason: TransactionError, key: Key, cx: &mut Context<'_, String>) {
        self.heard.push(format!("{reason} ({})", key.method()));
        if let Some(again) = self.stubborn.clone() {
            let _ = cx.send(again);
        }
    }

    fn receive_ask(&mut self, ask: Request, cx: &mut Context<'_, String>) {
        let sent = cx.send(ask);
        cx.tell(format!("{}", sent.is_ok()));
    }

    fn receive_alarm(&mut self, cx: &mut Context<'_, String>) {
        self.heard.push(format!("alarm at {} s", cx.now().as_nanos() / 1_000_000_000));
    }
}

struct Wire {
    now: Instant,
    stacks: Vec<Stack<Notes>>,
    told: Vec<String>,
    /// Whether datagrams arrive.
    up: bool,
}

impl Wire {
    fn new(nodes: usize) -> Self {
        Self::with(nodes, |_| EndpointConfig::default())
    }

    fn with(nodes: usize, config: impl Fn(usize) -> EndpointConfig) -> Self {
        let stacks = (0..nodes).map(|node| {
            let seed = Seed::from_u64(node as u64);
            let (now, unix) = (Instant::ZERO, UnixTime::from_secs(1_700_000_000));
            let secrets = Secrets::from_seed(&seed);
            let mut stack = Stack::new(Notes::default(), config(node), &seed, secrets, now, unix);
            let (socket, transport, local) = (SOCKET, TransportKind::Udp, address(node));
            stack.handle_input(now, Input::Opened { socket, transport, local, advertised: None });
            stack
        });
        let stacks = stacks.collect();
        Self { now: Instant::ZERO, stacks, told: Vec::new(), up: true }
    }

    /// Does something to an application, and lets all that follows happen.
    fn act<R>(
        &mut self,
        node: usize,
        act: impl FnOnce(&mut Notes, &mut Context<'_, String>) -> R,
    ) -> R {
        let result = self.stacks[node].act(self.now, act);
        self.settle();
        result
    }

    fn settle(&mut self) {
        while (0..self.stacks.len()).any(|node| self.step(node)) {}
    }

    fn step(&mut self, node: usize) -> bool {
        let Some(output) = self.stacks[node].poll_output() else { return false };
        match output {
            Output::Transmit(datagram) if self.up => {
                let to = datagram.destination;
                let to = (0..self.stacks.len()).find(|node| address(*node) == to);
                let (socket, source, data) = (SOCKET, address(node), datagram.data);
                let arrival = Input::Datagram { socket, source, local: None, data };
                self.stacks[to.expect("a node")].handle_input(self.now, arrival);
            }
            Output::App(told) => self.told.push(told),
            _ => {}
        }
        true
    }

    /// Lets time pass until nothing is left to wait for.
    fn run_out(&mut self) {
        while let Some((at, node)) = self.next_timeout() {
            self.now = self.now.max(at);
            self.stacks[node].handle_input(self.now, Input::Timeout);
            self.settle();
        }
    }

    fn next_timeout(&self) -> Option<(Instant, usize)> {
        let timeouts = self.stacks.iter().enumerate();
        timeouts.filter_map(|(node, stack)| Some((stack.poll_timeout()?, node))).min()
    }

    fn heard(&self, node: usize) -> Vec<&str> {
        self.stacks[node].core().heard.iter().map(String::as_str).collect()
    }
}

/// A request from one node to another, without a Via.
fn request(method: Method, from: usize, to: usize) -> Request {
    let builder = Request::builder(method, format!("sip:{}", address(to)))
        .from(format!("<sip:n{from}@{}>;tag=1", address(from)))
        .to(format!("<sip:n{to}@{}>", address(to)))
        .call_id("call")
        .cseq(1);
    builder.contact(format!("<sip:{}>", address(from))).build()
}

fn via(node: usize) -> NextHop {
    NextHop::Address { transport: TransportKind::Udp, address: address(node) }
}
