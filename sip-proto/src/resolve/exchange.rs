//! One question on its way: which name is asked for now, which server, over what.

use super::codec::{Content, Query, Question, Record, Reply, ReplyCode};
use super::{DomainName, ResolverConfig};
use crate::{ConnectionId, Instant, Rng, SlabKey, SocketId};

/// A question that somebody waits for.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) question: Question,
    /// Who waits.
    pub(super) waiters: Vec<SlabKey>,
    /// What is asked now: the name itself, or what it is an alias of.
    name: DomainName,
    aliases: usize,
    /// The least time to live of what was answered so far, in seconds.
    ttl: u32,
    /// Servers asked for the present name; which of them is next follows from it.
    tries: usize,
    /// Without EDNS, for a server that did not understand it.
    is_plain: bool,
    /// Which server is asked, by its place in the list.
    pub(super) place: usize,
    pub(super) query: Query,
    pub(super) path: Path,
    pub(super) forged: usize,
    pub(super) deadline: Instant,
}

/// Over what a query goes.
#[derive(Debug)]
pub(super) enum Path {
    /// Nothing: it has not left yet.
    None,
    /// In a datagram, from a socket of its own.
    Datagram { socket: SocketId },
    /// Over a connection of its own; what arrived on it so far.
    Stream { connection: ConnectionId, received: Vec<u8> },
}

/// What a reply means to an exchange.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The question is answered, for so many seconds.
    Records(Vec<Record>, u32),
    /// There is nothing, for so many seconds, if anybody said.
    Nothing(Option<u32>),
    /// The name is an alias, of a name that is to be asked for.
    Alias,
    /// Ask the same server over TCP.
    Truncated,
    /// Ask the same server without EDNS.
    TooModern,
    /// Ask another server.
    Useless,
    /// Ask nobody: the aliases do not end.
    Endless,
}

impl Exchange {
    pub(super) fn new(question: Question, waiter: SlabKey, place: usize) -> Self {
        let name = String::new();
        let query = Query { id: 0, name, kind: question.kind, udp_payload_bytes: None };
        Self {
            name: question.name.clone(),
            question,
            waiters: vec![waiter],
            aliases: 0,
            ttl: u32::MAX,
            tries: 0,
            is_plain: false,
            place,
            query,
            path: Path::None,
            forged: 0,
            deadline: Instant::ZERO,
        }
    }

    /// A new query, with a new id: what was guessed for the one before is worth nothing.
    pub(super) fn renew_query(&mut self, config: &ResolverConfig, rng: &mut Rng) {
        let bits = rng.next_u64();
        let mut name = self.name.as_str().to_owned();
        if config.mixed_case {
            name = mixed_case(&name, rng);
        }
        self.query = Query {
            // The upper bits; which are as good as any.
            id: (bits >> 48) as u16,
            name,
            kind: self.question.kind,
            udp_payload_bytes: Some(config.udp_payload_bytes)
                .filter(|bytes| *bytes > 0 && !self.is_plain),
        };
        self.forged = 0;
    }

    /// Goes on to the next server, if it is to be asked (again).
    pub(super) fn go_on(&mut self, config: &ResolverConfig) -> bool {
        self.tries += 1;
        self.is_plain = false;
        self.place = (self.place + 1) % config.servers.len().max(1);
        self.tries < config.servers.len().saturating_mul(config.rounds)
    }

    /// Takes in a reply.
    pub(super) fn take(&mut self, reply: Reply, config: &ResolverConfig) -> Meaning {
        let over_datagrams = matches!(self.path, Path::Datagram { .. });
        match reply.code {
            ReplyCode::FormatError if self.query.udp_payload_bytes.is_some() => {
                self.is_plain = true;
                Meaning::TooModern
            }
            ReplyCode::FormatError | ReplyCode::Failed => Meaning::Useless,
            ReplyCode::Fine | ReplyCode::NoName if reply.truncated && over_datagrams => {
                Meaning::Truncated
            }
            ReplyCode::Fine | ReplyCode::NoName if reply.truncated => Meaning::Useless,
            ReplyCode::Fine | ReplyCode::NoName => self.read(&reply, config.aliases_max),
        }
    }

    /// Follows the aliases in the answer section (RFC 1034 section 3.6.2), each at most once.
    fn read(&mut self, reply: &Reply, aliases_max: usize) -> Meaning {
        let mut asked_again = false;
        loop {
            let mut records = Vec::new();
            let mut alias = None;
            for (_, ttl, content) in reply.answers.iter().filter(|it| it.0 == self.name) {
                match content {
                    Content::Record(record) if record.kind() == self.question.kind => {
                        self.ttl = self.ttl.min(*ttl);
                        records.push(record.clone());
                    }
                    Content::Record(_) => {}
                    Content::Alias(target) => alias = Some((*ttl, target.clone())),
                }
            }
            if !records.is_empty() {
                return Meaning::Records(records, self.ttl);
            }
            let Some((ttl, target)) = alias else {
                // Who answers with an alias alone knows no more of what it stands for, unless it
                // says that there is nothing.
                let is_open =
                    asked_again && reply.code == ReplyCode::Fine && reply.negative_ttl.is_none();
                let ttl = reply.negative_ttl.map(|ttl| ttl.min(self.ttl));
                return if is_open { Meaning::Alias } else { Meaning::Nothing(ttl) };
            };
            self.aliases += 1;
            if self.aliases > aliases_max {
                return Meaning::Endless;
            }
            self.ttl = self.ttl.min(ttl);
            self.name = target;
            self.tries = 0;
            asked_again = true;
        }
    }
}

fn mixed_case(name: &str, rng: &mut Rng) -> String {
    name.chars()
        .map(|char| if rng.chance(1, 2) { char.to_ascii_uppercase() } else { char })
        .collect()
}
