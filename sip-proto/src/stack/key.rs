//! Transaction keys: plain values, printable and parseable.

use core::fmt::{self, Write as _};
use core::str::FromStr;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::message::{CSeq, CallId, From as FromHeader, Host, Message, Method, TypedHeader, Via};
use crate::{ClientId, HeaderError};

/// What the branch of a [`ClientKey`] starts with. Not the cookie of the wire: see there.
const OWN: &str = "own-";
/// What stands for the branch of a request that has none to go by.
const OLD: &str = "rfc2543-";

/// A transaction, of either side.
///
/// ```
/// use sip_proto::stack::Key;
///
/// for text in ["own-00000000000000ff|INVITE", "z9hG4bK77|OPTIONS|pc33.example.com:5066"] {
///     let key: Key = text.parse()?;
///     assert_eq!(key.to_string(), text);
/// }
/// # Ok::<(), sip_proto::stack::KeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// One that we started.
    Client(ClientKey),
    /// One that a peer started.
    Server(ServerKey),
}

/// A client transaction: `branch|method`.
///
/// The branch is the stack's own name for it, never that of another of its transactions. It is not
/// the one on the wire: the request is sent to the next server under a new one where the first
/// fails (RFC 3263 section 4.3), while the key stays.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ClientKey {
    id: ClientId,
    method: Method,
}

/// A server transaction, by what RFC 3261 section 17.2.3 matches it by:
/// `branch|method|host:port`, the port where the Via has one.
///
/// Where the branch has no `z9hG4bK`, and so is not unique, a digest of what else identifies the
/// request stands in for it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ServerKey {
    branch: Arc<str>,
    method: Method,
    sent_by: Arc<str>,
}

/// A text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a transaction key")]
pub struct KeyError;

impl ClientKey {
    pub(super) const fn new(id: ClientId, method: Method) -> Self {
        Self { id, method }
    }

    /// The endpoint's name for the transaction.
    #[must_use]
    pub const fn id(&self) -> ClientId {
        self.id
    }

    /// The method of its request.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }
}

impl ServerKey {
    /// The key of the transaction that `message` belongs to: the request that starts it, or a
    /// response to that, its CSeq naming the method of either.
    ///
    /// # Errors
    ///
    /// If its topmost Via or its CSeq cannot be read.
    pub fn of(message: &Message) -> Result<Self, HeaderError> {
        let via = message.require::<Via<'_>>()?;
        let cseq = message.require::<CSeq>()?;
        let branch = via.branch().filter(|branch| is_unique(branch));
        let branch = branch.and_then(|branch| core::str::from_utf8(branch).ok());
        let branch = branch.map_or_else(|| old_branch(message, &via, &cseq), str::to_owned);
        let mut sent_by = match via.host {
            Host::Name(name) => name.to_ascii_lowercase(),
            Host::V4(_) | Host::V6(_) => via.host.to_string(),
        };
        if let Some(port) = via.port {
            // Writing to a String cannot fail.
            let _ = write!(sent_by, ":{port}");
        }
        Ok(Self { branch: branch.into(), method: cseq.method, sent_by: sent_by.into() })
    }

    /// The branch of its request.
    #[must_use]
    pub fn branch(&self) -> &str {
        &self.branch
    }

    /// The method of its request.
    #[must_use]
    pub const fn method(&self) -> &Method {
        &self.method
    }

    /// Who sent its request: host and port as in its Via.
    #[must_use]
    pub fn sent_by(&self) -> &str {
        &self.sent_by
    }
}

impl Key {
    /// The method of the request.
    #[must_use]
    pub const fn method(&self) -> &Method {
        match self {
            Self::Client(key) => key.method(),
            Self::Server(key) => key.method(),
        }
    }
}

/// Whether a branch names one transaction of its sender, and can be printed.
fn is_unique(branch: &[u8]) -> bool {
    let (cookie, rest) = branch.split_at_checked(7).unwrap_or_default();
    cookie.eq_ignore_ascii_case(b"z9hG4bK") && is_plain(rest)
}

fn is_plain(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'|')
}

/// Stands for the branch of RFC 2543's requests. Of what RFC 3261 section 17.2.3 compares, that
/// which a response copies from its request: so both have the same.
fn old_branch(message: &Message, via: &Via<'_>, cseq: &CSeq) -> String {
    let from = message.require::<FromHeader<'_>>().ok();
    let call_id = message.require::<CallId<'_>>().ok();
    let mut digest = Sha256::new();
    for field in [
        via.branch().unwrap_or_default(),
        from.and_then(|from| from.tag()).unwrap_or_default(),
        call_id.map_or(&[][..], |call_id| call_id.0),
        &cseq.number.to_le_bytes(),
    ] {
        // The length before each field: no two lists of fields run together to the same bytes.
        digest.update((field.len() as u64).to_le_bytes());
        digest.update(field);
    }
    let mut text = String::from(OLD);
    for byte in digest.finalize().iter().take(16) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

impl From<ClientKey> for Key {
    fn from(key: ClientKey) -> Self {
        Self::Client(key)
    }
}

impl From<ServerKey> for Key {
    fn from(key: ServerKey) -> Self {
        Self::Server(key)
    }
}

impl fmt::Display for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{OWN}{:016x}|{}", self.id.0, self.method)
    }
}

impl fmt::Display for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}|{}|{}", self.branch, self.method, self.sent_by)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(key) => key.fmt(f),
            Self::Server(key) => key.fmt(f),
        }
    }
}

impl FromStr for ClientKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (branch, method) = text.split_once('|').ok_or(KeyError)?;
        let digits = branch.strip_prefix(OWN).filter(|digits| digits.len() == 16);
        let digits = digits.filter(|digits| digits.bytes().all(is_lower_hex)).ok_or(KeyError)?;
        let id = u64::from_str_radix(digits, 16).map_err(|_| KeyError)?;
        Ok(Self { id: ClientId(id), method: method_of(method)? })
    }
}

impl FromStr for ServerKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (branch, rest) = text.split_once('|').ok_or(KeyError)?;
        let (method, sent_by) = rest.split_once('|').ok_or(KeyError)?;
        if !is_plain(branch.as_bytes()) || Via::parse(via_of(sent_by).as_bytes()).is_err() {
            return Err(KeyError);
        }
        let method = method_of(method)?;
        Ok(Self { branch: branch.into(), method, sent_by: sent_by.to_ascii_lowercase().into() })
    }
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        match text.matches('|').count() {
            1 => text.parse().map(Self::Client),
            2 => text.parse().map(Self::Server),
            _ => Err(KeyError),
        }
    }
}

const fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// A Via that `sent_by` alone decides whether it can be read.
fn via_of(sent_by: &str) -> String {
    // A parameter would read, too, but is none of it.
    if sent_by.contains([';', ',', ' ']) { String::new() } else { format!("SIP/2.0/UDP {sent_by}") }
}

fn method_of(text: &str) -> Result<Method, KeyError> {
    if is_plain(text.as_bytes()) { Ok(Method::from_bytes(text)) } else { Err(KeyError) }
}
