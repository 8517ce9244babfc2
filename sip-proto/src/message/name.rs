//! Header names, classified once when a message is split.

use core::fmt;
use core::hash::{Hash, Hasher};

use bytes::Bytes;

/// The number of a known header name; [`OTHER`] for the rest.
pub(super) type NameId = u8;

/// Not a known name.
pub(super) const OTHER: NameId = u8::MAX;

/// Known names, one bit each.
pub(super) type NameSet = u128;

/// The set with that name only; all unknown names are one.
#[inline]
pub(super) fn set_of(id: NameId) -> NameSet {
    SETS[usize::from(id) % SETS.len()]
}

/// Looked up because shifting 128 bits takes more.
static SETS: [NameSet; NameSet::BITS as usize] = {
    assert!(CANONICAL.len() < NameSet::BITS as usize, "each name has its bit, and OTHER one");
    let mut sets = [0; NameSet::BITS as usize];
    let mut id = 0;
    while id < sets.len() {
        sets[id] = 1 << id;
        id += 1;
    }
    sets
};

/// The one name that splitting a message must know.
pub(super) const CONTENT_LENGTH: NameId = Id::ContentLength as NameId;

macro_rules! header_names {
    ($($variant:ident $canonical:literal $kind:ident $(compact $compact:literal)?;)*) => {
        /// The name of a header field. Names are case-insensitive and some have a one-letter form
        /// (RFC 3261 sections 7.3.1 and 7.3.3); [`HeaderName::from_bytes`] knows both.
        #[derive(Clone, Debug)]
        pub enum HeaderName {
            $(#[doc = concat!("`", $canonical, "`")] $variant,)*
            /// Any other name, in the case it was met. A known name never is one of these, unless
            /// made by hand: use [`HeaderName::from_bytes`].
            Other(Bytes),
        }

        #[allow(clippy::enum_variant_names, reason = "the names are those of the headers")]
        #[repr(u8)]
        enum Id { $($variant,)* }

        /// Each known name, at its number.
        pub(super) static KNOWN: &[HeaderName] = &[$(HeaderName::$variant,)*];
        const CANONICAL: &[&str] = &[$($canonical,)*];
        static WITH_COLON: &[&[u8]] = &[$(concat!($canonical, ": ").as_bytes(),)*];
        const IS_LIST: &[bool] = &[$(header_names!(@$kind),)*];
        const COMPACT: &[(u8, NameId)] = &[$($(($compact, Id::$variant as NameId),)?)*];

        impl HeaderName {
            pub(super) const fn id(&self) -> NameId {
                match self {
                    $(Self::$variant => Id::$variant as NameId,)*
                    Self::Other(_) => OTHER,
                }
            }
        }
    };
    (@list) => { true };
    (@one) => { false };
}

// `list` where the grammar is a comma-separated list, `one` where a comma is something else or
// the header has one value.
header_names! {
    Accept "Accept" list;
    AcceptContact "Accept-Contact" list compact b'a';
    AcceptEncoding "Accept-Encoding" list;
    AcceptLanguage "Accept-Language" list;
    AcceptResourcePriority "Accept-Resource-Priority" list;
    AlertInfo "Alert-Info" list;
    Allow "Allow" list;
    AllowEvents "Allow-Events" list compact b'u';
    AnswerMode "Answer-Mode" one;
    AuthenticationInfo "Authentication-Info" one;
    Authorization "Authorization" one;
    CallId "Call-ID" one compact b'i';
    CallInfo "Call-Info" list;
    Contact "Contact" list compact b'm';
    ContentDisposition "Content-Disposition" one;
    ContentEncoding "Content-Encoding" list compact b'e';
    ContentLanguage "Content-Language" list;
    ContentLength "Content-Length" one compact b'l';
    ContentType "Content-Type" one compact b'c';
    CSeq "CSeq" one;
    Date "Date" one;
    Diversion "Diversion" list;
    ErrorInfo "Error-Info" list;
    Event "Event" one compact b'o';
    Expires "Expires" one;
    FeatureCaps "Feature-Caps" list;
    FlowTimer "Flow-Timer" one;
    From "From" one compact b'f';
    Geolocation "Geolocation" list;
    HistoryInfo "History-Info" list;
    Identity "Identity" list compact b'y';
    IdentityInfo "Identity-Info" one compact b'n';
    InReplyTo "In-Reply-To" list;
    InfoPackage "Info-Package" one;
    Join "Join" one;
    MaxBreadth "Max-Breadth" one;
    MaxForwards "Max-Forwards" one;
    MimeVersion "MIME-Version" one;
    MinExpires "Min-Expires" one;
    MinSe "Min-SE" one;
    Organization "Organization" one;
    PAccessNetworkInfo "P-Access-Network-Info" list;
    PAssertedIdentity "P-Asserted-Identity" list;
    PAssertedService "P-Asserted-Service" list;
    PAssociatedUri "P-Associated-URI" list;
    PCalledPartyId "P-Called-Party-ID" one;
    PChargingFunctionAddresses "P-Charging-Function-Addresses" one;
    PChargingVector "P-Charging-Vector" one;
    PEarlyMedia "P-Early-Media" list;
    PPreferredIdentity "P-Preferred-Identity" list;
    PPreferredService "P-Preferred-Service" list;
    PProfileKey "P-Profile-Key" one;
    PServedUser "P-Served-User" one;
    PUserDatabase "P-User-Database" one;
    PVisitedNetworkId "P-Visited-Network-ID" list;
    Path "Path" list;
    Priority "Priority" one;
    Privacy "Privacy" one;
    ProxyAuthenticate "Proxy-Authenticate" one;
    ProxyAuthorization "Proxy-Authorization" one;
    ProxyRequire "Proxy-Require" list;
    RAck "RAck" one;
    RSeq "RSeq" one;
    Reason "Reason" list;
    RecordRoute "Record-Route" list;
    RecvInfo "Recv-Info" list;
    ReferSub "Refer-Sub" one;
    ReferTo "Refer-To" one compact b'r';
    ReferredBy "Referred-By" one compact b'b';
    RejectContact "Reject-Contact" list compact b'j';
    Replaces "Replaces" one;
    ReplyTo "Reply-To" one;
    RequestDisposition "Request-Disposition" list compact b'd';
    Require "Require" list;
    ResourcePriority "Resource-Priority" list;
    RetryAfter "Retry-After" one;
    Route "Route" list;
    SecurityClient "Security-Client" list;
    SecurityServer "Security-Server" list;
    SecurityVerify "Security-Verify" list;
    Server "Server" one;
    ServiceRoute "Service-Route" list;
    SessionExpires "Session-Expires" one compact b'x';
    SessionId "Session-ID" one;
    SipETag "SIP-ETag" one;
    SipIfMatch "SIP-If-Match" one;
    Subject "Subject" one compact b's';
    SubscriptionState "Subscription-State" one;
    Supported "Supported" list compact b'k';
    TargetDialog "Target-Dialog" one;
    Timestamp "Timestamp" one;
    To "To" one compact b't';
    Unsupported "Unsupported" list;
    UserAgent "User-Agent" one;
    UserToUser "User-to-User" list;
    Via "Via" list compact b'v';
    Warning "Warning" list;
    WwwAuthenticate "WWW-Authenticate" one;
}

/// No known name is longer.
pub(super) const LENGTH_MAX: usize = 32;
const LETTERS: usize = 26;

/// For a length and a first letter, the known names that have both: the first of a chain.
static BUCKETS: [[NameId; LENGTH_MAX]; LETTERS] = INDEX.0;
/// For a known name, the next in its chain.
static CHAIN: [NameId; CANONICAL.len()] = INDEX.1;

const INDEX: ([[NameId; LENGTH_MAX]; LETTERS], [NameId; CANONICAL.len()]) = {
    let mut buckets = [[OTHER; LENGTH_MAX]; LETTERS];
    let mut chain = [OTHER; CANONICAL.len()];
    let mut id = 0;
    while id < CANONICAL.len() {
        let name = CANONICAL[id].as_bytes();
        let letter = (name[0].to_ascii_lowercase() - b'a') as usize;
        chain[id] = buckets[letter][name.len()];
        buckets[letter][name.len()] = id as NameId;
        id += 1;
    }
    let mut form = 0;
    while form < COMPACT.len() {
        buckets[(COMPACT[form].0 - b'a') as usize][1] = COMPACT[form].1;
        form += 1;
    }
    (buckets, chain)
};

/// The first and the last letters of a name in lower case, for a name of up to 16 bytes all of them:
/// two such names of the same length are the same where these are.
const fn fingerprint(name: &[u8]) -> [u64; 2] {
    if let (Some(first), Some(last)) = (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        return [lower(u64::from_le_bytes(*first)), lower(u64::from_le_bytes(*last))];
    }
    if let (Some(first), Some(last)) = (name.first_chunk::<4>(), name.last_chunk::<4>()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        return [lower(first as u64), lower(last as u64)];
    }
    match name {
        [a, b, c] => [lower(*a as u64), lower((*b as u64) << 8 | *c as u64)],
        [a, b] => [lower(*a as u64), lower(*b as u64)],
        [a] => [lower(*a as u64), 0],
        _ => [0, 0],
    }
}

/// Eight bytes, with the letters in lower case. Of what is no letter, only a few become another, and
/// none of those a byte of a known name.
const fn lower(word: u64) -> u64 {
    const LETTERS: u64 = 0x4040_4040_4040_4040;
    word | (word & LETTERS) >> 1
}

static FINGERPRINTS: [[u64; 2]; CANONICAL.len()] = {
    let mut prints = [[0; 2]; CANONICAL.len()];
    let mut id = 0;
    while id < CANONICAL.len() {
        prints[id] = fingerprint(CANONICAL[id].as_bytes());
        id += 1;
    }
    prints
};

/// The number of the name that `name` is: in any case or in its compact form. What has a number is a
/// token.
#[inline(always)]
pub(super) fn classify(name: &[u8]) -> NameId {
    let Some(&first) = name.first() else {
        return OTHER;
    };
    let letter = usize::from((first | 0x20).wrapping_sub(b'a'));
    if letter >= LETTERS || name.len() >= LENGTH_MAX {
        return OTHER;
    }
    let candidate = BUCKETS[letter][name.len()];
    if candidate == OTHER {
        return OTHER;
    }
    if name.len() == 1 {
        return candidate;
    }
    let print = fingerprint(name);
    let mut id = candidate;
    while let Some(known) = FINGERPRINTS.get(usize::from(id)) {
        if *known == print && (name.len() <= 16 || is_canonical(id, name)) {
            break;
        }
        id = CHAIN[usize::from(id)];
    }
    id
}

fn is_canonical(id: NameId, name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(CANONICAL[usize::from(id)].as_bytes())
}

/// The known name with this number as it starts a line.
pub(super) fn with_colon(id: NameId) -> &'static [u8] {
    WITH_COLON.get(usize::from(id)).copied().unwrap_or_default()
}

/// The known name with this number.
pub(super) fn known(id: NameId) -> Option<&'static HeaderName> {
    KNOWN.get(usize::from(id))
}

impl HeaderName {
    /// The name that `name` is, in any case or in its compact form.
    ///
    /// ```
    /// use sip_proto::HeaderName;
    ///
    /// assert_eq!(HeaderName::from_bytes("v"), HeaderName::Via);
    /// assert_eq!(HeaderName::from_bytes("cALL-iD"), HeaderName::CallId);
    /// assert_eq!(HeaderName::from_bytes("X-Mine"), HeaderName::from_bytes("x-mine"));
    /// ```
    #[must_use]
    pub fn from_bytes(name: impl AsRef<[u8]>) -> Self {
        let name = name.as_ref();
        known(classify(name)).cloned().unwrap_or_else(|| Self::Other(Bytes::copy_from_slice(name)))
    }

    /// The long form, in the case of the RFC that defines it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Other(name) => name,
            // Every other variant has its number in the table.
            name => CANONICAL[usize::from(name.id())].as_bytes(),
        }
    }

    /// Whether the header is a comma-separated list, so that several lines and one line with
    /// commas mean the same (RFC 3261 section 7.3.1). True for unknown headers: who asks for the
    /// elements of one knows that it has some.
    #[must_use]
    pub fn is_list(&self) -> bool {
        IS_LIST.get(usize::from(self.id())).copied().unwrap_or(true)
    }
}

impl PartialEq for HeaderName {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(a), Self::Other(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => a.id() == b.id(),
        }
    }
}

impl Eq for HeaderName {}

impl Hash for HeaderName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
        if let Self::Other(name) = self {
            for byte in name {
                byte.to_ascii_lowercase().hash(state);
            }
        }
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_is_found_in_any_case() {
        for (id, canonical) in CANONICAL.iter().enumerate() {
            for spelling in
                [(*canonical).to_string(), canonical.to_lowercase(), canonical.to_uppercase()]
            {
                assert_eq!(usize::from(classify(spelling.as_bytes())), id, "{spelling}");
            }
            assert_eq!(KNOWN[id].as_bytes(), canonical.as_bytes());
            assert_eq!(usize::from(KNOWN[id].id()), id);
        }
    }

    #[test]
    fn compact_forms_are_found_in_any_case() {
        // Where no other RFC is named: RFC 3261 section 7.3.3.
        for (compact, long) in [
            ("a", "Accept-Contact"), // RFC 3841
            ("b", "Referred-By"),    // RFC 3892
            ("c", "Content-Type"),
            ("d", "Request-Disposition"), // RFC 3841
            ("e", "Content-Encoding"),
            ("f", "From"),
            ("i", "Call-ID"),
            ("j", "Reject-Contact"), // RFC 3841
            ("k", "Supported"),
            ("l", "Content-Length"),
            ("m", "Contact"),
            ("n", "Identity-Info"), // RFC 4474
            ("o", "Event"),         // RFC 6665
            ("r", "Refer-To"),      // RFC 3515
            ("s", "Subject"),
            ("t", "To"),
            ("u", "Allow-Events"), // RFC 6665
            ("v", "Via"),
            ("x", "Session-Expires"), // RFC 4028
            ("y", "Identity"),        // RFC 8224
        ] {
            let name = HeaderName::from_bytes(long);
            assert!(!matches!(name, HeaderName::Other(_)));
            assert_eq!(HeaderName::from_bytes(compact), name);
            assert_eq!(HeaderName::from_bytes(compact.to_uppercase()), name);
        }
    }

    #[test]
    fn extensions_are_lists_where_their_grammar_says_so() {
        for (name, is_list, grammar) in [
            ("Accept-Contact", true, "RFC 3841 section 10"),
            ("Accept-Resource-Priority", true, "RFC 4412 section 3.2"),
            ("Allow-Events", true, "RFC 6665 section 8.4"),
            ("Answer-Mode", false, "RFC 5373"),
            ("Diversion", true, "RFC 5806"),
            ("Event", false, "RFC 6665 section 8.4"),
            ("Feature-Caps", true, "RFC 6809"),
            ("Flow-Timer", false, "RFC 5626"),
            ("Geolocation", true, "RFC 6442 section 4.1"),
            ("History-Info", true, "RFC 7044 section 5"),
            // Several fields, and no comma inside one (RFC 8224 section 4): a joined line splits.
            ("Identity", true, "RFC 8224 section 4"),
            ("Identity-Info", false, "RFC 4474 section 9"),
            ("Info-Package", false, "RFC 6086"),
            ("Join", false, "RFC 3911 section 7.1"),
            ("Max-Breadth", false, "RFC 5393 section 5.3.1"),
            ("Min-SE", false, "RFC 4028 section 5"),
            ("P-Access-Network-Info", true, "RFC 7315 section 5.4"),
            ("P-Asserted-Identity", true, "RFC 3325 section 9.1"),
            ("P-Asserted-Service", true, "RFC 6050 section 4.1"),
            ("P-Associated-URI", true, "RFC 7315 section 5.1"),
            ("P-Called-Party-ID", false, "RFC 7315 section 5.2"),
            ("P-Charging-Function-Addresses", false, "RFC 7315 section 5.5: semicolons"),
            ("P-Charging-Vector", false, "RFC 7315 section 5.6: semicolons"),
            ("P-Early-Media", true, "RFC 5009"),
            ("P-Preferred-Identity", true, "RFC 3325 section 9.2"),
            ("P-Preferred-Service", true, "RFC 6050 section 4.2"),
            ("P-Profile-Key", false, "RFC 5002"),
            ("P-Served-User", false, "RFC 5502"),
            ("P-User-Database", false, "RFC 4457"),
            ("P-Visited-Network-ID", true, "RFC 7315 section 5.3"),
            ("Path", true, "RFC 3327 section 4"),
            ("Privacy", false, "RFC 3323 section 4.2: semicolons"),
            ("RAck", false, "RFC 3262 section 7.2"),
            ("RSeq", false, "RFC 3262 section 7.1"),
            ("Reason", true, "RFC 3326 section 2"),
            ("Recv-Info", true, "RFC 6086"),
            ("Refer-Sub", false, "RFC 4488"),
            ("Refer-To", false, "RFC 3515 section 2.1"),
            ("Referred-By", false, "RFC 3892 section 3"),
            ("Reject-Contact", true, "RFC 3841 section 10"),
            ("Replaces", false, "RFC 3891 section 6.1"),
            ("Request-Disposition", true, "RFC 3841 section 10"),
            ("Resource-Priority", true, "RFC 4412 section 3.1"),
            ("SIP-ETag", false, "RFC 3903 section 11.3.1"),
            ("SIP-If-Match", false, "RFC 3903 section 11.3.2"),
            ("Security-Client", true, "RFC 3329 section 2.2"),
            ("Security-Server", true, "RFC 3329 section 2.2"),
            ("Security-Verify", true, "RFC 3329 section 2.2"),
            ("Service-Route", true, "RFC 3608"),
            ("Session-Expires", false, "RFC 4028 section 4"),
            ("Session-ID", false, "RFC 7989"),
            ("Subscription-State", false, "RFC 6665 section 8.4"),
            ("Target-Dialog", false, "RFC 4538"),
            ("User-to-User", true, "RFC 7433"),
        ] {
            let known = HeaderName::from_bytes(name);
            assert!(!matches!(known, HeaderName::Other(_)), "{name} is known");
            assert_eq!(known.is_list(), is_list, "{name}: {grammar}");
        }
    }

    #[test]
    fn near_misses_are_other_names() {
        for name in ["", "w", "Vi", "Vias", "Call_ID", "From ", "C%6Fntact", "6", "\x16", "\u{c4}"]
        {
            assert!(matches!(HeaderName::from_bytes(name), HeaderName::Other(_)), "{name:?}");
        }
        let long = "V".repeat(4096);
        assert!(matches!(HeaderName::from_bytes(long), HeaderName::Other(_)));
    }
}
