//! SIPp registers a thousand users and then calls them, with BYE from either side.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::Options;
use super::peer::{Peer, fixture, free_port};
use super::server::Server;

const REGISTER: &str = "register.xml";
const USERS: u32 = 1_000;
const REGISTRATIONS_PER_SECOND: u32 = 250;

/// Registers, then calls with either side hanging up.
pub(super) fn run(server: &Server, options: &Options) -> Result<String, String> {
    let callee_port = free_port()?;
    let users = users(server.scratch().path())?;
    let start = Instant::now();
    register(server, server.address(), &users, callee_port)?;
    let domain = server.address();
    let half = options.calls / 2;
    for (side, calls) in [("caller", half), ("callee", options.calls - half)] {
        let shape = Calls { side, calls, rate: options.rate, callee_port };
        call(server, domain, &users, &shape)?;
    }
    Ok(format!(
        "{USERS} registrations, {} calls at {}/s, 0 failed, {:.1} s",
        options.calls,
        options.rate,
        start.elapsed().as_secs_f32()
    ))
}

/// One run of calls.
pub(super) struct Calls {
    /// Who hangs up.
    pub(super) side: &'static str,
    pub(super) calls: u32,
    /// Calls a second.
    pub(super) rate: u32,
    pub(super) callee_port: u16,
}

/// Writes SIPp's list of users.
pub(super) fn users(folder: &Path) -> Result<String, String> {
    let mut text = "SEQUENTIAL\n".to_owned();
    for user in 0..USERS {
        let _ = writeln!(text, "u{user:04}");
    }
    let file = folder.join("users.csv");
    std::fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(file.display().to_string())
}

/// Registers every user at `registrar`, with the answering side's port as contact.
pub(super) fn register(
    server: &Server,
    registrar: SocketAddr,
    users: &str,
    callee_port: u16,
) -> Result<(), String> {
    let folder = server.scratch().path();
    let mut command = command(folder, REGISTER, free_port()?, USERS);
    command.arg(registrar.to_string());
    command.args(["-inf", users, "-key", "uas_port", &callee_port.to_string()]);
    command.args(["-key", "domain", &registrar.to_string()]);
    command.args(["-r", &REGISTRATIONS_PER_SECOND.to_string()]);
    let mut peer = Peer::spawn("sipp-register", folder, &mut command)?;
    peer.wait(Duration::from_secs(60))?;
    expect_all(&peer, USERS, &errors(folder, REGISTER))
}

/// Calls the users of `domain` through the server.
pub(super) fn call(
    server: &Server,
    domain: SocketAddr,
    users: &str,
    shape: &Calls,
) -> Result<(), String> {
    let Calls { side, calls, rate, callee_port } = *shape;
    let folder = server.scratch().path();
    let (uas, uac) = (format!("uas_{side}_hangs_up.xml"), format!("uac_{side}_hangs_up.xml"));
    let (uas_errors, uac_errors) = (errors(folder, &uas), errors(folder, &uac));
    let mut uas = command(folder, &uas, callee_port, calls);
    let mut callee = Peer::spawn(&format!("sipp-callee-{side}"), folder, &mut uas)?;
    let mut uac = command(folder, &uac, free_port()?, calls);
    uac.arg(server.address().to_string()).args(["-inf", users, "-r", &rate.to_string()]);
    uac.args(["-key", "domain", &domain.to_string()]);
    let mut caller = Peer::spawn(&format!("sipp-caller-{side}"), folder, &mut uac)?;
    let limit = Duration::from_secs(30 + u64::from(calls / rate.max(1)));
    caller.wait(limit)?;
    expect_all(&caller, calls, &uac_errors)?;
    callee.wait(Duration::from_secs(15)).map_err(|_| callee.complain("missed calls"))?;
    expect_all(&callee, calls, &uas_errors)
}

/// Registers once for each call with a name and a password from `users`; the second REGISTER of each
/// gets `response`.
pub(super) fn register_with_password(
    server: &Server,
    users: &Path,
    calls: u32,
    response: u16,
) -> Result<(), String> {
    const SCENARIO: &str = "register_with_password.xml";
    let scratch = server.scratch();
    let template = std::fs::read_to_string(fixture("sipp").join(SCENARIO))
        .map_err(|error| error.to_string())?;
    let name = format!("register_{response}.xml");
    let scenario = scratch.write(&name, &template.replace("RESPONSE", &response.to_string()))?;
    let folder = scratch.path();
    let mut command = command(folder, &name, free_port()?, calls);
    command.arg("-sf").arg(scenario).arg("-inf").arg(users).arg(server.address().to_string());
    command.args(["-key", "domain", &server.address().to_string()]);
    command.args(["-r", &REGISTRATIONS_PER_SECOND.to_string()]);
    let mut peer = Peer::spawn(&format!("sipp-register-{response}"), folder, &mut command)?;
    peer.wait(Duration::from_secs(60))?;
    expect_all(&peer, calls, &errors(folder, &name))
}

/// A run of `scenario` over UDP.
pub(super) fn command(folder: &Path, scenario: &str, port: u16, calls: u32) -> Command {
    let mut command = Command::new("sipp");
    let shipped = fixture("sipp").join(scenario);
    if shipped.is_file() {
        command.arg("-sf").arg(shipped);
    }
    command.args(["-i", "127.0.0.1", "-p", &port.to_string(), "-m", &calls.to_string()]);
    command.args(["-nostdin", "-timeout", "120s", "-recv_timeout", "20000"]);
    // The default receive buffer loses datagrams at any scheduling gap of a busy machine.
    command.args(["-buff_size", "4194304"]);
    command.arg("-trace_err").arg("-error_file").arg(errors(folder, scenario));
    command
}

fn errors(folder: &Path, scenario: &str) -> PathBuf {
    folder.join(scenario).with_extension("errors")
}

/// Every call successful by SIPp's own count, none failed.
fn expect_all(peer: &Peer, calls: u32, errors: &Path) -> Result<(), String> {
    let counts = counts(peer);
    if counts == Some((calls, 0)) {
        return Ok(());
    }
    let errors = std::fs::read_to_string(errors).unwrap_or_default();
    let first = errors.lines().take(30).collect::<Vec<_>>().join("\n    ");
    let counts = format!("counted (successful, failed) {counts:?} of {calls} calls");
    Err(format!("{}\n    first errors:\n    {first}", peer.complain(&counts)))
}

/// Successful and failed calls, by SIPp's own last count.
pub(super) fn counts(peer: &Peer) -> Option<(u32, u32)> {
    let output = peer.output();
    let cumulative = |name: &str| {
        let line = output.lines().rev().find(|line| line.contains(name))?;
        line.rsplit('|').next()?.trim().parse::<u32>().ok()
    };
    Some((cumulative("Successful call")?, cumulative("Failed call")?))
}
