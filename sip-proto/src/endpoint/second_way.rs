//! Responses whose connection is gone: over a new one to where the request came from, and where
//! that fails, to the servers of the sent-by in its Via (RFC 3261 section 18.2.2, RFC 3263
//! section 5), for as long as the transaction lives: that of a request other than INVITE ends with
//! its final response on a reliable transport.

use std::net::SocketAddr;

use bytes::Bytes;

use super::Endpoint;
use super::journeys::Traveller;
use super::sending::{Path, User};
use crate::message::Via;
use crate::resolve::Wanted;
use crate::slab::SlabKey;
use crate::{ConnectionId, Response, SipMessage, TransportKind};

/// The way of a response that cannot go back the way its request came.
#[derive(Debug, Default)]
pub(super) struct SecondWay {
    connection: Option<ConnectionId>,
    /// The response that is on this way, as long as it may have to try another.
    response: Bytes,
    /// Where further targets come from, once the first was in vain.
    lookup: Option<SlabKey>,
    /// The name has been looked up, or there is none.
    is_sought: bool,
}

impl Endpoint {
    /// Sends a response over a connection to `dial`, or the one that was found instead.
    pub(super) fn send_by_second_way(
        &mut self,
        key: SlabKey,
        transport: TransportKind,
        dial: SocketAddr,
        response: Bytes,
    ) {
        let Some(server) = self.servers.get_mut(key) else { return };
        let second = server.second.get_or_insert_default();
        second.response = response.clone();
        let connection = match second.connection {
            Some(connection) if self.connections.is_usable(connection) => Ok(connection),
            Some(_) | None => self.connection_to(transport, dial, Some(&dial.ip().to_string())),
        };
        match connection {
            Ok(connection) => self.send_over_second_way(key, connection, response),
            Err(_) => self.broken.extend(Some(User::Server(key))),
        }
    }

    /// The transaction fails with its second connection.
    fn send_over_second_way(&mut self, key: SlabKey, connection: ConnectionId, response: Bytes) {
        let Some(second) = self.servers.get_mut(key).and_then(|it| it.second.as_mut()) else {
            return;
        };
        if let Some(former) = second.connection.replace(connection) {
            self.stream_users.remove(&(former, User::Server(key)));
        }
        self.stream_users.insert((connection, User::Server(key)));
        self.transmit(Some(User::Server(key)), Path::Stream { connection }, response);
    }

    /// A response could not be sent: whether its sender is looked for by name. Once a transaction.
    pub(super) fn seek_sender(&mut self, key: SlabKey) -> bool {
        let Some(second) = self.servers.get_mut(key).and_then(|it| it.second.as_mut()) else {
            return false;
        };
        if let Some(lookup) = second.lookup {
            self.travel(lookup);
            return true;
        }
        if core::mem::replace(&mut second.is_sought, true) {
            return false;
        }
        let response = second.response.clone();
        let Some(wanted) = self.sender_of(response) else { return false };
        let choice = self.rng.next_u64();
        let means = self.means(&wanted);
        let Some(lookup) = self.resolver.start(wanted, means, choice) else { return false };
        if let Some(second) = self.servers.get_mut(key).and_then(|it| it.second.as_mut()) {
            second.lookup = Some(lookup);
        }
        self.set_out(lookup, 0, Traveller::Response { server: key, waits: false });
        self.travel(lookup);
        true
    }

    /// The name that a response goes back to. An address in its place would be one that the request
    /// did not come from: that one was tried already.
    fn sender_of(&self, response: Bytes) -> Option<Wanted> {
        let Ok(SipMessage::Response(response)) = SipMessage::parse(response, &self.config.limits)
        else {
            return None;
        };
        let response: &Response = &response;
        let via = response.require::<Via<'_>>().ok()?;
        let transport = TransportKind::from_token(via.transport.as_bytes())?;
        Wanted::from_via(&via, transport).filter(|wanted| wanted.numeric().is_none())
    }

    /// A target for the response: the connection to it, if it is one for this transport.
    pub(super) fn return_to(
        &mut self,
        key: SlabKey,
        transport: TransportKind,
        address: SocketAddr,
        server_name: Option<&str>,
    ) -> bool {
        let Ok(connection) = self.connection_to(transport, address, server_name) else {
            return false;
        };
        let second = self.servers.get(key).and_then(|it| it.second.as_ref());
        let Some(response) = second.map(|second| second.response.clone()) else { return false };
        self.send_over_second_way(key, connection, response);
        true
    }

    /// No target takes the response.
    pub(super) fn end_search_for_sender(&mut self, key: SlabKey) {
        if let Some(second) = self.servers.get_mut(key).and_then(|it| it.second.as_mut()) {
            second.lookup = None;
        }
        self.broken.insert(User::Server(key));
    }

    /// The transaction is over.
    pub(super) fn leave_second_way(&mut self, key: SlabKey, second: &SecondWay) {
        if let Some(connection) = second.connection {
            self.stream_users.remove(&(connection, User::Server(key)));
        }
        if let Some(lookup) = second.lookup {
            self.end_journey(lookup);
        }
    }
}
