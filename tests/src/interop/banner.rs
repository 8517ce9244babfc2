//! The command that the server prints for its user to type next, typed.

use std::process::Command;
use std::time::Duration;

use super::Options;
use super::peer::Peer;
use super::server::Server;

/// Types it, and sees it succeed.
pub(super) fn run(server: &Server, _options: &Options) -> Result<String, String> {
    let banner = server.banner();
    let line = banner
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with("sipsak "))
        .ok_or_else(|| format!("no sipsak line in:\n{banner}"))?;
    let mut words = line.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    let mut peer = Peer::spawn("sipsak", server.scratch().path(), &mut command)?;
    peer.wait_success(Duration::from_secs(10))?;
    Ok(format!("`{line}` registered"))
}
