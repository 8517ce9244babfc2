//! RFC 5118 section 4: IPv6 addresses wherever they may stand.

use std::net::IpAddr;

use super::super::super::{Contact, Host, Uri, Via};
use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// Where the Request-URI of a request leads.
#[track_caller]
fn target(uri: &str) -> (IpAddr, Option<u16>) {
    let message = request(complete("REGISTER", uri, &[]));
    let uri = message.uri().unwrap();
    (uri.host().unwrap().ip().unwrap(), uri.port())
}

/// RFC 5118 section 4.1
pub(super) fn a_reference() {
    assert_eq!(target("sip:[2001:db8::10]"), (ip("2001:db8::10"), None));
    let text = complete(
        "REGISTER",
        "sip:[2001:db8::10]",
        &[
            "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111",
            "Contact: \"Caller\" <sip:caller@[2001:db8::1]>",
        ],
    );
    let message = request(text);
    let via = message.header_list::<Via<'_>>().last().unwrap().unwrap();
    assert_eq!(via.host.ip(), Some(ip("2001:db8::9:1")));
    let contact: Contact<'_> = message.require().unwrap();
    let uri = contact.address().unwrap().parsed_uri().unwrap();
    assert_eq!(uri.host().unwrap().ip(), Some(ip("2001:db8::1")));
}

/// RFC 5118 section 4.2: 400, by who reads the Request-URI.
pub(super) fn no_brackets() {
    let message = request(complete("REGISTER", "sip:2001:db8::10", &[]));
    assert_eq!(message.uri().unwrap_err().kind, ParseErrorKind::Uri);
}

/// RFC 5118 section 4.3: no port at all.
pub(super) fn a_port_inside_the_brackets() {
    assert_eq!(target("sip:[2001:db8::10:5070]"), (ip("2001:db8::10:5070"), None));
}

/// RFC 5118 section 4.4
pub(super) fn a_port_outside_the_brackets() {
    assert_eq!(target("sip:[2001:db8::10]:5070"), (ip("2001:db8::10"), Some(5070)));
}

/// RFC 5118 section 4.5: both are taken.
pub(super) fn received_with_and_without_brackets() {
    for received in ["[2001:db8::9:255]", "2001:db8::9:255"] {
        let via = format!("Via: SIP/2.0/UDP [2001:db8::9:1];received={received};branch=z9hG4bKas3");
        let message = request(lines(&["BYE sip:[2001:db8::10] SIP/2.0", &via]));
        let via: Via<'_> = message.require().unwrap();
        assert_eq!(via.received(), Some(ip("2001:db8::9:255")), "{received}");
        assert_eq!(via.branch(), Some(&b"z9hG4bKas3"[..]), "{received}");
    }
}

const SDP: &str = "v=0\r\n\
o=assistant 971731711378798081 0 IN IP6 2001:db8::20\r\n\
s=Live video feed for today's meeting\r\n\
c=IN IP6 2001:db8::20\r\n\
t=3338481189 3370017201\r\n\
m=audio 6000 RTP/AVP 2\r\n";

#[track_caller]
fn body_is_kept(body: &str) {
    let extra = [&*format!("Content-Length: {}", body.len()), "Content-Type: application/sdp"];
    let text = complete("INVITE", "sip:user@[2001:db8::10]", &extra) + body;
    let message = request(&text);
    assert_eq!(message.body(), body);
    assert_eq!(message.to_bytes(), text);
}

/// RFC 5118 section 4.6: no brackets there, and none of the message layer's business.
pub(super) fn in_a_body() {
    body_is_kept(SDP);
}

/// RFC 5118 section 4.7
pub(super) fn beside_ipv4_in_headers() {
    let message = request(lines(&[
        "BYE sip:user@host.example.net SIP/2.0",
        "Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111",
        "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144",
        "Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200",
    ]));
    let hops: Vec<Via<'_>> = message.header_list().collect::<Result<_, _>>().unwrap();
    let hosts: Vec<_> = hops.iter().map(|via| via.host.ip().unwrap()).collect();
    assert_eq!(hosts, [ip("2001:db8::9:1"), ip("192.0.2.1"), ip("2001:db8::9:255")]);
    assert_eq!((hops[0].port, hops[2].received()), (Some(6050), Some(ip("192.0.2.200"))));
}

/// RFC 5118 section 4.8
pub(super) fn beside_ipv4_in_a_body() {
    body_is_kept(&format!(
        "{SDP}c=IN IP4 192.0.2.1\r\nm=video 6024 RTP/AVP 107\r\nc=IN IP6 ::1\r\n"
    ));
}

/// RFC 5118 section 4.9
pub(super) fn mapped_ipv4() {
    let mapped = ip("::ffff:192.0.2.10");
    assert_eq!(target("sip:[::ffff:192.0.2.10]:19823"), (mapped, Some(19823)));
    let uri = Uri::parse(b"sip:user@[::FFFF:C000:020A]").unwrap();
    assert_eq!(uri.host().unwrap().ip(), Some(mapped));
    assert_ne!(uri.host(), Some(Host::V4([192, 0, 2, 10].into())), "not the same address");
}

/// RFC 5118 section 4.10: the grammar of RFC 3261 made them, so they are read, as two.
pub(super) fn three_colons() {
    let expected = (ip("2001:db8::192.0.2.1"), None);
    assert_eq!(target("sip:user@[2001:db8:::192.0.2.1]"), expected);
    assert_eq!(target("sip:user@[2001:db8::192.0.2.1]"), expected);
    let message = request(complete("OPTIONS", "sip:[2001:db8::::192.0.2.1]", &[]));
    assert!(message.uri().is_err());
}
