//! RFC 4475 section 3.1.1: valid messages that few parsers like.

use super::super::super::{
    CSeq, Contact, ContentType, From, Host, MaxForwards, Method, Route, To, Via,
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
v:  SIP  / 2.0  / TCP     hop.example   ;\r\n  branch  =   z9hG4bKb2  ,\r\n\
\x20SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bKb3\r\n\
m:\"Quoted string \\\"\\\"\" <sip:q@home.example> ; newparam =\r\n      newvalue ;\r\n  second ; q = 0.33\r\n\
\r\nv=0";

/// RFC 4475 section 3.1.1.1
pub(super) fn liberties_of_the_grammar() {
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

/// RFC 4475 section 3.1.1.2
pub(super) fn unusual_but_valid_bytes() {
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

/// RFC 4475 section 3.1.1.3: an escape stands for no separator.
pub(super) fn escapes_are_left_as_they_are() {
    let text = complete(
        "INVITE",
        "sip:sips%3Auser%40example.com@example.net",
        &["Contact: <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>"],
    );
    let message = request(&text);
    let uri = message.uri().unwrap();
    assert_eq!(uri.user(), Some(&b"sips%3Auser%40example.com"[..]));
    assert_eq!(uri.host(), Some(Host::Name("example.net")));
    let contact: Contact<'_> = message.require().unwrap();
    let uri = contact.address().unwrap().parsed_uri().unwrap();
    assert!(uri.is_lr());
    assert_eq!(uri.param("name"), Some(Some(&b"v%61lue%25%34%31"[..])), "once: it is no value41");
    assert_eq!(message.to_bytes().slice(..text.len() - 2), text[..text.len() - 2]);
}

/// RFC 4475 section 3.1.1.4: two bindings, and neither ends at its NUL.
pub(super) fn escaped_nulls_end_nothing() {
    let message = request(complete(
        "REGISTER",
        "sip:example.com",
        &["Contact: <sip:%00@host5.example.com>", "Contact: <sip:%00%00@host5.example.com>"],
    ));
    let contacts: Vec<Contact<'_>> = message.header_list().collect::<Result<_, _>>().unwrap();
    let uri = |index: usize| contacts[index].address().unwrap().parsed_uri().unwrap();
    assert_eq!((uri(0).user(), uri(1).user()), (Some(&b"%00"[..]), Some(&b"%00%00"[..])));
    assert!(!uri(0).equivalent(&uri(1)));
}

/// RFC 4475 section 3.1.1.6
pub(super) fn no_space_before_the_angle() {
    let text = complete("OPTIONS", "sip:user@example.com", &[]);
    let message = request(text.replace("From: <", "From: caller<"));
    let from: From<'_> = message.require().unwrap();
    assert_eq!(from.display_name().as_deref(), Some(&b"caller"[..]));
}

/// RFC 4475 section 3.1.1.5
pub(super) fn percent_is_no_escape_in_a_method_or_a_name() {
    let message = request("RE%47IST%45R sip:r SIP/2.0\r\nC%6Fntact: <sip:x>\r\n\r\n");
    assert_ne!(*message.method(), Method::Register);
    assert_eq!(message.count(&HeaderName::Contact), 0);
}

/// RFC 4475 section 3.1.1.7
pub(super) fn long_values_are_only_long() {
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

/// RFC 4475 section 3.1.1.8: a datagram may go on after its body.
pub(super) fn octets_after_the_body_are_dropped() {
    let text = complete("REGISTER", "sip:example.com", &["Content-Length: 0"]);
    let trailing = complete("INVITE", "sip:joe@example.com", &["Content-Length: 150"]);
    let message = request(text.clone() + &trailing);
    assert_eq!((message.method(), message.body().len()), (&Method::Register, 0));
    assert_eq!(message.to_bytes(), text);
}

/// RFC 4475 section 3.1.1.9: the parameter is the user's, and its `@` is escaped.
pub(super) fn semicolons_may_be_in_a_user() {
    let message = request(complete("OPTIONS", "sip:user;par=u%40example.net@example.com", &[]));
    let uri = message.uri().unwrap();
    assert_eq!(uri.user(), Some(&b"user;par=u%40example.net"[..]));
    assert_eq!(uri.host(), Some(Host::Name("example.com")));
    assert!(uri.params().is_empty());
}

/// RFC 4475 section 3.1.1.10
pub(super) fn any_transport_may_be_in_a_via() {
    let tokens = ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"];
    let vias: Vec<_> =
        tokens.iter().map(|it| format!("Via: SIP/2.0/{it} t1.example.com")).collect();
    let vias: Vec<&str> = vias.iter().map(String::as_str).collect();
    let message = request(lines(&[&["OPTIONS sip:user@example.com SIP/2.0"], &vias[..]].concat()));
    let hops: Vec<Via<'_>> = message.header_list().collect::<Result<_, _>>().unwrap();
    assert!(hops.iter().map(|via| via.transport).eq(tokens));
    let known: Vec<_> = hops.iter().map(|via| via.transport_kind().is_some()).collect();
    assert_eq!(known, [true, false, true, false, true]);
}

/// RFC 4475 section 3.1.1.11: what is in a part is not text, and is no end of it.
pub(super) fn binary_in_a_multipart_body() {
    let body: Vec<u8> = [
        &b"--7a9cbec02ceef655\r\nContent-Type: text/plain\r\n\r\nHello\r\n--7a9cbec02ceef655\r\n"[..],
        b"Content-Type: application/octet-stream\r\n\r\n",
        &(0..=255).collect::<Vec<u8>>(),
        b"\r\n\r\n\0\r\n--7a9cbec02ceef655--\r\n",
    ]
    .concat();
    let length = format!("Content-Length: {}", body.len());
    let kind = "Content-Type: multipart/mixed;boundary=7a9cbec02ceef655";
    let text = complete("MESSAGE", "sip:kumiko@example.org", &[kind, &length]);
    let message = request([text.as_bytes(), &body].concat());
    assert_eq!(message.body(), &body);
    let kind: ContentType<'_> = message.require().unwrap();
    assert_eq!(kind.params.value("boundary"), Some(&b"7a9cbec02ceef655"[..]));
}

/// RFC 4475 section 3.1.1.12
pub(super) fn any_reason_phrase() {
    let phrase = "= 2**3 * 5**2 \u{43d}\u{43e} \u{441}\u{442}\u{43e} - \u{43f}\u{440}\u{43e}";
    let message = response(lines(&[&format!("SIP/2.0 200 {phrase}"), VIA, FROM, TO, CALL_ID]));
    assert_eq!((message.status().as_u16(), message.reason()), (200, phrase.as_bytes()));
}

/// RFC 4475 section 3.1.1.13, and the same without the space that is due before it.
pub(super) fn no_reason_phrase() {
    for line in ["SIP/2.0 100 ", "SIP/2.0 100"] {
        let message = response(lines(&[line, VIA, FROM, TO, CALL_ID]));
        assert_eq!((message.status().as_u16(), message.reason()), (100, &b""[..]));
    }
}
