//! What an operator can set about names and their addresses.

use core::time::Duration;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use serde::Deserialize;
use sip_proto::EndpointConfig;
use sip_proto::resolve::{ResolverConfig, read_hosts, read_resolv_conf};

use crate::config::ConfigError;

const DNS_PORT: u16 = 53;

/// What an operator can set about how names become addresses (RFC 3263).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DnsConfig {
    /// Name servers, as `IP` or `IP:PORT`: none, which means those of the system.
    pub servers: Vec<String>,
    /// Domains to complete names with: none, which means those of the system.
    pub search: Vec<String>,
    /// How many dots make a name complete: 1.
    pub ndots: usize,
    /// Whether what is not set is taken from the system's own files.
    pub system: bool,
    /// How long one server may take to answer, in milliseconds: 1000.
    pub query_timeout_ms: u64,
    /// How often each server is asked: 2.
    pub rounds: usize,
    /// How long a request waits for an address, in milliseconds: 8000. Beyond: 503.
    pub lookup_timeout_ms: u64,
    /// The longest time an answer is kept, in seconds: 86400.
    pub ttl_max_s: u64,
    /// The longest time it is remembered that there is no answer, in seconds: 300.
    pub negative_ttl_max_s: u64,
    /// Whether questions are sent in letters of random case.
    pub mixed_case: bool,
    /// Whether IPv6 addresses come before IPv4 addresses of the same server.
    pub ipv6_first: bool,
    /// Targets that one request is sent to, one after the other: 5.
    pub attempts_max: usize,
    /// How long a target that failed is the last resort, in seconds: 30.
    pub black_s: u64,
    /// How long after that one request at a time tries it, in seconds: 30.
    pub grey_s: u64,
    /// Names with their addresses, which nobody is asked for.
    pub hosts: BTreeMap<String, Vec<IpAddr>>,
}

impl Default for DnsConfig {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            search: Vec::new(),
            ndots: 1,
            system: true,
            query_timeout_ms: 1_000,
            rounds: 2,
            lookup_timeout_ms: 8_000,
            ttl_max_s: 86_400,
            negative_ttl_max_s: 300,
            mixed_case: false,
            ipv6_first: true,
            attempts_max: 5,
            black_s: 30,
            grey_s: 30,
            hosts: BTreeMap::new(),
        }
    }
}

impl DnsConfig {
    /// What is wrong with the values; the first one found.
    ///
    /// # Errors
    /// [`ConfigError`] names the key and how to mend it.
    pub fn validate(&self) -> Result<(), ConfigError> {
        for (index, server) in self.servers.iter().enumerate() {
            if server_address(server).is_none() {
                return Err(ConfigError::new(
                    format!("dns.servers[{index}]"),
                    format!("`{server}` is not an IP address, with or without a port"),
                    "write it as \"192.0.2.53\", \"192.0.2.53:5353\" or \"[2001:db8::53]:53\"",
                ));
            }
        }
        let positive = [
            ("query_timeout_ms", self.query_timeout_ms),
            ("rounds", self.rounds as u64),
            ("lookup_timeout_ms", self.lookup_timeout_ms),
            ("attempts_max", self.attempts_max as u64),
        ];
        match positive.into_iter().find(|(_, value)| *value == 0) {
            Some((name, _)) => Err(ConfigError::new(
                format!("dns.{name}"),
                "must not be 0: no name could be reached",
                "leave it out for the default",
            )),
            None => Ok(()),
        }
    }

    /// Sets up an endpoint's resolver, with the texts of the system's resolv.conf and hosts files
    /// (empty if there are none): of these, where [`system`](Self::system) allows it, come the name
    /// servers and the search list, unless they are set here, and the names that `hosts` here does
    /// not have.
    pub fn apply(&self, resolv_conf: &str, hosts_file: &str, endpoint: &mut EndpointConfig) {
        let mut resolver = ResolverConfig::default();
        if self.system {
            read_resolv_conf(resolv_conf, &mut resolver);
            endpoint.hosts.extend(
                read_hosts(hosts_file).into_iter().filter(|(name, _)| !self.has_host(name)),
            );
        }
        if !self.servers.is_empty() {
            resolver.servers = self.servers.iter().filter_map(|it| server_address(it)).collect();
        }
        if !self.search.is_empty() {
            resolver.search.clone_from(&self.search);
        }
        for (name, addresses) in &self.hosts {
            endpoint.hosts.extend(addresses.iter().map(|address| (name.clone(), *address)));
        }
        endpoint.resolver = ResolverConfig {
            ndots: self.ndots,
            query_timeout: Duration::from_millis(self.query_timeout_ms),
            rounds: self.rounds,
            lookup_timeout: Duration::from_millis(self.lookup_timeout_ms),
            ttl_max: Duration::from_secs(self.ttl_max_s),
            negative_ttl_max: Duration::from_secs(self.negative_ttl_max_s),
            mixed_case: self.mixed_case,
            ipv6_first: self.ipv6_first,
            attempts_max: self.attempts_max,
            black: Duration::from_secs(self.black_s),
            grey: Duration::from_secs(self.grey_s),
            ..resolver
        };
    }

    fn has_host(&self, name: &str) -> bool {
        self.hosts.keys().any(|known| known.eq_ignore_ascii_case(name))
    }
}

fn server_address(text: &str) -> Option<SocketAddr> {
    let with_default_port = |ip: IpAddr| SocketAddr::new(ip, DNS_PORT);
    text.parse().ok().or_else(|| text.parse().ok().map(with_default_port))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESOLV_CONF: &str =
        "nameserver 192.0.2.53\nsearch example.com\noptions ndots:2 timeout:3\n";
    const HOSTS: &str = "192.0.2.1 pbx\n192.0.2.2 other\n";

    fn applied(text: &str) -> EndpointConfig {
        let config: DnsConfig = toml::from_str(text).expect("well-formed TOML");
        assert_eq!(config.validate(), Ok(()));
        let mut endpoint = EndpointConfig::default();
        config.apply(RESOLV_CONF, HOSTS, &mut endpoint);
        endpoint
    }

    #[test]
    fn without_a_word_it_is_as_the_system_says() {
        let EndpointConfig { resolver, hosts, .. } = applied("");
        assert_eq!(resolver.servers, ["192.0.2.53:53".parse().expect("an address")]);
        assert_eq!((resolver.search[0].as_str(), hosts.len()), ("example.com", 2));
        let options = (resolver.ndots, resolver.query_timeout);
        assert_eq!(options, (1, Duration::from_secs(1)), "but its options are keys here");
    }

    #[test]
    fn the_file_comes_before_the_system() {
        let text = "servers = [\"127.0.0.1:5353\", \"::1\"]\nsearch = [\"a.example\"]\n\
                    query_timeout_ms = 500\nblack_s = 7\n\
                    [hosts]\nPBX = [\"192.0.2.9\", \"192.0.2.10\"]\n";
        let EndpointConfig { resolver, hosts, .. } = applied(text);
        let servers: Vec<String> = resolver.servers.iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["127.0.0.1:5353", "[::1]:53"]);
        assert_eq!(resolver.search, ["a.example"]);
        assert_eq!(resolver.query_timeout, Duration::from_millis(500));
        assert_eq!(resolver.black, Duration::from_secs(7));
        let hosts: Vec<String> = hosts.iter().map(|(name, ip)| format!("{name}={ip}")).collect();
        assert_eq!(hosts, ["other=192.0.2.2", "PBX=192.0.2.9", "PBX=192.0.2.10"]);
    }

    #[test]
    fn the_system_can_be_left_out() {
        let EndpointConfig { resolver, hosts, .. } = applied("system = false");
        assert_eq!((resolver.servers.len(), hosts.len(), resolver.ndots), (0, 0, 1));
        assert_eq!(resolver, ResolverConfig::default());
    }

    #[test]
    fn every_mistake_is_named() {
        for (text, key) in [
            ("servers = [\"192.0.2.1\", \"ns.example\"]", "dns.servers[1]"),
            ("query_timeout_ms = 0", "dns.query_timeout_ms"),
            ("rounds = 0", "dns.rounds"),
            ("lookup_timeout_ms = 0", "dns.lookup_timeout_ms"),
            ("attempts_max = 0", "dns.attempts_max"),
        ] {
            let config: DnsConfig = toml::from_str(text).expect("well-formed TOML");
            assert_eq!(config.validate().expect_err(text).key, key);
        }
    }
}
