//! The server under test: the binary that a user runs.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use sip_driver::test_support::certificates::{Authority, Subject};

use super::peer::{Peer, Scratch, free_port};

/// A running `sproutd`.
pub(super) struct Server {
    peer: Peer,
    address: SocketAddr,
    dns: SocketAddr,
    scratch: Scratch,
    authority: Authority,
}

impl Server {
    /// Starts it on a free port of loopback, UDP and TCP, and on the next one, TLS, with what
    /// `config` says.
    pub(super) fn start(binary: &Path, runtime: &str, config: &str) -> Result<Self, String> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let scratch = Scratch::new(&format!("interop-{runtime}-{}", address.port()))?;
        let dns = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let names = format!("[dns]\nsystem = false\nservers = [\"{dns}\"]\n");
        let file = scratch.write("sproutd.toml", &format!("{config}\n{names}"))?;
        let mut command = Command::new(binary);
        command.arg("--config").arg(file);
        command.args(["--runtime", runtime, "--domain", "127.0.0.1", "--domain", "localhost"]);
        command.arg("--listen").arg(format!("udp:{address}"));
        command.arg("--listen").arg(format!("tcp:{address}"));
        let authority = Authority::new();
        let subject = Subject { loopback: true, ..Subject::dns(&["localhost"]) };
        let identity = authority.issue("server", subject);
        command.arg("--listen").arg(format!("tls:{}", secure(address)));
        command.arg("--tls-certificate").arg(&identity.certificate);
        command.arg("--tls-key").arg(&identity.key);
        let mut peer = Peer::spawn("sproutd", scratch.path(), &mut command)?;
        peer.wait_for("Ctrl-C finishes", Duration::from_secs(10))?;
        Ok(Self { peer, address, dns, scratch, authority })
    }

    /// Where it listens.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens for TLS.
    pub(super) fn tls_address(&self) -> SocketAddr {
        secure(self.address)
    }

    /// Who certified it.
    pub(super) fn authority(&self) -> PathBuf {
        self.authority.certificate()
    }

    /// Where it asks for names; nobody answers there unless a suite does.
    pub(super) const fn dns(&self) -> SocketAddr {
        self.dns
    }

    /// What it has printed.
    pub(super) fn banner(&self) -> String {
        self.peer.output()
    }

    /// A folder for the files of this run.
    pub(super) const fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// Whether it answers OPTIONS with 200.
    pub(super) fn answers(&self) -> Result<(), String> {
        let socket = UdpSocket::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        socket.set_read_timeout(Some(Duration::from_secs(2))).map_err(|error| error.to_string())?;
        let own = socket.local_addr().map_err(|error| error.to_string())?;
        let request = format!(
            "OPTIONS sip:{to} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{port}alive\r\n\
             Max-Forwards: 70\r\nFrom: <sip:probe@{own}>;tag=1\r\nTo: <sip:{to}>\r\n\
             Call-ID: alive-{port}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
            to = self.address,
            port = own.port(),
        );
        let mut answer = [0; 2048];
        for _ in 0..3 {
            socket
                .send_to(request.as_bytes(), self.address)
                .map_err(|error| format!("cannot reach the server: {error}"))?;
            if let Ok(len) = socket.recv(&mut answer) {
                let text = String::from_utf8_lossy(&answer[..len]).into_owned();
                return if text.starts_with("SIP/2.0 200 ") {
                    Ok(())
                } else {
                    Err(format!("OPTIONS got: {}", text.lines().next().unwrap_or_default()))
                };
            }
        }
        Err(self.peer.complain("does not answer OPTIONS"))
    }

    /// Interrupts it, and sees it drain and exit 0.
    pub(super) fn drain(mut self) -> Result<(), String> {
        self.answers()?;
        self.peer.interrupt()?;
        // Longer than the server's own drain time-out: lingering transactions may use it up.
        self.peer.wait_success(Duration::from_secs(45))
    }
}

/// The port after one that [`free_port`] gave is free, too.
fn secure(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port() + 1)
}

/// The built server, beside this program.
pub(super) fn binary() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let binary = own.with_file_name("sproutd");
    if binary.is_file() {
        return Ok(binary);
    }
    Err(format!("no {}; build it: cargo build --release -p sproutd", binary.display()))
}
