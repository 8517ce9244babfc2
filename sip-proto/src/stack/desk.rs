//! What is between the callbacks and the endpoint: keys by id, and what was asked for.

use std::collections::VecDeque;

use super::{ClientKey, ServerKey};
use crate::{ClientId, Command, Instant, Method, Rng, Seed, SeededMap, ServerId};

/// The keys of live transactions, as many as the endpoint has, and what the callbacks asked for.
#[derive(Debug)]
pub(super) struct Desk<O> {
    clients: SeededMap<ClientId, Method>,
    servers: SeededMap<ServerKey, ServerId>,
    server_keys: SeededMap<ServerId, ServerKey>,
    client_next: u64,
    pub(super) rng: Rng,
    pub(super) stateless: bool,
    pub(super) commands: VecDeque<Command>,
    pub(super) told: VecDeque<O>,
    pub(super) alarm: Option<Instant>,
}

impl<O> Desk<O> {
    pub(super) fn new(seed: &Seed, stateless: bool) -> Self {
        let mut rng = seed.fork("core").rng();
        Self {
            clients: SeededMap::new(&seed.fork("clients")),
            servers: SeededMap::new(&seed.fork("servers")),
            server_keys: SeededMap::new(&seed.fork("server-keys")),
            // A key from before a restart names nothing.
            client_next: rng.next_u64(),
            rng,
            stateless,
            commands: VecDeque::new(),
            told: VecDeque::new(),
            alarm: None,
        }
    }

    /// How many transactions have keys.
    pub(super) fn len(&self) -> usize {
        self.clients.len() + self.servers.len()
    }

    pub(super) fn open_client(&mut self, method: &Method) -> ClientKey {
        let id = ClientId(self.client_next);
        self.client_next = self.client_next.wrapping_add(1);
        self.clients.insert(id, method.clone());
        ClientKey::new(id, method.clone())
    }

    pub(super) fn client_key(&self, id: ClientId) -> Option<ClientKey> {
        self.clients.get(&id).map(|method| ClientKey::new(id, method.clone()))
    }

    pub(super) fn close_client(&mut self, id: ClientId) -> bool {
        self.clients.remove(&id).is_some()
    }

    pub(super) fn open_server(&mut self, key: ServerKey, id: ServerId) {
        // The endpoint may tell transactions apart that have one key, where their branches have no
        // cookie. Nobody could answer the former any more.
        if let Some(former) = self.servers.insert(key.clone(), id) {
            self.server_keys.remove(&former);
            self.commands.push_back(Command::Abandon { id: former });
        }
        self.server_keys.insert(id, key);
    }

    pub(super) fn server_id(&self, key: &ServerKey) -> Option<ServerId> {
        self.servers.get(key).copied()
    }

    pub(super) fn server_key(&self, id: ServerId) -> Option<ServerKey> {
        self.server_keys.get(&id).cloned()
    }

    pub(super) fn close_server(&mut self, id: ServerId) {
        if let Some(key) = self.server_keys.remove(&id) {
            self.servers.remove(&key);
        }
    }
}
