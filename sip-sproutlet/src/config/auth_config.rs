//! Who may register and call.

use core::fmt;

use serde::Deserialize;
use sip_proto::auth::{Algorithm, Ha1, HashFunction, Qop};
use sip_proto::message::Uri;

use crate::config::ConfigError;

/// Who may register and call, and how that is proved (RFC 3261 section 22, RFC 7616, RFC 8760).
/// With no users, nobody is asked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// The realm, which users see and hashes are over; empty: the first domain.
    pub realm: String,
    /// The algorithms offered, the preferred one first: `SHA-512-256`, `SHA-256`, `MD5`, each also
    /// with `-sess`.
    pub algorithms: Vec<String>,
    /// What a proof covers: `auth`; `auth-int` for the body, too.
    pub qop: Vec<String>,
    /// Whether callers are asked as well as those who register: who calls as a user of this server,
    /// and who wants to be forwarded to another domain.
    pub calls: bool,
    /// How long a challenge is good for, in seconds: 300. Later answers are challenged again
    /// without the user noticing.
    pub nonce_lifetime_s: u32,
    /// Challenges whose use is remembered: 65,536. Beyond: the oldest are no longer good.
    pub nonces_max: usize,
    /// How far behind the newest request with a challenge others may come: 128, the most there can
    /// be. Beyond: challenged again.
    pub nonce_count_window: u32,
    /// The users.
    pub users: Vec<UserConfig>,
}

/// One user.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserConfig {
    /// The user name of the credentials.
    pub name: String,
    /// The password; or the hashes below in its place.
    pub password: Option<String>,
    /// The MD5 of `name:realm:password`, in hexadecimal digits.
    pub ha1_md5: Option<String>,
    /// The SHA-256 of the same.
    pub ha1_sha_256: Option<String>,
    /// The SHA-512/256 of the same.
    pub ha1_sha_512_256: Option<String>,
    /// The addresses-of-record the user may register and call as; empty: the name at each domain.
    pub uris: Vec<String>,
    /// Whether the user is locked out: right credentials get 403.
    pub barred: bool,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            realm: String::new(),
            algorithms: vec!["SHA-256".to_owned(), "MD5".to_owned()],
            qop: vec!["auth".to_owned()],
            calls: true,
            nonce_lifetime_s: 300,
            nonces_max: 65_536,
            nonce_count_window: 128,
            users: Vec::new(),
        }
    }
}

impl fmt::Debug for UserConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserConfig({:?}, ..)", self.name)
    }
}

impl AuthConfig {
    /// Whether anybody is asked.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        !self.users.is_empty()
    }

    /// The algorithms, as far as they are known.
    pub(crate) fn known_algorithms(&self) -> Vec<Algorithm> {
        self.algorithms.iter().filter_map(|name| Algorithm::parse(name.as_bytes())).collect()
    }

    /// What a proof covers, as far as it is known.
    pub(crate) fn known_qop(&self) -> Vec<Qop> {
        self.qop.iter().filter_map(|name| Qop::parse(name.as_bytes())).collect()
    }

    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if !is_plain(&self.realm) {
            return Err(ConfigError::new(
                "auth.realm",
                "has a quote, a backslash or a control character in it",
                "write it without, or leave it out for the first domain",
            ));
        }
        self.validate_algorithms()?;
        self.validate_qop()?;
        let positive =
            [("nonce_lifetime_s", self.nonce_lifetime_s as usize), ("nonces_max", self.nonces_max)];
        if let Some((name, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError::new(
                format!("auth.{name}"),
                "must not be 0: no credentials would ever be good",
                "leave it out for the default",
            ));
        }
        if !(1..=128).contains(&self.nonce_count_window) {
            return Err(ConfigError::new(
                "auth.nonce_count_window",
                format!("{} is outside 1..=128", self.nonce_count_window),
                "set it within that range",
            ));
        }
        for (index, user) in self.users.iter().enumerate() {
            user.validate(&format!("auth.users[{index}]"), &self.known_algorithms())?;
            if self.users[..index].iter().any(|other| other.name == user.name) {
                return Err(ConfigError::new(
                    format!("auth.users[{index}].name"),
                    format!("`{}` is there twice", user.name),
                    "remove one of them",
                ));
            }
        }
        Ok(())
    }

    fn validate_algorithms(&self) -> Result<(), ConfigError> {
        const FIX: &str = "choose from SHA-512-256, SHA-256 and MD5";
        if self.algorithms.is_empty() {
            return Err(ConfigError::new("auth.algorithms", "is empty: nothing is offered", FIX));
        }
        for (index, name) in self.algorithms.iter().enumerate() {
            let key = format!("auth.algorithms[{index}]");
            let known = Algorithm::parse(name.as_bytes()).filter(|known| !known.is_aka());
            if known.is_none() {
                return Err(ConfigError::new(key, format!("`{name}` is not known"), FIX));
            }
            if self.algorithms[..index].iter().any(|other| other.eq_ignore_ascii_case(name)) {
                let fix = "remove one of them";
                return Err(ConfigError::new(key, format!("`{name}` is there twice"), fix));
            }
        }
        Ok(())
    }

    fn validate_qop(&self) -> Result<(), ConfigError> {
        const FIX: &str = "write [\"auth\"]; \"auth-int\" is for networks that change no bodies";
        if self.qop.is_empty() {
            return Err(ConfigError::new("auth.qop", "is empty: nothing is offered", FIX));
        }
        let unknown = self.qop.iter().position(|name| Qop::parse(name.as_bytes()).is_none());
        match unknown {
            Some(index) => Err(ConfigError::new(
                format!("auth.qop[{index}]"),
                format!("`{}` is not known", self.qop[index]),
                FIX,
            )),
            None => Ok(()),
        }
    }
}

impl UserConfig {
    /// The hashes given, each with its key.
    fn hashes(&self) -> [(&'static str, HashFunction, Option<&String>); 3] {
        [
            ("ha1_md5", HashFunction::Md5, self.ha1_md5.as_ref()),
            ("ha1_sha_256", HashFunction::Sha256, self.ha1_sha_256.as_ref()),
            ("ha1_sha_512_256", HashFunction::Sha512_256, self.ha1_sha_512_256.as_ref()),
        ]
    }

    /// The hashes given, as far as they are hashes.
    pub(crate) fn ha1(&self) -> Vec<Ha1> {
        self.hashes()
            .into_iter()
            .filter_map(|(_, hash, digits)| Ha1::from_hex(hash, digits?.as_bytes()))
            .collect()
    }

    /// The canonical addresses-of-record: those given, else the name at each domain.
    pub(crate) fn aors(&self, domains: &[String]) -> Vec<Vec<u8>> {
        let named: Vec<String> = match self.name.contains('@') {
            _ if !self.uris.is_empty() => self.uris.clone(),
            true => vec![format!("sip:{}", self.name)],
            false => domains.iter().map(|domain| format!("sip:{}@{domain}", self.name)).collect(),
        };
        named.iter().filter_map(|uri| canonical(uri)).collect()
    }

    fn validate(&self, key: &str, offered: &[Algorithm]) -> Result<(), ConfigError> {
        if self.name.is_empty() || self.name.contains(':') || !is_plain(&self.name) {
            return Err(ConfigError::new(
                format!("{key}.name"),
                format!("`{}` is not a user name", self.name.escape_default()),
                "write one without colons, quotes and backslashes",
            ));
        }
        for (name, hash, digits) in self.hashes() {
            let is_wrong = |digits: &&String| Ha1::from_hex(hash, digits.as_bytes()).is_none();
            if digits.filter(is_wrong).is_some() {
                let digits = hash.digits();
                return Err(ConfigError::new(
                    format!("{key}.{name}"),
                    format!("is not {digits} hexadecimal digits"),
                    format!("write the {} of name:realm:password", hash.as_str()),
                ));
            }
        }
        self.validate_secret(key, offered)?;
        let wrong = self.uris.iter().position(|uri| canonical(uri).is_none());
        match wrong {
            Some(index) => Err(ConfigError::new(
                format!("{key}.uris[{index}]"),
                format!("`{}` is not a user's SIP URI", self.uris[index]),
                "write it as \"sip:alice@example.com\"",
            )),
            None => Ok(()),
        }
    }

    fn validate_secret(&self, key: &str, offered: &[Algorithm]) -> Result<(), ConfigError> {
        let kept = self.ha1();
        let without = offered.iter().find(|it| !kept.iter().any(|ha1| ha1.hash() == it.hash));
        match (self.password.as_deref(), kept.is_empty(), without) {
            (Some(""), ..) => Err(ConfigError::new(
                format!("{key}.password"),
                "is empty",
                "set one that nobody guesses",
            )),
            (Some(_), false, _) => Err(ConfigError::new(
                format!("{key}.password"),
                "stands beside hashes of it",
                "keep either the password or the hashes",
            )),
            (None, true, _) => Err(ConfigError::new(
                key,
                format!("`{}` has no password", self.name),
                "add password = \"...\", or a hash for each of auth.algorithms",
            )),
            (None, false, Some(algorithm)) => Err(ConfigError::new(
                key,
                format!("`{}` has no hash for {algorithm}", self.name),
                "add that hash, or offer fewer algorithms in auth.algorithms",
            )),
            (Some(_), true, _) | (None, false, None) => Ok(()),
        }
    }
}

/// The address-of-record as [`LocalNames::aor`](crate::LocalNames::aor) has it: scheme `sip`, no
/// port.
fn canonical(uri: &str) -> Option<Vec<u8>> {
    let parsed = Uri::parse(uri.as_bytes()).ok()?;
    let aor = parsed.aor()?;
    let user = aor.get(aor.iter().position(|byte| *byte == b':')? + 1..)?;
    let user = user.get(..user.iter().rposition(|byte| *byte == b'@')?)?;
    let host = parsed.host()?.to_string().to_ascii_lowercase();
    (!user.is_empty()).then(|| [b"sip:", user, b"@", host.as_bytes()].concat())
}

/// Whether text can stand between quotes as it is.
fn is_plain(text: &str) -> bool {
    !text.chars().any(|char| char.is_control() || matches!(char, '"' | '\\'))
}
