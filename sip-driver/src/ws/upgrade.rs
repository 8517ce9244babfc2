//! The HTTP request that asks for WebSocket, and the answer (RFC 6455 section 4.2, RFC 7118
//! section 4.1).

use memchr::memmem;
use tungstenite::error::{Error, ProtocolError};
use tungstenite::handshake::machine::TryParse as _;
use tungstenite::handshake::server::{Request, create_response, write_response};
use tungstenite::http::{HeaderMap, HeaderValue, StatusCode};

use super::WsConfig;

/// The subprotocol of RFC 7118.
const SUBPROTOCOL: &str = "sip";
const END: &[u8] = b"\r\n\r\n";

/// Why a client is not let in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{status}: {reason}")]
pub(crate) struct Refusal {
    /// What it is answered with.
    pub(crate) status: u16,
    /// Why.
    pub(crate) reason: &'static str,
}

/// A request that is still arriving.
#[derive(Debug, Default)]
pub(super) struct Upgrade {
    head: Vec<u8>,
}

impl Upgrade {
    /// Takes bytes up to the end of the request out of `bytes`. `Ok(true)` once it is there and
    /// `wire` has the answer that lets the client in.
    ///
    /// # Errors
    /// Why the client is not let in; `wire` has the answer that says so.
    pub(super) fn receive(
        &mut self,
        bytes: &mut &[u8],
        config: &WsConfig,
        wire: &mut Vec<u8>,
    ) -> Result<bool, Refusal> {
        // The end may have begun in what was there before.
        let known = self.head.len();
        let room = config.head_bytes_max.saturating_sub(known);
        let (new, beyond) = bytes.split_at(bytes.len().min(room));
        self.head.extend_from_slice(new);
        let from = known.saturating_sub(END.len() - 1);
        let found = memmem::find(self.head.get(from..).unwrap_or_default(), END);
        let outcome = match found {
            Some(at) => {
                let end = from + at + END.len();
                *bytes = bytes.get(end.saturating_sub(known)..).unwrap_or_default();
                self.head.truncate(end);
                answer(&self.head, config, wire).map(|()| true)
            }
            None if beyond.is_empty() => {
                *bytes = beyond;
                Ok(false)
            }
            None => Err(Refusal { status: 431, reason: "the request is too long" }),
        };
        if !matches!(outcome, Ok(false)) {
            self.head = Vec::new();
        }
        outcome.inspect_err(|refusal| refuse(refusal, wire))
    }
}

fn answer(head: &[u8], config: &WsConfig, wire: &mut Vec<u8>) -> Result<(), Refusal> {
    let refusal = |status, reason| Refusal { status, reason };
    let request = match Request::try_parse(head) {
        Ok(Some((_, request))) => request,
        Err(Error::Protocol(ProtocolError::WrongHttpMethod)) => {
            return Err(refusal(405, "only GET asks for WebSocket"));
        }
        Ok(None) | Err(_) => return Err(refusal(400, "this is no HTTP/1.1 request")),
    };
    if config.path.as_deref().is_some_and(|path| path != request.uri().path()) {
        return Err(refusal(404, "there is nothing at this path"));
    }
    let mut response = create_response(&request).map_err(|error| match error {
        Error::Protocol(
            ProtocolError::MissingConnectionUpgradeHeader
            | ProtocolError::MissingUpgradeWebSocketHeader
            | ProtocolError::MissingSecWebSocketVersionHeader,
        ) => refusal(426, "this is a WebSocket (version 13) server"),
        _ => refusal(400, "Sec-WebSocket-Key is missing or wrong"),
    })?;
    if !is_origin_allowed(request.headers(), config) {
        return Err(refusal(403, "this origin is not let in"));
    }
    if !offers_sip(request.headers()) {
        return Err(refusal(400, "the subprotocol `sip` is not offered (RFC 7118)"));
    }
    response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static(SUBPROTOCOL));
    write_response(wire, &response).map_err(|_| refusal(500, "the answer cannot be written"))
}

fn is_origin_allowed(headers: &HeaderMap, config: &WsConfig) -> bool {
    let origin = headers.get("Origin").and_then(|origin| origin.to_str().ok());
    let is = |allowed: &String| origin.is_some_and(|origin| origin.eq_ignore_ascii_case(allowed));
    config.origins.is_empty() || config.origins.iter().any(is)
}

/// In any of the headers, among any others: subprotocol names are compared as they are
/// (RFC 6455 section 4.1, item 10).
fn offers_sip(headers: &HeaderMap) -> bool {
    let values = headers.get_all("Sec-WebSocket-Protocol").iter();
    let mut offered = values.filter_map(|value| value.to_str().ok()).flat_map(|it| it.split(','));
    offered.any(|name| name.trim() == SUBPROTOCOL)
}

fn refuse(refusal: &Refusal, wire: &mut Vec<u8>) {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::BAD_REQUEST);
    let also = match refusal.status {
        405 => "Allow: GET\r\n",
        426 => "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
        _ => "",
    };
    let (reason, length) = (refusal.reason, refusal.reason.len() + 1);
    let text = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\n{also}Content-Type: text/plain\r\n\
         Content-Length: {length}\r\n\r\n{reason}\n"
    );
    wire.extend_from_slice(text.as_bytes());
}
