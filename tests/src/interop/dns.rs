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

/// How far the media ports of each SIPp, of which it takes several, are from all others.
const MEDIA: u16 = 10_000;

/// Calls to the domain through the server: first to one callee, then, when that is killed, to the
/// other.
pub(super) fn run(server: &Server, _: &Options) -> Result<String, String> {
    let folder = server.scratch().path();
    let (first_port, second_port) = (free_port()?, free_port()?);
    let _dns = name_server(server, first_port, second_port)?;
    let mut first = callee("first", folder, first_port, first_port + MEDIA)?;
    let mut second = callee("second", folder, second_port, second_port + 2 * MEDIA)?;
    let users = sipp::users(folder)?;
    let mut command = sipp::command(folder, "uac_caller_hangs_up.xml", free_port()?, CALLS);
    command.arg(server.address().to_string()).args(["-inf", &users, "-r", &RATE.to_string()]);
    command.args(["-key", "domain", DOMAIN, "-mp", &(second_port + 3 * MEDIA).to_string()]);
    let mut caller = Peer::spawn("sipp-caller-dns", folder, &mut command)?;
    thread::sleep(LIFE);
    first.kill();
    caller.wait(Duration::from_secs(60))?;
    // SIPp's way to finish and print its counts.
    second.signal("-USR1")?;
    second.wait(Duration::from_secs(15))?;
    let (at_second, _) = counts(&second)?;
    let (good, bad) = counts(&caller)?;
    let at_first = good.saturating_sub(at_second);
    let shown = format!(
        "{good} of {CALLS} calls successful: {at_first} at the first server, {at_second} at the \
         second; {bad} lost with the first when it was killed"
    );
    let both_served = at_first >= RATE && at_second >= CALLS / 3;
    if both_served && good + bad == CALLS && bad <= LOST_MAX {
        return Ok(shown);
    }
    Err(caller.complain(&shown))
}

fn counts(peer: &Peer) -> Result<(u32, u32), String> {
    sipp::counts(peer).ok_or_else(|| peer.complain("printed no counts"))
}

fn callee(name: &str, folder: &Path, port: u16, media_port: u16) -> Result<Peer, String> {
    let mut command = sipp::command(folder, "uas_caller_hangs_up.xml", port, 10 * CALLS);
    // It would else be the first free one from 6000 on, where signalling is.
    command.args(["-mp", &media_port.to_string()]);
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
