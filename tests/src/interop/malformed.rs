//! Garbage over UDP and TCP; the server goes on answering.

use std::io::Write as _;
use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

use super::Options;
use super::server::Server;

const ROUNDS: usize = 20;

/// Sends every shape of garbage `ROUNDS` times, each at several truncations.
pub(super) fn run(server: &Server, _options: &Options) -> Result<String, String> {
    server.answers()?;
    let socket = UdpSocket::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let (mut datagrams, mut streams) = (0, 0);
    for round in 0..ROUNDS {
        for bytes in garbage(round) {
            for end in [bytes.len(), bytes.len() / 2, bytes.len() / 3, 1] {
                let piece = &bytes[..end.min(bytes.len()).min(60_000)];
                socket.send_to(piece, server.address()).map_err(|error| error.to_string())?;
                datagrams += 1;
            }
        }
        for bytes in garbage(round) {
            let mut stream = TcpStream::connect_timeout(&server.address(), Duration::from_secs(2))
                .map_err(|error| format!("TCP refused: {error}"))?;
            stream.set_write_timeout(Some(Duration::from_secs(2))).map_err(|it| it.to_string())?;
            // The server may close at the first bad byte: then the rest cannot be written.
            let _ = bytes.chunks(1 + round * 7).try_for_each(|piece| stream.write_all(piece));
            streams += 1;
        }
        server.answers()?;
    }
    Ok(format!("{datagrams} datagrams and {streams} streams of garbage, still answering"))
}

fn garbage(round: usize) -> Vec<Vec<u8>> {
    let head = "INVITE sip:bob@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx\r\n";
    let ids = "From: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:b@127.0.0.1>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n";
    let noise = (0..1_400u32)
        .map(|at| (at.wrapping_mul(2_654_435_761).rotate_left(round as u32) >> 11) as u8)
        .collect();
    vec![
        noise,
        vec![0; 64],
        b"\r\n\r\n\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"SIP/2.0 200 OK\r\n\r\n".to_vec(),
        b"SIP/2.0 999999999999 Big\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKforged\r\n\r\n".to_vec(),
        format!("{head}{ids}Content-Length: -1\r\n\r\n").into_bytes(),
        format!("{head}{ids}Content-Length: 99999999999999999999\r\n\r\n").into_bytes(),
        format!("{head}{ids}Content-Length: 10\r\nContent-Length: 20\r\n\r\nabc").into_bytes(),
        format!("{head}{ids}Max-Forwards: banana\r\nContent-Length: 0\r\n\r\n").into_bytes(),
        format!("{head}{}\r\n", "A: b\r\n".repeat(4_000)).into_bytes(),
        format!("{head}Subject: {}\r\n\r\n", "x".repeat(50_000)).into_bytes(),
        format!("{head}{ids}Via: {}\r\n\r\n", ",".repeat(3_000)).into_bytes(),
        format!("{head}{ids}Contact: {}\r\nContent-Length: 0\r\n\r\n", "<".repeat(3_000)).into_bytes(),
        format!("INVITE {} SIP/2.0\r\n{ids}\r\n", "%".repeat(2_000)).into_bytes(),
        [b"OPTIONS sip:\xff\xfe SIP/2.0\r\n", ids.as_bytes(), b"\r\n"].concat(),
    ]
}
