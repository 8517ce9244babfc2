//! Our Via branches: a client transaction's slot, sealed.

use core::fmt;

use super::key::host_bytes;
use crate::message::{self, CSeq, CallId, HeaderName, To, Via};
use crate::{Request, Secrets, ShardId};

/// What every branch of RFC 3261 starts with (section 8.1.1.7).
pub(super) const COOKIE: &[u8; 7] = b"z9hG4bK";

const MAC_LABEL: &str = "branch";
/// 48 bits: an off-path attacker would need 2^47 guesses for one forged response.
const MAC_BYTES: usize = 6;
const PLAIN_BYTES: usize = 13;
const TOKEN_BYTES: usize = PLAIN_BYTES + MAC_BYTES;
const TOKEN_CHARS: usize = (TOKEN_BYTES * 8).div_ceil(5);
/// The length of a client transaction's branch.
pub(crate) const BRANCH_CHARS: usize = COOKIE.len() + TOKEN_CHARS;

/// What the branch of a request of ours says: where its client transaction is, and what it was
/// routed by.
///
/// On the wire it is the cookie and 31 characters of base32 (case-insensitive, as tokens are),
/// closed by a keyed MAC: with it a response finds its transaction by index, off-path attackers
/// cannot make one up, and any shard or node that shares the [`Secrets`] can tell whose it is.
/// With the CSeq method it names the INVITE or its CANCEL, which shares the branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BranchToken {
    /// The shard that sent the request.
    pub shard: ShardId,
    /// The index of its client transaction there.
    pub slot: u32,
    /// The generation of the slot.
    pub generation: u32,
    /// [`loop_hash`](super::loop_hash) of the request.
    pub loop_hash: u32,
}

impl BranchToken {
    /// As the value of a Via's branch parameter.
    #[must_use]
    pub fn encode(&self, secrets: &Secrets) -> EncodedBranch {
        let mut token = [0; TOKEN_BYTES];
        token[0] = self.shard.0;
        token[1..5].copy_from_slice(&self.slot.to_be_bytes());
        token[5..9].copy_from_slice(&self.generation.to_be_bytes());
        token[9..13].copy_from_slice(&self.loop_hash.to_be_bytes());
        let mac = secrets.mac(MAC_LABEL, &token[..PLAIN_BYTES]).to_be_bytes();
        token[PLAIN_BYTES..].copy_from_slice(&mac[8 - MAC_BYTES..]);
        EncodedBranch::new(&token)
    }

    /// From the value of a branch parameter; `None` if it was not made by [`encode`](Self::encode)
    /// under these secrets.
    #[must_use]
    pub fn decode(branch: &[u8], secrets: &Secrets) -> Option<Self> {
        let token = decode_base32(strip_cookie(branch)?)?;
        let mut mac = [0; 8];
        mac[8 - MAC_BYTES..].copy_from_slice(&token[PLAIN_BYTES..]);
        let (mac, mask) = (u64::from_be_bytes(mac), u64::MAX >> (64 - 8 * MAC_BYTES));
        let [shard, s0, s1, s2, s3, g0, g1, g2, g3, l0, l1, l2, l3, ..] = token;
        secrets.verify(MAC_LABEL, &token[..PLAIN_BYTES], mac, mask).then_some(Self {
            shard: ShardId(shard),
            slot: u32::from_be_bytes([s0, s1, s2, s3]),
            generation: u32::from_be_bytes([g0, g1, g2, g3]),
            loop_hash: u32::from_be_bytes([l0, l1, l2, l3]),
        })
    }
}

/// The branch of a request that is sent without a transaction: the same for each retransmission
/// of the same request, and different for different ones (RFC 3261 section 16.11).
///
/// It is a MAC of the top Via's branch and sent-by as received, where that branch is unique
/// (it has the cookie); else of all that identifies the request.
#[must_use]
pub(crate) fn stateless_branch(request: &Request, secrets: &Secrets) -> EncodedBranch {
    let mac = secrets.mac("stateless-branch", &identity(request));
    EncodedBranch::new(&mac.to_be_bytes())
}

fn identity(request: &Request) -> Vec<u8> {
    let mut identity = Vec::with_capacity(256);
    let mut add = |field: &[u8]| {
        // The length before each field: no two lists of fields run together to the same bytes.
        identity.extend_from_slice(&(field.len() as u64).to_le_bytes());
        identity.extend_from_slice(field);
    };
    if let Ok(Some(via)) = request.header::<Via<'_>>()
        && let Some(branch) = via.branch().filter(|branch| strip_cookie(branch).is_some())
    {
        add(branch);
        add(&host_bytes(&via.host));
        add(&via.port.unwrap_or_default().to_le_bytes());
        return identity;
    }
    add(request.list(&HeaderName::Via).next().unwrap_or_default());
    add(request.uri_bytes());
    let from = request.require::<message::From<'_>>().ok();
    add(from.and_then(|from| from.tag()).unwrap_or_default());
    let to = request.require::<To<'_>>().ok();
    add(to.and_then(|to| to.tag()).unwrap_or_default());
    add(request.require::<CallId<'_>>().map_or(&[], |call_id| call_id.0));
    let cseq = request.require::<CSeq>().map_or(0, |cseq| cseq.number);
    add(&cseq.to_le_bytes());
    identity
}

/// The text of a branch, in place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EncodedBranch {
    chars: [u8; BRANCH_CHARS],
    len: u8,
}

impl EncodedBranch {
    /// `token` is at most `TOKEN_BYTES` long.
    fn new(token: &[u8]) -> Self {
        const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
        let mut chars = [0; BRANCH_CHARS];
        let (cookie, mut rest) = chars.split_at_mut(COOKIE.len());
        cookie.copy_from_slice(COOKIE);
        let mut len = COOKIE.len();
        for group in token.chunks(5) {
            let mut bits = [0; 8];
            bits[3..3 + group.len()].copy_from_slice(group);
            let bits = u64::from_be_bytes(bits);
            let group_chars = (group.len() * 8).div_ceil(5);
            let (head, tail) = rest.split_at_mut(group_chars);
            for (index, char) in head.iter_mut().enumerate() {
                *char = ALPHABET[(bits >> (35 - 5 * index)) as usize & 31];
            }
            rest = tail;
            len += group_chars;
        }
        Self { chars, len: len as u8 }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // All of it is ASCII.
        core::str::from_utf8(&self.chars[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl fmt::Display for EncodedBranch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for EncodedBranch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// What follows the cookie; `None` without one. In any case, as tokens are compared.
pub(super) fn strip_cookie(branch: &[u8]) -> Option<&[u8]> {
    let (cookie, rest) = branch.split_at_checked(COOKIE.len())?;
    cookie.eq_ignore_ascii_case(COOKIE).then_some(rest)
}

fn decode_base32(text: &[u8]) -> Option<[u8; TOKEN_BYTES]> {
    if text.len() != TOKEN_CHARS {
        return None;
    }
    let mut token = [0; TOKEN_BYTES];
    for (group, bytes) in text.chunks(8).zip(token.chunks_mut(5)) {
        let mut bits = 0;
        for (index, char) in group.iter().enumerate() {
            let digit = match char {
                b'a'..=b'z' => char - b'a',
                b'A'..=b'Z' => char - b'A',
                b'2'..=b'7' => char - b'2' + 26,
                _ => return None,
            };
            bits |= u64::from(digit) << (35 - 5 * index);
        }
        bytes.copy_from_slice(&bits.to_be_bytes()[3..3 + bytes.len()]);
    }
    Some(token)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::Method;

    const SECRETS: Secrets = Secrets::new([7; 16]);

    fn token() -> BranchToken {
        BranchToken { shard: ShardId(3), slot: 70_000, generation: 9, loop_hash: 0xdead_beef }
    }

    #[test]
    fn a_branch_is_a_short_token_with_the_cookie() {
        let branch = token().encode(&SECRETS);
        let text = branch.as_str();
        assert_eq!((text.len(), &text[..7]), (38, "z9hG4bK"));
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn a_branch_survives_one_rotation_of_the_secrets_and_a_change_of_case() {
        let text = token().encode(&SECRETS).to_string();
        let rotated = SECRETS.rotated([8; 16]);
        assert_eq!(BranchToken::decode(text.as_bytes(), &rotated), Some(token()));
        let upper = text.to_ascii_uppercase();
        assert_eq!(BranchToken::decode(upper.as_bytes(), &SECRETS), Some(token()));
        let twice = rotated.rotated([9; 16]);
        assert_eq!(BranchToken::decode(text.as_bytes(), &twice), None);
    }

    #[test]
    fn every_changed_character_is_noticed() {
        let text = token().encode(&SECRETS).to_string().into_bytes();
        for index in 7..text.len() - 1 {
            let mut forged = text.clone();
            forged[index] = if forged[index] == b'a' { b'b' } else { b'a' };
            assert_eq!(BranchToken::decode(&forged, &SECRETS), None, "character {index}");
        }
    }

    proptest! {
        #[test]
        fn any_token_comes_back(shard: u8, slot: u32, generation: u32, loop_hash: u32) {
            let token = BranchToken { shard: ShardId(shard), slot, generation, loop_hash };
            let branch = token.encode(&SECRETS);
            prop_assert_eq!(BranchToken::decode(branch.as_str().as_bytes(), &SECRETS), Some(token));
        }

        #[test]
        fn any_bytes_are_read_without_harm(
            bytes in prop::collection::vec(any::<u8>(), 0..64), cookie: bool,
        ) {
            let branch = if cookie { [COOKIE.as_slice(), &bytes].concat() } else { bytes };
            prop_assert_eq!(BranchToken::decode(&branch, &SECRETS), None);
        }
    }

    fn forwarded(method: Method, via: &'static str, call_id: &'static str) -> String {
        let request = Request::builder(method, "sip:b@b")
            .header(HeaderName::Via, via)
            .header(HeaderName::From, "<sip:a@a>;tag=1")
            .header(HeaderName::To, "<sip:b@b>")
            .header(HeaderName::CallId, call_id)
            .cseq(1)
            .build();
        stateless_branch(&request, &SECRETS).to_string()
    }

    /// RFC 3261 section 16.11: the same for a request, its CANCEL and its ACK.
    #[test]
    fn a_stateless_branch_follows_the_branch_it_forwards() {
        let via = "SIP/2.0/UDP host;branch=z9hG4bKabc";
        let branch = forwarded(Method::Invite, via, "1");
        assert!(branch.starts_with("z9hG4bK") && branch.len() == 20);
        assert_eq!(branch, forwarded(Method::Cancel, via, "1"));
        assert_ne!(branch, forwarded(Method::Invite, "SIP/2.0/UDP host;branch=z9hG4bKabd", "1"));
        assert_ne!(branch, forwarded(Method::Invite, "SIP/2.0/UDP tosh;branch=z9hG4bKabc", "1"));
        assert_eq!(BranchToken::decode(branch.as_bytes(), &SECRETS), None);
    }

    #[test]
    fn without_the_cookie_all_identifying_fields_count() {
        let via = "SIP/2.0/UDP host;branch=1";
        assert_eq!(forwarded(Method::Invite, via, "1"), forwarded(Method::Invite, via, "1"));
        assert_ne!(forwarded(Method::Invite, via, "1"), forwarded(Method::Invite, via, "2"));
    }
}
