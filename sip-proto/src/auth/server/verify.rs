//! Whether credentials are right.

use super::super::nonce::{self, NonceKey};
use super::super::nonce_counts::NonceCounts;
use super::super::{DigestInput, Ha1, Role};
use super::claim;
use super::{Claim, Claimed, DigestConfig};
use crate::{Request, Rng, Secrets, Seed, UnixTime};

/// The side of Digest that asks, for one realm.
///
/// Asking takes no memory: whoever has the cluster's [`Secrets`] tells its own nonces. What is
/// remembered is how often nonces were used, of users that proved right, within the bounds of
/// [`DigestConfig`]. That memory is this instance's own: within the lifetime of a nonce another
/// shard or node, or this one after a restart, takes the same credentials once more.
///
/// In two steps, so that the look-up between them may take its time:
///
/// ```
/// use sip_proto::auth::{
///     Claimed, Credential, DigestClient, DigestConfig, DigestServer, Account, Attempts, Outcome,
///     Role, StoredUser,
/// };
/// use sip_proto::{Method, Request, Secrets, Seed, UnixTime};
///
/// let (seed, now) = (Seed::from_u64(1), UnixTime::from_secs(1_700_000_000));
/// let config = DigestConfig::new("b.example");
/// let mut server = DigestServer::new(config, Secrets::from_seed(&seed), &seed);
/// let request = Request::builder(Method::Register, "sip:b.example").cseq(1).build();
/// assert!(matches!(server.claim(&request, Role::UserAgent), Claimed::Nothing { .. }));
/// let challenge = server.challenge(&request, Role::UserAgent, now, false);
///
/// let mut client = DigestClient::new(&seed);
/// client.add(Account::new("bob", b"zanzibar"));
/// let request = client.answer(&request, &challenge, &mut Attempts::default()).unwrap();
///
/// let Claimed::Credentials(claim) = server.claim(&request, Role::UserAgent) else {
///     panic!("there are credentials");
/// };
/// assert_eq!(claim.username(), b"bob");
/// // Here the user is looked up.
/// let password = Credential::Password(b"zanzibar".to_vec());
/// let user = StoredUser::new("bob", "sip:bob@b.example", password);
/// match server.verify(&request, &claim, Some(&user), now) {
///     Outcome::Authenticated(who) => assert_eq!(who.identity, "sip:bob@b.example"),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Debug)]
pub struct DigestServer {
    pub(super) config: DigestConfig,
    pub(super) secrets: Secrets,
    pub(super) rng: Rng,
    counts: NonceCounts,
}

/// What is known of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredUser {
    /// The user name, which every hash of the password is over.
    pub username: Vec<u8>,
    /// Who it is: for whoever decides what that one may do.
    pub identity: String,
    /// What proves it.
    pub credential: Credential,
    /// Whether right credentials get 403 nevertheless.
    pub is_barred: bool,
}

/// What proves who a user is.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// A password, good for every algorithm; for AKA that of a
    /// [`Vector`](crate::auth::Vector::password).
    Password(Vec<u8>),
    /// Hashes of the password, each good for the algorithms with its hash function.
    Ha1(Vec<Ha1>),
}

impl StoredUser {
    /// A user who may come in.
    #[must_use]
    pub fn new(
        username: impl Into<Vec<u8>>,
        identity: impl Into<String>,
        credential: Credential,
    ) -> Self {
        let (username, identity) = (username.into(), identity.into());
        Self { username, identity, credential, is_barred: false }
    }
}

impl core::fmt::Debug for Credential {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Password(_) => "Password(..)",
            Self::Ha1(_) => "Ha1(..)",
        })
    }
}

/// What came of credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// They are right.
    Authenticated(Box<Authenticated>),
    /// They are wrong, or were right but are used up: to be challenged, with what
    /// [`DigestServer::challenge`] makes.
    Challenge {
        /// Whether only the nonce was wrong.
        stale: bool,
    },
    /// They are right, and their user is barred: 403.
    Forbidden,
    /// No client may send them: 400.
    BadRequest(&'static str),
}

/// Who was authenticated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    /// Who it is, from [`StoredUser`].
    pub identity: String,
    /// The user name, from [`StoredUser`].
    pub username: Vec<u8>,
    pub(super) claim: Claim,
    pub(super) ha1: Ha1,
}

impl PartialEq for Claim {
    fn eq(&self, other: &Self) -> bool {
        self.nonce == other.nonce && self.nc == other.nc && self.response == other.response
    }
}

impl Eq for Claim {}

impl Claim {
    pub(super) fn input(&self) -> DigestInput<'_> {
        DigestInput {
            algorithm: self.algorithm,
            nonce: &self.nonce,
            cnonce: &self.cnonce,
            nc: &self.nc,
            qop: self.qop,
            uri: &self.uri,
        }
    }
}

impl DigestServer {
    /// The guard of one realm. `secrets` are the cluster's.
    #[must_use]
    pub fn new(config: DigestConfig, secrets: Secrets, seed: &Seed) -> Self {
        let width = config.nonce_count_window.clamp(1, NonceCounts::WIDTH_MAX);
        Self {
            counts: NonceCounts::new(config.nonces_max, width),
            rng: seed.fork("digest-server").rng(),
            secrets,
            config,
        }
    }

    /// How it guards.
    #[must_use]
    pub const fn config(&self) -> &DigestConfig {
        &self.config
    }

    /// The cluster's keys were rotated: nonces of the key before are good still.
    pub fn handle_secrets(&mut self, secrets: Secrets) {
        self.secrets = secrets;
    }

    /// Nonces whose counts are remembered now.
    #[must_use]
    pub fn nonces(&self) -> usize {
        self.counts.len()
    }

    /// Step one: what the credentials of a request claim.
    #[must_use]
    pub fn claim(&self, request: &Request, role: Role) -> Claimed {
        claim::read(request, role, &self.config, &self.secrets)
    }

    /// Step two: whether the claim is right, given what is stored of its user, or `None` where
    /// nothing is. To the client both wrong answers look the same, and take the same time.
    pub fn verify(
        &mut self,
        request: &Request,
        claim: &Claim,
        user: Option<&StoredUser>,
        now: UnixTime,
    ) -> Outcome {
        let ha1 = self.ha1(claim, user);
        let method = request.method().as_str().as_bytes();
        let expected = claim.input().response(&ha1, method, request.body());
        let is_known = user.is_some_and(|user| has_ha1(&user.credential, claim));
        let is_right = expected == claim.response && is_known && claim.auts().is_none();
        let Some(user) = user.filter(|_| is_right) else {
            return Outcome::Challenge { stale: false };
        };
        // RFC 7616 section 3.3: stale says that the digest was right for its nonce.
        if !claim.opened.is_some_and(|nonce| self.is_fresh(nonce.key, claim.count, now)) {
            return Outcome::Challenge { stale: true };
        }
        if user.is_barred {
            return Outcome::Forbidden;
        }
        Outcome::Authenticated(Box::new(Authenticated {
            identity: user.identity.clone(),
            username: user.username.clone(),
            claim: claim.clone(),
            ha1,
        }))
    }

    /// A nonce for the next request, for [`Authenticated::info`].
    pub fn next_nonce(&mut self, now: UnixTime) -> String {
        nonce::mint(&self.secrets, &mut self.rng, self.config.realm.as_bytes(), now, None)
    }

    fn is_fresh(&mut self, key: NonceKey, count: Option<u32>, now: UnixTime) -> bool {
        let lifetime_s = self.config.nonce_lifetime.as_secs();
        self.counts.forget_before(now.as_secs().saturating_sub(lifetime_s));
        let age_s = now.as_secs().saturating_sub(key.issued_s);
        age_s <= lifetime_s && self.counts.take(key, count)
    }

    /// The hash to check against. Where there is none, one that nobody's password gives; and the
    /// work is the same in each case, so that the time tells nobody which users there are.
    fn ha1(&self, claim: &Claim, user: Option<&StoredUser>) -> Ha1 {
        let nobodys = self.secrets.seal("digest-nobody", &[&claim.username]);
        let (password, kept) = match user.map(|user| &user.credential) {
            Some(Credential::Password(password)) => (password.as_slice(), None),
            Some(Credential::Ha1(kept)) => (nobodys.as_slice(), Some(kept)),
            None => (nobodys.as_slice(), None),
        };
        let username = user.map_or(&claim.username, |user| &user.username);
        let hash = claim.algorithm.hash;
        let made = Ha1::new(hash, username, self.config.realm.as_bytes(), password);
        kept.and_then(|kept| kept.iter().find(|ha1| ha1.hash() == hash)).copied().unwrap_or(made)
    }
}

fn has_ha1(credential: &Credential, claim: &Claim) -> bool {
    match credential {
        Credential::Password(_) => true,
        Credential::Ha1(kept) => kept.iter().any(|ha1| ha1.hash() == claim.algorithm.hash),
    }
}
