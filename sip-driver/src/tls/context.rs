//! What handshakes use, and how it is exchanged while connections live.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::{CryptoProvider, ring};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::certificates::{self, Loaded};
use super::resolver::BySni;
use super::verifier::SipServerVerifier;
use super::{CertificateExpiry, ClientAuth, FileProblem, TlsConfig, TlsError};

/// Certificates, keys and authorities, ready for handshakes. Clones are the same context.
///
/// [`reload`](Self::reload) exchanges all of it at once: handshakes that begin afterwards use what
/// is new, connections that are there keep what they have. The default has nothing, so that TLS and
/// WSS can neither be listened on nor dialled.
#[derive(Clone, Default)]
pub struct TlsContext(Arc<RwLock<Loadable>>);

#[derive(Clone, Default)]
struct Loadable {
    server: Option<Arc<ServerConfig>>,
    client: Option<Arc<ClientConfig>>,
    expiries: Vec<CertificateExpiry>,
}

impl TlsContext {
    /// Reads the files of `config`.
    ///
    /// # Errors
    /// [`TlsError`] for the first file that cannot be used.
    pub fn load(config: &TlsConfig) -> Result<Self, TlsError> {
        let context = Self::default();
        context.reload(config)?;
        Ok(context)
    }

    /// Reads the files of `config` in place of what there was. Sessions from before are not resumed.
    ///
    /// # Errors
    /// [`TlsError`] for the first file that cannot be used; everything stays as it was.
    pub fn reload(&self, config: &TlsConfig) -> Result<(), TlsError> {
        let loaded = load(config)?;
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = loaded;
        Ok(())
    }

    /// When the certificates in use end.
    #[must_use]
    pub fn expiries(&self) -> Vec<CertificateExpiry> {
        self.read(|loaded| loaded.expiries.clone())
    }

    /// Whether there is a certificate to listen with.
    #[must_use]
    pub fn can_listen(&self) -> bool {
        self.read(|loaded| loaded.server.is_some())
    }

    pub(crate) fn server(&self) -> Option<Arc<ServerConfig>> {
        self.read(|loaded| loaded.server.clone())
    }

    pub(crate) fn client(&self) -> Option<Arc<ClientConfig>> {
        self.read(|loaded| loaded.client.clone())
    }

    fn read<T>(&self, take: impl FnOnce(&Loadable) -> T) -> T {
        take(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn load(config: &TlsConfig) -> Result<Loadable, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let pairs: Vec<Loaded> = config
        .identities
        .iter()
        .map(|pair| certificates::load(pair, &provider))
        .collect::<Result<_, _>>()?;
    let roots = config.authorities.as_deref().map(certificates::read_authorities).transpose()?;
    let own = config.client_identity.as_ref();
    let own = own.map(|pair| certificates::load(pair, &provider)).transpose()?;
    let expiries = pairs.iter().chain(&own).map(|pair| pair.expiry.clone()).collect();
    let server = match pairs.is_empty() {
        true => None,
        false => Some(server_config(config, &pairs, roots.clone(), &provider)?),
    };
    let client = match roots {
        Some(roots) => Some(client_config(roots, own, &provider, config)?),
        None => None,
    };
    Ok(Loadable { server, client, expiries })
}

fn server_config(
    config: &TlsConfig,
    pairs: &[Loaded],
    roots: Option<RootCertStore>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<ServerConfig>, TlsError> {
    let unusable = |why: String| TlsError {
        file: config.authorities.clone().unwrap_or_else(|| PathBuf::from("(no authorities)")),
        problem: FileProblem::Unusable(why),
    };
    let verified = |optional: bool| {
        let roots = roots.clone().ok_or_else(|| {
            unusable("clients cannot be asked for certificates without authorities".to_owned())
        })?;
        let builder =
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
        let builder = if optional { builder.allow_unauthenticated() } else { builder };
        builder.build().map_err(|error| unusable(error.to_string()))
    };
    let verifier = match config.client_auth {
        ClientAuth::None => WebPkiClientVerifier::no_client_auth(),
        ClientAuth::Request => verified(true)?,
        ClientAuth::Require => verified(false)?,
    };
    let mut server = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.to_string()))?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(BySni::new(pairs.iter().map(|pair| Arc::clone(&pair.key)))));
    // Tickets instead of a table: who resumes brings what it takes.
    server.ticketer =
        ring::Ticketer::new().map_err(|error| unusable(format!("no session tickets: {error}")))?;
    Ok(Arc::new(server))
}

fn client_config(
    roots: RootCertStore,
    own: Option<Loaded>,
    provider: &Arc<CryptoProvider>,
    config: &TlsConfig,
) -> Result<Arc<ClientConfig>, TlsError> {
    let unusable = |why: String| TlsError {
        file: config.authorities.clone().unwrap_or_default(),
        problem: FileProblem::Unusable(why),
    };
    let builder = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| unusable(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(SipServerVerifier::new(
            roots,
            Arc::clone(provider),
        )));
    let client = match own {
        Some(pair) => builder
            .with_client_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(pair.key))),
        None => builder.with_no_client_auth(),
    };
    Ok(Arc::new(client))
}

/// The same context, not one with the same contents.
impl PartialEq for TlsContext {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for TlsContext {}

/// Tells no keys.
impl fmt::Debug for TlsContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read(|loaded| {
            f.debug_struct("TlsContext")
                .field("server", &loaded.server.is_some())
                .field("client", &loaded.client.is_some())
                .field("expiries", &loaded.expiries)
                .finish()
        })
    }
}
