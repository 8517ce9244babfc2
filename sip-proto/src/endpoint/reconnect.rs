//! Client transactions whose connection ended before they did.

use super::Endpoint;
use super::sending::{Path, User};
use crate::ConnectionId;
use crate::slab::SlabKey;
use crate::transport::FlowId;

impl Endpoint {
    /// Over what a client transaction sends next: over what its request went, or, if that
    /// connection is gone, over another to the same address (RFC 3261 sections 9.1 and 17.1.1.3
    /// send a CANCEL and an ACK to where the INVITE went).
    pub(super) fn client_path(&mut self, key: SlabKey) -> Option<Path> {
        let client = self.clients.get(key)?;
        if let Path::Stream { connection } = client.path
            && !self.connections.is_usable(connection)
            && let Some((transport, peer)) = client.peer()
            && let server_name = client.server_name.clone()
            && let Ok(connection) = self.connection_to(transport, peer, server_name.as_deref())
        {
            self.move_client(key, connection);
        }
        self.clients.get(key).map(|client| client.path)
    }

    /// A response came over `flow`: the connection that its sender opened after the request's own
    /// ended (RFC 3261 section 18.2.2) reaches it where dialling anew may not.
    pub(super) fn follow_response(&mut self, key: SlabKey, flow: FlowId) {
        if let FlowId::Stream { connection } = flow
            && let Some(client) = self.clients.get(key)
            && let Path::Stream { connection: former } = client.path
            && !self.connections.is_usable(former)
            && self.connections.is_usable(connection)
        {
            self.move_client(key, connection);
        }
    }

    fn move_client(&mut self, key: SlabKey, connection: ConnectionId) {
        let Some(client) = self.clients.get_mut(key) else { return };
        let users = [
            client.is_waiting().then_some(User::Client(key)),
            client.is_cancelling().then_some(User::Cancel(key)),
        ];
        let former = core::mem::replace(&mut client.path, Path::Stream { connection });
        for user in users.into_iter().flatten() {
            if let Path::Stream { connection: former } = former {
                self.stream_users.remove(&(former, user));
            }
            self.stream_users.insert((connection, user));
        }
    }
}
