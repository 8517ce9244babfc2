//! Where the library deliberately departs from the grammar.

/// How to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// With every [`Leniency`], as the library does.
    Lenient,
    /// As the grammar says.
    Strict,
}

impl Reading {
    pub(super) fn allows(self, leniency: Leniency) -> bool {
        // Each is named where it applies, so that the table below can be searched for.
        let _ = leniency;
        self == Self::Lenient
    }
}

/// What the library takes though the grammar does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leniency {
    /// Any octet between quotes.
    AnyOctetInQuotes,
    /// Brackets in a URI that is none of SIP's.
    BracketsInUri,
    /// A Call-ID of any visible octets.
    CallId,
    /// Control characters in a value that nobody has read yet.
    ControlInUnreadValue,
    /// A display name without quotes of which the last token touches the `<`, or that has octets
    /// above 127.
    DisplayName,
    /// A hostname with underscores, hyphens anywhere, or a last label that starts with a digit.
    Hostname,
    /// A Status-Line that ends after its code.
    NoSpaceBeforeReason,
    /// Any `uric` for the number of a tel URI.
    TelNumber,
    /// Any `paramchar` in the name of a parameter of a tel URI.
    TelParameterName,
    /// A local number without `phone-context`.
    TelWithoutContext,
    /// A third colon in an IPv6 address.
    ThirdColon,
    /// A Request-URI of any printable text.
    UriUnread,
    /// Separators, and octets above 127, in the value of a header parameter.
    WideParameterValue,
}

/// What the library refuses though the grammar allows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// A CSeq number above 2^32 - 1.
    CSeqNumber,
    /// An IPv4 address with a number above 255.
    Ipv4Number,
    /// A Max-Forwards above 255.
    MaxForwards,
    /// A Via whose protocol is not SIP. Its version does not matter: a request of another one is still
    /// owed a 505.
    OtherProtocol,
    /// A port above 65535.
    Port,
}

/// Which rule of the grammar an example is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// `name-addr / addr-spec` with parameters: From, To, Route ...
    Address,
    /// `callid`
    CallId,
    /// `contact-param / STAR`
    Contact,
    /// CSeq
    CSeq,
    /// Max-Forwards
    MaxForwards,
    /// `SIP-message`
    Message,
    /// `SIP-URI / SIPS-URI / absoluteURI`
    Uri,
    /// `via-parm`
    Via,
}

/// Each leniency with something that it lets in, and why it does.
pub const LENIENCIES: [(Leniency, Rule, &[u8], &str); 13] = [
    (
        Leniency::AnyOctetInQuotes,
        Rule::Address,
        b"\"caf\xe9\" <sip:a>",
        "display names in Latin-1 are common, and RFC 4475 section 3.1.1.2 puts a NUL there; a \
         proxy has no need to read them",
    ),
    (
        Leniency::BracketsInUri,
        Rule::Uri,
        b"http://[2001:db8::1]/",
        "RFC 3986 has IPv6 addresses, RFC 2396 had none",
    ),
    (
        Leniency::CallId,
        Rule::CallId,
        b"a@b@c",
        "only who made it could read it; all others compare octets",
    ),
    (
        Leniency::ControlInUnreadValue,
        Rule::Message,
        b"X a:b SIP/2.0\r\nSubject: \x07\r\n\r\n",
        "a value is checked by who reads it; one that nobody reads is passed on as it came \
         (RFC 3261 section 16.3, RFC 4475 section 3.1.2.16)",
    ),
    (
        Leniency::DisplayName,
        Rule::Address,
        b"Bell<sip:a>",
        "RFC 4475 section 3.1.1.6 has the missing space; UTF-8 without quotes is common",
    ),
    (
        Leniency::Hostname,
        Rule::Uri,
        b"sip:my_host.1st-floor",
        "hosts inside a network are called so, and resolve",
    ),
    (
        Leniency::NoSpaceBeforeReason,
        Rule::Message,
        b"SIP/2.0 200\r\n\r\n",
        "an empty phrase looks as if the space were none (RFC 4475 section 3.1.1.13)",
    ),
    (
        Leniency::TelNumber,
        Rule::Uri,
        b"tel:%2A21;phone-context=example.com",
        "to a proxy a tel URI is an absoluteURI; `Uri::telephone_subscriber` reads the number",
    ),
    (
        Leniency::TelParameterName,
        Rule::Uri,
        b"tel:+1;a.b",
        "to a proxy a tel URI is an absoluteURI, whose names are wider",
    ),
    (
        Leniency::TelWithoutContext,
        Rule::Uri,
        b"tel:911",
        "RFC 3966 section 5.1.5 wants a context; telephones send none",
    ),
    (
        Leniency::ThirdColon,
        Rule::Uri,
        b"sip:[2001:db8:::192.0.2.1]",
        "RFC 5118 section 4.10: a mistake of RFC 3261's grammar, not of who sent it",
    ),
    (
        Leniency::UriUnread,
        Rule::Message,
        b"X <sip:a> SIP/2.0\r\n\r\n",
        "who reads the Request-URI can answer 400 with all of the request at hand \
         (RFC 4475 section 3.1.2.7)",
    ),
    (
        Leniency::WideParameterValue,
        Rule::Via,
        b"SIP/2.0/UDP a;received=2001:db8::1",
        "RFC 5118 section 4.5, and parameters of extensions whose grammar is wider",
    ),
];

/// Each bound with something that it keeps out, and why.
pub const BOUNDS: [(Bound, Rule, &[u8], &str); 5] = [
    (
        Bound::CSeqNumber,
        Rule::CSeq,
        b"4294967296 INVITE",
        "RFC 3261 section 8.1.1.5 and RFC 4475 section 3.1.2.4: 32 bits",
    ),
    (Bound::Ipv4Number, Rule::Uri, b"sip:256.0.0.1", "no such address"),
    (
        Bound::MaxForwards,
        Rule::MaxForwards,
        b"256",
        "RFC 3261 section 20.22: 0 to 255; RFC 4475 section 3.1.2.4",
    ),
    (
        Bound::OtherProtocol,
        Rule::Via,
        b"HTTP/1.1/TCP a",
        "RFC 3261 section 18.2.2 knows where to send a SIP response, and no other",
    ),
    (Bound::Port, Rule::Uri, b"sip:a:65536", "no such port"),
];
