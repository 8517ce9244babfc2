//! Certificates and keys as files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys, RootCertStore};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sip_proto::UnixTime;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::{FileProblem, KeyPair, TlsError};

/// When a certificate that was loaded ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateExpiry {
    /// The file it came from.
    pub file: PathBuf,
    /// Its last second.
    pub ends: UnixTime,
}

/// A key pair in use, and when its certificate ends.
pub(super) struct Loaded {
    pub(super) key: Arc<CertifiedKey>,
    pub(super) expiry: CertificateExpiry,
}

pub(super) fn load(pair: &KeyPair, provider: &CryptoProvider) -> Result<Loaded, TlsError> {
    let chain = read_certificates(&pair.certificate)?;
    let expiry = expiry(&pair.certificate, &chain)?;
    let key = read_key(&pair.key)?;
    let key = CertifiedKey::from_der(chain, key, provider).map_err(|error| match error {
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            problem(&pair.key, FileProblem::KeyMismatch)
        }
        other => problem(&pair.key, FileProblem::Unusable(other.to_string())),
    })?;
    Ok(Loaded { key: Arc::new(key), expiry })
}

pub(super) fn read_authorities(file: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    let (added, ignored) = roots.add_parsable_certificates(read_certificates(file)?);
    if added == 0 {
        let why = format!("holds no certificate of an authority that can be used ({ignored} not)");
        return Err(problem(file, FileProblem::Unusable(why)));
    }
    Ok(roots)
}

fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Vec<_> = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect)
        .map_err(|error| from_pem(file, error, FileProblem::NoCertificate))?;
    if chain.is_empty() {
        return Err(problem(file, FileProblem::NoCertificate));
    }
    Ok(chain)
}

fn read_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| from_pem(file, error, FileProblem::NoKey))
}

fn from_pem(file: &Path, error: pem::Error, nothing: FileProblem) -> TlsError {
    let why = match error {
        pem::Error::Io(error) => FileProblem::Unreadable(error),
        pem::Error::NoItemsFound => nothing,
        other => FileProblem::Unusable(format!("is not PEM: {other}")),
    };
    problem(file, why)
}

fn expiry(file: &Path, chain: &[CertificateDer<'_>]) -> Result<CertificateExpiry, TlsError> {
    let first = chain.first().map_or(&[][..], |first| first);
    let (_, certificate) = X509Certificate::from_der(first)
        .map_err(|error| problem(file, FileProblem::Unusable(error.to_string())))?;
    let ends = u64::try_from(certificate.validity().not_after.timestamp()).unwrap_or(0);
    Ok(CertificateExpiry { file: file.to_path_buf(), ends: UnixTime::from_secs(ends) })
}

fn problem(file: &Path, problem: FileProblem) -> TlsError {
    TlsError { file: file.to_path_buf(), problem }
}
