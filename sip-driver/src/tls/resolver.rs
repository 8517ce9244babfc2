//! Which certificate a client is shown.

use std::sync::Arc;

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::identity::{dns_names, domains};

/// Chooses by the name that the client asks for (SNI): the first certificate that has it, else the
/// first.
#[derive(Debug)]
pub(super) struct BySni {
    /// Never empty.
    keys: Vec<(Vec<String>, Arc<CertifiedKey>)>,
}

impl BySni {
    pub(super) fn new(keys: impl IntoIterator<Item = Arc<CertifiedKey>>) -> Self {
        let with_names = |key: Arc<CertifiedKey>| {
            let mut names = key.cert.first().map(domains).unwrap_or_default();
            names.extend(key.cert.first().map(dns_names).unwrap_or_default());
            (names, key)
        };
        Self { keys: keys.into_iter().map(with_names).collect() }
    }

    fn choose(&self, wanted: Option<&str>) -> Option<Arc<CertifiedKey>> {
        let named = |(names, _): &&(Vec<String>, _)| {
            wanted.is_some_and(|wanted| names.iter().any(|name| covers(name, wanted)))
        };
        let found = self.keys.iter().find(named).or_else(|| self.keys.first());
        found.map(|(_, key)| Arc::clone(key))
    }
}

impl ResolvesServerCert for BySni {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.choose(hello.server_name())
    }
}

/// Whether a certificate with `name` may be what a client that wants `wanted` takes: browsers, over
/// secure WebSocket, take a wildcard for one label.
fn covers(name: &str, wanted: &str) -> bool {
    let wildcard = || {
        let (_, rest) = wanted.split_once('.')?;
        Some(name.strip_prefix("*.")?.eq_ignore_ascii_case(rest))
    };
    name.eq_ignore_ascii_case(wanted) || wildcard().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::covers;

    #[test]
    fn which_names_a_certificate_is_shown_for() {
        let table = [
            ("example.com", "example.com", true),
            ("example.com", "EXAMPLE.com", true),
            ("example.com", "sip.example.com", false),
            ("*.example.com", "sip.example.com", true),
            ("*.example.com", "a.b.example.com", false),
            ("*.example.com", "example.com", false),
        ];
        for (name, wanted, expected) in table {
            assert_eq!(covers(name, wanted), expected, "{name} for {wanted}");
        }
    }
}
