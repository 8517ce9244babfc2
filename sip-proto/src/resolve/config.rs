//! How a resolver is set up, and every bound of it.

use core::time::Duration;
use std::net::SocketAddr;

/// How names become addresses: name servers, search rules, times and bounds.
///
/// Without name servers only numeric hosts and the hosts table are known. A test reaches each of
/// the bounds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolverConfig {
    /// The name servers, which must recurse; asked in this order, as long as the first answers.
    pub servers: Vec<SocketAddr>,
    /// Domains tried behind a name: first for one with fewer dots than `ndots`, else only once the
    /// name alone is known not to exist.
    pub search: Vec<String>,
    /// How many dots make a name complete.
    pub ndots: usize,
    /// How long one server may take to answer before the next is asked.
    pub query_timeout: Duration,
    /// How often the list of servers is gone through. Beyond: the question has failed.
    pub rounds: usize,
    /// How long a request waits for its next target, all queries for it together. Beyond: what is
    /// not answered has failed.
    pub lookup_timeout: Duration,
    /// The largest answer that may come in a datagram (RFC 6891): 1232 bytes fit any path unfragmented.
    /// 0 asks without EDNS, for 512 bytes.
    pub udp_payload_bytes: u16,
    /// Whether letters of a question are sent in random case, which its answer must repeat: harder
    /// to forge, and refused by a few old servers.
    pub mixed_case: bool,
    /// Whether IPv6 addresses of a server are tried before its IPv4 addresses.
    pub ipv6_first: bool,
    /// The shortest time an answer is kept, whatever its TTL.
    pub ttl_min: Duration,
    /// The longest time an answer is kept, whatever its TTL.
    pub ttl_max: Duration,
    /// The longest time it is remembered that there is no such name or record (RFC 2308 section 5).
    pub negative_ttl_max: Duration,
    /// How long it is remembered that no server could answer, or that there is nothing and nobody
    /// said for how long (RFC 2308 section 7 allows up to five minutes).
    pub failure_ttl: Duration,
    /// Answers kept. Beyond: the one that expires first goes.
    pub cache_entries_max: usize,
    /// Bytes of all answers kept, about. Beyond: likewise.
    pub cache_bytes_max: usize,
    /// Questions on their way at once. Beyond: a new one fails at once.
    pub queries_max: usize,
    /// Requests that wait for addresses, or may still fail over, at once. Beyond: a new one fails.
    pub lookups_max: usize,
    /// Bytes of one answer. Beyond: it is not an answer.
    pub message_bytes_max: usize,
    /// Records in one answer, all sections together. Beyond: it is not an answer.
    pub records_max: usize,
    /// Aliases (CNAME) followed from one name. Beyond: the question has failed.
    pub aliases_max: usize,
    /// Wrong answers to one query. Beyond: somebody guesses, and the query goes over TCP.
    pub forged_max: usize,
    /// Questions that are asked for one request, one after the other: who owns a domain could name
    /// ever more servers that do not exist. Beyond: there are no more targets.
    pub questions_max: usize,
    /// Targets that are found for one request. Beyond: there are no more.
    pub targets_max: usize,
    /// Targets that one request is sent to, one after the other. Beyond: it has failed as it did at
    /// the last of them.
    pub attempts_max: usize,
    /// How long a target that failed is only the last resort ("black").
    pub black: Duration,
    /// How long after that one request at a time tries it ("grey"), before it is as good as any.
    pub grey: Duration,
    /// Targets remembered as failed. Beyond: the one that is forgiven first is forgotten.
    pub blacklist_max: usize,
}

impl Default for ResolverConfig {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            search: Vec::new(),
            ndots: 1,
            query_timeout: Duration::from_secs(1),
            rounds: 2,
            lookup_timeout: Duration::from_secs(8),
            udp_payload_bytes: 1232,
            mixed_case: false,
            ipv6_first: true,
            ttl_min: Duration::from_secs(1),
            ttl_max: Duration::from_secs(24 * 3600),
            negative_ttl_max: Duration::from_secs(300),
            failure_ttl: Duration::from_secs(5),
            cache_entries_max: 10_000,
            cache_bytes_max: 32 * 1024 * 1024,
            queries_max: 1_024,
            lookups_max: 100_000,
            message_bytes_max: 16 * 1024,
            records_max: 128,
            aliases_max: 8,
            forged_max: 16,
            questions_max: 64,
            targets_max: 32,
            attempts_max: 5,
            black: Duration::from_secs(30),
            grey: Duration::from_secs(30),
            blacklist_max: 1_024,
        }
    }
}
