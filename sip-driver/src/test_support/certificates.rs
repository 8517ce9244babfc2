//! Certificates for tests, made when they are wanted, in a folder that is removed afterwards.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair as Key, SanType,
    date_time_ymd,
};

use crate::{KeyPair, TlsConfig, TlsContext};

/// An authority, with the folder that it writes to.
pub struct Authority {
    folder: PathBuf,
    issuer: Issuer<'static, Key>,
}

/// What a certificate is to say.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// DNS names.
    pub dns: &'a [&'a str],
    /// URIs.
    pub uris: &'a [&'a str],
    /// The address 127.0.0.1.
    pub loopback: bool,
    /// The common name.
    pub common_name: &'a str,
    /// Whether it ended long ago.
    pub expired: bool,
}

impl<'a> Subject<'a> {
    /// A certificate for DNS names.
    #[must_use]
    pub const fn dns(dns: &'a [&'a str]) -> Self {
        Self { dns, uris: &[], loopback: false, common_name: "test", expired: false }
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// A new one.
    ///
    /// # Panics
    /// If the folder for temporary files cannot be written to.
    #[must_use]
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("sip-driver-certificates-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a writable folder");
        let key = Key::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, format!("authority {number}"));
        let certificate = params.self_signed(&key).expect("a certificate");
        fs::write(folder.join("authority.pem"), certificate.pem()).expect("a writable folder");
        Self { folder, issuer: Issuer::new(params, key) }
    }

    /// Its own certificate.
    #[must_use]
    pub fn certificate(&self) -> PathBuf {
        self.folder.join("authority.pem")
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Certifies `subject`, in files called `name`; those of that name are replaced.
    ///
    /// # Panics
    /// If a name cannot be written in a certificate.
    #[must_use]
    pub fn issue(&self, name: &str, subject: Subject<'_>) -> KeyPair {
        let text = |text: &&str| Ia5String::try_from(*text).expect("ASCII");
        let mut params = CertificateParams::default();
        let dns = subject.dns.iter().map(text).map(SanType::DnsName);
        let uris = subject.uris.iter().map(text).map(SanType::URI);
        let address = subject.loopback.then(|| SanType::IpAddress([127, 0, 0, 1].into()));
        params.subject_alt_names = dns.chain(uris).chain(address).collect();
        params.distinguished_name.push(DnType::CommonName, subject.common_name);
        if subject.expired {
            params.not_before = date_time_ymd(2001, 1, 1);
            params.not_after = date_time_ymd(2002, 1, 1);
        }
        let key = Key::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        let pair = KeyPair {
            certificate: self.folder.join(format!("{name}.pem")),
            key: self.folder.join(format!("{name}.key")),
        };
        fs::write(&pair.certificate, certificate.pem()).expect("a writable folder");
        fs::write(&pair.key, key.serialize_pem()).expect("a writable folder");
        pair
    }

    /// A configuration that trusts this authority and shows a certificate for `localhost`,
    /// `example.com` and 127.0.0.1.
    #[must_use]
    pub fn server(&self) -> TlsConfig {
        let subject = Subject { loopback: true, ..Subject::dns(&["localhost", "example.com"]) };
        TlsConfig {
            identities: vec![self.issue("server", subject)],
            authorities: Some(self.certificate()),
            ..TlsConfig::default()
        }
    }

    /// That configuration, loaded.
    ///
    /// # Panics
    /// If what was just written cannot be read.
    #[must_use]
    pub fn server_context(&self) -> TlsContext {
        TlsContext::load(&self.server()).expect("good files")
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
