//! What makes two requests belong to one server transaction (RFC 3261 section 17.2.3).

use core::hash::Hasher as _;

use siphasher::sip128::{Hasher128 as _, SipHasher24};
use smallvec::SmallVec;

use super::branch::strip_cookie;
use crate::message::{self, CSeq, CallId, HeaderName, Host, Method, To, Via};
use crate::{ParseError, Request, Seed};

/// The key of a server transaction: what RFC 3261 section 17.2.3 compares, as 128 bits.
///
/// A keyed hash instead of the fields: 16 bytes that pin no message and compare in one
/// instruction. Under a key that peers do not know, they cannot aim for a collision, and among a
/// million live transactions the chance of one is below 2^-88; if it came, one request would be
/// taken for a retransmission of another, which its sender repeats with a new branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ServerKey(u128);

/// The key by which merged requests are known: forks of one request that meet again here
/// (RFC 3261 section 8.2.2.2). 128 bits, for the reasons of [`ServerKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MergedKey(u128);

/// Makes keys, under a secret of its own.
#[derive(Clone)]
pub(crate) struct KeyHasher([u8; 16]);

impl KeyHasher {
    /// A hasher with a secret drawn from `seed`.
    #[must_use]
    pub(crate) fn new(seed: &Seed) -> Self {
        let mut key = [0; 16];
        seed.fork("transaction-key").rng().fill(&mut key);
        Self(key)
    }

    /// The key of the server transaction that `request` starts, or belongs to as a retransmission
    /// or, if it is an ACK, as the acknowledgement of a non-2xx response.
    ///
    /// # Errors
    ///
    /// If a header that identifies it cannot be read.
    pub(crate) fn server_key(&self, request: &Request) -> Result<ServerKey, ParseError> {
        match request.method() {
            Method::Ack => self.key(request, &Method::Invite),
            method => self.key(request, method),
        }
    }

    /// The key of the INVITE that a CANCEL is for (RFC 3261 section 9.2).
    ///
    /// # Errors
    ///
    /// If a header that identifies it cannot be read.
    pub(crate) fn cancelled_key(&self, cancel: &Request) -> Result<ServerKey, ParseError> {
        self.key(cancel, &Method::Invite)
    }

    /// The key under which forks of a request meet: From tag, Call-ID, CSeq. `None` if the request
    /// has a To tag: then it belongs to a dialog, and is not merged.
    ///
    /// # Errors
    ///
    /// If a header that identifies it cannot be read.
    pub(crate) fn merged_key(&self, request: &Request) -> Result<Option<MergedKey>, ParseError> {
        if request.require::<To<'_>>()?.tag().is_some() {
            return Ok(None);
        }
        let mut fields = self.fields("merged");
        fields.add(request.require::<message::From<'_>>()?.tag().unwrap_or_default());
        fields.add(request.require::<CallId<'_>>()?.0);
        let cseq = request.require::<CSeq>()?;
        fields.add(&cseq.number.to_le_bytes());
        fields.add(cseq.method.as_str().as_bytes());
        Ok(Some(MergedKey(fields.finish())))
    }

    fn key(&self, request: &Request, method: &Method) -> Result<ServerKey, ParseError> {
        match self.branch_key(&request.require::<Via<'_>>()?, method) {
            Some(key) => Ok(key),
            None => self.key_2543(request, method),
        }
    }

    /// The same by the topmost Via alone, whatever `received` and `rport` it has: `None` if its
    /// branch is not unique, and [`KeyHasher::server_key`] must look at more.
    pub(crate) fn branch_key(&self, via: &Via<'_>, method: &Method) -> Option<ServerKey> {
        let method = if *method == Method::Ack { &Method::Invite } else { method };
        let branch = via.branch().filter(|branch| strip_cookie(branch).is_some())?;
        let mut fields = self.fields("branch");
        fields.add(branch);
        fields.add(&host_bytes(&via.host));
        fields.add(&via.port.unwrap_or_default().to_le_bytes());
        fields.add(method.as_str().as_bytes());
        Some(ServerKey(fields.finish()))
    }

    /// RFC 3261 section 17.2.3, for peers of RFC 2543, whose branches are not unique. The To tag
    /// of an INVITE is left out: its ACK has the tag of our response there.
    fn key_2543(&self, request: &Request, method: &Method) -> Result<ServerKey, ParseError> {
        let mut fields = self.fields("2543");
        fields.add(request.list(&HeaderName::Via).next().unwrap_or_default());
        fields.add(request.uri_bytes());
        fields.add(request.require::<message::From<'_>>()?.tag().unwrap_or_default());
        fields.add(request.require::<CallId<'_>>()?.0);
        fields.add(&request.require::<CSeq>()?.number.to_le_bytes());
        fields.add(method.as_str().as_bytes());
        if !matches!(method, Method::Invite) {
            fields.add(request.require::<To<'_>>()?.tag().unwrap_or_default());
        }
        Ok(ServerKey(fields.finish()))
    }

    fn fields(&self, kind: &str) -> Fields {
        let mut fields = Fields(SipHasher24::new_with_key(&self.0));
        fields.add(kind.as_bytes());
        fields
    }
}

impl core::fmt::Debug for KeyHasher {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("KeyHasher(..)")
    }
}

/// A list of fields under the hash, each with its length, so that they cannot run together.
struct Fields(SipHasher24);

impl Fields {
    fn add(&mut self, field: &[u8]) {
        self.0.write_u64(field.len() as u64);
        self.0.write(field);
    }

    fn finish(&self) -> u128 {
        self.0.finish128().as_u128()
    }
}

/// A host as bytes that are equal where hosts are.
pub(crate) fn host_bytes(host: &Host<'_>) -> SmallVec<[u8; 64]> {
    let mut bytes = SmallVec::new();
    match host {
        Host::V4(address) => {
            bytes.push(b'4');
            bytes.extend_from_slice(&address.octets());
        }
        Host::V6(address) => {
            bytes.push(b'6');
            bytes.extend_from_slice(&address.octets());
        }
        Host::Name(name) => {
            bytes.push(b'n');
            bytes.extend_from_slice(name.as_bytes());
            bytes.make_ascii_lowercase();
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transaction::{build_ack, build_cancel};
    use crate::{Response, StatusCode};

    const UNIQUE: &str = "SIP/2.0/UDP Host.Example:5070;branch=z9hG4bKabc";
    const OLD: &str = "SIP/2.0/UDP host.example";

    fn request(method: Method, via: &'static str) -> Request {
        Request::builder(method, "sip:b@b")
            .header(HeaderName::Via, via)
            .header(HeaderName::From, "<sip:a@a>;tag=1")
            .header(HeaderName::To, "<sip:b@b>")
            .header(HeaderName::CallId, "call")
            .cseq(1)
            .build()
    }

    fn key(request: &Request) -> ServerKey {
        hasher().server_key(request).expect("a complete request")
    }

    fn hasher() -> KeyHasher {
        KeyHasher::new(&Seed::from_u64(1))
    }

    #[test]
    fn an_ack_and_a_cancel_find_their_invite_with_and_without_the_cookie() {
        for via in [UNIQUE, OLD] {
            let invite = request(Method::Invite, via);
            let mut busy = Response::to(&invite, StatusCode::BUSY_HERE);
            busy.set_to_tag("9");
            assert_eq!(key(&build_ack(&invite, &busy)), key(&invite), "{via}");

            let cancel = build_cancel(&invite, None);
            assert_eq!(hasher().cancelled_key(&cancel), Ok(key(&invite)), "{via}");
            assert_ne!(key(&cancel), key(&invite), "a transaction of its own; {via}");
        }
    }

    #[test]
    fn branch_sent_by_and_method_all_count() {
        let original = key(&request(Method::Options, UNIQUE));
        for (method, via, same) in [
            (Method::Options, "SIP/2.0/TCP hOST.example:5070 ;branch=z9hG4bKabc;rport", true),
            (Method::Options, "SIP/2.0/UDP host.example:5070;branch=z9hG4bKabd", false),
            (Method::Options, "SIP/2.0/UDP host.example;branch=z9hG4bKabc", false),
            (Method::Options, "SIP/2.0/UDP other.example:5070;branch=z9hG4bKabc", false),
            (Method::Register, UNIQUE, false),
        ] {
            assert_eq!(key(&request(method, via)) == original, same, "{via}");
        }
        let elsewhere = KeyHasher::new(&Seed::from_u64(2));
        assert_ne!(elsewhere.server_key(&request(Method::Options, UNIQUE)), Ok(original));
    }

    #[test]
    fn an_address_is_the_same_however_it_is_written() {
        let of = |host: &str| {
            let via = format!("SIP/2.0/UDP {host};branch=z9hG4bKabc");
            let mut request = request(Method::Options, UNIQUE);
            request.set(HeaderName::Via, via);
            key(&request)
        };
        assert_eq!(of("[2001:db8::1]"), of("[2001:DB8:0:0::1]"));
        assert_ne!(of("[2001:db8::1]"), of("[2001:db8::2]"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }

    #[test]
    fn without_what_identifies_it_a_request_has_no_key() {
        for via in [UNIQUE, OLD] {
            for name in [HeaderName::Via, HeaderName::From, HeaderName::CallId, HeaderName::CSeq] {
                let mut request = request(Method::Options, via);
                request.remove(&name);
                let needed = via == OLD || name == HeaderName::Via;
                assert_eq!(hasher().server_key(&request).is_err(), needed, "{via}, {name:?}");
            }
        }
    }

    /// RFC 3261 section 17.2.3, the second half.
    #[test]
    fn without_the_cookie_everything_else_counts() {
        let original = key(&request(Method::Options, OLD));
        assert_eq!(key(&request(Method::Options, OLD)), original);
        for (name, value) in [
            (HeaderName::From, "<sip:a@a>;tag=2"),
            (HeaderName::To, "<sip:b@b>;tag=2"),
            (HeaderName::CallId, "llac"),
            (HeaderName::CSeq, "2 OPTIONS"),
            (HeaderName::Via, "SIP/2.0/UDP host.example;branch=2"),
        ] {
            let mut changed = request(Method::Options, OLD);
            changed.set(name.clone(), value);
            assert_ne!(key(&changed), original, "{name:?}");
        }
    }

    #[test]
    fn forks_of_one_request_have_the_same_merged_key() {
        let merged = |request: &Request| hasher().merged_key(request).expect("complete");
        let first = request(Method::Invite, UNIQUE);
        assert!(merged(&first).is_some());
        assert_eq!(merged(&first), merged(&request(Method::Invite, OLD)));
        assert_ne!(merged(&first), merged(&request(Method::Options, UNIQUE)));
        let mut in_dialog = first;
        in_dialog.set(HeaderName::To, "<sip:b@b>;tag=9");
        assert_eq!(merged(&in_dialog), None);
    }
}
