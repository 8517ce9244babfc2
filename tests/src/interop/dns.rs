//! A domain with two servers in a real name server's NAPTR and SRV records; the first dies while
//! calls go on.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::Options;
use super::peer::{Peer, free_port};
use super::server::Server;
use super::sipp;

const DOMAIN: &str = "sip.test";
const CALLS: u32 = 120;
const RATE: u32 = 20;
/// When the first server dies, a third of the calls on.
const LIFE: Duration = Duration::from_secs(2);
/// Calls that are up when it dies are lost with it: their BYE is for it alone. A call lasts 100 ms,
/// and the busiest machine is given five times as long.
const LOST_MAX: u32 = RATE / 2;

/// Calls to the domain through the server: first to one callee, then, when that is killed, to the
/// other.
pub(super) fn run(server: &Server, _: &Options) -> Result<String, String> {
    let folder = server.scratch().path();
    let (first_port, second_port) = (free_port()?, free_port()?);
    let _dns = name_server(server, first_port, second_port)?;
    let mut first = callee("first", folder, first_port)?;
    let second = callee("second", folder, second_port)?;
    let users = sipp::users(folder)?;
    let mut command = sipp::command(folder, "uac_caller_hangs_up.xml", free_port()?, CALLS);
    command.arg(server.address().to_string()).args(["-inf", &users, "-r", &RATE.to_string()]);
    command.args(["-key", "domain", DOMAIN]);
    let mut caller = Peer::spawn("sipp-caller-dns", folder, &mut command)?;
    thread::sleep(LIFE);
    let (at_first, _) = counts(&first)?;
    first.kill();
    caller.wait(Duration::from_secs(60))?;
    // Its last screen is a second old.
    thread::sleep(Duration::from_millis(1_500));
    let (at_second, _) = counts(&second)?;
    let (good, bad) = counts(&caller)?;
    let shown = format!(
        "{good} of {CALLS} calls successful, {bad} lost with the server that died; it had {at_first} \
         then, the other {at_second} in the end"
    );
    let both_served = at_first > 0 && at_second > CALLS / 3;
    if both_served && good + bad == CALLS && bad <= LOST_MAX {
        return Ok(shown);
    }
    Err(caller.complain(&shown))
}

fn counts(peer: &Peer) -> Result<(u32, u32), String> {
    sipp::counts(peer).ok_or_else(|| peer.complain("printed no counts"))
}

fn callee(name: &str, folder: &Path, port: u16) -> Result<Peer, String> {
    let mut command = sipp::command(folder, "uas_caller_hangs_up.xml", port, 10 * CALLS);
    Peer::spawn(&format!("sipp-callee-{name}"), folder, &mut command)
}

/// dnsmasq, which knows of the domain and of nothing else.
fn name_server(server: &Server, first: u16, second: u16) -> Result<Peer, String> {
    let folder = server.scratch().path();
    let mut command = Command::new("/usr/sbin/dnsmasq");
    command.args(["--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null"]);
    command.args(["--bind-interfaces", "--listen-address=127.0.0.1", "--no-ping", "--log-queries"]);
    command.args(["--log-facility=-", "--local=/test/", "--user=", "--group="]);
    command.arg(format!("--pid-file={}", folder.join("dnsmasq.pid").display()));
    command.arg(format!("--port={}", server.dns().port()));
    command.arg(format!("--naptr-record={DOMAIN},10,20,S,SIP+D2T,,_sip._tcp.{DOMAIN}"));
    command.arg(format!("--naptr-record={DOMAIN},10,10,S,SIP+D2U,,_sip._udp.{DOMAIN}"));
    for (priority, port) in [(1, first), (2, second)] {
        let record = format!("_sip._udp.{DOMAIN},proxy.{DOMAIN},{port},{priority},10");
        command.arg(format!("--srv-host={record}"));
    }
    command.arg(format!("--host-record=proxy.{DOMAIN},127.0.0.1"));
    let mut peer = Peer::spawn("dnsmasq", folder, &mut command)?;
    peer.wait_for("started", Duration::from_secs(5))?;
    Ok(peer)
}
