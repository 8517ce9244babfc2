//! TLS as an operator meets it: certificates on the command line, in the file, and on SIGHUP.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sip_driver::test_support::Peer;
use sip_driver::test_support::certificates::{Authority, Subject};
use sip_driver::{TlsConfig, TlsContext};
use sip_proto::TransportKind;

const LIMIT: Duration = Duration::from_secs(10);

fn sproutd() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sproutd"));
    command.stdin(Stdio::null());
    command
}

fn trusting(authority: &Authority) -> TlsContext {
    let authorities = Some(authority.certificate());
    TlsContext::load(&TlsConfig { authorities, ..TlsConfig::default() }).expect("good files")
}

fn options(peer: &mut Peer, call: u32) -> String {
    let own = peer.address;
    let request = format!(
        "OPTIONS sip:localhost SIP/2.0\r\nVia: SIP/2.0/TLS {own};branch=z9hG4bKtls{call}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:probe@localhost>;tag=1\r\nTo: <sip:localhost>\r\n\
         Call-ID: tls-{call}-{own}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    );
    peer.send(request.as_bytes()).expect("sent");
    let answer = peer.receive().expect("no error").expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn certificates_are_read_again_on_sighup_and_connections_stay() {
    let [old, new] = [Authority::new(), Authority::new()];
    let shown = old.issue("shown", Subject::dns(&["localhost"]));
    let mut child = sproutd()
        .args(["--listen", "udp:127.0.0.1:0", "--listen", "tls:127.0.0.1:0"])
        .arg("--tls-certificate")
        .arg(&shown.certificate)
        .arg("--tls-key")
        .arg(&shown.key)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("sproutd starts");
    let mut output = BufReader::new(child.stdout.take().expect("a pipe"));
    let running = Running(child);
    let mut banner = String::new();
    while !banner.contains("Ctrl-C") {
        assert!(output.read_line(&mut banner).expect("output") > 0, "ended after:\n{banner}");
    }
    let line = banner.lines().find(|line| line.contains("listening   tls ")).expect("a listener");
    let to: SocketAddr = line.rsplit(' ').next().expect("a word").parse().expect("an address");

    let connect =
        |trust: &Authority| Peer::connect(TransportKind::Tls, to, &trusting(trust), LIMIT).ok();
    let mut first = connect(&old).expect("the first certificate");
    assert!(options(&mut first, 1).starts_with("SIP/2.0 200 "));
    assert!(connect(&new).is_none(), "nobody else certified it");

    let next = new.issue("next", Subject::dns(&["localhost"]));
    fs::copy(&next.certificate, &shown.certificate).expect("a file");
    fs::copy(&next.key, &shown.key).expect("a file");
    let id = running.0.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &id]).status().expect("kill").success());
    let start = Instant::now();
    let mut second = loop {
        if let Some(peer) = connect(&new) {
            break peer;
        }
        assert!(start.elapsed() < LIMIT, "the new certificate is not shown");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(options(&mut second, 2).starts_with("SIP/2.0 200 "));
    assert!(options(&mut first, 3).starts_with("SIP/2.0 200 "), "the first connection stays");
}

#[test]
fn what_is_wrong_with_a_file_is_named_with_key_line_and_fix() {
    let authority = Authority::new();
    let good = authority.issue("good", Subject::dns(&["localhost"]));
    let other = authority.issue("other", Subject::dns(&["localhost"]));
    let ended = Subject { expired: true, ..Subject::dns(&["localhost"]) };
    let ended = authority.issue("ended", ended);
    let check = |certificate: &Path, key: &Path| {
        let file = authority.folder().join("sproutd.toml");
        let text = format!(
            "[[listen]]\naddress = \"tls:127.0.0.1:5061\"\n\n[tls]\ncertificates = \
             [{{ certificate = {certificate:?}, key = {key:?} }}]\n"
        );
        fs::write(&file, text).expect("a file");
        let output = sproutd().arg("check").arg(&file).output().expect("sproutd runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(check(&good.certificate, &good.key), (Some(0), String::new()));
    let absent = authority.folder().join("absent.pem");
    for (certificate, key, named, said) in [
        (&absent, &good.key, "tls.certificates[0].certificate", "cannot be read"),
        (&good.key, &good.key, "tls.certificates[0].certificate", "no certificate"),
        (&good.certificate, &other.key, "tls.certificates[0].key", "is not the key"),
    ] {
        let (status, text) = check(certificate, key);
        assert_eq!(status, Some(2), "{text}");
        for part in [":5:", named, said, "fix: "] {
            assert!(text.contains(part), "no `{part}` in:\n{text}");
        }
    }
    let (status, text) = check(&ended.certificate, &ended.key);
    assert!(status == Some(0) && text.contains("warning: ") && text.contains("expired"), "{text}");
}
