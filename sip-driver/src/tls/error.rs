//! What can be wrong with the files that TLS needs.

use std::fmt;
use std::path::PathBuf;

/// The files named in a [`TlsConfig`](super::TlsConfig) cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {problem}", file = file.display())]
pub struct TlsError {
    /// Which file.
    pub file: PathBuf,
    /// What is wrong with it.
    pub problem: FileProblem,
}

/// What is wrong with a file.
#[derive(Debug)]
#[non_exhaustive]
pub enum FileProblem {
    /// It cannot be read; what the system said.
    Unreadable(std::io::Error),
    /// It holds no certificate in PEM.
    NoCertificate,
    /// It holds no private key in PEM.
    NoKey,
    /// It is PEM, but what is in it cannot be used.
    Unusable(String),
    /// The key belongs to another certificate.
    KeyMismatch,
}

impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Self::NoCertificate => f.write_str("holds no certificate in PEM"),
            Self::NoKey => f.write_str("holds no private key in PEM"),
            Self::Unusable(why) => f.write_str(why),
            Self::KeyMismatch => f.write_str("is not the key of the certificate"),
        }
    }
}

impl FileProblem {
    /// What to do about it.
    #[must_use]
    pub fn fix(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "check the path and that this user may read the file",
            Self::NoCertificate => {
                "it must hold `-----BEGIN CERTIFICATE-----`, the server's own first"
            }
            Self::NoKey => "it must hold `-----BEGIN PRIVATE KEY-----` (RSA, ECDSA or Ed25519)",
            Self::Unusable(_) => "look at it with `openssl x509 -text` or `openssl pkey -text`",
            Self::KeyMismatch => "name the key that this certificate was made for",
        }
    }
}
