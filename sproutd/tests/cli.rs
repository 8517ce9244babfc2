//! The server as a user starts it: what it prints, what it answers, how it ends.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

const RUNTIMES: [&str; 3] = ["tokio", "async-std", "glommio"];
const LIMIT: Duration = Duration::from_secs(10);

fn sproutd() -> Command {
    Command::new(env!("CARGO_BIN_EXE_sproutd"))
}

fn run(arguments: &[&str]) -> Output {
    sproutd().args(arguments).stdin(Stdio::null()).output().expect("sproutd starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A running server that is killed if the test fails.
struct Running {
    child: Child,
    banner: String,
    output: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut child = sproutd()
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sproutd starts");
        let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut banner = String::new();
        while !banner.contains("Ctrl-C") {
            let read = output.read_line(&mut banner).expect("output");
            assert!(read > 0, "the server ended after:\n{banner}");
        }
        Self { child, banner, output }
    }

    fn address(&self, transport: &str) -> SocketAddr {
        let line = self
            .banner
            .lines()
            .find(|line| line.contains("listening") && line.contains(transport))
            .unwrap_or_else(|| panic!("no {transport} listener in:\n{}", self.banner));
        line.split_whitespace().last().expect("an address").parse().expect("an address")
    }

    fn interrupt(&mut self) -> (ExitStatus, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().expect("kill").success());
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                break status;
            }
            assert!(start.elapsed() < LIMIT, "no exit after Ctrl-C");
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).expect("output");
        (status, rest)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn options(to: SocketAddr, own: SocketAddr, transport: &str) -> String {
    format!(
        "OPTIONS sip:localhost:{} SIP/2.0\r\nVia: SIP/2.0/{transport} {own};branch=z9hG4bKcli{};rport\r\n\
         Max-Forwards: 70\r\nFrom: <sip:probe@localhost>;tag=1\r\nTo: <sip:localhost>\r\n\
         Call-ID: cli-{}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
        to.port(),
        own.port(),
        own.port(),
    )
}

/// Repeats a call that a signal interrupted: closing an io_uring, as the probe for glommio does,
/// interrupts what waits with a time-out in the same process.
fn uninterrupted<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

#[test]
fn it_serves_without_a_file_and_ctrl_c_drains_on_each_runtime() {
    for runtime in RUNTIMES {
        if runtime == "glommio" && skips_glommio() {
            continue;
        }
        let arguments =
            ["--listen", "udp:127.0.0.1:0", "--listen", "tcp:127.0.0.1:0", "--runtime", runtime];
        let mut server = Running::start(&arguments);
        assert!(server.banner.contains(&format!("on {runtime}")), "{}", server.banner);
        assert!(server.banner.contains("domains     localhost"), "{}", server.banner);
        assert!(server.banner.contains("sipsak -U"), "{}", server.banner);
        assert!(server.banner.contains("docs/guide.md"), "{}", server.banner);

        let mut answer = [0; 2048];
        let udp = UdpSocket::bind("127.0.0.1:0").expect("a port");
        udp.set_read_timeout(Some(LIMIT)).expect("a time-out");
        let to = server.address("udp");
        let request = options(to, udp.local_addr().expect("bound"), "UDP");
        udp.send_to(request.as_bytes(), to).expect("loopback");
        let len = uninterrupted(|| udp.recv(&mut answer)).expect("an answer over UDP");
        assert!(text(&answer[..len]).starts_with("SIP/2.0 200 "), "{runtime}");

        let to = server.address("tcp");
        let mut tcp = TcpStream::connect(to).expect("a listener");
        tcp.set_read_timeout(Some(LIMIT)).expect("a time-out");
        let request = options(to, tcp.local_addr().expect("bound"), "TCP");
        tcp.write_all(request.as_bytes()).expect("an open stream");
        let len = uninterrupted(|| tcp.read(&mut answer)).expect("an answer over TCP");
        assert!(text(&answer[..len]).starts_with("SIP/2.0 200 "), "{runtime}");
        drop(tcp);

        let (status, rest) = server.interrupt();
        assert!(status.success(), "{runtime}: {status}: {rest}");
        assert!(rest.contains("done"), "{runtime}: {rest}");
    }
}

/// Where io_uring is forbidden, as containers often do; not with `SIP_REQUIRE_IO_URING`.
fn skips_glommio() -> bool {
    let Err(problem) = sip_glommio::available() else { return false };
    assert!(std::env::var_os("SIP_REQUIRE_IO_URING").is_none(), "{problem}");
    println!("skipped: {problem}");
    true
}

#[test]
fn a_taken_address_is_named_and_exits_1() {
    let taken = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound");
    let output = run(&["--listen", &format!("udp:{address}")]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains(&address.to_string()) && said.contains("in use"), "{said}");
}

#[test]
fn a_wrong_command_line_exits_2_and_says_how() {
    let output = run(&["--listen", "127.0.0.1:5060"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("udp:ADDRESS:PORT"), "{}", text(&output.stderr));

    let output = run(&["--listen", "udp:0.0.0.0:0", "--allow-unauthenticated"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("advertise"), "{}", text(&output.stderr));
}

#[test]
fn help_is_for_people() {
    let output = run(&["--help"]);
    assert!(output.status.success());
    let said = text(&output.stdout);
    for part in
        ["Examples:", "--listen", "--domain", "--config", "--runtime", "check", "Exit status"]
    {
        assert!(said.contains(part), "no `{part}` in:\n{said}");
    }
}

#[test]
fn check_names_key_line_and_fix() {
    let file = Scratch::new("check", "domains = [\"example.test\"]\n\n[registar]\n");
    let output = run(&["check", file.path()]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    for part in [":3:2: ", "registar", "fix: did you mean `registrar`?"] {
        assert!(said.contains(part), "no `{part}` in:\n{said}");
    }

    let file = Scratch::new("check-fine", "domains = [\"example.test\"]\n");
    let output = run(&["check", file.path()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn a_missing_file_is_named() {
    let output = run(&["--config", "no-such-file.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no-such-file.toml"), "{}", text(&output.stderr));
}

/// Every TOML block of the documents is a configuration that `check` takes.
#[test]
fn the_documented_configurations_are_right() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut checked = 0;
    for name in ["README.md", "docs/guide.md", "docs/configuration.md"] {
        let document = fs::read_to_string(root.join(name)).unwrap_or_else(|_| panic!("no {name}"));
        for block in document.split("```toml\n").skip(1) {
            let source = block.split("```").next().expect("an end");
            let file = Scratch::new(&format!("doc-{checked}"), source);
            let output = run(&["check", file.path()]);
            assert!(output.status.success(), "{name}:\n{source}\n{}", text(&output.stderr));
            checked += 1;
        }
    }
    assert!(checked >= 2, "the documents show configurations");
}

/// A file of one test, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, contents: &str) -> Self {
        let name = format!("sproutd-{name}-{}.toml", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, contents).expect("a writable folder");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("a plain path")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
