//! One connection's WebSocket: bytes in, messages out.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use tungstenite::error::{CapacityError, Error};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Message, Role, WebSocketConfig, WebSocketContext};
use tungstenite::{Utf8Bytes, protocol::frame::Frame};

use super::WsConfig;
use super::memory::Memory;
use super::upgrade::{Refusal, Upgrade};

/// What is read into at first; one message's bytes later, where they are more.
const READ_BYTES: usize = 4 * 1024;

/// The server's end of a WebSocket, without the connection.
///
/// It keeps at most one unfinished request, then one unfinished message, within the limits of its
/// [`WsConfig`], and nothing of what is to be written.
pub(crate) struct WsEngine {
    config: Arc<WsConfig>,
    state: State,
}

enum State {
    Upgrading(Upgrade),
    Open(Box<WebSocketContext>),
    Over,
}

/// Why a connection is not to be used any further. What says so to the peer is on its wire.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WsFault {
    /// It was not let in.
    #[error("{0}")]
    Refused(Refusal),
    /// It broke the rules of RFC 6455, or a limit.
    #[error("{0}")]
    Broken(String),
}

/// What came of bytes from the peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The upgrade is done.
    pub(crate) open: bool,
    /// The peer closed the WebSocket; the answer to that is on the wire.
    pub(crate) ended: bool,
}

impl WsEngine {
    pub(crate) fn new(config: Arc<WsConfig>) -> Self {
        Self { config, state: State::Upgrading(Upgrade::default()) }
    }

    /// Takes bytes of the peer: `messages` grows by what they say, `wire` by what must be sent.
    /// A ping comes out as an empty message, when its pong is on the wire.
    ///
    /// # Errors
    /// See [`WsFault`]; what came before is in `messages`.
    pub(crate) fn receive(
        &mut self,
        mut bytes: &[u8],
        messages: &mut Vec<Bytes>,
        wire: &mut Vec<u8>,
    ) -> Result<Progress, WsFault> {
        if let State::Upgrading(upgrade) = &mut self.state {
            match upgrade.receive(&mut bytes, &self.config, wire) {
                Ok(true) => self.state = State::Open(Box::new(self.context())),
                Ok(false) => return Ok(Progress::default()),
                Err(refusal) => {
                    self.state = State::Over;
                    return Err(WsFault::Refused(refusal));
                }
            }
        }
        let State::Open(context) = &mut self.state else {
            return Ok(Progress { open: false, ended: true });
        };
        let progress = read_all(context, bytes, messages, wire);
        if !matches!(progress, Ok(Progress { ended: false, .. })) {
            self.state = State::Over;
        }
        progress
    }

    fn context(&self) -> WebSocketContext {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(self.config.message_bytes_max))
            .max_frame_size(Some(self.config.message_bytes_max));
        WebSocketContext::new(Role::Server, Some(config))
    }

    /// Sends one message: as text if it is UTF-8, else as binary (RFC 7118 section 5). Nothing
    /// before the upgrade is done or after [`close`](Self::close).
    pub(crate) fn write(&mut self, data: Bytes, wire: &mut Vec<u8>) {
        let State::Open(context) = &mut self.state else { return };
        let message = match Utf8Bytes::try_from(data.clone()) {
            Ok(text) => Message::Text(text),
            Err(_) => Message::Binary(data),
        };
        let mut stream = Memory { input: &mut &[][..], output: wire };
        // Memory takes everything, and the context is open.
        let _ = context.write(&mut stream, message);
        let _ = context.flush(&mut stream);
    }

    /// Begins the closing handshake (RFC 6455 section 7.1.2), once.
    pub(crate) fn close(&mut self, wire: &mut Vec<u8>) {
        if let State::Open(context) = &mut self.state {
            say_close(context, CloseCode::Normal, "", wire);
        }
        self.state = State::Over;
    }
}

fn read_all(
    context: &mut WebSocketContext,
    mut bytes: &[u8],
    messages: &mut Vec<Bytes>,
    wire: &mut Vec<u8>,
) -> Result<Progress, WsFault> {
    loop {
        let mut stream = Memory { input: &mut bytes, output: wire };
        match context.read(&mut stream) {
            Ok(Message::Text(text)) => messages.push(text.into()),
            Ok(Message::Binary(data)) => messages.push(data),
            Ok(Message::Ping(_)) => {
                // The pong leaves now, not with what is read next.
                let _ = context.flush(&mut stream);
                messages.push(Bytes::new());
            }
            Ok(Message::Pong(_) | Message::Frame(_)) => {}
            Ok(Message::Close(_)) => {
                // Flushing the answer is the end; it is reported as an error.
                let _ = context.flush(&mut stream);
                return Ok(Progress { open: true, ended: true });
            }
            Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                return Ok(Progress { open: true, ended: false });
            }
            Err(error) => {
                let (code, why) = verdict(&error);
                say_close(context, code, &why, wire);
                return Err(WsFault::Broken(why.into_owned()));
            }
        }
    }
}

/// What a peer is told that broke a rule (RFC 6455 section 7.4.1).
fn verdict(error: &Error) -> (CloseCode, Cow<'static, str>) {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => {
            (CloseCode::Size, Cow::Borrowed("the message is too long"))
        }
        Error::Utf8(_) => (CloseCode::Invalid, Cow::Borrowed("the text is not UTF-8")),
        Error::Protocol(error) => (CloseCode::Protocol, Cow::Owned(error.to_string())),
        other => (CloseCode::Protocol, Cow::Owned(other.to_string())),
    }
}

fn say_close(context: &mut WebSocketContext, code: CloseCode, why: &str, wire: &mut Vec<u8>) {
    let frame = CloseFrame { code, reason: why.into() };
    let mut stream = Memory { input: &mut &[][..], output: wire };
    if context.close(&mut stream, Some(frame.clone())).is_err() {
        // The context has given the connection up, as it does with bytes that are no frame.
        let _ = Frame::close(Some(frame)).format(wire);
    }
}
