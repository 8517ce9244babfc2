//! RFC 3261 section 10.3, through the host.

use core::time::Duration;

use sip_proto::TransportKind;
use sip_proto::message::HeaderName;

use crate::config::ServiceConfig;
use crate::testing::{Lower, register, request, source, values};

const PHONE: &str = "<sip:bob@127.0.0.1:5070>";
const DESK: &str = "<sip:bob@127.0.0.1:5071>";

fn contacts(lower: &Lower) -> Vec<String> {
    values(lower.last_response(), &HeaderName::Contact)
}

fn with(
    mut request: sip_proto::Request,
    name: HeaderName,
    value: &'static str,
) -> sip_proto::Request {
    request.set(name, value);
    request
}

fn with_text(request: sip_proto::Request, name: HeaderName, value: String) -> sip_proto::Request {
    let mut request = request;
    request.set(name, value);
    request
}

/// RFC 3261 section 10.3, steps 7 and 8.
#[test]
fn a_binding_is_made_told_refreshed_and_removed() {
    let mut lower = Lower::server();
    assert_eq!(lower.receive(register(1, &[PHONE])), ["s0 200"]);
    assert_eq!(contacts(&lower), ["<sip:bob@127.0.0.1:5070>;expires=3600"]);
    lower.pass(Duration::from_secs(1000));
    assert_eq!(lower.receive(register(2, &[])), ["s1 200"]);
    assert_eq!(contacts(&lower), ["<sip:bob@127.0.0.1:5070>;expires=2600"]);
    lower.receive(register(3, &[PHONE]));
    assert_eq!(contacts(&lower), ["<sip:bob@127.0.0.1:5070>;expires=3600"]);
    lower.receive(register(4, &["<sip:bob@127.0.0.1:5070>;expires=0"]));
    assert!(contacts(&lower).is_empty());
    lower.assert_idle();
}

#[test]
fn several_contacts_keep_their_parameters_and_their_order() {
    let mut lower = Lower::server();
    lower.receive(register(1, &["<sip:bob@127.0.0.1:5070>;q=0.5;+sip.instance=\"<urn:x>\", <sip:bob@127.0.0.1:5071>;expires=600"]));
    let expected = [
        "<sip:bob@127.0.0.1:5070>;+sip.instance=\"<urn:x>\";q=0.5;expires=3600",
        "<sip:bob@127.0.0.1:5071>;expires=600",
    ];
    assert_eq!(contacts(&lower), expected);
    // Compared as URIs are (section 19.1.4): the same phone.
    lower.receive(register(2, &["<sip:b%6fb@127.0.0.1:5071>;expires=700"]));
    assert_eq!(contacts(&lower).len(), 2);
    assert_eq!(contacts(&lower)[1], "<sip:b%6fb@127.0.0.1:5071>;expires=700");
}

#[test]
fn a_binding_expires() {
    let mut lower = Lower::server();
    lower.receive(register(1, &[PHONE]));
    lower.pass(Duration::from_secs(3600));
    assert_eq!(lower.engine.location().bindings(), 0, "its memory is given back");
    lower.receive(register(2, &[]));
    assert!(contacts(&lower).is_empty());
    lower.pass(Duration::from_secs(3600));
    assert!(lower.engine.location().is_empty(), "the user is forgotten");
}

/// RFC 3261 section 10.3, step 6.
#[test]
fn a_star_removes_everything_and_stands_alone() {
    let mut lower = Lower::server();
    lower.receive(register(1, &[PHONE, DESK]));
    assert_eq!(contacts(&lower).len(), 2);
    assert_eq!(lower.receive(register(2, &["*"])), ["s1 400"]);
    let expires =
        |cseq, contacts: &[&str]| with(register(cseq, contacts), HeaderName::Expires, "0");
    assert_eq!(lower.receive(expires(3, &["*", PHONE])), ["s2 400"]);
    assert_eq!(lower.receive(with(register(4, &["*"]), HeaderName::Expires, "60")), ["s3 400"]);
    assert_eq!(lower.receive(expires(4, &["*, *"])), ["s4 400"]);
    assert_eq!(lower.receive(expires(1, &["*"])), ["s5 500"], "overtaken");
    assert_eq!(lower.receive(expires(5, &["*"])), ["s6 200"]);
    assert!(contacts(&lower).is_empty());
}

#[test]
fn an_interval_that_is_too_brief_gets_423_and_a_long_one_is_shortened() {
    let mut lower = Lower::server();
    assert_eq!(lower.receive(register(1, &["<sip:a@127.0.0.1>;expires=59"])), ["s0 423"]);
    assert_eq!(values(lower.last_response(), &HeaderName::MinExpires), ["60"]);
    lower.receive(register(2, &["<sip:a@127.0.0.1:5070>;expires=60"]));
    assert_eq!(contacts(&lower), ["<sip:a@127.0.0.1:5070>;expires=60"]);
    lower.receive(register(3, &["<sip:a@127.0.0.1:5070>;expires=4294967295"]));
    assert_eq!(contacts(&lower), ["<sip:a@127.0.0.1:5070>;expires=7200"]);
    // The parameter goes before the header, the header before the default.
    let both = register(4, &["<sip:a@127.0.0.1:5070>;expires=100", DESK]);
    lower.receive(with(both, HeaderName::Expires, "200"));
    assert!(contacts(&lower)[0].ends_with("expires=100"));
    assert!(contacts(&lower)[1].ends_with("expires=200"));
}

/// RFC 3261 section 10.3, step 7.
#[test]
fn a_request_that_was_overtaken_changes_nothing() {
    let mut lower = Lower::server();
    lower.receive(register(5, &[PHONE]));
    assert_eq!(lower.receive(register(5, &[PHONE])), ["s1 500"]);
    assert_eq!(lower.receive(register(4, &["<sip:bob@127.0.0.1:5070>;expires=0"])), ["s2 500"]);
    // All or nothing: the new contact is not bound either.
    assert_eq!(lower.receive(register(4, &[DESK, PHONE])), ["s3 500"]);
    lower.receive(register(6, &[]));
    assert_eq!(contacts(&lower).len(), 1);
    // A phone that started again has a new Call-ID, and may count from 1.
    let again = with(register(1, &[PHONE]), HeaderName::CallId, "rebooted");
    assert_eq!(lower.receive(again), ["s5 200"]);
}

#[test]
fn the_limits_hold() {
    let mut config = ServiceConfig::default();
    config.registrar.contacts_per_aor_max = 2;
    config.registrar.contact_bytes_max = 60;
    config.registrar.aors_max = 1;
    let mut lower = Lower::configured(&config);
    let three = [PHONE, DESK, "<sip:bob@127.0.0.1:5072>"];
    assert_eq!(lower.receive(register(1, &three)), ["s0 403"]);
    let long = "<sip:bob@127.0.0.1:5070>;+sip.instance=\"0123456789\"";
    assert_eq!(lower.receive(register(2, &[long])), ["s1 403"]);
    assert_eq!(lower.receive(register(3, &three[..2])), ["s2 200"]);
    let carol = with(register(1, &[PHONE]), HeaderName::To, "<sip:carol@localhost>");
    assert_eq!(lower.receive(carol), ["s3 503"]);
    lower.assert_idle();
}

/// What a phone names counts, not only its contact.
#[test]
fn long_names_and_call_ids_are_refused() {
    let mut lower = Lower::server();
    let long = "x".repeat(2048);
    let user = with_text(register(1, &[PHONE]), HeaderName::To, format!("<sip:{long}@localhost>"));
    assert_eq!(lower.receive(user), ["s0 403"]);
    let call_id = with_text(register(1, &[PHONE]), HeaderName::CallId, long);
    assert_eq!(lower.receive(call_id), ["s1 403"]);
    assert!(lower.engine.location().is_empty());
}

#[test]
fn more_bytes_than_the_store_may_hold_get_503() {
    let mut config = ServiceConfig::default();
    config.registrar.location_bytes_max = 1000;
    let mut lower = Lower::configured(&config);
    assert_eq!(lower.receive(register(1, &[PHONE])), ["s0 200"]);
    let held = lower.engine.location().bytes();
    assert!((200..1000).contains(&held), "{held}");
    let users = (0..3).map(|user| {
        let to = format!("<sip:{user}@localhost>");
        let registered = with_text(register(1, &[PHONE]), HeaderName::To, to);
        lower.receive(registered).concat().ends_with("503")
    });
    assert!(users.collect::<Vec<_>>().contains(&true));
    let held = lower.engine.location().bytes();
    assert!(held <= 1000);
    // Whoever leaves makes room.
    let leaves = with(register(2, &["*"]), HeaderName::Expires, "0");
    assert!(lower.receive(leaves).concat().ends_with("200"));
    assert!(lower.engine.location().bytes() < held);
}

/// As many as there may be are replaced by as many others, and no more are looked at.
#[test]
fn a_register_names_no_more_contacts_than_there_can_be() {
    let mut lower = Lower::server();
    let contact =
        |port: u32, expires_s: u32| format!("<sip:bob@127.0.0.1:{port}>;expires={expires_s}");
    let list = |ports: core::ops::Range<u32>, expires_s| -> Vec<String> {
        ports.map(|port| contact(port, expires_s)).collect()
    };
    let send = |lower: &mut Lower, cseq, contacts: Vec<String>| {
        let contacts: Vec<&str> = contacts.iter().map(String::as_str).collect();
        lower.receive(register(cseq, &contacts)).concat()
    };
    assert_eq!(send(&mut lower, 1, list(6000..6010, 600)), "s0 200");
    let replaced = [list(6010..6020, 600), list(6000..6010, 0)].concat();
    assert_eq!(send(&mut lower, 2, replaced), "s1 200");
    assert!(contacts(&lower).iter().all(|contact| contact.contains(":601")));
    assert_eq!(contacts(&lower).len(), 10);
    assert_eq!(send(&mut lower, 3, list(6010..6021, 600)), "s2 403");
    assert_eq!(send(&mut lower, 4, list(6000..6011, 0)), "s3 403");
    // What cannot be read is not even reached.
    let many = [list(6000..6300, 600), vec!["<mailto:x>".to_owned()]].concat();
    assert_eq!(send(&mut lower, 5, many), "s4 403");
}

/// A Path through this server itself would bring each request for the user back here, with one
/// Route more every time.
#[test]
fn a_path_through_this_server_itself_is_refused() {
    let mut lower = Lower::server();
    for path in [
        "<sip:localhost;lr>",
        "<sip:127.0.0.1:5060;lr>",
        "<sip:0.0.0.0:5060;lr>",
        "<sip:0.0.0.0>",
        "<sip:[::];lr>",
        "<sip:foreign.example:5060;maddr=127.0.0.1;lr>",
        "<sip:edge.example;lr>, <sip:foreign.example;maddr=0.0.0.0;lr>",
        "<sip:localhost;maddr=192.0.2.1;lr>",
    ] {
        let own = with(register(1, &[PHONE]), HeaderName::Path, path);
        assert!(lower.receive(own).concat().ends_with("403"), "{path}");
    }
    let long =
        with_text(register(1, &[PHONE]), HeaderName::Path, ["<sip:e.example;lr>"; 9].join(", "));
    assert!(lower.receive(long).concat().ends_with("403"));
    let other = with(register(1, &[PHONE]), HeaderName::Path, "<tel:+1>");
    assert!(lower.receive(other).concat().ends_with("400"));
    assert!(lower.engine.location().is_empty());
}

/// RFC 3261 section 10.3, step 5.
#[test]
fn only_users_of_this_server_are_registered() {
    let mut lower = Lower::server();
    let to = |to| with(register(1, &[PHONE]), HeaderName::To, to);
    assert_eq!(lower.receive(to("<sip:bob@elsewhere.example>")), ["s0 404"]);
    assert_eq!(lower.receive(to("<sip:localhost>")), ["s1 404"]);
    assert_eq!(lower.receive(to("<tel:+1>")), ["s2 404"]);
    // One for another domain is forwarded (section 10.3, step 1).
    let foreign = request("REGISTER", "sip:elsewhere.example");
    assert_eq!(lower.receive(foreign), ["#0 REGISTER sip:elsewhere.example"]);
}

/// RFC 3261 section 10.3, step 2.
#[test]
fn malformed_contacts_and_unknown_extensions_are_refused() {
    let mut lower = Lower::server();
    assert_eq!(lower.receive(register(1, &["<mailto:bob@localhost>"])), ["s0 400"]);
    assert_eq!(lower.receive(register(1, &["<sip:"])), ["s1 400"]);
    let required = with(register(1, &[PHONE]), HeaderName::Require, "gruu, path");
    assert_eq!(lower.receive(required), ["s2 420"]);
    assert_eq!(values(lower.last_response(), &HeaderName::Unsupported), ["gruu"]);
}

/// RFC 3327: what is between the registrar and the phone is stored, told and used.
#[test]
fn a_path_is_stored_and_followed() {
    let mut lower = Lower::server();
    let edge = with(
        register(1, &["<sip:bob@10.0.0.1>"]),
        HeaderName::Path,
        "<sip:edge1.example;lr>, <sip:edge2.example;lr>",
    );
    lower.receive(edge);
    assert_eq!(
        values(lower.last_response(), &HeaderName::Path),
        ["<sip:edge1.example;lr>", "<sip:edge2.example;lr>"]
    );
    let lines = lower.receive(request("INVITE", "sip:bob@localhost"));
    assert_eq!(lines, ["#0 INVITE sip:bob@10.0.0.1", "s1 100"]);
    assert_eq!(
        values(lower.sent(0), &HeaderName::Route),
        ["<sip:edge1.example;lr>", "<sip:edge2.example;lr>"]
    );
}

/// A phone behind a NAT names an address that means nothing here: requests go back over the flow.
#[test]
fn a_phone_behind_a_nat_is_reached_over_its_flow() {
    let mut lower = Lower::server();
    let invite = || request("INVITE", "sip:bob@localhost");
    lower.receive(register(1, &["<sip:bob@10.0.0.1:5060>"]));
    assert_eq!(lower.receive(invite())[0], "#0 INVITE sip:bob@10.0.0.1:5060 by flow");
    // Another port of the same address is where the phone listens.
    lower.receive(with(register(2, &["*"]), HeaderName::Expires, "0"));
    lower.receive(register(3, &["<sip:bob@127.0.0.1:5099>"]));
    assert_eq!(lower.receive(invite())[0], "#1 INVITE sip:bob@127.0.0.1:5099");
    // One that does not know its own address is no user of ours, and its calls are recorded.
    lower.receive(with(register(4, &["*"]), HeaderName::Expires, "0"));
    lower.receive(register(5, &["<sip:bob@0.0.0.0:5060>"]));
    assert_eq!(lower.receive(invite())[0], "#2 INVITE sip:bob@0.0.0.0:5060 by flow");
    // Twice: the one that the caller finds tells the flow.
    assert_eq!(values(lower.sent(2), &HeaderName::RecordRoute).len(), 2);
    // A browser has no address at all (RFC 7118).
    lower.receive(with(register(6, &["*"]), HeaderName::Expires, "0"));
    let browser = register(7, &["<sip:x@df7jal23ls0d.invalid;transport=tcp>"]);
    lower.receive_from(browser, source("127.0.0.1:5070", TransportKind::Tcp));
    let line = "#3 INVITE sip:x@df7jal23ls0d.invalid;transport=tcp by flow";
    assert_eq!(lower.receive(invite())[0], line);
}
