//! A registrar and proxy, and a phone that registers there and then calls itself by its name.

use std::error::Error;
use std::net::SocketAddr;

use sip_proto::stack::{ClientKey, Context, Key, ServerKey};
use sip_proto::{
    Core, EndpointConfig, HeaderName, Method, Request, Response, StatusCode, TransactionError,
};
use sip_sproutlet::ServiceConfig;

mod server;
#[path = "../../sip-driver/examples/stacks/mod.rs"]
mod stacks;

use server::serve;
use stacks::{Program, next_hop, place, stack};

type Cx<'a> = Context<'a, String>;

struct Phone {
    here: SocketAddr,
    proxy: SocketAddr,
}

impl Phone {
    fn send(&self, method: Method, uri: &str, cx: &mut Cx<'_>) {
        let request = Request::builder(method, uri)
            .from("<sip:bob@localhost>;tag=1")
            .to("<sip:bob@localhost>")
            .call_id(cx.rng().call_id(""))
            .cseq(1)
            .contact(format!("<sip:bob@{}>", self.here))
            .build();
        let _ = cx.send_to(request, next_hop(self.proxy));
    }
}

impl Core for Phone {
    type In = ();
    type Out = String;

    fn receive_request(&mut self, request: Request, _: Option<ServerKey>, cx: &mut Cx<'_>) {
        let hops = request.list(&HeaderName::Via).count();
        let mut response = Response::to(&request, StatusCode::OK);
        response.set_reason(format!("OK after {hops} hops"));
        let _ = cx.send(response);
    }

    fn receive_response(&mut self, response: Response, key: Option<ClientKey>, cx: &mut Cx<'_>) {
        match key.as_ref().map(ClientKey::method) {
            Some(Method::Register) if response.status().is_success() => {
                self.send(Method::Options, "sip:bob@localhost", cx);
            }
            _ if !response.status().is_final() => {}
            _ => cx.tell(format!(
                "{} {}",
                response.status(),
                String::from_utf8_lossy(response.reason())
            )),
        }
    }

    fn receive_error(&mut self, reason: TransactionError, _: Key, cx: &mut Cx<'_>) {
        cx.tell(reason.to_string());
    }

    fn receive_ask(&mut self, (): (), cx: &mut Cx<'_>) {
        self.send(Method::Register, "sip:localhost", cx);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (phone, proxy) = (place()?, place()?);
    let core = Phone { here: phone.address, proxy: proxy.address };
    let program = Program::asking((), &[&phone.stop, &proxy.stop]);
    let serving = serve(proxy, ServiceConfig::default());
    let build = stack(core, EndpointConfig::default());
    sip_tokio::run(phone.sockets, phone.signal, build, program)?;
    serving.join().map_err(|_| "the proxy panicked")?.map_err(|error| error.to_string())?;
    Ok(())
}
