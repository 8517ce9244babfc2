//! One connection's TLS: bytes in, bytes out.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use rustls::{ClientConfig, ClientConnection, Connection, ServerConfig, ServerConnection};
use rustls_pki_types::ServerName;
use sip_proto::PeerIdentity;

use super::identity::domains;

/// Plaintext taken out at a time: the most that one record holds.
const PLAIN_BYTES: usize = 16 * 1024;

/// One end of a TLS connection, without the connection.
///
/// It keeps at most one unfinished record or handshake message of the peer (rustls bounds both),
/// and nothing of what is to be written: that leaves as soon as it is made.
pub(crate) struct TlsEngine {
    connection: Connection,
    closing: bool,
}

/// What came of bytes from the peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The handshake is over.
    pub(crate) open: bool,
    /// The peer said that nothing more comes (close_notify).
    pub(crate) ended: bool,
}

impl TlsEngine {
    /// Our end is the server's.
    pub(crate) fn server(config: Arc<ServerConfig>) -> Result<Self, rustls::Error> {
        let connection = Connection::from(ServerConnection::new(config)?);
        Ok(Self { connection, closing: false })
    }

    /// Our end is the client's; the server must be `name`. What it says first is in `wire`.
    pub(crate) fn client(
        config: Arc<ClientConfig>,
        name: &str,
        wire: &mut Vec<u8>,
    ) -> Result<Self, rustls::Error> {
        let name = name.trim_start_matches('[').trim_end_matches([']', '.']);
        let name = ServerName::try_from(name.to_owned())
            .map_err(|_| rustls::Error::General(format!("`{name}` is not a server's name")))?;
        let connection = Connection::from(ClientConnection::new(config, name)?);
        let mut engine = Self { connection, closing: false };
        engine.put_out(wire);
        Ok(engine)
    }

    /// Takes bytes of the peer: `plain` grows by what they say, `wire` by what must be sent.
    ///
    /// # Errors
    /// The connection is not to be used any further; `wire` has the alert that says so.
    pub(crate) fn receive(
        &mut self,
        mut bytes: &[u8],
        plain: &mut Vec<u8>,
        wire: &mut Vec<u8>,
    ) -> Result<Progress, rustls::Error> {
        let mut ended = false;
        while !bytes.is_empty() && !ended {
            // From a slice it fails only where its buffers are full: they are emptied every time.
            let taken = self.connection.read_tls(&mut bytes);
            let processed = self.connection.process_new_packets();
            self.put_out(wire);
            let state = processed?;
            ended = state.peer_has_closed();
            self.take_plain(plain);
            match taken {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) => return Err(rustls::Error::General(error.to_string())),
            }
        }
        Ok(Progress { open: !self.connection.is_handshaking(), ended })
    }

    /// Encrypts. Not before the handshake is over; after [`close`](Self::close), nothing.
    pub(crate) fn write(&mut self, mut plain: &[u8], wire: &mut Vec<u8>) {
        while !plain.is_empty() && !self.closing {
            // It takes at least some of it, because what it made is put out at once.
            match self.connection.writer().write(plain) {
                Ok(0) | Err(_) => return,
                Ok(count) => plain = plain.get(count..).unwrap_or_default(),
            }
            self.put_out(wire);
        }
    }

    /// Says that nothing more comes (close_notify), once.
    pub(crate) fn close(&mut self, wire: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.closing, true) {
            self.connection.send_close_notify();
            self.put_out(wire);
        }
    }

    /// Who the peer proved to be, once the handshake is over: its certificate was verified, or it
    /// showed none.
    pub(crate) fn identity(&self) -> PeerIdentity {
        let certificate = self.connection.peer_certificates().and_then(<[_]>::first);
        PeerIdentity { domains: certificate.map(domains).unwrap_or_default() }
    }

    fn put_out(&mut self, wire: &mut Vec<u8>) {
        while self.connection.wants_write() {
            // A vector takes everything.
            if self.connection.write_tls(wire).is_err() {
                return;
            }
        }
    }

    fn take_plain(&mut self, plain: &mut Vec<u8>) {
        let mut piece = [0; PLAIN_BYTES];
        // An error is the end of the connection, or that there is no more for now.
        while let Ok(count @ 1..) = self.connection.reader().read(&mut piece) {
            plain.extend_from_slice(piece.get(..count).unwrap_or_default());
        }
    }
}
