//! Answering challenges.

use bytes::Bytes;
use smallvec::SmallVec;
use thiserror::Error;

use super::super::{Algorithm, HexDigest, Qop, Role};
use super::attempts::Cause;
use super::session::{Asked, Session};
use super::{Account, Attempts};
use crate::message::headers::{AuthenticationInfo, Challenge, Credentials};
use crate::message::{CSeq, HeaderName};
use crate::{Request, Response, Rng, Seed};

const ROLES: [Role; 2] = [Role::UserAgent, Role::Proxy];

/// Which of several challenges of one realm is answered (RFC 8760 section 2.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preference {
    /// The one with the strongest hash function, and of equals the topmost. Challenges are not
    /// protected: an attacker on the way who changes their order gains nothing.
    #[default]
    Strongest,
    /// The topmost one that can be answered: what the server prefers.
    Topmost,
}

/// What a client is willing to do, with every bound of what it remembers.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The algorithms it uses; challenges with others are not answered. All by default: leave MD5
    /// out where no server needs it.
    pub algorithms: Vec<Algorithm>,
    /// Which of several challenges is answered.
    pub preference: Preference,
    /// Whether the body is protected where the server offers it: no.
    pub auth_int: bool,
    /// Challenges of one response that are looked at: 16. Beyond: they are not answered.
    pub challenges_max: usize,
    /// Sessions kept, to be used again without being asked: 64. Beyond: the oldest is forgotten,
    /// and asked for again.
    pub sessions_max: usize,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            algorithms: vec![
                Algorithm::SHA_512_256,
                Algorithm::SHA_512_256_SESS,
                Algorithm::SHA_256,
                Algorithm::SHA_256_SESS,
                Algorithm::MD5,
                Algorithm::MD5_SESS,
                Algorithm::AKA_V2_MD5,
                Algorithm::AKA_V1_MD5,
            ],
            preference: Preference::default(),
            auth_int: false,
            challenges_max: 16,
            sessions_max: 64,
        }
    }
}

/// Why a challenge is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Unanswered {
    /// There is no challenge of the Digest scheme in the response.
    #[error("the response asks for no digest")]
    NoChallenge,
    /// Nothing is known for any of the realms.
    #[error("there is no account for the realm")]
    NoAccount,
    /// The algorithms or the protection asked for are not supported, or not wanted.
    #[error("no algorithm or protection that is offered is supported")]
    Unsupported,
    /// The same credentials were refused before: the password is wrong.
    #[error("the credentials were refused")]
    Refused,
    /// The challenge is not the home network's (AKA).
    #[error("the network did not prove itself")]
    NotAuthentic,
}

/// The side of Digest that answers: accounts, and the sessions under way.
///
/// ```
/// use sip_proto::auth::{Account, Attempts, DigestClient, Unanswered};
/// use sip_proto::{HeaderName, Method, Request, Response, Seed, StatusCode};
///
/// let mut client = DigestClient::new(&Seed::from_u64(1));
/// client.add(Account::new("bob", b"zanzibar").realm("b.example"));
///
/// let request = Request::builder(Method::Register, "sip:b.example").cseq(1).build();
/// let challenge = Response::builder(StatusCode::UNAUTHORIZED)
///     .header(HeaderName::WwwAuthenticate, r#"Digest realm="b.example", nonce="1", qop="auth""#)
///     .build();
/// let mut attempts = Attempts::default();
/// let again = client.answer(&request, &challenge, &mut attempts).unwrap();
/// assert_eq!(again.value(&HeaderName::CSeq), Some(&b"2 REGISTER"[..]));
/// assert_eq!(again.count(&HeaderName::Authorization), 1);
/// // The same again: the password is wrong.
/// assert_eq!(client.answer(&again, &challenge, &mut attempts).err(), Some(Unanswered::Refused));
/// ```
#[derive(Debug)]
pub struct DigestClient {
    config: ClientConfig,
    rng: Rng,
    accounts: Vec<Account>,
    sessions: Vec<Session>,
}

impl DigestClient {
    /// A client without accounts, with the defaults.
    #[must_use]
    pub fn new(seed: &Seed) -> Self {
        Self::with_config(ClientConfig::default(), seed)
    }

    /// A client without accounts.
    #[must_use]
    pub fn with_config(config: ClientConfig, seed: &Seed) -> Self {
        let rng = seed.fork("digest-client").rng();
        Self { config, rng, accounts: Vec::new(), sessions: Vec::new() }
    }

    /// Adds an account.
    pub fn add(&mut self, account: Account) {
        self.accounts.push(account);
    }

    /// Sessions kept now.
    #[must_use]
    pub const fn sessions(&self) -> usize {
        self.sessions.len()
    }

    /// The request that answers the challenges of a 401 or 407 to `request`: the same with
    /// credentials and the next CSeq (RFC 3261 section 22.2), to be sent in a new transaction.
    /// Where some realms cannot be answered, those that can are.
    ///
    /// # Errors
    ///
    /// [`Unanswered`], where another try could not go better.
    pub fn answer(
        &mut self,
        request: &Request,
        response: &Response,
        attempts: &mut Attempts,
    ) -> Result<Request, Unanswered> {
        let asked = self.read(response)?;
        let mut failure = Unanswered::NoAccount;
        let mut answered = 0;
        for asked in asked {
            match self.start(&asked, request, attempts) {
                Ok(()) => answered += 1,
                // The others cannot mend it.
                Err(Unanswered::Refused) => return Err(Unanswered::Refused),
                Err(other) => failure = other,
            }
        }
        if answered == 0 {
            return Err(failure);
        }
        let mut again = request.clone();
        if let Ok(cseq) = request.require::<CSeq>() {
            let next = format!("{} {}", cseq.number.wrapping_add(1), request.method());
            again.set(HeaderName::CSeq, next);
        }
        let scopes = ROLES.map(|role| scope(role, request));
        self.write(&mut again, |session| scopes.contains(&session.scope));
        self.sessions.retain(Session::is_reusable);
        Ok(again)
    }

    /// Adds the credentials that the request will be asked for anyway, as far as that is known from
    /// earlier answers: of a user agent server for requests to the same host (RFC 3261 section
    /// 22.2), of proxies for requests with the same Call-ID (section 22.3).
    pub fn authorize(&mut self, request: &mut Request) {
        let scopes = ROLES.map(|role| scope(role, request));
        self.write(request, |session| scopes.contains(&session.scope));
    }

    /// Hears a final response to a request with credentials: the nonce to use from now on, and
    /// whether the server proved that it knows the password (RFC 7616 section 3.5). `None` where it
    /// did not try.
    pub fn handle_final(&mut self, request: &Request, response: &Response) -> Option<bool> {
        let info = response.header::<AuthenticationInfo<'_>>().ok()??;
        let (at, sent) = request
            .values(&HeaderName::Authorization)
            .filter_map(|value| Credentials::parse(value).ok())
            .find_map(|sent| Some((self.session_with(sent.nonce()?)?, sent)))?;
        let session = self.sessions.get_mut(at)?;
        let proof = info.response_auth().map(|found| {
            let nc = core::str::from_utf8(sent.nc().unwrap_or_default()).unwrap_or_default();
            let uri = sent.uri().unwrap_or_default();
            let expected = session.response_auth(nc, uri, response.body());
            HexDigest::parse(found) == Some(expected)
        });
        // Only who knows the password may choose the next nonce.
        if let Some(next) = info.next_nonce().filter(|_| proof != Some(false)) {
            session.nonce = next.to_vec();
            session.count = 0;
        }
        proof
    }

    fn session_with(&self, nonce: &[u8]) -> Option<usize> {
        self.sessions.iter().position(|session| session.nonce == nonce)
    }

    /// The best challenge of each realm.
    fn read<'a>(&self, response: &'a Response) -> Result<SmallVec<[Asked<'a>; 4]>, Unanswered> {
        let mut best: SmallVec<[Asked<'a>; 4]> = SmallVec::new();
        let mut failure = Unanswered::NoChallenge;
        let challenges = ROLES.into_iter().flat_map(|role| {
            response.values(&role.challenge_header()).map(move |value| (role, value))
        });
        for (role, value) in challenges.take(self.config.challenges_max) {
            let Some(challenge) = Challenge::parse(value).ok().filter(Challenge::is_digest) else {
                continue;
            };
            let Some(asked) = self.understand(role, challenge) else {
                failure = Unanswered::Unsupported;
                continue;
            };
            let same = |other: &Asked<'_>| other.role == role && other.realm == asked.realm;
            match best.iter_mut().find(|other| same(other)) {
                Some(other) if self.is_better(&asked, other) => *other = asked,
                Some(_) => {}
                None => best.push(asked),
            }
        }
        if best.is_empty() { Err(failure) } else { Ok(best) }
    }

    fn understand<'a>(&self, role: Role, challenge: Challenge<'a>) -> Option<Asked<'a>> {
        let (realm, nonce) = (challenge.realm()?, challenge.nonce()?);
        let algorithm = match challenge.algorithm() {
            Some(name) => Algorithm::parse(name)?,
            None => Algorithm::MD5,
        };
        if !self.config.algorithms.contains(&algorithm) {
            return None;
        }
        let mut offered: SmallVec<[Qop; 2]> = challenge.qop().filter_map(Qop::parse).collect();
        let wanted = if self.config.auth_int { Qop::AuthInt } else { Qop::Auth };
        offered.sort_by_key(|qop| *qop != wanted);
        let qop = offered.first().copied();
        if qop.is_none() && challenge.qop().next().is_some() {
            return None;
        }
        Some(Asked { role, challenge, realm, nonce, algorithm, qop })
    }

    /// Whether an account can answer `one`, and would rather than `other`, which stands above it.
    fn is_better(&self, one: &Asked<'_>, other: &Asked<'_>) -> bool {
        let can = |asked: &Asked<'_>| {
            self.account(asked).is_some_and(|at| self.accounts[at].answers(asked.algorithm))
        };
        let is_stronger = self.config.preference == Preference::Strongest
            && one.algorithm.hash.strength() > other.algorithm.hash.strength();
        can(one) && (!can(other) || is_stronger)
    }

    /// The index of the account for what is asked: one that names the realm before one that does
    /// not, one that knows the algorithm before one that does not.
    fn account(&self, asked: &Asked<'_>) -> Option<usize> {
        let realm = asked.challenge.params.text("realm")?;
        let fitting = self.accounts.iter().enumerate().filter(|(_, it)| it.is_for(&realm));
        fitting
            .min_by_key(|(_, it)| (!it.answers(asked.algorithm), it.realm.is_none()))
            .map(|(index, _)| index)
    }

    fn start(
        &mut self,
        asked: &Asked<'_>,
        request: &Request,
        attempts: &mut Attempts,
    ) -> Result<(), Unanswered> {
        let at = self.account(asked).ok_or(Unanswered::NoAccount)?;
        if !self.accounts[at].answers(asked.algorithm) {
            return Err(Unanswered::Unsupported);
        }
        let cause = if asked.challenge.is_stale() { Cause::Stale } else { Cause::Fresh };
        if attempts.realms() >= self.config.challenges_max
            || !attempts.allows(asked.role, asked.realm, cause)
        {
            return Err(Unanswered::Refused);
        }
        let (cnonce, scope) = (self.rng.token(26), scope(asked.role, request));
        let session = Session::start(asked, &mut self.accounts[at], cnonce, scope)
            .map_err(|_| Unanswered::NotAuthentic)?;
        if session.is_resynchronisation() {
            attempts.resynchronised(asked.role, asked.realm);
        }
        let is_same = |old: &Session| {
            old.role == session.role && old.realm == session.realm && old.scope == session.scope
        };
        self.sessions.retain(|old| !is_same(old));
        // One for this request, however few may be kept.
        while self.sessions.len() >= self.config.sessions_max.max(1) {
            self.sessions.remove(0);
        }
        self.sessions.push(session);
        Ok(())
    }

    /// Puts the credentials of the sessions that fit in the place of those for their realms.
    fn write(&mut self, request: &mut Request, fits: impl Fn(&Session) -> bool) {
        for role in ROLES {
            let name = role.credentials_header();
            let fitting = |session: &Session| session.role == role && fits(session);
            let old: Vec<Bytes> = request.values(&name).map(Bytes::copy_from_slice).collect();
            let is_replaced = |value: &Bytes| {
                let realm = Credentials::parse(value).ok().and_then(|it| it.realm());
                realm.is_some_and(|realm| {
                    self.sessions.iter().any(|it| fitting(it) && it.realm == realm)
                })
            };
            let mut values: Vec<Bytes> =
                old.iter().filter(|value| !is_replaced(value)).cloned().collect();
            for session in self.sessions.iter_mut().filter(|session| fitting(session)) {
                values.push(session.credentials(request).into());
            }
            if values != old {
                request.remove(&name);
                for value in values {
                    request.push_back(name.clone(), value);
                }
            }
        }
    }
}

/// Which requests the credentials of a role may go with: what names them must be the same.
fn scope(role: Role, request: &Request) -> Vec<u8> {
    match role {
        Role::UserAgent => {
            let host = request.uri().ok().and_then(|uri| uri.host().map(|host| host.to_string()));
            [b"host ", host.unwrap_or_default().to_ascii_lowercase().as_bytes()].concat()
        }
        Role::Proxy => [b"call ", request.call_id().unwrap_or_default()].concat(),
    }
}

/// Copies the credentials of an INVITE into its ACK: nobody may challenge an ACK, so it carries
/// those that the INVITE was let in with (RFC 3261 section 22.1).
pub fn copy_credentials(invite: &Request, ack: &mut Request) {
    for name in ROLES.map(Role::credentials_header) {
        ack.remove(&name);
        for value in invite.values(&name) {
            ack.push_back(name.clone(), Bytes::copy_from_slice(value));
        }
    }
}
