//! Registers at a registrar that asks for a password, in the same process.

use std::error::Error;
use std::net::SocketAddr;

use sip_driver::Start;
use sip_proto::auth::{Account, Attempts, DigestClient};
use sip_proto::stack::{ClientKey, Context, Key, ServerKey};
use sip_proto::{
    Core, EndpointConfig, HeaderName, Method, Request, Response, Stack, TransactionError,
};
use sip_sproutlet::{AuthConfig, ServiceConfig, UserConfig};

mod server;
#[path = "../../sip-driver/examples/stacks/mod.rs"]
mod stacks;

use server::serve;
use stacks::{Program, next_hop, place};

type Cx<'a> = Context<'a, String>;

struct Client {
    registrar: SocketAddr,
    digest: DigestClient,
    attempts: Attempts,
    register: Request,
}

impl Core for Client {
    type In = ();
    type Out = String;

    fn receive_request(&mut self, _: Request, _: Option<ServerKey>, _: &mut Cx<'_>) {}

    fn receive_response(&mut self, response: Response, _: Option<ClientKey>, cx: &mut Cx<'_>) {
        if response.status().is_success() {
            let contact = response.value(&HeaderName::Contact).unwrap_or_default();
            return cx.tell(format!("registered {}", String::from_utf8_lossy(contact)));
        }
        match self.digest.answer(&self.register, &response, &mut self.attempts) {
            Ok(again) => {
                self.register = again;
                self.receive_ask((), cx);
            }
            Err(error) => cx.tell(format!("refused with {}: {error}", response.status())),
        }
    }

    fn receive_error(&mut self, reason: TransactionError, _: Key, cx: &mut Cx<'_>) {
        cx.tell(reason.to_string());
    }

    fn receive_ask(&mut self, (): (), cx: &mut Cx<'_>) {
        let _ = cx.send_to(self.register.clone(), next_hop(self.registrar));
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (alice, server) = (place()?, place()?);
    let password = Some("secret".to_owned());
    let user = UserConfig { name: "alice".to_owned(), password, ..UserConfig::default() };
    let auth = AuthConfig { users: vec![user], ..AuthConfig::default() };
    let (registrar, stop, here) = (server.address, server.stop.clone(), alice.address);
    let serving = serve(server, ServiceConfig { auth, ..ServiceConfig::default() });
    let build = |Start { now, unix, seed, secrets }: Start| {
        let mut digest = DigestClient::new(&seed);
        digest.add(Account::new("alice", b"secret"));
        let register = Request::builder(Method::Register, "sip:localhost")
            .from("<sip:alice@localhost>;tag=1")
            .to("<sip:alice@localhost>")
            .call_id(seed.rng().call_id(""))
            .cseq(1)
            .contact(format!("<sip:alice@{here}>"))
            .build();
        let core = Client { registrar, digest, attempts: Attempts::default(), register };
        Stack::new(core, EndpointConfig::default(), &seed, secrets, now, unix)
    };
    let program = Program::asking((), &[&alice.stop, &stop]);
    sip_tokio::run(alice.sockets, alice.signal, build, program)?;
    serving.join().map_err(|_| "the registrar panicked")?.map_err(|error| error.to_string())?;
    Ok(())
}
