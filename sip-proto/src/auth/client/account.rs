//! What a client knows to prove who it is.

use core::fmt;

use super::super::{Algorithm, Ha1, Usim};

/// A user name with what proves it.
#[derive(Clone, Debug)]
pub struct Account {
    /// The realm it is for; `None` for whichever asks. With several accounts, one that names the
    /// realm counts before one that does not.
    pub realm: Option<String>,
    /// The user name.
    pub username: String,
    /// What proves it.
    pub secret: AccountSecret,
}

/// What proves a user name.
#[derive(Clone)]
pub enum AccountSecret {
    /// A password.
    Password(Vec<u8>),
    /// Hashes of a password, each good for the algorithms with its hash function.
    Ha1(Vec<Ha1>),
    /// A SIM card.
    Usim(Box<Usim>),
}

impl Account {
    /// A user with a password, for whichever realm asks.
    #[must_use]
    pub fn new(username: impl Into<String>, password: &[u8]) -> Self {
        let secret = AccountSecret::Password(password.to_vec());
        Self { realm: None, username: username.into(), secret }
    }

    /// The same, for one realm.
    #[must_use]
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    pub(super) fn is_for(&self, realm: &[u8]) -> bool {
        self.realm.as_ref().is_none_or(|own| own.as_bytes() == realm)
    }

    /// Whether it can answer challenges with `algorithm`.
    pub(super) fn answers(&self, algorithm: Algorithm) -> bool {
        match &self.secret {
            AccountSecret::Password(_) => !algorithm.is_aka(),
            AccountSecret::Ha1(kept) => {
                !algorithm.is_aka() && kept.iter().any(|ha1| ha1.hash() == algorithm.hash)
            }
            AccountSecret::Usim(_) => algorithm.is_aka(),
        }
    }
}

impl fmt::Debug for AccountSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(..)",
            Self::Ha1(_) => "Ha1(..)",
            Self::Usim(_) => "Usim(..)",
        })
    }
}
