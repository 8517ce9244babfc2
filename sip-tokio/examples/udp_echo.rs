//! A UDP echo server on Tokio. `--demo` talks to itself and ends.

use std::error::Error;

#[path = "../../sip-driver/examples/echo/mod.rs"]
mod echo;

fn main() -> Result<(), Box<dyn Error>> {
    let (sockets, stop) = echo::set_up()?;
    let summary = sip_tokio::run(sockets, stop, |_| echo::Echo::default(), echo::NoEffects)?;
    println!("{summary}");
    Ok(())
}
