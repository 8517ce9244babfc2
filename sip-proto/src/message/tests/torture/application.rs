//! RFC 4475 sections 3.2 to 3.4: well-formed messages that mean trouble for who acts on them. All
//! parse; here is what the reader then finds.

use super::super::super::headers::Authorization;
use super::super::super::{
    Contact, ContentType, From, Host, MaxForwards, ProxyRequire, Require, Route, Scheme, To, Via,
};
use super::*;

const USER: &str = "sip:user@example.com";

/// RFC 4475 section 3.2.1: no identifier follows the cookie; matching then goes by RFC 2543.
pub(super) fn a_branch_that_is_only_the_cookie() {
    let text = complete("OPTIONS", USER, &[]).replace("z9hG4bKkdjuw", "z9hG4bK");
    let message = request(text);
    assert_eq!(message.require::<Via<'_>>().unwrap().branch(), Some(&b"z9hG4bK"[..]));
}

/// RFC 4475 section 3.3.1: 400, without what is not there.
pub(super) fn missing_mandatory_headers() {
    let message = request(lines(&["INVITE sip:user@example.com SIP/2.0", VIA, "CSeq: 1 INVITE"]));
    assert_eq!(message.call_id().unwrap_err().kind, ParseErrorKind::Cardinality);
    assert_eq!(message.require::<From<'_>>().unwrap_err().kind, ParseErrorKind::Cardinality);
    assert_eq!(message.require::<To<'_>>().unwrap_err().kind, ParseErrorKind::Cardinality);
    let error = ParseError { kind: ParseErrorKind::Cardinality, offset: 0 };
    assert!(Request::salvage(&message.to_bytes(), &error).is_none());
}

fn scheme_of(uri: &str, expected: Scheme<'_>) {
    let message = request(complete("OPTIONS", uri, &[]));
    let uri = message.uri().unwrap();
    assert_eq!((uri.scheme(), uri.is_sip(), uri.host()), (expected, false, None));
}

/// RFC 4475 section 3.3.2: 416, and no routing on the To.
pub(super) fn an_unknown_scheme() {
    let uri = "nobodyKnowsThisScheme:totallyopaquecontent";
    scheme_of(uri, Scheme::Other("nobodyKnowsThisScheme"));
}

/// RFC 4475 section 3.3.3: 416.
pub(super) fn a_known_scheme_of_no_use() {
    scheme_of("soap.beep://192.0.2.103:3002", Scheme::Other("soap.beep"));
}

/// RFC 4475 section 3.3.4: nothing to a proxy; a registrar refuses the To.
pub(super) fn other_schemes_in_headers() {
    let message = request(lines(&[
        "REGISTER sip:example.com SIP/2.0",
        "To: isbn:2983792873",
        "From: <http://www.example.com>;tag=3234233",
        "Contact: <name:John_Smith>",
    ]));
    let to: To<'_> = message.require().unwrap();
    assert_eq!(to.parsed_uri().unwrap().scheme(), Scheme::Other("isbn"));
    let from: From<'_> = message.require().unwrap();
    assert_eq!((from.uri, from.tag()), (&b"http://www.example.com"[..], Some(&b"3234233"[..])));
    let contact: Contact<'_> = message.require().unwrap();
    assert!(!contact.address().unwrap().parsed_uri().unwrap().is_sip());
}

/// RFC 4475 section 3.3.5: 420, that lists each.
pub(super) fn extensions_that_nobody_has() {
    let message = request(complete(
        "OPTIONS",
        USER,
        &[
            "Require: nothingSupportsThis, nothingSupportsThisEither",
            "Proxy-Require: noProxiesSupportThis, norDoAnyProxiesSupportThis",
        ],
    ));
    let required: Vec<_> = message.header_list::<Require<'_>>().map(|tag| tag.unwrap().0).collect();
    assert_eq!(required, ["nothingSupportsThis", "nothingSupportsThisEither"]);
    let of_proxies = message.header_list::<ProxyRequire<'_>>().map(|tag| tag.unwrap().0);
    assert!(of_proxies.eq(["noProxiesSupportThis", "norDoAnyProxiesSupportThis"]));
}

/// RFC 4475 section 3.3.6: 415, by who needs to understand it.
pub(super) fn an_unknown_content_type() {
    let extra = ["Content-Type: application/unknownformat", "Content-Length: 7"];
    let message = request(complete("INVITE", USER, &extra) + "<audio>");
    let kind: ContentType<'_> = message.require().unwrap();
    assert!(kind.is("application", "unknownformat"));
    assert_eq!(message.body(), "<audio>");
}

/// RFC 4475 section 3.3.7: challenged again, with a scheme that is known.
pub(super) fn an_unknown_authorization_scheme() {
    let value = "NoOneKnowsThisScheme opaque-data=here";
    let message = request(complete("REGISTER", USER, &[&format!("Authorization: {value}")]));
    let authorization: Authorization<'_> = message.require().unwrap();
    assert_eq!(authorization.to_string(), value);
}

/// RFC 4475 section 3.3.8: 400, whichever of the two one looks at.
pub(super) fn repeated_single_headers() {
    let message = request(complete(
        "INVITE",
        USER,
        &[
            "To: <sip:other@example.com>",
            "From: <sip:other@example.net>;tag=3413415",
            "Call-ID: other",
            "CSeq: 59 INVITE",
            "Max-Forwards: 5",
        ],
    ));
    assert_eq!(message.require::<To<'_>>().unwrap_err().kind, ParseErrorKind::Cardinality);
    assert_eq!(message.require::<From<'_>>().unwrap_err().kind, ParseErrorKind::Cardinality);
    assert_eq!(message.call_id().unwrap_err().kind, ParseErrorKind::Cardinality);
    assert_eq!(message.require::<MaxForwards>().unwrap_err().kind, ParseErrorKind::Cardinality);
}

/// RFC 4475 section 3.3.9: 400; nobody knows where the body ends.
pub(super) fn two_lengths() {
    let text = complete("OPTIONS", USER, &["Content-Length: 13", "Content-Length: 5"]);
    let answered = (ParseErrorKind::ContentLength, Some(400));
    assert_eq!(refused(text + "There's no way to know how many octets"), answered);
}

/// RFC 4475 section 3.3.10: an address to which nothing is sent.
pub(super) fn a_broadcast_address_in_a_via() {
    let message = response(lines(&[
        "SIP/2.0 200 OK",
        "Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923",
        "Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23",
    ]));
    let next = message.header_list::<Via<'_>>().nth(1).unwrap().unwrap();
    assert_eq!(next.host, Host::V4(core::net::Ipv4Addr::BROADCAST));
}

/// RFC 4475 section 3.3.11: a proxy answers 483, a UAS as ever.
pub(super) fn no_hops_left() {
    let text = complete("OPTIONS", USER, &[]).replace("Max-Forwards: 70", "Max-Forwards: 0");
    assert_eq!(request(text).require(), Ok(MaxForwards(0)));
}

/// Whether `unknownparam` is the Contact's, and whether it is its URI's.
fn whose_parameter(contact: &str) -> (bool, bool) {
    let message = request(complete("REGISTER", "sip:example.com", &[contact]));
    let contact: Contact<'_> = message.require().unwrap();
    let address = contact.address().unwrap();
    let uri = address.parsed_uri().unwrap();
    (address.params.has("unknownparam"), uri.params().has("unknownparam"))
}

/// RFC 4475 section 3.3.12
pub(super) fn a_parameter_of_the_contact() {
    let contact = "Contact: sip:+19725552222@gw1.example.net;unknownparam";
    assert_eq!(whose_parameter(contact), (true, false));
}

/// RFC 4475 section 3.3.13
pub(super) fn a_parameter_of_the_uri() {
    let contact = "Contact: <sip:+19725552222@gw1.example.net;unknownparam>";
    assert_eq!(whose_parameter(contact), (false, true));
}

/// RFC 4475 section 3.3.14: kept with the binding, and applied when it is used.
pub(super) fn an_escaped_header_in_a_contact() {
    let value = "Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>";
    let message = request(complete("REGISTER", "sip:example.com", &[value]));
    let contact: Contact<'_> = message.require().unwrap();
    let uri = contact.address().unwrap().parsed_uri().unwrap();
    assert_eq!(uri.headers_raw(), Some(&b"Route=%3Csip:sip.example.com%3E"[..]));
    assert_eq!(message.header::<Route<'_>>(), Ok(None));
}

/// RFC 4475 section 3.3.15: 406, or 400, by who has only SDP to offer.
pub(super) fn no_content_type_that_suits() {
    let message = request(complete("INVITE", USER, &["Accept: text/nobodyKnowsThis"]));
    assert_eq!(message.value(&HeaderName::Accept), Some(&b"text/nobodyKnowsThis"[..]));
}

/// RFC 4475 section 3.4.1: no branch, no tag, no Max-Forwards, no Content-Length.
pub(super) fn rfc_2543_syntax() {
    let message = request(
        lines(&[
            "INVITE sip:UserB@example.com SIP/2.0",
            "Via: SIP/2.0/UDP iftgw.example.com",
            "From: <sip:+13035551111@ift.client.example.net;user=phone>",
            "Record-Route: <sip:UserB@example.com;maddr=ss1.example.com>",
            "To: sip:+16505552222@ss1.example.net;user=phone",
            "Call-ID: inv2543.1717@ift.client.example.com",
            "CSeq: 56 INVITE",
            "Content-Type: application/sdp",
        ]) + "v=0\r\n",
    );
    assert_eq!(message.require::<Via<'_>>().unwrap().branch(), None);
    assert_eq!(message.require::<From<'_>>().unwrap().tag(), None);
    let to: To<'_> = message.require().unwrap();
    assert!(to.params.has("user"), "without angles the parameter is the header's");
    assert_eq!(message.body(), "v=0\r\n");
}
