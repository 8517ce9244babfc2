//! The configuration file: its keys, their defaults, and what they mean together.

use core::fmt;
use core::str::FromStr;
use std::net::{Ipv4Addr, SocketAddr};

use clap::ValueEnum;
use serde::Deserialize;
use sip_driver::Listen;
use sip_proto::TransportKind;
use sip_sproutlet::{
    AuthConfig, ConfigError, DnsConfig, HostLimits, ProxyConfig, RegistrarConfig, ServiceConfig,
};

use crate::secure::{TlsSection, WsSection};
use crate::transport::TransportSection;

/// The whole file. Every key is optional.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// What moves the bytes.
    pub(crate) runtime: Runtime,
    /// Where to listen.
    pub(crate) listen: Vec<ListenConfig>,
    /// Whether phones may register without a password on addresses other than loopback.
    pub(crate) allow_unauthenticated: bool,
    /// The domains served here.
    pub(crate) domains: Vec<String>,
    /// Who may register and call.
    pub(crate) auth: AuthConfig,
    /// The registrar's knobs.
    pub(crate) registrar: RegistrarConfig,
    /// The proxy's knobs.
    pub(crate) proxy: ProxyConfig,
    /// Certificates.
    pub(crate) tls: TlsSection,
    /// Whom to let in over WebSocket.
    pub(crate) ws: WsSection,
    /// How messages travel.
    pub(crate) transport: TransportSection,
    /// How names become addresses.
    pub(crate) dns: DnsConfig,
    /// Bounds of the services.
    pub(crate) limits: HostLimits,
}

/// One `[[listen]]` table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListenConfig {
    /// Transport, address and port: `udp:127.0.0.1:5060`.
    pub(crate) address: ListenAddress,
    /// What peers are told instead, where they reach this server by another address.
    pub(crate) advertise: Option<SocketAddr>,
}

/// What moves the bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Runtime {
    /// Tokio, on one thread
    #[default]
    Tokio,
    /// async-io, which async-std is built on, on one thread
    AsyncStd,
    /// glommio on io_uring, on one thread
    Glommio,
}

impl fmt::Display for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tokio => "tokio",
            Self::AsyncStd => "async-std",
            Self::Glommio => "glommio",
        })
    }
}

/// A transport with an address: `udp:127.0.0.1:5060`, `tcp:[::1]:5060`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ListenAddress {
    /// `udp`, `tcp`, `tls`, `ws` or `wss`.
    pub(crate) transport: TransportKind,
    /// Where.
    pub(crate) address: SocketAddr,
}

impl FromStr for ListenAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORM: &str = "write it as udp:ADDRESS:PORT, or with tcp, tls, ws or wss, e.g. \
                            udp:127.0.0.1:5060 or wss:[::1]:8443";
        let (transport, address) =
            text.split_once(':').ok_or_else(|| format!("`{text}` names no transport; {FORM}"))?;
        let transport = match transport {
            "udp" => TransportKind::Udp,
            "tcp" => TransportKind::Tcp,
            "tls" => TransportKind::Tls,
            "ws" => TransportKind::Ws,
            "wss" => TransportKind::Wss,
            other => return Err(format!("`{other}` is not a transport served here; {FORM}")),
        };
        let address = address
            .parse()
            .map_err(|_| format!("`{address}` is not an IP address with a port; {FORM}"))?;
        Ok(Self { transport, address })
    }
}

impl TryFrom<String> for ListenAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl Default for Config {
    fn default() -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 5060));
        let on = |transport| ListenConfig {
            address: ListenAddress { transport, address },
            advertise: None,
        };
        let services = ServiceConfig::default();
        Self {
            runtime: Runtime::default(),
            listen: vec![on(TransportKind::Udp), on(TransportKind::Tcp)],
            allow_unauthenticated: false,
            domains: services.domains,
            auth: services.auth,
            registrar: services.registrar,
            proxy: services.proxy,
            tls: TlsSection::default(),
            ws: WsSection::default(),
            transport: TransportSection::default(),
            dns: DnsConfig::default(),
            limits: services.limits,
        }
    }
}

impl Config {
    /// What is wrong with the values together; the first one found.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        self.validate_listen()?;
        self.tls.validate()?;
        self.ws.validate()?;
        self.dns.validate()?;
        self.services(false).validate()
    }

    /// The part that the service graph is built from; with `decisions`, it tells each of them.
    pub(crate) fn services(&self, decisions: bool) -> ServiceConfig {
        ServiceConfig {
            decisions,
            domains: self.domains.clone(),
            auth: self.auth.clone(),
            registrar: self.registrar.clone(),
            proxy: self.proxy.clone(),
            limits: self.limits.clone(),
        }
    }

    /// The part that the driver binds.
    pub(crate) fn listeners(&self) -> Vec<Listen> {
        self.listen
            .iter()
            .map(|listen| Listen {
                transport: listen.address.transport,
                address: listen.address.address,
                advertised: listen.advertise,
            })
            .collect()
    }

    fn validate_listen(&self) -> Result<(), ConfigError> {
        if self.listen.is_empty() {
            return Err(problem(
                "listen",
                "there is nowhere to listen",
                "remove the key for the default, or add [[listen]] with address = \"udp:127.0.0.1:5060\"",
            ));
        }
        for (index, listen) in self.listen.iter().enumerate() {
            self.validate_one(index, listen)?;
        }
        Ok(())
    }

    fn validate_one(&self, index: usize, listen: &ListenConfig) -> Result<(), ConfigError> {
        let ListenAddress { transport, address } = listen.address;
        let key = format!("listen[{index}].address");
        if address.ip().is_unspecified() && listen.advertise.is_none() {
            return Err(problem(
                key,
                format!("peers cannot be told the address {}", address.ip()),
                format!(
                    "add advertise = \"IP:{}\" with the address they reach you by, or listen on it",
                    address.port()
                ),
            ));
        }
        if !address.ip().is_loopback() && !self.allow_unauthenticated {
            self.validate_exposed(&key, address)?;
        }
        let is_secure = matches!(transport, TransportKind::Tls | TransportKind::Wss);
        if is_secure && self.tls.certificates.is_empty() {
            return Err(problem(
                key,
                format!("there is no certificate to show on {address}"),
                "add tls.certificates = [{ certificate = \"FILE\", key = \"FILE\" }] \
                 (--tls-certificate FILE --tls-key FILE)",
            ));
        }
        let same = |other: &ListenConfig| other.address == listen.address && address.port() != 0;
        if self.listen[..index].iter().any(same) {
            return Err(problem(
                key,
                format!("{}:{address} is listed twice", transport.as_str().to_lowercase()),
                "remove one of them",
            ));
        }
        Ok(())
    }
}

impl Config {
    /// What must be so where strangers reach an address.
    fn validate_exposed(&self, key: &str, address: SocketAddr) -> Result<(), ConfigError> {
        if !self.auth.is_on() {
            return Err(problem(
                key,
                format!("{address} is not loopback, and anybody there could register as anybody"),
                "add [[auth.users]] with name and password, or listen on 127.0.0.1, or set \
                 allow_unauthenticated = true (--allow-unauthenticated) if that network is trusted",
            ));
        }
        if !self.auth.calls && self.proxy.relay_foreign {
            return Err(problem(
                key,
                format!("{address} is not loopback, and anybody there could call other domains"),
                "set auth.calls = true, or proxy.relay_foreign = false",
            ));
        }
        Ok(())
    }
}

fn problem(
    key: impl Into<String>,
    problem: impl Into<String>,
    fix: impl Into<String>,
) -> ConfigError {
    ConfigError { key: key.into(), problem: problem.into(), fix: fix.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_default() {
        let config: Config = toml::from_str("").unwrap();
        assert_eq!(config.listen.len(), 2);
        assert_eq!(config.domains, ["localhost"]);
        assert!(config.validate().is_ok());
    }

    /// The reference shows every key with its default, and no other.
    #[test]
    fn the_documented_defaults_are_the_defaults() {
        let document = include_str!("../../docs/configuration.md");
        let block = document.split("```toml\n").nth(1).and_then(|it| it.split("```").next());
        let documented: Config = toml::from_str(block.expect("a block")).unwrap();
        assert_eq!(documented, Config::default());
    }

    #[test]
    fn every_documented_example_is_valid() {
        let document = include_str!("../../docs/configuration.md");
        let blocks: Vec<&str> = document
            .split("```toml\n")
            .skip(1)
            .map(|it| it.split("```").next().expect("a block ends"))
            .collect();
        assert_eq!(blocks.len(), 3);
        for block in blocks {
            let config: Config = toml::from_str(block).unwrap();
            assert_eq!(config.validate(), Ok(()), "{block}");
        }
    }

    #[test]
    fn listen_addresses_parse_or_say_how() {
        let cases = [
            ("udp:127.0.0.1:5060", Ok((TransportKind::Udp, "127.0.0.1:5060"))),
            ("tcp:[::1]:5070", Ok((TransportKind::Tcp, "[::1]:5070"))),
            ("127.0.0.1:5060", Err("is not a transport")),
            ("5060", Err("names no transport")),
            ("udp:localhost", Err("is not an IP address")),
            ("tls:127.0.0.1:5061", Ok((TransportKind::Tls, "127.0.0.1:5061"))),
            ("ws:127.0.0.1:80", Ok((TransportKind::Ws, "127.0.0.1:80"))),
            ("wss:[::1]:443", Ok((TransportKind::Wss, "[::1]:443"))),
            ("sctp:127.0.0.1:5060", Err("is not a transport served here")),
        ];
        for (text, expected) in cases {
            match (text.parse::<ListenAddress>(), expected) {
                (Ok(parsed), Ok((transport, address))) => {
                    assert_eq!(parsed.transport, transport, "{text}");
                    assert_eq!(parsed.address.to_string(), address, "{text}");
                }
                (Err(error), Err(part)) => {
                    assert!(error.contains(part) && error.contains("udp:ADDRESS:PORT"), "{error}");
                }
                (parsed, _) => panic!("{text}: {parsed:?}"),
            }
        }
    }

    #[test]
    fn unsafe_listeners_are_refused_by_key() {
        let cases = [
            ("listen = []", "listen"),
            ("[[listen]]\naddress = \"udp:0.0.0.0:5060\"", "listen[0].address"),
            ("[[listen]]\naddress = \"udp:192.0.2.1:5060\"", "listen[0].address"),
            (
                "[[listen]]\naddress = \"udp:127.0.0.1:5060\"\n[[listen]]\naddress = \"udp:127.0.0.1:5060\"",
                "listen[1].address",
            ),
        ];
        for (text, key) in cases {
            let config: Config = toml::from_str(text).unwrap();
            assert_eq!(config.validate().unwrap_err().key, key, "{text}");
        }
        let secure = "[[listen]]\naddress = \"tls:127.0.0.1:5061\"";
        let without: Config = toml::from_str(secure).unwrap();
        assert_eq!(without.validate().unwrap_err().key, "listen[0].address");
        let user = "[[auth.users]]\nname = \"alice\"\npassword = \"s3cret\"\n";
        let exposed = "[[listen]]\naddress = \"udp:192.0.2.1:5060\"\n";
        for (auth, valid) in [("", true), ("[auth]\ncalls = false\n", false)] {
            let text = format!("{exposed}{auth}{user}");
            assert_eq!(
                toml::from_str::<Config>(&text).unwrap().validate().is_ok(),
                valid,
                "{text}"
            );
        }
        let trusted = "allow_unauthenticated = true\n[[listen]]\naddress = \"udp:192.0.2.1:5060\"";
        assert!(toml::from_str::<Config>(trusted).unwrap().validate().is_ok());
    }
}
