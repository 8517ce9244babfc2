//! Drives an endpoint by hand over one UDP socket, and answers every OPTIONS with 200.
//!
//! `cargo run -p sip-proto --example answer_options -- 127.0.0.1:5070` serves until it is stopped;
//! with `--demo` it asks itself, and ends after the first request or after two seconds.
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "an example is a driver: it has the clock, the socket and the terminal"
)]

use std::error::Error;
use std::io::ErrorKind;
use std::net::UdpSocket;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use sip_proto::{
    Command, Delivery, Endpoint, EndpointConfig, Input, Instant, Machine, Method, Output, Response,
    Secrets, Seed, SocketId, StatusCode, TransportKind, UnixTime,
};

const SOCKET: SocketId = SocketId(0);
const DEMO: Duration = Duration::from_secs(2);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let demo = arguments.iter().any(|argument| argument == "--demo");
    let address = arguments.iter().find(|argument| !argument.starts_with("--"));
    let udp = UdpSocket::bind(address.map_or("127.0.0.1:0", String::as_str))?;
    let local = udp.local_addr()?;
    println!("listening on udp:{local}");

    let started = std::time::Instant::now();
    let now = || Instant::ZERO + started.elapsed();
    let unix = UnixTime::from_secs(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    // A real driver draws these from the operating system.
    let (seed, secrets) = (Seed::from_u64(unix.as_secs()), Secrets::new([0; 16]));
    let mut endpoint = Endpoint::new(EndpointConfig::default(), &seed, secrets, now(), unix);
    let transport = TransportKind::Udp;
    let opened = Input::Opened { socket: SOCKET, transport, local, advertised: None };
    endpoint.handle_input(now(), opened);
    if demo {
        udp.send_to(question(local).as_bytes(), local)?;
    }

    let mut buffer = vec![0; 65_536];
    let mut answered = 0;
    while !demo || (answered == 0 && started.elapsed() < DEMO) {
        while let Some(output) = endpoint.poll_output() {
            match output {
                Output::Transmit(datagram) => {
                    udp.send_to(&datagram.data, datagram.destination)?;
                }
                Output::App(Delivery::Request { id, request, source }) => {
                    println!("{} from {}", request.method(), source.remote);
                    let status = match request.method() {
                        Method::Options => StatusCode::OK,
                        _ => StatusCode::METHOD_NOT_ALLOWED,
                    };
                    let response = Response::to(&request, status);
                    endpoint.handle_input(now(), Input::App(Command::Respond { id, response }));
                    answered += 1;
                }
                other => println!("{other:?}"),
            }
        }
        let deadline = endpoint.poll_timeout().map_or(DEMO, |at| at - now());
        udp.set_read_timeout(Some(deadline.clamp(Duration::from_millis(1), DEMO)))?;
        let input = match udp.recv_from(&mut buffer) {
            Ok((len, source)) => {
                let data = Bytes::copy_from_slice(&buffer[..len]);
                Input::Datagram { socket: SOCKET, source, local: None, data }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Input::Timeout
            }
            Err(error) => return Err(error.into()),
        };
        endpoint.handle_input(now(), input);
    }
    Ok(())
}

fn question(to: std::net::SocketAddr) -> String {
    format!(
        "OPTIONS sip:{to} SIP/2.0\r\nVia: SIP/2.0/UDP {to};branch=z9hG4bKdemo;rport\r\n\
         From: <sip:demo@{to}>;tag=1\r\nTo: <sip:{to}>\r\nCall-ID: demo\r\nCSeq: 1 OPTIONS\r\n\
         Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
}
