//! Registers with a password: sends REGISTER, answers the challenge, prints what comes of it.
//!
//! `cargo run -p sip-proto --example register_with_password -- 192.0.2.1:5060 alice secret`
//! registers at a server; with `--demo` it is its own registrar, too.
#![expect(clippy::disallowed_types, clippy::disallowed_methods, clippy::disallowed_macros)]

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use sip_proto::auth::{
    Account, Attempts, Credential, DigestClient, DigestConfig, DigestServer, Role, StoredUser,
};
use sip_proto::{
    ClientId, Command, Delivery, Endpoint, EndpointConfig, Input, Instant, Machine, Method,
    NextHop, Output, Request, Response, Secrets, Seed, SocketId, StatusCode, TransportKind,
    UnixTime,
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let udp = UdpSocket::bind("127.0.0.1:0")?;
    let local = udp.local_addr()?;
    let (registrar, user, password) = match arguments.as_slice() {
        [server, user, password] => (server.parse()?, user.as_str(), password.as_str()),
        _ => (local, "alice", "secret"),
    };

    let started = std::time::Instant::now();
    let now = || Instant::ZERO + started.elapsed();
    let unix = UnixTime::from_secs(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    // A real driver draws these from the operating system.
    let (seed, secrets) = (Seed::from_u64(unix.as_secs()), Secrets::new([0; 16]));
    let config = EndpointConfig::default();
    let mut endpoint = Endpoint::new(config, &seed, secrets.clone(), now(), unix);
    let (socket, transport) = (SocketId(0), TransportKind::Udp);
    endpoint.handle_input(now(), Input::Opened { socket, transport, local, advertised: None });
    let mut guard = DigestServer::new(DigestConfig::new("demo"), secrets, &seed);
    let alice = StoredUser::new("alice", "alice", Credential::Password(b"secret".to_vec()));
    let mut client = DigestClient::new(&seed);
    client.add(Account::new(user, password.as_bytes()));

    let mut request = register(user, registrar, local);
    let mut attempts = Attempts::default();
    let next_hop = NextHop::Address { transport, address: registrar };
    let send = |id, request: &Request| {
        let (request, next_hop) = (request.clone(), next_hop.clone());
        Input::App(Command::Request { id: ClientId(id), request, next_hop })
    };
    endpoint.handle_input(now(), send(0, &request));
    udp.set_read_timeout(Some(Duration::from_millis(20)))?;
    let mut buffer = vec![0; 65_536];
    while started.elapsed() < Duration::from_secs(10) {
        while let Some(output) = endpoint.poll_output() {
            match output {
                Output::Transmit(datagram) => {
                    udp.send_to(&datagram.data, datagram.destination)?;
                }
                Output::App(Delivery::Response { response, .. })
                    if response.status().is_success() =>
                {
                    println!("registered");
                    return Ok(());
                }
                Output::App(Delivery::Response { id, response, .. }) => {
                    request = client.answer(&request, &response, &mut attempts)?;
                    endpoint.handle_input(now(), send(id.0 + 1, &request));
                }
                Output::App(Delivery::Request { id, request, .. }) => {
                    let checked = guard.check(&request, Role::UserAgent, unix, |_| Some(&alice));
                    let ok = |_| Response::to(&request, StatusCode::OK);
                    let response = checked.map_or_else(|refusal| refusal, ok);
                    endpoint.handle_input(now(), Input::App(Command::Respond { id, response }));
                }
                _ => {}
            }
        }
        let input = udp.recv_from(&mut buffer).map_or(Input::Timeout, |(len, source)| {
            let data = Bytes::copy_from_slice(&buffer[..len]);
            Input::Datagram { socket, source, local: None, data }
        });
        endpoint.handle_input(now(), input);
    }
    Err("the registrar does not answer".into())
}

fn register(user: &str, registrar: SocketAddr, local: SocketAddr) -> Request {
    let uri = format!("sip:{user}@{registrar}");
    Request::builder(Method::Register, format!("sip:{registrar}"))
        .from(format!("<{uri}>;tag=1"))
        .to(format!("<{uri}>"))
        .call_id(format!("register-{local}"))
        .cseq(1)
        .contact(format!("<sip:{user}@{local}>"))
        .build()
}
