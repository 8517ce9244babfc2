//! Who may register and call: credentials checked against the configured users.

#[cfg(test)]
mod tests;

use core::time::Duration;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use sip_proto::auth::{
    Authenticated, Claim, Claimed, Credential, DigestConfig, DigestServer, Outcome, Role,
    StoredUser,
};
use sip_proto::message::headers::Credentials;
use sip_proto::message::{From, Host, Uri};
use sip_proto::{Request, Response, Secrets, Seed, StatusCode, UnixTime};

use crate::config::ServiceConfig;
use crate::local_names::LocalNames;

/// Lets requests in that prove who sent them. One for all services of a host, so that none of them
/// is a way around it; it remembers which credentials were used.
///
/// ACK and CANCEL are never its business (RFC 3261 section 22.1).
#[derive(Clone, Debug)]
pub(crate) struct Guard(Rc<Inner>);

#[derive(Debug)]
struct Inner {
    realm: String,
    calls: bool,
    users: BTreeMap<Vec<u8>, User>,
    server: RefCell<DigestServer>,
}

#[derive(Debug)]
struct User {
    stored: StoredUser,
    /// What the user may register and call as.
    aors: Vec<Vec<u8>>,
}

/// Why a request is not let in.
#[derive(Debug)]
pub(crate) struct Denial {
    pub(crate) response: Response,
    pub(crate) reason: &'static str,
}

impl Guard {
    /// The guard that `config` describes; `None` where nobody is asked.
    pub(crate) fn new(config: &ServiceConfig) -> Option<Self> {
        let auth = &config.auth;
        if !auth.is_on() {
            return None;
        }
        let first = config.domains.first().cloned().unwrap_or_default();
        let realm = if auth.realm.is_empty() { first } else { auth.realm.clone() };
        let digest = DigestConfig {
            algorithms: auth.known_algorithms(),
            qop: auth.known_qop(),
            nonce_lifetime: Duration::from_secs(u64::from(auth.nonce_lifetime_s)),
            nonces_max: auth.nonces_max,
            nonce_count_window: auth.nonce_count_window,
            ..DigestConfig::new(realm.clone())
        };
        let users = auth.users.iter().map(|user| {
            let credential = match &user.password {
                Some(password) => Credential::Password(password.clone().into_bytes()),
                None => Credential::Ha1(user.ha1()),
            };
            let mut stored = StoredUser::new(user.name.as_bytes(), user.name.clone(), credential);
            stored.is_barred = user.barred;
            let aors = user.aors(&config.domains);
            (user.name.clone().into_bytes(), User { stored, aors })
        });
        // Until the host starts it, it knows no nonce but its own.
        let seed = Seed::from_u64(0);
        let server = DigestServer::new(digest, Secrets::from_seed(&seed), &seed);
        let users = users.collect();
        let (calls, server) = (auth.calls, RefCell::new(server));
        Some(Self(Rc::new(Inner { realm, calls, users, server })))
    }

    /// The host starts: with keys and randomness of its own.
    pub(crate) fn start(&self, secrets: Secrets, seed: &Seed) {
        let mut server = self.0.server.borrow_mut();
        *server = DigestServer::new(server.config().clone(), secrets, seed);
    }

    pub(crate) fn handle_secrets(&self, secrets: Secrets) {
        self.0.server.borrow_mut().handle_secrets(secrets);
    }

    /// Whether callers are asked as well as those who register.
    pub(crate) fn guards_calls(&self) -> bool {
        self.0.calls
    }

    /// RFC 3261 section 10.3, steps 3 and 4: who registers `aor` proves to be somebody who may.
    pub(crate) fn check_registration(
        &self,
        request: &Request,
        aor: Option<&[u8]>,
        now: UnixTime,
    ) -> Result<(), Denial> {
        let who = self.check(request, Role::UserAgent, now)?;
        let may = aor.is_some_and(|aor| self.may_be(&who, aor));
        if may { Ok(()) } else { Err(forbidden(request, "it registers another user")) }
    }

    /// RFC 3261 section 22.3: who calls proves to be who the From says; or, where that is nobody
    /// (RFC 3323 section 4.1.1.3), to be some user of ours.
    pub(crate) fn check_call(
        &self,
        request: &Request,
        local: &LocalNames,
        now: UnixTime,
    ) -> Result<(), Denial> {
        let who = self.check(request, Role::Proxy, now)?;
        let may = match Caller::of(request, local) {
            Caller::User(aor) => self.may_be(&who, &aor),
            Caller::Anonymous => true,
            Caller::Stranger => false,
        };
        if may { Ok(()) } else { Err(forbidden(request, "its From is another user")) }
    }

    /// Takes away what only this server was meant to see: a proof for its realm (RFC 7235 section
    /// 4.4).
    pub(crate) fn consume(&self, request: &mut Request) {
        let name = Role::Proxy.credentials_header();
        let is_ours = |value: &[u8]| {
            let realm = Credentials::parse(value).ok().and_then(|it| it.params.text("realm"));
            realm.as_deref() == Some(self.0.realm.as_bytes())
        };
        if request.values(&name).any(is_ours) {
            let kept: Vec<Bytes> = request
                .values(&name)
                .filter(|value| !is_ours(value))
                .map(Bytes::copy_from_slice)
                .collect();
            request.remove(&name);
            for value in kept {
                request.push_back(name.clone(), value);
            }
        }
    }

    fn may_be(&self, who: &Authenticated, aor: &[u8]) -> bool {
        let user = self.0.users.get(&who.username);
        user.is_some_and(|user| user.aors.iter().any(|own| own == aor))
    }

    fn check(
        &self,
        request: &Request,
        role: Role,
        now: UnixTime,
    ) -> Result<Box<Authenticated>, Denial> {
        let mut server = self.0.server.borrow_mut();
        let outcome = match server.claim(request, role) {
            Claimed::Nothing { .. } => Outcome::Challenge { stale: false },
            Claimed::Malformed(reason) => Outcome::BadRequest(reason),
            Claimed::Credentials(claim) => {
                let user = self.user(&claim).map(|user| &user.stored);
                server.verify(request, &claim, user, now)
            }
        };
        let reason = match outcome {
            Outcome::Authenticated(who) => return Ok(who),
            Outcome::Challenge { stale: true } => "its nonce was used before or is too old",
            Outcome::Challenge { stale: false } => "it does not prove who sent it",
            Outcome::Forbidden => "the user is barred",
            Outcome::BadRequest(reason) => reason,
        };
        let response = server
            .refusal(request, role, &outcome, now)
            .unwrap_or_else(|| Response::to(request, StatusCode::FORBIDDEN));
        Err(Denial { response, reason })
    }

    fn user(&self, claim: &Claim) -> Option<&User> {
        self.0.users.get(claim.username())
    }
}

/// Who a request says it is from.
pub(crate) enum Caller {
    /// Somebody of this server: the canonical address-of-record, empty where there is no user.
    User(Bytes),
    /// Nobody in particular: a host that cannot exist.
    Anonymous,
    /// Somebody else's user.
    Stranger,
}

impl Caller {
    pub(crate) fn of(request: &Request, local: &LocalNames) -> Self {
        let Ok(from) = request.require::<From<'_>>() else { return Self::Stranger };
        let Ok(uri) = from.parsed_uri() else { return Self::Stranger };
        if local.is_own(&uri) || local.names_domain(&uri) {
            return Self::User(local.claimed_aor(&uri).unwrap_or_default());
        }
        if is_nowhere(&uri) { Self::Anonymous } else { Self::Stranger }
    }
}

/// Whether no such host can exist (RFC 2606 section 2).
fn is_nowhere(uri: &Uri<'_>) -> bool {
    match uri.host() {
        Some(Host::Name(name)) => name.to_ascii_lowercase().ends_with(".invalid"),
        Some(Host::V4(_) | Host::V6(_)) | None => false,
    }
}

fn forbidden(request: &Request, reason: &'static str) -> Denial {
    Denial { response: Response::to(request, StatusCode::FORBIDDEN), reason }
}
