//! A chain of two proxies: SIPp, the server, Kamailio as registrar of another domain, SIPp.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::Duration;

use super::Options;
use super::peer::{Peer, fixture, free_port};
use super::server::Server;
use super::sipp::{self, Calls};

const CALLS: u32 = 100;

/// Users register at Kamailio; calls to them go through the server, which record-routes too.
pub(super) fn run(server: &Server, options: &Options) -> Result<String, String> {
    let port = free_port()?;
    let kamailio = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let scratch = server.scratch();
    let template = std::fs::read_to_string(fixture("kamailio/registrar.cfg"))
        .map_err(|error| error.to_string())?;
    let config = scratch.write("kamailio.cfg", &template.replace("PORT", &port.to_string()))?;
    let mut command = Command::new("/usr/sbin/kamailio");
    command.args(["-DD", "-E", "-m", "64", "-M", "8", "-x", "fm", "-X", "fm"]);
    command.arg("-Y").arg(scratch.path()).arg("-f").arg(&config);
    let _kamailio = Peer::spawn("kamailio", scratch.path(), &mut command)?;
    std::thread::sleep(Duration::from_secs(1));
    let users = sipp::users(scratch.path())?;
    let callee_port = free_port()?;
    sipp::register(server, kamailio, &users, callee_port)?;
    for side in ["caller", "callee"] {
        let shape = Calls { side, calls: CALLS, rate: options.rate, callee_port };
        sipp::call(server, kamailio, &users, &shape)?;
    }
    Ok(format!("{} calls through both proxies, 0 failed", 2 * CALLS))
}
