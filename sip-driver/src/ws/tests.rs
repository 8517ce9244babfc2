//! The engine against tungstenite's client, and against clients that break the rules.

use std::sync::Arc;

use bytes::Bytes;
use proptest::prelude::*;
use tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tungstenite::protocol::{Message, Role, WebSocketConfig, WebSocketContext, frame::Frame};

use super::engine::Progress;
use super::memory::Memory;
use super::*;

const UPGRADE: &str = "GET /sip HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r\n\
    Connection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Origin: https://phone.example.com\r\nSec-WebSocket-Protocol: chat, sip\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// The engine with what it put out.
struct Server {
    engine: WsEngine,
    messages: Vec<Bytes>,
    wire: Vec<u8>,
}

impl Server {
    fn new(config: WsConfig) -> Self {
        Self { engine: WsEngine::new(Arc::new(config)), messages: Vec::new(), wire: Vec::new() }
    }

    fn upgraded() -> Self {
        let mut server = Self::new(WsConfig::default());
        let open = server.take(UPGRADE.as_bytes()).expect("a good request").open;
        assert!(open);
        server.wire.clear();
        server
    }

    fn take(&mut self, bytes: &[u8]) -> Result<Progress, WsFault> {
        self.engine.receive(bytes, &mut self.messages, &mut self.wire)
    }

    /// The code of the close frame that it sent last, from its bytes.
    fn closed_with(&self) -> CloseCode {
        let mut client = client();
        let frames = read_all(&mut client, &self.wire);
        match frames.last() {
            Some(Message::Close(Some(frame))) => frame.code,
            other => panic!("no close frame: {other:?}"),
        }
    }
}

fn client() -> WebSocketContext {
    let config = WebSocketConfig::default().read_buffer_size(64).write_buffer_size(0);
    WebSocketContext::new(Role::Client, Some(config))
}

fn read_all(client: &mut WebSocketContext, mut bytes: &[u8]) -> Vec<Message> {
    let mut said = Vec::new();
    let mut stream = Memory { input: &mut bytes, output: &mut said };
    std::iter::from_fn(|| client.read(&mut stream).ok()).collect()
}

fn say(client: &mut WebSocketContext, message: Message) -> Vec<u8> {
    let mut said = Vec::new();
    let mut stream = Memory { input: &mut &[][..], output: &mut said };
    client.write(&mut stream, message).expect("memory takes it");
    client.flush(&mut stream).expect("memory takes it");
    said
}

fn data(kind: Data, payload: &'static [u8], last: bool) -> Message {
    Message::Frame(Frame::message(payload, OpCode::Data(kind), last))
}

/// RFC 7118 section 4.1 and the example of RFC 6455 section 1.3.
#[test]
fn a_client_that_offers_sip_is_let_in() {
    for piece_bytes in [1, 3, 100, usize::MAX] {
        let mut server = Server::new(WsConfig {
            path: Some("/sip".to_owned()),
            origins: vec!["https://PHONE.example.com".to_owned()],
            ..WsConfig::default()
        });
        let pieces = UPGRADE.as_bytes().chunks(piece_bytes);
        let last = pieces.map(|piece| server.take(piece).expect("a good request")).last();
        assert_eq!(last, Some(Progress { open: true, ended: false }));
        let answer = String::from_utf8(server.wire).expect("text").to_ascii_lowercase();
        assert!(answer.starts_with("http/1.1 101 "), "{answer}");
        assert!(answer.contains("sec-websocket-protocol: sip\r\n"), "{answer}");
        assert!(
            answer.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n"),
            "{answer}"
        );
    }
}

#[test]
fn others_are_told_why_not() {
    let config = WsConfig {
        path: Some("/sip".to_owned()),
        origins: vec!["https://phone.example.com".to_owned()],
        ..WsConfig::default()
    };
    let without = |line: &str| {
        let lines: Vec<&str> = UPGRADE.split("\r\n").filter(|it| !it.starts_with(line)).collect();
        lines.join("\r\n")
    };
    for (request, status) in [
        (without("Sec-WebSocket-Protocol"), 400),
        (UPGRADE.replace("chat, sip", "chat, SIP, sips"), 400),
        (without("Sec-WebSocket-Key"), 400),
        (UPGRADE.replace("dGhlIHNhbXBsZSBub25jZQ==", "short"), 400),
        (without("Upgrade"), 426),
        (without("Connection"), 426),
        (UPGRADE.replace("Version: 13", "Version: 8"), 426),
        (without("Origin"), 403),
        (UPGRADE.replace("https://phone", "https://evil"), 403),
        (UPGRADE.replace("/sip", "/other"), 404),
        (UPGRADE.replace("GET", "POST"), 405),
        ("OPTIONS sip:example.com SIP/2.0\r\n\r\n".to_owned(), 400),
        ("\u{16}\u{3}\u{1}\r\n\r\n".to_owned(), 400),
        (UPGRADE.replace("HTTP/1.1", "HTTP/1.0"), 400),
        (UPGRADE.replace("example.com\r\n", &"x".repeat(9_000)), 431),
    ] {
        let mut server = Server::new(config.clone());
        let fault = server.take(request.as_bytes()).expect_err("refused");
        assert!(
            matches!(&fault, WsFault::Refused(why) if why.status == status),
            "{fault}: {request}"
        );
        let answer = String::from_utf8_lossy(&server.wire).into_owned();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert_eq!(status == 426, answer.contains("Sec-WebSocket-Version: 13\r\n"), "{answer}");
        // It stays refused, and says no more.
        let said = server.wire.len();
        assert_eq!(server.take(UPGRADE.as_bytes()).map(|progress| progress.ended), Ok(true));
        server.engine.write(Bytes::from_static(b"x"), &mut server.wire);
        server.engine.close(&mut server.wire);
        assert_eq!((server.wire.len(), server.messages.len()), (said, 0));
    }
}

/// RFC 7118 section 5: text and binary in, text out unless it is none.
#[test]
fn messages_come_and_go() {
    let mut server = Server::upgraded();
    let mut client = client();
    for message in
        [Message::text("OPTIONS"), Message::binary(&b"\xff\0"[..]), Message::text("\r\n\r\n")]
    {
        let bytes = say(&mut client, message);
        for byte in bytes {
            server.take(&[byte]).expect("good frames");
        }
    }
    assert_eq!(server.messages, [&b"OPTIONS"[..], b"\xff\0", b"\r\n\r\n"]);
    for text in [&b"SIP/2.0 200 OK"[..], b"\xff"] {
        server.engine.write(Bytes::copy_from_slice(text), &mut server.wire);
    }
    let heard = read_all(&mut client, &server.wire);
    assert_eq!(heard, [Message::text("SIP/2.0 200 OK"), Message::binary(&b"\xff"[..])]);
}

/// RFC 6455 section 5.4: with a ping between the fragments.
#[test]
fn fragments_are_one_message() {
    let mut server = Server::upgraded();
    let mut client = client();
    for frame in [
        data(Data::Text, b"OPT", false),
        Message::Ping(Bytes::from_static(b"there?")),
        data(Data::Continue, b"IO", false),
        data(Data::Continue, b"NS", true),
    ] {
        let bytes = say(&mut client, frame);
        server.take(&bytes).expect("good frames");
    }
    assert_eq!(server.messages, [&b""[..], b"OPTIONS"], "a ping is an empty message");
    let heard = read_all(&mut client, &server.wire);
    assert_eq!(heard, [Message::Pong(Bytes::from_static(b"there?"))]);
}

#[test]
fn what_is_too_long_is_closed_with_1009() {
    let config = WsConfig { message_bytes_max: 1_000, ..WsConfig::default() };
    let mut whole = vec![say(&mut client(), Message::text("x".repeat(1_001)))];
    let mut sender = client();
    let mut parts = vec![say(&mut sender, data(Data::Text, &[b'x'; 600], false))];
    parts.push(say(&mut sender, data(Data::Continue, &[b'x'; 600], true)));
    // The length alone is enough.
    whole.iter_mut().for_each(|frame| frame.truncate(8));
    for frames in [whole, parts] {
        let mut server = Server::new(config.clone());
        server.take(UPGRADE.as_bytes()).expect("a good request");
        server.wire.clear();
        let outcomes: Vec<_> = frames.iter().map(|frame| server.take(frame)).collect();
        assert!(matches!(outcomes.last(), Some(Err(WsFault::Broken(_)))), "{outcomes:?}");
        assert_eq!(server.closed_with(), CloseCode::Size);
    }
    let mut server = Server::new(config);
    server.take(UPGRADE.as_bytes()).expect("a good request");
    let bytes = say(&mut client(), Message::text("x".repeat(1_000)));
    assert!(server.take(&bytes).is_ok() && server.messages.len() == 1);
}

#[test]
fn who_breaks_the_rules_is_told_which_way_and_closed() {
    let masked = |first: u8, payload: &[u8]| {
        // A mask of zeros leaves the payload as it is.
        let mut frame = vec![first, 0x80 | payload.len() as u8, 0, 0, 0, 0];
        frame.extend_from_slice(payload);
        frame
    };
    for (what, frame, code) in [
        ("not masked", vec![0x81, 1, b'x'], CloseCode::Protocol),
        ("not UTF-8", masked(0x81, b"\xff"), CloseCode::Invalid),
        ("a reserved bit", masked(0xc1, b"x"), CloseCode::Protocol),
        ("an unknown opcode", masked(0x83, b"x"), CloseCode::Protocol),
        ("a fragmented ping", masked(0x09, b"x"), CloseCode::Protocol),
        ("nothing to continue", masked(0x80, b"x"), CloseCode::Protocol),
        ("a close of one byte", masked(0x88, b"x"), CloseCode::Protocol),
    ] {
        let mut server = Server::upgraded();
        let fault = server.take(&frame);
        assert!(matches!(fault, Err(WsFault::Broken(_))), "{what}: {fault:?}");
        assert_eq!(server.closed_with(), code, "{what}");
        assert!(server.messages.is_empty(), "{what}");
    }
}

#[test]
fn either_end_may_close() {
    let mut server = Server::upgraded();
    let mut peer = client();
    let goodbye = say(&mut peer, Message::Close(None));
    assert_eq!(server.take(&goodbye), Ok(Progress { open: true, ended: true }));
    assert_eq!(server.wire, [0x88, 0], "answered");
    server.engine.close(&mut server.wire);
    server.engine.write(Bytes::from_static(b"late"), &mut server.wire);
    assert_eq!(server.wire.len(), 2);

    let mut server = Server::upgraded();
    server.engine.close(&mut server.wire);
    assert_eq!(server.closed_with(), CloseCode::Normal);
    let said = server.wire.len();
    server.engine.close(&mut server.wire);
    server.engine.write(Bytes::from_static(b"late"), &mut server.wire);
    assert_eq!(server.wire.len(), said, "once");
}

proptest! {
    /// Whatever a client says in whatever fragments and pieces arrives as it was said.
    #[test]
    fn what_tungstenite_says_arrives(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 1..8),
        fragment in 1usize..100,
        piece in 1usize..200,
    ) {
        let mut server = Server::upgraded();
        let mut sender = client();
        let mut bytes = Vec::new();
        for message in &messages {
            let count = message.len().div_ceil(fragment);
            for (index, part) in message.chunks(fragment).enumerate() {
                let kind = if index == 0 { Data::Binary } else { Data::Continue };
                let opcode = OpCode::Data(kind);
                let frame = Frame::message(part.to_vec(), opcode, index + 1 == count);
                bytes.extend(say(&mut sender, Message::Frame(frame)));
            }
        }
        for piece in bytes.chunks(piece) {
            prop_assert!(server.take(piece).is_ok());
        }
        prop_assert_eq!(server.messages, messages);
    }

    #[test]
    fn noise_does_no_harm(noise: Vec<u8>, upgraded: bool, piece in 1usize..20) {
        let mut server =
            if upgraded { Server::upgraded() } else { Server::new(WsConfig::default()) };
        for piece in noise.chunks(piece) {
            if server.take(piece).is_err() {
                break;
            }
        }
    }
}
