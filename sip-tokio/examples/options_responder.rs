//! Answers OPTIONS on Tokio, at 127.0.0.1:5060 until it is stopped. `--demo` asks itself and ends.

use std::error::Error;

use sip_driver::{App, DriverConfig, Listen, Sockets, Start, StopHandle, stop_channel};
use sip_proto::stack::{ClientKey, Context, Key, ServerKey};
use sip_proto::{
    Core, EndpointConfig, Instant, Method, Request, Response, Stack, StatusCode, TransactionError,
    TransportKind,
};

type Cx<'a> = Context<'a, String>;

struct Responder;

impl Core for Responder {
    type In = Request;
    type Out = String;

    fn receive_request(&mut self, request: Request, key: Option<ServerKey>, cx: &mut Cx<'_>) {
        let status = match (request.method(), key) {
            // An ACK is not answered, a CANCEL is already.
            (_, None) | (Method::Cancel, _) => return,
            (Method::Options, _) => StatusCode::OK,
            _ => StatusCode::METHOD_NOT_ALLOWED,
        };
        let _ = cx.reply(&request, status);
    }

    fn receive_response(&mut self, response: Response, _: Option<ClientKey>, cx: &mut Cx<'_>) {
        cx.tell(format!("answered: {}", response.status()));
    }

    fn receive_error(&mut self, reason: TransactionError, key: Key, cx: &mut Cx<'_>) {
        cx.tell(format!("{key}: {reason}"));
    }

    fn receive_ask(&mut self, question: Request, cx: &mut Cx<'_>) {
        let _ = cx.send(question);
    }
}

/// The program around it: what it asks first, and how it stops once it is told something.
struct Program(Option<Request>, StopHandle);

impl App<Stack<Responder>> for Program {
    fn handle_start(&mut self, _: Instant, inbox: &mut Vec<Request>) {
        inbox.extend(self.0.take());
    }

    fn handle_output(&mut self, _: Instant, told: String, _: &mut Vec<Request>) {
        println!("{told}");
        self.1.drain();
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let demo = std::env::args().any(|argument| argument == "--demo");
    let address = ([127, 0, 0, 1], if demo { 0 } else { 5060 }).into();
    let listen = vec![Listen::new(TransportKind::Udp, address)];
    let sockets = Sockets::bind(DriverConfig { listen, ..DriverConfig::default() })?;
    let here = format!("sip:{}", sockets.local()[0].1);
    println!("answering OPTIONS at {here}");

    let question = Request::builder(Method::Options, &here)
        .from("<sip:demo@localhost>;tag=1")
        .to(format!("<{here}>"))
        .call_id("demo")
        .cseq(1)
        .build();
    let (stop, signal) = stop_channel()?;
    let build = |Start { now, unix, seed, secrets }: Start| {
        Stack::new(Responder, EndpointConfig::default(), &seed, secrets, now, unix)
    };
    sip_tokio::run(sockets, signal, build, Program(demo.then_some(question), stop))?;
    Ok(())
}
