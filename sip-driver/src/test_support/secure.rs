//! Checks of TLS and WebSocket. Each is named after what it checks.
#![expect(missing_docs, reason = "the names say it")]

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::OnceLock;
use std::thread::spawn;
use std::time::Duration;

use rustls::{ServerConnection, StreamOwned};
use sip_proto::{CloseReason, TransportKind};

use super::certificates::{Authority, Subject};
use super::peer::Peer;
use super::{Observed, Run, Running};
use crate::{ClientAuth, DriverConfig, Listen, TlsConfig, TlsContext};

const PATIENCE: Duration = Duration::from_secs(10);
const LAYERED: [TransportKind; 3] = [TransportKind::Tls, TransportKind::Ws, TransportKind::Wss];

/// One context for all checks: it shows a certificate for `localhost`, asks clients for theirs, and
/// has one for `peer.example` to show.
fn context() -> TlsContext {
    static CONTEXT: OnceLock<TlsContext> = OnceLock::new();
    let make = || {
        let authority = Authority::new();
        let client_identity = Some(authority.issue("client", Subject::dns(&["peer.example"])));
        let client_auth = ClientAuth::Request;
        let config = TlsConfig { client_auth, client_identity, ..authority.server() };
        TlsContext::load(&config).expect("good files")
    };
    CONTEXT.get_or_init(make).clone()
}

fn layered(config: &mut DriverConfig) {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    config.tls = context();
    config.listen.extend(LAYERED.map(|transport| Listen::new(transport, any)));
}

fn start(run: Run, change: fn(&mut DriverConfig)) -> Option<Running> {
    Running::start_at(run, "127.0.0.1:0", change)
}

fn connect(running: &Running, transport: TransportKind) -> Peer {
    let to = running.address(transport);
    Peer::connect(transport, to, &context(), PATIENCE).expect("a connection")
}

pub fn echoes_over_every_layer_and_closes_in_order(run: Run) {
    let Some(running) = start(run, layered) else { return };
    for transport in LAYERED {
        let mut peer = connect(&running, transport);
        running.wait_for(|observed| matches!(observed, Observed::Accepted(..)).then_some(()));
        if transport != TransportKind::Ws {
            let proved = running.wait_for(|observed| match observed {
                Observed::Proved(domains) => Some(domains.clone()),
                _ => None,
            });
            assert_eq!(proved, ["peer.example"]);
        }
        for data in [&b"OPTIONS"[..], &[b'x'; 40_000]] {
            peer.send(data).expect("sent");
            let mut echo = Vec::new();
            while echo.len() < data.len() {
                echo.extend(peer.receive().expect("no error").expect("no end"));
            }
            assert!(echo == data, "{transport}");
        }
        running.command("close");
        assert_eq!(peer.receive().expect("an announced end"), None, "{transport}");
        running.wait_for(closed_by(CloseReason::Requested));
    }
    assert_eq!(running.finish().handshakes_completed, 3);
}

pub fn reports_that_a_layered_peer_closed(run: Run) {
    let Some(running) = start(run, layered) else { return };
    for transport in LAYERED {
        let mut peer = connect(&running, transport);
        peer.send(b"x").expect("sent");
        assert_eq!(peer.receive().expect("an echo").as_deref(), Some(&b"x"[..]));
        drop(peer);
        running.wait_for(closed_by(CloseReason::PeerClosed));
    }
    let _ = running.finish();
}

/// What is no TLS, what is no WebSocket, and what says nothing: the machine hears of none of it.
pub fn keeps_failed_handshakes_from_the_machine(run: Run) {
    let quick = |config: &mut DriverConfig| {
        layered(config);
        config.handshake_timeout = Duration::from_millis(300);
    };
    let Some(running) = start(run, quick) else { return };
    for transport in LAYERED {
        for said in [&b"OPTIONS sip:localhost SIP/2.0\r\n\r\n"[..], b""] {
            let mut stream = TcpStream::connect(running.address(transport)).expect("accepted");
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            stream.write_all(said).expect("sent");
            let ended = stream.read_to_end(&mut Vec::new());
            assert!(ended.is_ok_and(|_| true), "{transport}: the end comes, and no timeout");
        }
    }
    let summary = running.finish();
    assert_eq!((summary.handshakes_failed, summary.handshakes_completed), (6, 0));
}

pub fn allows_only_so_many_handshakes_from_one_address(run: Run) {
    let one = |config: &mut DriverConfig| {
        layered(config);
        config.handshakes_per_address_max = 1;
    };
    let Some(running) = start(run, one) else { return };
    let to = running.address(TransportKind::Tls);
    let first = TcpStream::connect(to).expect("accepted");
    let mut second = TcpStream::connect(to).expect("the kernel accepts it");
    second.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let refused = second.read(&mut [0; 1]);
    assert!(matches!(refused, Ok(0)) || refused.is_err_and(|error| !is_timeout(&error)));
    drop(first);
    // Once the first is gone there is room again.
    let retry = || Peer::connect(TransportKind::Tls, to, &context(), PATIENCE).ok();
    let mut attempts = (0..50).map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        retry()
    });
    assert!(attempts.any(|peer| peer.is_some()));
    let _ = running.finish();
}

/// Pings are answered by the layer: who sends them and never reads must not fill the memory.
pub fn reads_nothing_more_from_who_reads_nothing(run: Run) {
    const ENOUGH_BYTES: usize = 64 * 1024 * 1024;
    let Some(running) = start(run, layered) else { return };
    let peer = connect(&running, TransportKind::Ws);
    let mut tcp = peer.tcp();
    tcp.set_write_timeout(Some(Duration::from_secs(1))).expect("a timeout");
    // Pings of 100 bytes, masked with zeros.
    let ping = [&[0x89, 0x80 | 100, 0, 0, 0, 0][..], &[b'p'; 100]].concat();
    let pings = ping.repeat(1_000);
    let mut sent = 0;
    let blocked = loop {
        match tcp.write(&pings) {
            // The stream is cut anywhere: only that it is taken matters.
            Ok(count) if sent < ENOUGH_BYTES && count == pings.len() => sent += count,
            Ok(_) => break sent < ENOUGH_BYTES,
            Err(error) => break is_timeout(&error),
        }
    };
    assert!(blocked, "{sent} bytes were taken");
    running.send(b"still there?");
    assert_eq!(running.receive().0, b"still there?");
    drop(peer);
    running.stop.abort();
    let _ = running.join();
}

/// RFC 5922: the server must be whom the machine meant.
pub fn dials_over_tls_whom_it_means(run: Run) {
    let Some(running) = start(run, layered) else { return };
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let to = listener.local_addr().expect("bound");
    let server = spawn(move || {
        let mut heard = Vec::new();
        for _ in 0..2 {
            let (stream, _) = listener.accept().expect("dialled");
            stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
            let config = context().server().expect("a certificate");
            let connection = ServerConnection::new(config).expect("a server");
            let mut stream = StreamOwned::new(connection, stream);
            let mut buffer = [0; 64];
            // Echoed by the machine, which so says that it is open.
            let sent = stream.write_all(b"hello").is_ok();
            heard.push(stream.read(&mut buffer).ok().filter(|_| sent));
        }
        heard
    });
    running.command(&format!("dial-tls {to} example.com"));
    running.wait_for(|observed| matches!(observed, Observed::Connected(..)).then_some(()));
    let proved = running.wait_for(|observed| match observed {
        Observed::Proved(domains) => Some(domains.clone()),
        _ => None,
    });
    assert_eq!(proved, ["localhost", "example.com"]);
    running.wait_for(closed_by(CloseReason::PeerClosed));
    running.command(&format!("dial-tls {to} other.example"));
    running.wait_for(closed_by(CloseReason::Handshake));
    assert_eq!(server.join().expect("no panic"), [Some(5), None]);
    let _ = running.finish();
}

fn closed_by(wanted: CloseReason) -> impl Fn(&Observed) -> Option<()> {
    move |observed| match observed {
        Observed::Closed(_, reason) => {
            assert_eq!(*reason, wanted);
            Some(())
        }
        _ => None,
    }
}

fn is_timeout(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
