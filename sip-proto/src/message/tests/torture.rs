//! The kinds of trouble that RFC 4475 and RFC 5118 describe, in messages of our own.

use super::super::{
    CSeq, Contact, Expires, From, HeaderName, Host, MaxForwards, Method, Route, Scheme, To, Via,
};
use super::*;

/// RFC 4475 section 3.1.1.1: every liberty the grammar gives, at once.
const TORTUOUS: &str = "\
INVITE sip:ursula@gateway.example;unheardof SIP/2.0\r\n\
TO :\r\n sip:ursula@gateway.example ;   tag    = 7743a\r\n\
from   : \"D. Quill \\\\\\\"\"       <sip:quill@home.example>\r\n  ;\r\n  tag = q1\r\n\
MaX-fOrWaRdS: 0068\r\n\
Call-ID: tortuous.1@192.0.2.1\r\n\
Content-Length   : 3\r\n\
cseq: 0009\r\n  INVITE\r\n\
Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=b1\r\n\
s :\r\n\
NobodyKnowsThis:   it is\r\n folded   onto\r\n\ttwo more\r\n\
UnknownOdd: ;;,,;;,;\r\n\
Content-Type: application/sdp\r\n\
Route:\r\n <sip:services.example;lr;odd=x%20y>\r\n\
v:  SIP  / 2.0  / TCP     hop.example   ;\r\n  branch  =   z9hG4bKb2  ,\r\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bKb3\r\n\
m:\"Quoted string \\\"\\\"\" <sip:q@home.example> ; newparam =\r\n      newvalue ;\r\n  second ; q = 0.33\r\n\
\r\nv=0";

#[test]
fn liberties_of_the_grammar() {
    let message = request(TORTUOUS);
    assert_eq!(message.uri().unwrap().param("unheardof"), Some(None));
    assert_eq!(message.require::<To<'_>>().unwrap().tag(), Some(&b"7743a"[..]));
    let from = message.require::<From<'_>>().unwrap();
    assert_eq!(from.tag(), Some(&b"q1"[..]));
    assert_eq!(from.display_name().as_deref(), Some(&b"D. Quill \\\""[..]));
    assert_eq!(message.require(), Ok(MaxForwards(68)));
    assert_eq!(message.require(), Ok(CSeq { number: 9, method: Method::Invite }));
    let hops: Vec<Via<'_>> = message.header_list().collect::<Result<_, _>>().unwrap();
    let seen: Vec<_> = hops
        .iter()
        .map(|via| (via.transport, via.host.to_string(), via.branch().unwrap()))
        .collect();
    assert_eq!(
        seen,
        [
            ("UDP", "192.0.2.2".to_string(), &b"b1"[..]),
            ("TCP", "hop.example".to_string(), b"z9hG4bKb2"),
            ("UDP", "192.168.255.111".to_string(), b"z9hG4bKb3"),
        ]
    );
    assert!(message.require::<Route<'_>>().unwrap().parsed_uri().unwrap().is_lr());
    let contact = message.require::<Contact<'_>>().unwrap();
    assert_eq!(contact.q(), Some(330));
    assert_eq!(contact.address().unwrap().params.value("NEWPARAM"), Some(&b"newvalue"[..]));
    assert_eq!(message.value(&HeaderName::Subject), Some(&b""[..]));
    assert_eq!(message.body(), "v=0");
    assert_eq!(message.to_bytes(), TORTUOUS);
}

#[test]
fn unusual_but_valid_bytes() {
    // RFC 4475 sections 3.1.1.2 to 3.1.1.6
    let message = request(lines(&[
        "!Odd-Method0123_*+`.%'~ sip:1_u.~(not!so)&odd+is$it?,/;;*:&p=1,w!$~d@example.com SIP/2.0",
        "Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~",
        "To: \"BEL:\\\u{7} NUL:\\\u{0} DEL:\\\u{7f}\" <sip:1_u.~@example.com>",
        "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;f''~+*_!.-%=\"\u{442} \\\"%\u{442}\\\"\";tag=_t~1'+`*%!-.",
        "Call-ID: odd.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{",
        "CSeq: 139122385 !Odd-Method0123_*+`.%'~",
        "ext-!.%*+_`'~: \u{fb02}\u{5927}",
        "Contact: caller<sip:c%61ller@a.example;%6C%72>, <sip:null-%00@b.example>",
    ]));
    assert_eq!(message.require::<CSeq>().unwrap().method, *message.method());
    let uri = message.uri().unwrap();
    assert_eq!(uri.user(), Some(&b"1_u.~(not!so)&odd+is$it?,/;;*"[..]));
    assert_eq!(uri.password(), Some(&b"&p=1,w!$~d"[..]));
    let to = message.require::<To<'_>>().unwrap();
    assert_eq!(to.display_name().as_deref(), Some(&b"BEL:\x07 NUL:\0 DEL:\x7f"[..]));
    let from = message.require::<From<'_>>().unwrap();
    assert_eq!(from.display, Some(&b"token1~` token2'+_ token3*%!.-"[..]));
    assert_eq!(from.tag(), Some(&b"_t~1'+`*%!-."[..]));
    assert_eq!(message.call_id().unwrap().last(), Some(&b'{'));
    let contacts: Vec<Contact<'_>> = message.header_list().collect::<Result<_, _>>().unwrap();
    let first = contacts[0].address().unwrap();
    assert_eq!(first.display, Some(&b"caller"[..]), "no space before the <");
    assert!(first.parsed_uri().unwrap().is_lr());
}

#[test]
fn percent_is_no_escape_in_a_method_or_a_name() {
    // RFC 4475 section 3.1.1.5
    let message = request("RE%47IST%45R sip:r SIP/2.0\r\nC%6Fntact: <sip:x>\r\n\r\n");
    assert_ne!(*message.method(), Method::Register);
    assert_eq!(message.count(&HeaderName::Contact), 0);
}

#[test]
fn long_values_are_only_long() {
    // RFC 4475 section 3.1.1.7
    let long = "really".repeat(60);
    let vias: Vec<_> = (0..40).map(|hop| format!("Via: SIP/2.0/TCP {long}{hop}.example")).collect();
    let from = format!("F: \"{long}\" <sip:{long}@a>;{long}={long};tag={long}");
    let name = format!("Unknown-{long}: {long}");
    let mut all = vec!["INVITE sip:a SIP/2.0", &from, &name];
    all.extend(vias.iter().map(String::as_str).take(20));
    let message = request(lines(&all));
    assert_eq!(message.require::<From<'_>>().unwrap().tag(), Some(long.as_bytes()));
    assert_eq!(
        message.value(&HeaderName::from_bytes(format!("unknown-{long}"))),
        Some(long.as_bytes())
    );
    assert_eq!(message.header_list::<Via<'_>>().filter(|via| via.is_ok()).count(), 20);
}

#[test]
fn any_scheme_and_any_transport_is_somebody_elses_business() {
    // RFC 4475 sections 3.1.1.10 and 3.3.2 to 3.3.4
    let message = request(lines(&[
        "OPTIONS nobodyKnows:totallyOpaque SIP/2.0",
        "Via: SIP/2.0/SCTP a, SIP/2.0/UNKNOWN b, SIP/2.0/TLS-SCTP c",
        "To: isbn:2983792873",
        "From: <http://www.example.com>;tag=3",
        "Contact: <name:John_Smith>",
    ]));
    assert_eq!(message.uri().unwrap().scheme(), Scheme::Other("nobodyKnows"));
    assert_eq!(message.require::<To<'_>>().unwrap().uri, b"isbn:2983792873");
    assert!(message.require::<From<'_>>().unwrap().parsed_uri().is_ok());
    let kinds: Vec<_> =
        message.header_list::<Via<'_>>().map(|via| via.unwrap().transport_kind()).collect();
    assert_eq!(kinds, [None; 3]);
}

#[test]
fn params_without_angles_belong_to_the_header() {
    // RFC 4475 sections 3.3.12, 3.3.13 and RFC 3261 section 20.10
    let contact = |value: &str| {
        let message = request(lines(&["REGISTER sip:r SIP/2.0", &format!("m: {value}")]));
        let contact = message.require::<Contact<'_>>().unwrap();
        let address = contact.address().unwrap();
        (address.params.has("x"), address.parsed_uri().unwrap().params().has("x"))
    };
    assert_eq!(contact("sip:+19725552222@gw.example;x"), (true, false));
    assert_eq!(contact("<sip:+19725552222@gw.example;x>"), (false, true));
}

/// Header lines that a message must not get away with; the split lets them through, because a
/// proxy need not read them, and their type refuses them.
#[test]
fn broken_values_are_refused_when_they_are_read() {
    fn refused<'a, H: super::super::TypedHeader<'a>>(value: &'a str) {
        let parsed = H::parse(value.as_bytes()).map(|_| ());
        assert_eq!(parsed.map_err(|error| error.kind), Err(ParseErrorKind::Value), "{value}");
    }
    // RFC 4475 sections 3.1.2.1, 3.1.2.4, 3.1.2.6, 3.1.2.13 to 3.1.2.15
    refused::<Via<'_>>("SIP/2.0/UDP 192.0.2.15;;");
    refused::<Contact<'_>>("\"Joe\" <sip:joe@a.example>;;;;");
    refused::<CSeq>("36893488147419103232 REGISTER");
    refused::<MaxForwards>("300");
    refused::<Expires>("10000000000000000000000000000");
    refused::<To<'_>>("\"Mr. J. User <sip:j.user@a.example>");
    refused::<Contact<'_>>("sip:user@a.example?Route=%3Csip:b.example%3E");
    refused::<To<'_>>("\"Watson\" < sip:t.watson@a.example >");
    refused::<From<'_>>("Bell, Alexander <sip:a.g.bell@a.example>;tag=43");
}

#[test]
fn broken_request_uris_are_refused_when_they_are_read() {
    // RFC 4475 section 3.1.2.7 and RFC 5118 section 4.2
    for uri in ["<sip:user@a.example>", "sip:2001:db8::10"] {
        let message = request(lines(&[&format!("INVITE {uri} SIP/2.0")]));
        assert_eq!(message.uri().unwrap_err().kind, ParseErrorKind::Uri, "{uri}");
    }
}

#[test]
fn ipv6_addresses_wherever_they_may_stand() {
    // RFC 5118 sections 4.1, 4.3 to 4.5, 4.9 and 4.10
    let host = |uri: &str| {
        let message = request(lines(&[&format!("BYE {uri} SIP/2.0")]));
        let uri = message.uri().unwrap();
        (uri.host().unwrap().to_string(), uri.port())
    };
    assert_eq!(host("sip:[2001:db8::10]"), ("[2001:db8::10]".into(), None));
    assert_eq!(host("sip:[2001:db8::10:5070]"), ("[2001:db8::10:5070]".into(), None));
    assert_eq!(host("sip:[2001:db8::10]:5070"), ("[2001:db8::10]".into(), Some(5070)));
    assert_eq!(host("sip:u@[::ffff:192.0.2.10]"), ("[::ffff:192.0.2.10]".into(), None));
    assert_eq!(host("sip:u@[2001:db8:::192.0.2.1]"), ("[2001:db8::c000:201]".into(), None));
    let message = request(lines(&[
        "BYE sip:[2001:db8::10] SIP/2.0",
        "Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3",
        "Via: SIP/2.0/UDP [2001:db8::9:1]:5070;received=2001:db8::9:255;branch=z9hG4bKas4",
    ]));
    for via in message.header_list::<Via<'_>>() {
        let via = via.unwrap();
        assert_eq!(via.host, Host::V6("2001:db8::9:1".parse().unwrap()));
        assert_eq!(via.received().unwrap().to_string(), "2001:db8::9:255");
    }
}
