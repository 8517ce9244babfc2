//! A client over TLS, WebSocket, or both.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustls::{ClientConnection, StreamOwned};
use rustls_pki_types::ServerName;
use sip_proto::TransportKind;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::error::Error;
use tungstenite::http::HeaderValue;
use tungstenite::{Message, WebSocket};

use crate::TlsContext;

type Secured = StreamOwned<ClientConnection, TcpStream>;

/// A client that blocks.
pub struct Peer {
    channel: Channel,
    /// Its own end of the connection below.
    pub address: SocketAddr,
    tcp: TcpStream,
}

enum Channel {
    Plain(TcpStream),
    Tls(Box<Secured>),
    Ws(Box<WebSocket<TcpStream>>),
    Wss(Box<WebSocket<Secured>>),
}

impl Peer {
    /// Connects to `to`, which must be `localhost` to those whom `tls` trusts.
    ///
    /// # Errors
    /// What went wrong first.
    pub fn connect(
        transport: TransportKind,
        to: SocketAddr,
        tls: &TlsContext,
        patience: Duration,
    ) -> io::Result<Self> {
        let stream = TcpStream::connect(to)?;
        stream.set_read_timeout(Some(patience))?;
        stream.set_nodelay(true)?;
        let (address, tcp) = (stream.local_addr()?, stream.try_clone()?);
        let channel = match transport {
            TransportKind::Udp | TransportKind::Tcp => Channel::Plain(stream),
            TransportKind::Tls => Channel::Tls(Box::new(secure(stream, tls)?)),
            TransportKind::Ws => Channel::Ws(Box::new(upgrade(stream)?)),
            TransportKind::Wss => Channel::Wss(Box::new(upgrade(secure(stream, tls)?)?)),
        };
        Ok(Self { channel, address, tcp })
    }

    /// Sends `data`: one message over WebSocket.
    ///
    /// # Errors
    /// What the connection says.
    pub fn send(&mut self, data: &[u8]) -> io::Result<()> {
        let message = || match std::str::from_utf8(data) {
            Ok(text) => Message::text(text),
            Err(_) => Message::binary(data.to_vec()),
        };
        match &mut self.channel {
            Channel::Plain(stream) => stream.write_all(data),
            Channel::Tls(stream) => stream.write_all(data).and_then(|()| stream.flush()),
            Channel::Ws(socket) => socket.send(message()).map_err(io_error),
            Channel::Wss(socket) => socket.send(message()).map_err(io_error),
        }
    }

    /// What arrives next: one message over WebSocket; `None` at the end, which over TLS and WebSocket
    /// must be announced.
    ///
    /// # Errors
    /// What the connection says; `WouldBlock` or `TimedOut` if nothing comes within the patience.
    pub fn receive(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut buffer = vec![0; 65_536];
        let count = match &mut self.channel {
            Channel::Plain(stream) => stream.read(&mut buffer)?,
            Channel::Tls(stream) => stream.read(&mut buffer)?,
            Channel::Ws(socket) => return next_message(socket),
            Channel::Wss(socket) => return next_message(socket),
        };
        buffer.truncate(count);
        Ok((count > 0).then_some(buffer))
    }

    /// How long to wait for what arrives next.
    ///
    /// # Errors
    /// What the system says.
    pub fn set_patience(&self, patience: Duration) -> io::Result<()> {
        self.tcp.set_read_timeout(Some(patience))
    }

    /// The connection below.
    #[must_use]
    pub const fn tcp(&self) -> &TcpStream {
        &self.tcp
    }
}

fn secure(mut stream: TcpStream, tls: &TlsContext) -> io::Result<Secured> {
    let config = tls.client().ok_or(ErrorKind::InvalidInput)?;
    let name = ServerName::try_from("localhost").map_err(|_| ErrorKind::InvalidInput)?;
    let mut connection = ClientConnection::new(config, name).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(connection, stream))
}

fn upgrade<S: Read + Write>(stream: S) -> io::Result<WebSocket<S>> {
    let mut request = "ws://localhost/".into_client_request().map_err(io_error)?;
    request.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("sip"));
    let (socket, _) = tungstenite::client(request, stream)
        .map_err(|error| io::Error::other(error.to_string()))?;
    Ok(socket)
}

fn next_message<S: Read + Write>(socket: &mut WebSocket<S>) -> io::Result<Option<Vec<u8>>> {
    loop {
        match socket.read() {
            Ok(message @ (Message::Text(_) | Message::Binary(_))) => {
                return Ok(Some(message.into_data().to_vec()));
            }
            Ok(Message::Close(_)) | Err(Error::ConnectionClosed) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(io_error(error)),
        }
    }
}

fn io_error(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::other(other.to_string()),
    }
}
