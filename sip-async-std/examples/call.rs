//! A call on async-std: INVITE, ACK and BYE between two stacks in one process.

use std::error::Error;
use std::thread::spawn;

use sip_proto::EndpointConfig;

#[path = "../../sip-driver/examples/call/mod.rs"]
mod call;
#[path = "../../sip-driver/examples/stacks/mod.rs"]
mod stacks;

use call::{Callee, Caller};
use stacks::{Program, place, stack};

fn main() -> Result<(), Box<dyn Error>> {
    let (alice, bob) = (place()?, place()?);
    let (here, there) = (alice.address, bob.address);
    let callee = spawn(move || {
        let build = stack(Callee { here: there }, EndpointConfig::default());
        sip_async_std::run(bob.sockets, bob.signal, build, Program::serving())
    });
    let build = stack(Caller { here, there, invite: None }, EndpointConfig::default());
    let program = Program::asking((), &[&alice.stop, &bob.stop]);
    sip_async_std::run(alice.sockets, alice.signal, build, program)?;
    callee.join().map_err(|_| "the callee panicked")??;
    Ok(())
}
