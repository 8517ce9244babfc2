//! A proxy that remembers nothing (RFC 3261 section 16.11), and a phone that calls through it.

use std::error::Error;
use std::net::SocketAddr;
use std::thread::spawn;

use sip_proto::message::MaxForwards;
use sip_proto::stack::{ClientKey, Context, Key, ServerKey};
use sip_proto::{
    Core, EndpointConfig, HeaderName, Method, Request, Response, StatusCode, TransactionError,
};

#[path = "../../sip-driver/examples/stacks/mod.rs"]
mod stacks;

use stacks::{Program, next_hop, place, stack};

type Cx<'a> = Context<'a, String>;

/// Sends requests to where they say they go, and responses back.
struct Proxy;

impl Core for Proxy {
    type In = ();
    type Out = String;

    fn receive_request(&mut self, mut request: Request, _: Option<ServerKey>, cx: &mut Cx<'_>) {
        cx.tell(format!("forwarding {}", request.method()));
        let _ = match forwarded(&mut request) {
            Ok(()) => cx.send(request),
            // An ACK is never answered.
            Err(_) if *request.method() == Method::Ack => return,
            Err(refusal) => cx.send(refusal),
        };
    }

    fn receive_response(&mut self, response: Response, _: Option<ClientKey>, cx: &mut Cx<'_>) {
        let _ = cx.send(response);
    }

    fn receive_error(&mut self, _: TransactionError, _: Key, _: &mut Cx<'_>) {}
}

/// One hop less, where the request may go on at all (RFC 3261 sections 16.3 and 16.6).
fn forwarded(request: &mut Request) -> Result<(), Response> {
    if let Some(extension) = request.value(&HeaderName::ProxyRequire) {
        let mut refusal = Response::to(request, StatusCode::BAD_EXTENSION);
        refusal.push_back(HeaderName::Unsupported, extension.to_vec());
        return Err(refusal);
    }
    // Without the header, 70 are left after this one.
    let hops = request.header::<MaxForwards>().ok().flatten().map_or(71, |hops| hops.0);
    let left =
        hops.checked_sub(1).ok_or_else(|| Response::to(request, StatusCode::TOO_MANY_HOPS))?;
    request.set_typed(&MaxForwards(left));
    Ok(())
}

/// Asks itself through the proxy.
struct Phone {
    here: SocketAddr,
    proxy: SocketAddr,
}

impl Core for Phone {
    type In = ();
    type Out = String;

    fn receive_request(&mut self, request: Request, _: Option<ServerKey>, cx: &mut Cx<'_>) {
        let _ = cx.reply(&request, StatusCode::OK);
    }

    fn receive_response(&mut self, response: Response, _: Option<ClientKey>, cx: &mut Cx<'_>) {
        cx.tell(format!("through the proxy and back: {}", response.status()));
    }

    fn receive_error(&mut self, reason: TransactionError, _: Key, cx: &mut Cx<'_>) {
        cx.tell(reason.to_string());
    }

    fn receive_ask(&mut self, (): (), cx: &mut Cx<'_>) {
        let _ = cx.send_to(stacks::options(self.here), next_hop(self.proxy));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (phone, proxy) = (place()?, place()?);
    let core = Phone { here: phone.address, proxy: proxy.address };
    let program = Program::asking((), &[&phone.stop, &proxy.stop]);
    let forwarding = spawn(move || {
        let config = EndpointConfig { stateless: true, ..EndpointConfig::default() };
        sip_tokio::run(proxy.sockets, proxy.signal, stack(Proxy, config), Program::serving())
    });
    let build = stack(core, EndpointConfig::default());
    sip_tokio::run(phone.sockets, phone.signal, build, program)?;
    forwarding.join().map_err(|_| "the proxy panicked")??;
    Ok(())
}
