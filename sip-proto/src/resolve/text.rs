//! The text of resolv.conf and hosts files, as others keep them on the same machine.

use core::time::Duration;
use std::net::{IpAddr, SocketAddr};

use super::ResolverConfig;

/// The port of name servers.
const DNS_PORT: u16 = 53;
/// The bounds that the C library sets to the same options.
const NDOTS_MAX: usize = 15;
const TIMEOUT_S_MAX: u64 = 30;
const ATTEMPTS_MAX: usize = 5;

/// Reads `nameserver`, `search`, `domain` and the `ndots`, `timeout` and `attempts` of `options` out
/// of the text of a resolv.conf file into `config`. What is not understood is passed over, as the C
/// library does.
///
/// ```
/// use sip_proto::resolve::{ResolverConfig, read_resolv_conf};
///
/// let mut config = ResolverConfig::default();
/// read_resolv_conf("nameserver 192.0.2.53\nsearch example.com\noptions ndots:2", &mut config);
/// assert_eq!(config.servers, ["192.0.2.53:53".parse().unwrap()]);
/// assert_eq!((config.search[0].as_str(), config.ndots), ("example.com", 2));
/// ```
pub fn read_resolv_conf(text: &str, config: &mut ResolverConfig) {
    for line in text.lines() {
        let mut words = words(line);
        match words.next() {
            Some("nameserver") => {
                let address = words.next().and_then(|it| it.parse::<IpAddr>().ok());
                config.servers.extend(address.map(|ip| SocketAddr::new(ip, DNS_PORT)));
            }
            // The last of them counts.
            Some("search") => config.search = words.map(str::to_owned).collect(),
            Some("domain") => config.search = words.take(1).map(str::to_owned).collect(),
            Some("options") => words.for_each(|option| read_option(option, config)),
            _ => {}
        }
    }
}

fn read_option(option: &str, config: &mut ResolverConfig) {
    let Some((name, value)) = option.split_once(':') else { return };
    let Ok(value) = value.parse::<u32>() else { return };
    match name {
        "ndots" => config.ndots = (value as usize).min(NDOTS_MAX),
        "timeout" => {
            config.query_timeout = Duration::from_secs(u64::from(value).clamp(1, TIMEOUT_S_MAX));
        }
        "attempts" => config.rounds = (value as usize).clamp(1, ATTEMPTS_MAX),
        _ => {}
    }
}

/// Names and addresses out of the text of a hosts file. What is not understood is passed over.
///
/// ```
/// use sip_proto::resolve::read_hosts;
///
/// let hosts = read_hosts("192.0.2.1 pbx.example.com pbx # the old one\n");
/// assert_eq!(hosts[1], ("pbx".to_owned(), "192.0.2.1".parse().unwrap()));
/// ```
#[must_use]
pub fn read_hosts(text: &str) -> Vec<(String, IpAddr)> {
    let mut hosts = Vec::new();
    for line in text.lines() {
        let mut words = words(line);
        if let Some(address) = words.next().and_then(|it| it.parse().ok()) {
            hosts.extend(words.map(|name| (name.to_owned(), address)));
        }
    }
    hosts
}

/// The words of a line up to a comment.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(['#', ';']).next().unwrap_or_default().split_whitespace()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_resolv_conf_of_everything() {
        let text = "# made by hand\n; twice\n nameserver 192.0.2.1 # first\nnameserver ::1\n\
                    nameserver nonsense\nnameserver fe80::1%eth0\ndomain a.example\n\
                    search b.example c.example\noptions rotate ndots:99 timeout:0 attempts:9\n\
                    sortlist 192.0.2.0\noptions ndots:x\n";
        let mut config = ResolverConfig::default();
        read_resolv_conf(text, &mut config);
        let servers: Vec<String> = config.servers.iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["192.0.2.1:53", "[::1]:53"]);
        assert_eq!(config.search, ["b.example", "c.example"]);
        assert_eq!((config.ndots, config.rounds), (15, 5));
        assert_eq!(config.query_timeout, Duration::from_secs(1));
    }

    #[test]
    fn a_hosts_file_of_everything() {
        let hosts =
            read_hosts("127.0.0.1\tlocalhost lo # x\n\n#c\n::1 localhost\nx y\n192.0.2.1\n");
        let shown: Vec<String> = hosts.iter().map(|(name, ip)| format!("{name}={ip}")).collect();
        assert_eq!(shown, ["localhost=127.0.0.1", "lo=127.0.0.1", "localhost=::1"]);
    }

    proptest! {
        #[test]
        fn no_text_is_a_panic(text in ".{0,200}") {
            read_resolv_conf(&text, &mut ResolverConfig::default());
            let _ = read_hosts(&text);
        }
    }
}
