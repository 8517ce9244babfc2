//! `[tls]` and `[ws]`: certificates, authorities, and whom to let in over WebSocket.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use sip_driver::{
    CertificateExpiry, ClientAuth, KeyPair, TlsConfig, TlsContext, TlsError, WsConfig,
};
use sip_sproutlet::ConfigError;

const DAY_S: u64 = 24 * 3600;
/// From when on an operator is told that a certificate ends.
const WARN_BEFORE_S: u64 = 21 * DAY_S;

/// `[tls]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TlsSection {
    /// What `tls` and `wss` listeners show.
    pub(crate) certificates: Vec<Pair>,
    /// Authorities that peers are to be certified by.
    pub(crate) authorities: Option<PathBuf>,
    /// Whether clients must show a certificate.
    pub(crate) verify_client: VerifyClient,
    /// What is shown to servers that are dialled and ask.
    pub(crate) client_certificate: Option<Pair>,
}

/// A certificate with its key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pair {
    /// PEM: the certificate, then those that lead to its authority.
    pub(crate) certificate: PathBuf,
    /// PEM: its private key.
    pub(crate) key: PathBuf,
}

/// Whether clients must show a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum VerifyClient {
    /// They are not asked.
    #[default]
    None,
    /// They may.
    Request,
    /// They must.
    Require,
}

/// `[ws]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WsSection {
    /// The only path served; any if there is none.
    path: Option<String>,
    /// Pages that are let in; all if it is empty.
    origins: Vec<String>,
    /// Bytes of one message.
    message_bytes_max: usize,
    /// Bytes of the HTTP request.
    head_bytes_max: usize,
}

impl Default for WsSection {
    fn default() -> Self {
        let WsConfig { path, origins, head_bytes_max, message_bytes_max } = WsConfig::default();
        Self { path, origins, message_bytes_max, head_bytes_max }
    }
}

impl Pair {
    fn key_pair(&self) -> KeyPair {
        KeyPair { certificate: self.certificate.clone(), key: self.key.clone() }
    }
}

impl TlsSection {
    /// What the driver reads.
    pub(crate) fn driver(&self) -> TlsConfig {
        TlsConfig {
            identities: self.certificates.iter().map(Pair::key_pair).collect(),
            authorities: self.authorities.clone(),
            client_auth: match self.verify_client {
                VerifyClient::None => ClientAuth::None,
                VerifyClient::Request => ClientAuth::Request,
                VerifyClient::Require => ClientAuth::Require,
            },
            client_identity: self.client_certificate.as_ref().map(Pair::key_pair),
        }
    }

    /// Values that contradict each other; no file is read.
    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let missing = |key: &str, problem: &str| ConfigError {
            key: key.to_owned(),
            problem: problem.to_owned(),
            fix: "add tls.authorities = \"FILE\" with the certificates of those who certify them"
                .to_owned(),
        };
        if self.authorities.is_some() {
            return Ok(());
        }
        if self.verify_client != VerifyClient::None {
            let problem = "clients cannot be verified without authorities";
            return Err(missing("tls.verify_client", problem));
        }
        if self.client_certificate.is_some() {
            let problem = "without authorities no server can be verified, so that none is dialled";
            return Err(missing("tls.client_certificate", problem));
        }
        Ok(())
    }

    /// Reads the files.
    pub(crate) fn load(&self) -> Result<TlsContext, ConfigError> {
        TlsContext::load(&self.driver()).map_err(|error| self.name(&error))
    }

    /// Which key names the file.
    fn name(&self, error: &TlsError) -> ConfigError {
        let of_pair = |prefix: String, pair: &Pair| {
            [("certificate", &pair.certificate), ("key", &pair.key)]
                .into_iter()
                .find(|(_, file)| **file == error.file)
                .map(|(name, _)| format!("{prefix}.{name}"))
        };
        let listed = self.certificates.iter().enumerate();
        let key = listed
            .filter_map(|(index, pair)| of_pair(format!("tls.certificates[{index}]"), pair))
            .next()
            .or_else(|| {
                of_pair("tls.client_certificate".to_owned(), self.client_certificate.as_ref()?)
            })
            .unwrap_or_else(|| "tls.authorities".to_owned());
        let (problem, fix) = (error.to_string(), error.problem.fix().to_owned());
        ConfigError { key, problem, fix }
    }
}

impl WsSection {
    /// What the driver obeys.
    pub(crate) fn driver(&self) -> WsConfig {
        WsConfig {
            path: self.path.clone(),
            origins: self.origins.clone(),
            head_bytes_max: self.head_bytes_max,
            message_bytes_max: self.message_bytes_max,
        }
    }

    pub(crate) fn validate(&self) -> Result<(), ConfigError> {
        let problem = |key: &str, problem: String, fix: &str| {
            Err(ConfigError { key: key.to_owned(), problem, fix: fix.to_owned() })
        };
        if let Some(path) = self.path.as_deref().filter(|path| !path.starts_with('/')) {
            return problem(
                "ws.path",
                format!("`{path}` is not a path"),
                "begin it with a slash, such as \"/sip\"",
            );
        }
        for (index, origin) in self.origins.iter().enumerate() {
            if !origin.contains("://") || origin.ends_with('/') {
                return problem(
                    &format!("ws.origins[{index}]"),
                    format!("`{origin}` is not an origin"),
                    "write scheme and host without a path, such as \"https://phone.example.com\"",
                );
            }
        }
        for (key, bytes) in [
            ("ws.message_bytes_max", self.message_bytes_max),
            ("ws.head_bytes_max", self.head_bytes_max),
        ] {
            if bytes < 512 {
                let fix = "set it to 512 or more, or leave it out for the default";
                return problem(key, format!("{bytes} is too small for any message"), fix);
            }
        }
        Ok(())
    }
}

/// What an operator should know of the certificates that are used.
pub(crate) fn warnings(context: &TlsContext) -> Vec<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    context.expiries().iter().filter_map(|expiry| warning(expiry, now)).collect()
}

fn warning(CertificateExpiry { file, ends }: &CertificateExpiry, now_s: u64) -> Option<String> {
    let file = Path::display(file);
    let left_s = ends.as_secs().saturating_sub(now_s);
    match left_s {
        0 => Some(format!("the certificate in {file} has expired: clients will refuse it")),
        WARN_BEFORE_S.. => None,
        _ => Some(format!("the certificate in {file} expires in {} days", left_s / DAY_S)),
    }
}

#[cfg(test)]
mod tests {
    use sip_proto::UnixTime;

    use super::*;

    #[test]
    fn who_should_be_told_that_a_certificate_ends_is() {
        let expiry =
            |ends| CertificateExpiry { file: "s.pem".into(), ends: UnixTime::from_secs(ends) };
        let now = 1_000 * DAY_S;
        for (ends, said) in [
            (now, Some("has expired")),
            (now - 1, Some("has expired")),
            (now + 2 * DAY_S, Some("expires in 2 days")),
            (now + 21 * DAY_S, None),
        ] {
            match (warning(&expiry(ends), now), said) {
                (None, None) => {}
                (Some(text), Some(part)) => assert!(text.contains(part), "{text}"),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn what_contradicts_itself_is_named() {
        let key = |text: &str| {
            let tls: TlsSection = toml::from_str(text).expect("TOML");
            tls.validate().map_err(|error| error.key)
        };
        assert_eq!(key("verify_client = \"require\""), Err("tls.verify_client".to_owned()));
        assert_eq!(key("verify_client = \"require\"\nauthorities = \"ca.pem\""), Ok(()));
        let own = "client_certificate = { certificate = \"a\", key = \"b\" }";
        assert_eq!(key(own), Err("tls.client_certificate".to_owned()));

        let key = |text: &str| {
            let ws: WsSection = toml::from_str(text).expect("TOML");
            ws.validate().map_err(|error| error.key)
        };
        assert_eq!(key("path = \"sip\""), Err("ws.path".to_owned()));
        let origins = "origins = [\"https://a.example\", \"a.example\"]";
        assert_eq!(key(origins), Err("ws.origins[1]".to_owned()));
        assert_eq!(key("message_bytes_max = 0"), Err("ws.message_bytes_max".to_owned()));
        assert_eq!(key(""), Ok(()));
    }
}
