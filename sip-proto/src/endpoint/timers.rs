//! One wheel for all deadlines: one entry a transaction, one a connection.

use super::Endpoint;
use super::clients::ClientEvent;
use super::servers::ServerEvent;
use crate::slab::SlabKey;
use crate::timer::{TimerId, Wheel};
use crate::{ConnectionId, Instant};

/// Whose deadline it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timer {
    Client(SlabKey),
    /// The CANCEL of an INVITE client transaction.
    Cancel(SlabKey),
    Server(SlabKey),
    Connection(ConnectionId),
}

/// The one wheel entry of a transaction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Armed(Option<(Instant, TimerId)>);

impl Armed {
    /// Moves the entry to `deadline`, if it is not there already.
    pub(super) fn set(
        &mut self,
        wheel: &mut Wheel<Timer>,
        deadline: Option<Instant>,
        timer: Timer,
    ) {
        if self.0.map(|(at, _)| at) == deadline {
            return;
        }
        if let Some((_, id)) = self.0.take() {
            wheel.cancel(id);
        }
        self.0 = deadline.map(|at| (at, wheel.arm(at, timer)));
    }

    /// The entry has fired.
    pub(super) fn fired(&mut self) {
        self.0 = None;
    }
}

impl Endpoint {
    /// Fires what is due. Timers that are armed meanwhile lie in the future, so this ends.
    pub(super) fn handle_timeout(&mut self) {
        while let Some(timer) = self.wheel.pop(self.now) {
            match timer {
                Timer::Client(key) => self.handle_client_timer(key),
                Timer::Cancel(key) => self.handle_cancel_timer(key),
                Timer::Server(key) => {
                    if let Some(server) = self.servers.get_mut(key) {
                        server.armed.fired();
                    }
                    self.drive_server(key, ServerEvent::Timer);
                }
                Timer::Connection(id) => self.handle_connection_timer(id),
            }
        }
    }

    fn handle_client_timer(&mut self, key: SlabKey) {
        let Some(client) = self.clients.get_mut(key) else { return };
        client.armed.fired();
        let refused = client.is_refused(&self.failures);
        let event = if refused { ClientEvent::TransportError } else { ClientEvent::Timer };
        self.drive_client(key, event);
    }
}
