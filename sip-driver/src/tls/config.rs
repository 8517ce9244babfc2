//! Which files, and who must prove who they are.

use std::path::PathBuf;

/// Where certificates and keys are, and who must prove who they are. All files are PEM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsConfig {
    /// What listeners prove themselves with. The first whose certificate names what the client asks
    /// for (SNI) is shown, else the first. None: nothing can listen on TLS or WSS.
    pub identities: Vec<KeyPair>,
    /// Authorities that peers are to be certified by. None: no certificate of a peer can be
    /// verified, so that nothing can be dialled over TLS.
    ///
    /// A file is named, not taken from the system or built in: whom to trust with calls is the
    /// operator's choice (`/etc/ssl/certs/ca-certificates.crt` is all that the system trusts).
    pub authorities: Option<PathBuf>,
    /// Whether clients that connect must prove who they are.
    pub client_auth: ClientAuth,
    /// What to prove ourselves with to a server that asks; nothing if there is none.
    pub client_identity: Option<KeyPair>,
}

/// A certificate with its chain, and its private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    /// The certificate, followed by those that lead to its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// Whether clients that connect must prove who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAuth {
    /// They are not asked.
    #[default]
    None,
    /// They are asked; one that has no certificate is let in, one with a bad one is not.
    Request,
    /// Without a valid certificate none is let in.
    Require,
}
