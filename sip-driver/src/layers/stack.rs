//! One connection's layers, put together.

use std::sync::Arc;

use bytes::Bytes;
use sip_proto::{PeerIdentity, TransportKind};

use super::HandshakeError;
use crate::pool::Pool;
use crate::tls::{TlsContext, TlsEngine};
use crate::ws::{WsConfig, WsEngine, WsFault};

/// TLS, WebSocket, or WebSocket over TLS.
pub(crate) struct Layers {
    tls: Option<TlsEngine>,
    ws: Option<WsEngine>,
    open: bool,
    /// What the machine wrote before the handshake was over. The machine bounds it.
    early: Vec<Bytes>,
}

/// What came out of the layers, and memory for it, to be used again.
#[derive(Default)]
pub(crate) struct Exchange {
    /// Bytes for the peer.
    pub(crate) wire: Vec<u8>,
    /// What is for the machine: one message each over WebSocket, bytes otherwise.
    pub(crate) up: Vec<Bytes>,
    /// The handshake is over, just now, and the peer proved to be this.
    pub(crate) opened: Option<PeerIdentity>,
    /// The peer said that nothing more comes.
    pub(crate) ended: bool,
    plain: Vec<u8>,
}

/// Why a connection is not to be used any further; what says so to the peer is on the wire.
pub(crate) enum Fault {
    /// It never opened.
    Handshake(HandshakeError),
    /// It was open.
    Broken,
}

impl Layers {
    /// The layers of an accepted connection; `None` where there are none.
    pub(crate) fn accept(
        transport: TransportKind,
        tls: &TlsContext,
        ws: &Arc<WsConfig>,
    ) -> Result<Option<Self>, HandshakeError> {
        let has_tls = matches!(transport, TransportKind::Tls | TransportKind::Wss);
        let has_ws = matches!(transport, TransportKind::Ws | TransportKind::Wss);
        let tls = match has_tls {
            true => {
                let config = tls.server();
                let config = config.ok_or(HandshakeError::NotConfigured("no certificate"))?;
                Some(TlsEngine::server(config).map_err(from_tls)?)
            }
            false => None,
        };
        let ws = has_ws.then(|| WsEngine::new(Arc::clone(ws)));
        Ok((has_tls || has_ws).then_some(Self { tls, ws, open: false, early: Vec::new() }))
    }

    /// The layers of a dialled connection, and what they say first; `None` where there are none.
    pub(crate) fn dial(
        transport: TransportKind,
        server_name: Option<&str>,
        tls: &TlsContext,
        exchange: &mut Exchange,
    ) -> Result<Option<Self>, HandshakeError> {
        match transport {
            TransportKind::Udp | TransportKind::Tcp => Ok(None),
            TransportKind::Tls => {
                let config = tls.client();
                let config = config.ok_or(HandshakeError::NotConfigured("no authorities"))?;
                let name = server_name.ok_or(HandshakeError::NotConfigured("no server name"))?;
                let engine =
                    TlsEngine::client(config, name, &mut exchange.wire).map_err(from_tls)?;
                Ok(Some(Self { tls: Some(engine), ws: None, open: false, early: Vec::new() }))
            }
            // RFC 7118: browsers connect, they are not connected to.
            TransportKind::Ws | TransportKind::Wss => {
                Err(HandshakeError::NotConfigured("WebSocket is not dialled"))
            }
        }
    }

    /// Takes bytes of the peer.
    pub(crate) fn receive(
        &mut self,
        bytes: &[u8],
        pool: &mut Pool,
        exchange: &mut Exchange,
    ) -> Result<(), Fault> {
        let was_open = self.open;
        let outcome = match (&mut self.tls, &mut self.ws) {
            (None, None) => Ok(()),
            (Some(_), None) => self.receive_tls(bytes, pool, exchange),
            (None, Some(ws)) => {
                let progress = ws.receive(bytes, &mut exchange.up, &mut exchange.wire);
                let progress = progress.map_err(|fault| from_ws(fault, was_open));
                progress.map(|progress| {
                    self.open |= progress.open;
                    exchange.ended |= progress.ended;
                })
            }
            (Some(_), Some(_)) => self.receive_both(bytes, exchange),
        };
        if self.open && !was_open {
            let identity = self.tls.as_ref().map(TlsEngine::identity);
            exchange.opened = Some(identity.unwrap_or_default());
            for data in std::mem::take(&mut self.early) {
                self.write(data, exchange);
            }
        }
        outcome
    }

    fn receive_tls(
        &mut self,
        bytes: &[u8],
        pool: &mut Pool,
        exchange: &mut Exchange,
    ) -> Result<(), Fault> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        exchange.plain.clear();
        let progress = tls.receive(bytes, &mut exchange.plain, &mut exchange.wire);
        if !exchange.plain.is_empty() {
            exchange.up.push(pool.copy(&exchange.plain));
        }
        let progress = progress.map_err(|error| fault(from_tls(error), self.open))?;
        self.open |= progress.open;
        exchange.ended |= progress.ended;
        Ok(())
    }

    /// WebSocket reads what TLS decrypts, and TLS encrypts what WebSocket says.
    fn receive_both(&mut self, bytes: &[u8], exchange: &mut Exchange) -> Result<(), Fault> {
        let (Some(tls), Some(ws)) = (&mut self.tls, &mut self.ws) else { return Ok(()) };
        exchange.plain.clear();
        let below = tls.receive(bytes, &mut exchange.plain, &mut exchange.wire);
        let mut said = Vec::new();
        let above = match exchange.plain.is_empty() {
            true => Ok(Default::default()),
            false => ws.receive(&exchange.plain, &mut exchange.up, &mut said),
        };
        tls.write(&said, &mut exchange.wire);
        if above.is_err() {
            tls.close(&mut exchange.wire);
        }
        let below = below.map_err(|error| fault(from_tls(error), self.open))?;
        let above = above.map_err(|error| from_ws(error, self.open))?;
        self.open |= above.open;
        exchange.ended |= below.ended || above.ended;
        Ok(())
    }

    /// Puts `data` on the wire: one message over WebSocket. What comes before the handshake is over
    /// waits for it.
    pub(crate) fn write(&mut self, data: Bytes, exchange: &mut Exchange) {
        if !self.open {
            return self.early.push(data);
        }
        match (&mut self.tls, &mut self.ws) {
            (Some(tls), None) => tls.write(&data, &mut exchange.wire),
            (None, Some(ws)) => ws.write(data, &mut exchange.wire),
            (Some(tls), Some(ws)) => {
                let mut said = Vec::new();
                ws.write(data, &mut said);
                tls.write(&said, &mut exchange.wire);
            }
            (None, None) => {}
        }
    }

    /// Says that nothing more comes, once.
    pub(crate) fn close(&mut self, exchange: &mut Exchange) {
        match (&mut self.tls, &mut self.ws) {
            (tls, Some(ws)) => {
                let mut said = Vec::new();
                ws.close(&mut said);
                match tls {
                    Some(tls) => {
                        tls.write(&said, &mut exchange.wire);
                        tls.close(&mut exchange.wire);
                    }
                    None => exchange.wire.extend_from_slice(&said),
                }
            }
            (Some(tls), None) => tls.close(&mut exchange.wire),
            (None, None) => {}
        }
    }
}

fn from_tls(error: rustls::Error) -> HandshakeError {
    HandshakeError::Tls(error.to_string())
}

fn from_ws(error: WsFault, open: bool) -> Fault {
    fault(HandshakeError::WebSocket(error.to_string()), open)
}

fn fault(error: HandshakeError, open: bool) -> Fault {
    if open { Fault::Broken } else { Fault::Handshake(error) }
}
