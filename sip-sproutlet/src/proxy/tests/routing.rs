//! Where requests go: sections 16.3 to 16.6.

use sip_proto::message::{HeaderName, Method};
use sip_proto::transport::FlowId;
use sip_proto::{ConnectionId, DropReason, Request, Secrets, ShardId, TransportKind};

use super::with_bob_at;
use crate::config::ServiceConfig;
use crate::testing::{ALICE, Lower, in_dialog, register, request, source, values};

const BOB: &str = "<sip:bob@127.0.0.1:5080>";

fn with(mut request: Request, name: HeaderName, value: &str) -> Request {
    request.set(name, value.to_owned());
    request
}

/// The Record-Route of a request.
fn recorded(request: &Request) -> Vec<String> {
    values(request, &HeaderName::RecordRoute)
}

/// Record-Routes without the MAC of the dialog, which is 16 digits.
fn without_mac(recorded: &[String]) -> Vec<String> {
    let cut = |value: &String| {
        let (uri, mac) = value.split_once(";dialog=").expect("a MAC");
        assert_eq!(mac.len(), "0123456789abcdef>".len(), "{value}");
        format!("{uri}>")
    };
    recorded.iter().map(cut).collect()
}

/// RFC 3261 section 16.5.
#[test]
fn nobody_knows_a_user_that_never_registered_and_one_that_left_is_unavailable() {
    let mut lower = Lower::server();
    assert_eq!(lower.receive(request("INVITE", "sip:bob@localhost")), ["s0 404"]);
    lower.receive(register(1, &[BOB]));
    lower.receive(register(2, &["<sip:bob@127.0.0.1:5080>;expires=0"]));
    assert_eq!(lower.receive(request("INVITE", "sip:bob@localhost")), ["s3 480"]);
    // The server's own errors carry a To tag (section 8.2.6.2).
    assert!(values(lower.last_response(), &HeaderName::To)[0].contains(";tag="));
    lower.assert_idle();
}

/// RFC 3261 section 16.6, steps 1 to 4.
#[test]
fn a_forwarded_request_is_changed_in_what_the_rfc_says_and_nothing_else() {
    let mut lower = with_bob_at(&[BOB]);
    lower.receive(with(request("INVITE", "sip:bob@localhost"), HeaderName::Subject, "hello"));
    let sent = lower.sent(0);
    assert_eq!(sent.uri_bytes(), b"sip:bob@127.0.0.1:5080");
    assert_eq!(values(sent, &HeaderName::MaxForwards), ["69"]);
    assert_eq!(without_mac(&recorded(sent)), ["<sip:127.0.0.1:5060;lr>"]);
    assert_eq!(values(sent, &HeaderName::Subject), ["hello"]);
    assert_eq!(values(sent, &HeaderName::Via).len(), 1, "ours is the endpoint's to add");
}

#[test]
fn requests_that_may_start_or_refresh_a_dialog_are_recorded() {
    let mut lower = with_bob_at(&[BOB]);
    for (index, (method, recorded)) in
        [("INVITE", 1), ("SUBSCRIBE", 1), ("MESSAGE", 0), ("OPTIONS", 0)].into_iter().enumerate()
    {
        lower.receive(request(method, "sip:bob@localhost"));
        let record_route = values(lower.sent(index), &HeaderName::RecordRoute);
        assert_eq!(record_route.len(), recorded, "{method}");
    }
    // Inside a dialog, too, where they say anew where their sender is (section 16.6, step 4).
    for (index, (method, recorded)) in
        [("INVITE", 1), ("UPDATE", 1), ("SUBSCRIBE", 1), ("BYE", 0)].into_iter().enumerate()
    {
        let routed = with(
            in_dialog(method, "sip:bob@127.0.0.1:5080"),
            HeaderName::Route,
            "<sip:127.0.0.1:5060;lr>",
        );
        lower.receive(routed);
        let record_route = values(lower.sent(4 + index), &HeaderName::RecordRoute);
        assert_eq!(record_route.len(), recorded, "{method}");
    }
    let mut config = ServiceConfig::default();
    config.proxy.record_route = false;
    let mut lower = Lower::configured(&config);
    lower.receive(register(1, &[BOB]));
    lower.receive(request("INVITE", "sip:bob@localhost"));
    assert!(values(lower.sent(0), &HeaderName::RecordRoute).is_empty());
}

/// A phone on TCP calls one on UDP, and either hangs up: each finds a way through the server, which
/// keeps nothing of the dialog (RFC 5658).
#[test]
fn a_dialog_across_transports_is_routed_both_ways_without_state() {
    let mut lower = with_bob_at(&[BOB]);
    let mut from_tcp = source(ALICE, TransportKind::Tcp);
    from_tcp.flow = FlowId::Stream { connection: ConnectionId::accepted(0) };
    lower.receive_from(request("INVITE", "sip:bob@localhost"), from_tcp);
    let recorded = recorded(lower.sent(0));
    let both = ["<sip:127.0.0.1:5060;lr>", "<sip:127.0.0.1:5060;transport=tcp;lr>"];
    assert_eq!(without_mac(&recorded), both);
    lower.answer(0, 200);
    lower.end(0);
    lower.assert_idle();

    // Alice's route set is the Record-Route reversed, Bob's is as it came (section 12.1).
    let alice = format!("{}, {}", recorded[1], recorded[0]);
    let bye = with(in_dialog("BYE", "sip:bob@127.0.0.1:5080"), HeaderName::Route, &alice);
    assert_eq!(lower.receive_from(bye, from_tcp), ["#1 BYE sip:bob@127.0.0.1:5080"]);
    assert!(values(lower.sent(1), &HeaderName::Route).is_empty());

    let bob = format!("{}, {}", recorded[0], recorded[1]);
    let uri = "sip:alice@127.0.0.1:5070;transport=tcp";
    let bye = with(in_dialog("BYE", uri), HeaderName::Route, &bob);
    assert_eq!(lower.receive(bye), [format!("#2 BYE {uri}")]);
    assert!(values(lower.sent(2), &HeaderName::Route).is_empty());
    assert!(values(lower.sent(2), &HeaderName::RecordRoute).is_empty());
    assert_eq!(lower.answer(2, 200), ["s3 200"]);
    lower.answer(1, 200);
    lower.assert_idle();
}

#[test]
fn an_ack_to_a_2xx_follows_its_route_and_leaves_nothing_behind() {
    let mut lower = Lower::server();
    let ack = in_dialog("ACK", "sip:bob@127.0.0.1:5080");
    let routed = with(ack, HeaderName::Route, "<sip:127.0.0.1:5060;lr>");
    assert_eq!(lower.receive_ack(routed), ["ACK sip:bob@127.0.0.1:5080"]);
    assert_eq!(values(&lower.stateless[0], &HeaderName::MaxForwards), ["69"]);
    lower.assert_idle();
}

#[test]
fn an_ack_that_leads_nowhere_is_dropped() {
    let mut lower = with_bob_at(&[BOB]);
    let acks = [
        in_dialog("ACK", "sip:localhost"),
        // It belongs to an answer of this server's own: Bob's phones never saw the INVITE.
        in_dialog("ACK", "sip:bob@localhost"),
        with(in_dialog("ACK", "sip:bob@localhost"), HeaderName::Route, "<sip:127.0.0.1:5060;lr>"),
        in_dialog("ACK", "sip:nobody@localhost"),
        in_dialog("ACK", "http://x"),
        with(in_dialog("ACK", "sip:a@192.0.2.1"), HeaderName::MaxForwards, "0"),
    ];
    for (index, ack) in acks.into_iter().enumerate() {
        assert!(lower.receive_ack(ack).is_empty());
        assert_eq!(lower.dropped.len(), index + 1);
    }
    assert!(lower.dropped.iter().all(|reason| *reason == DropReason::StrayAck));
    lower.assert_idle();
}

/// Another proxy's users may have the same names: where a Route leads is not ours to look up.
#[test]
fn an_ack_goes_where_its_route_leads_and_only_there() {
    let mut lower = with_bob_at(&[BOB, "<sip:bob@127.0.0.1:5081>"]);
    let ack = in_dialog("ACK", "sip:bob@localhost");
    let routed = with(ack, HeaderName::Route, "<sip:localhost;lr>, <sip:next.example;lr>");
    assert_eq!(lower.receive_ack(routed), ["ACK sip:bob@localhost"]);
    assert!(lower.dropped.is_empty());
    lower.assert_idle();
}

/// RFC 3261 section 16.12.1.2: strict routers before and after.
#[test]
fn strict_routers_on_either_side_are_served() {
    let mut lower = Lower::server();
    let after_strict = with(
        in_dialog("BYE", "sip:127.0.0.1:5060;lr"),
        HeaderName::Route,
        "<sip:bob@127.0.0.1:5080>",
    );
    assert_eq!(lower.receive(after_strict), ["#0 BYE sip:bob@127.0.0.1:5080"]);
    let before_strict = with(
        in_dialog("BYE", "sip:bob@127.0.0.1:5080"),
        HeaderName::Route,
        "<sip:127.0.0.1:5060;lr>, <sip:strict.example>",
    );
    let line = "#1 BYE sip:strict.example by sip:strict.example";
    assert_eq!(lower.receive(before_strict), [line]);
    assert_eq!(values(lower.sent(1), &HeaderName::Route), ["<sip:bob@127.0.0.1:5080>"]);
}

#[test]
fn a_route_through_others_is_followed() {
    let mut lower = Lower::server();
    let routed = with(
        request("INVITE", "sip:carol@elsewhere.example"),
        HeaderName::Route,
        "<sip:localhost;lr>, <sip:next.example;lr>",
    );
    assert_eq!(lower.receive(routed)[0], "#0 INVITE sip:carol@elsewhere.example");
    assert_eq!(values(lower.sent(0), &HeaderName::Route), ["<sip:next.example;lr>"]);
}

/// RFC 3261 section 16.4.
#[test]
fn a_maddr_of_ours_is_taken_out() {
    let mut lower = with_bob_at(&[BOB]);
    let uri = "sip:carol@elsewhere.example;maddr=127.0.0.1;x=y";
    assert_eq!(
        lower.receive(request("MESSAGE", uri)),
        ["#0 MESSAGE sip:carol@elsewhere.example;x=y"]
    );
    let foreign = "sip:carol@elsewhere.example;maddr=192.0.2.1";
    assert_eq!(lower.receive(request("MESSAGE", foreign)), [format!("#1 MESSAGE {foreign}")]);
    // By another socket of ours: what would be sent to ourselves is done at once.
    let tcp = "sip:bob@localhost:5060;maddr=127.0.0.1;transport=tcp";
    assert_eq!(lower.receive(request("MESSAGE", tcp)), ["#2 MESSAGE sip:bob@127.0.0.1:5080"]);
}

/// RFC 3261 section 16.5: a maddr that is not ours makes the Request-URI the only target.
#[test]
fn a_maddr_of_somebody_else_is_followed_though_the_domain_is_ours() {
    let mut lower = with_bob_at(&[BOB]);
    let uri = "sip:bob@localhost;maddr=192.0.2.1";
    assert_eq!(lower.receive(request("MESSAGE", uri)), [format!("#0 MESSAGE {uri}")]);
    let uri = "sip:localhost;maddr=192.0.2.1";
    assert_eq!(lower.receive(request("REGISTER", uri)), [format!("#1 REGISTER {uri}")]);
    let mut config = ServiceConfig::default();
    config.proxy.relay_foreign = false;
    let mut lower = Lower::configured(&config);
    assert_eq!(lower.receive(request("MESSAGE", uri)), ["s0 403"]);
}

/// Section 19.1.1: headers and a method are not allowed in a Request-URI.
#[test]
fn a_request_uri_leaves_without_headers_and_method() {
    let mut lower = with_bob_at(&["<sip:bob@127.0.0.1:5080;x=y?Subject=hello>"]);
    let lines = lower.receive(request("MESSAGE", "sip:bob@localhost?Subject=x"));
    assert_eq!(lines, ["#0 MESSAGE sip:bob@127.0.0.1:5080;x=y"]);
    let foreign = "sip:x@elsewhere.example;method=INVITE;y?Route=%3Csip:a%3E";
    let lines = lower.receive(request("MESSAGE", foreign));
    assert_eq!(lines, ["#1 MESSAGE sip:x@elsewhere.example;y"]);
    let strict = with(
        request("MESSAGE", "sip:x@elsewhere.example"),
        HeaderName::Route,
        "<sip:strict.example?Subject=x>",
    );
    lower.receive(strict);
    assert_eq!(lower.sent(2).uri_bytes(), b"sip:strict.example");
}

/// RFC 5393 section 5.3.3: the phones of a user share the breadth; one after the other each has
/// all of it.
#[test]
fn phones_share_the_breadth_of_a_request() {
    let mut lower = with_bob_at(&[
        "<sip:bob@127.0.0.1:5080>",
        "<sip:bob@127.0.0.1:5081>",
        "<sip:bob@127.0.0.1:5082>;q=0.5",
    ]);
    let breadth = |lower: &Lower, client| values(lower.sent(client), &HeaderName::MaxBreadth);
    lower.receive(request("MESSAGE", "sip:bob@localhost"));
    assert_eq!((breadth(&lower, 0), breadth(&lower, 1)), (vec!["30".into()], vec!["30".into()]));
    lower.answer(0, 486);
    lower.answer(1, 486);
    assert_eq!(breadth(&lower, 2), ["60"]);
    let narrow = with(request("MESSAGE", "sip:bob@localhost"), HeaderName::MaxBreadth, "1");
    assert_eq!(lower.receive(narrow), ["#3 MESSAGE sip:bob@127.0.0.1:5082"], "the next group");
    assert_eq!(lower.answer(3, 486), ["s2 440"]);
}

/// A Route that is left is followed first: the user is looked up when the request comes back.
#[test]
fn a_route_is_followed_before_a_user_is_looked_up() {
    let mut lower = with_bob_at(&[BOB]);
    let routed = |route| with(request("MESSAGE", "sip:bob@localhost"), HeaderName::Route, route);
    let there = routed("<sip:localhost;lr>, <sip:next.example;lr>");
    assert_eq!(lower.receive(there), ["#0 MESSAGE sip:bob@localhost"]);
    assert_eq!(values(lower.sent(0), &HeaderName::Route), ["<sip:next.example;lr>"]);
    // These are all our own.
    for route in [
        "<sip:0.0.0.0;lr>",
        "<sip:foreign.example;maddr=127.0.0.1;lr>",
        "<sip:[::ffff:127.0.0.1]:5060;lr>",
    ] {
        let lines = lower.receive(routed(route));
        assert!(lines[0].ends_with("MESSAGE sip:bob@127.0.0.1:5080"), "{lines:?} by {route}");
    }
}

/// RFC 3261 section 16.3, and the order of its steps.
#[test]
fn what_may_not_be_forwarded_is_refused() {
    let mut lower = with_bob_at(&[BOB]);
    let table = [
        (request("INVITE", "http://x"), "s1 416"),
        (with(request("INVITE", "sip:bob@localhost"), HeaderName::MaxForwards, "0"), "s2 483"),
        (with(request("INVITE", "sip:bob@localhost"), HeaderName::ProxyRequire, "x"), "s3 420"),
    ];
    for (request, expected) in table {
        assert_eq!(lower.receive(request), [expected]);
    }
    let last_hop = with(request("INVITE", "sip:bob@localhost"), HeaderName::MaxForwards, "1");
    lower.receive(last_hop);
    assert_eq!(values(lower.sent(0), &HeaderName::MaxForwards), ["0"]);
    // One that runs out here may be answered instead (section 16.3, step 3).
    let options = with(request("OPTIONS", "sip:bob@localhost"), HeaderName::MaxForwards, "0");
    assert_eq!(lower.receive(options), ["s5 200"]);
}

#[test]
fn requests_for_the_server_itself_are_answered() {
    let mut lower = Lower::server();
    assert_eq!(lower.receive(request("OPTIONS", "sip:localhost")), ["s0 200"]);
    let options = lower.last_response();
    assert_eq!(values(options, &HeaderName::Allow), ["OPTIONS", "REGISTER"]);
    assert_eq!(values(options, &HeaderName::Accept), ["*/*"]);
    assert_eq!(values(options, &HeaderName::Supported), ["path"]);
    assert_eq!(lower.receive(request("INVITE", "sip:127.0.0.1:5060")), ["s1 405"]);
    assert_eq!(lower.receive(in_dialog("BYE", "sip:localhost")), ["s2 481"]);
    let required = with(request("OPTIONS", "sip:localhost"), HeaderName::Require, "x");
    assert_eq!(lower.receive(required), ["s3 420"]);
    assert_eq!(lower.receive(request("BREW", "sip:localhost")), ["s4 501"]);
    assert_eq!(values(lower.last_response(), &HeaderName::Allow), ["OPTIONS", "REGISTER"]);
    assert_eq!(lower.receive(request("OPTIONS", "nobody:knows")), ["s5 416"]);
    lower.assert_idle();
}

#[test]
fn without_a_registrar_nobody_can_register() {
    let mut config = ServiceConfig::default();
    config.registrar.enabled = false;
    let mut lower = Lower::configured(&config);
    assert_eq!(lower.receive(register(1, &[BOB])), ["s0 405"]);
    assert_eq!(values(lower.last_response(), &HeaderName::Allow), ["OPTIONS"]);
}

/// A server that does not relay, where Bob has a phone, and the Record-Route of a call to him.
fn not_relaying() -> (Lower, String) {
    let mut config = ServiceConfig::default();
    config.proxy.relay_foreign = false;
    let mut lower = Lower::configured(&config);
    lower.receive(register(1, &[BOB]));
    lower.receive(request("INVITE", "sip:bob@localhost"));
    let recorded = recorded(lower.sent(0)).remove(0);
    (lower, recorded)
}

const AWAY: &str = "sip:alice@192.0.2.1";

#[test]
fn a_server_that_does_not_relay_serves_its_own_users_and_their_dialogs() {
    let (mut lower, recorded) = not_relaying();
    assert_eq!(lower.receive(request("INVITE", "sip:x@elsewhere.example")), ["s2 403"]);
    let bye = || in_dialog("BYE", AWAY);
    assert_eq!(lower.receive(bye()), ["s3 403"]);
    let routed = with(bye(), HeaderName::Route, &recorded);
    assert_eq!(lower.receive(routed), [format!("#1 BYE {AWAY}")]);
    // Through further proxies, and in the form of a strict router (section 16.12.1.2).
    let further = with(bye(), HeaderName::Route, &format!("{recorded}, <sip:192.0.2.9;lr>"));
    assert_eq!(lower.receive(further), [format!("#2 BYE {AWAY}")]);
    let uri = recorded.trim_matches(['<', '>']).to_owned();
    let strict = with(in_dialog("BYE", &uri), HeaderName::Route, &format!("<{AWAY}>"));
    assert_eq!(lower.receive(strict), [format!("#3 BYE {AWAY}")]);
    let ack = with(in_dialog("ACK", AWAY), HeaderName::Route, &recorded);
    assert_eq!(lower.receive_ack(ack), [format!("ACK {AWAY}")]);
}

/// A To tag and a Route of this server are easily written; its MAC of the Call-ID is not.
#[test]
fn a_dialog_that_was_not_set_up_through_here_is_not_relayed() {
    let (mut lower, recorded) = not_relaying();
    let routes = [
        "<sip:127.0.0.1:5060;lr>".to_owned(),
        "<sip:127.0.0.1:5060;lr;dialog=0000000000000000>".to_owned(),
        "<sip:127.0.0.1:5060;lr;dialog>".to_owned(),
        "<sip:127.0.0.1:5060;lr;dialog=x>".to_owned(),
        // Only the topmost counts, and only if it is ours.
        format!("<sip:192.0.2.9;lr>, {recorded}"),
    ];
    for route in routes {
        let bye = with(in_dialog("INVITE", AWAY), HeaderName::Route, &route);
        assert!(lower.receive(bye)[0].ends_with(" 403"), "{route}");
    }
    let of_another = with(in_dialog("BYE", AWAY), HeaderName::CallId, "another");
    let of_another = with(of_another, HeaderName::Route, &recorded);
    assert!(lower.receive(of_another)[0].ends_with(" 403"));
    let outside = with(request("INVITE", AWAY), HeaderName::Route, &recorded);
    assert!(lower.receive(outside)[0].ends_with(" 403"));
    // A user of ours as Request-URI does not open the way to where a Route leads.
    let around = request("INVITE", "sip:bob@localhost");
    let around = with(around, HeaderName::Route, "<sip:localhost;lr>, <sip:192.0.2.9;lr>");
    assert!(lower.receive(around)[0].ends_with(" 403"));
    assert!(lower.receive_ack(in_dialog("ACK", AWAY)).is_empty());
}

#[test]
fn a_dialog_is_known_after_a_restart_and_one_rotation_of_the_secrets() {
    let (_, recorded) = not_relaying();
    let (mut lower, _) = not_relaying();
    let bye = || with(in_dialog("BYE", AWAY), HeaderName::Route, &recorded);
    assert_eq!(lower.receive(bye()), [format!("#1 BYE {AWAY}")]);
    let once = Secrets::new([1; 16]).rotated([2; 16]);
    lower.engine.handle_secrets(once.clone());
    assert_eq!(lower.receive(bye()), [format!("#2 BYE {AWAY}")]);
    lower.engine.handle_secrets(once.rotated([3; 16]));
    assert_eq!(lower.receive(bye()), ["s4 403"]);
}

/// RFC 3261 section 16.3, step 4: our own Via says that just this request went out here before.
#[test]
fn a_request_that_comes_back_unchanged_is_a_loop_and_a_changed_one_a_spiral() {
    let mut lower = Lower::server();
    lower.receive(request("INVITE", "sip:x@elsewhere.example"));
    let mut back = lower.sent(0).clone();
    let token = sip_proto::transaction::BranchToken {
        shard: ShardId(0),
        slot: 0,
        generation: 0,
        loop_hash: sip_proto::transaction::loop_hash(&back),
    };
    let branch = token.encode(&Secrets::new([1; 16]));
    let via = format!("SIP/2.0/UDP 127.0.0.1:5060;branch={}", branch.as_str());
    back.push_front(HeaderName::Via, via);
    assert_eq!(lower.receive(back.clone()), ["s1 482"]);
    back.set_uri("sip:y@elsewhere.example");
    assert_eq!(lower.receive(back)[0], "#1 INVITE sip:y@elsewhere.example");
}

/// A user whose contact is a user here is reached in memory; one that is registered at itself is a
/// loop.
#[test]
fn contacts_that_are_users_here_are_followed() {
    let mut lower = Lower::server();
    let carol =
        with(register(1, &["<sip:bob@localhost>"]), HeaderName::To, "<sip:carol@localhost>");
    lower.receive(carol);
    lower.receive(register(1, &[BOB]));
    let lines = lower.receive(request("INVITE", "sip:carol@localhost"));
    assert_eq!(lines, ["#0 INVITE sip:bob@127.0.0.1:5080", "s2 100"]);
    assert_eq!(values(lower.sent(0), &HeaderName::RecordRoute).len(), 1);
    assert_eq!(lower.answer(0, 486), ["s2 486"]);

    let dave = with(register(1, &["<sip:dave@localhost>"]), HeaderName::To, "<sip:dave@localhost>");
    lower.receive(dave);
    assert_eq!(lower.receive(request("INVITE", "sip:dave@localhost")), ["s4 482"]);
    lower.assert_idle();
}

#[test]
fn a_sips_request_is_never_sent_to_a_sip_contact() {
    let mut lower = with_bob_at(&[BOB]);
    assert_eq!(lower.receive(request("MESSAGE", "sips:bob@localhost")), ["s1 480"]);
    lower.receive(register(2, &["<sips:bob@127.0.0.1:5081>"]));
    let lines = lower.receive(request("MESSAGE", "sips:bob@localhost"));
    assert_eq!(lines, ["#0 MESSAGE sips:bob@127.0.0.1:5081"]);
}

#[test]
fn every_routing_decision_is_told() {
    let mut lower = with_bob_at(&[BOB]);
    lower.receive(request("INVITE", "sip:bob@localhost"));
    lower.receive(request("INVITE", "sip:x@elsewhere.example"));
    lower.receive(request("INVITE", "http://x"));
    let expected = [
        "registrar: sip:bob@localhost has 1 bindings now",
        "proxy: INVITE for sip:bob@localhost goes to 1 contacts",
        "proxy: INVITE goes on to sip:x@elsewhere.example",
        "proxy: INVITE gets 416: its Request-URI is not a SIP URI",
    ];
    assert_eq!(lower.decisions, expected);
}

/// Whatever arrives, the host answers or drops it, and forgets it.
#[test]
fn odd_requests_do_no_harm() {
    let mut lower = with_bob_at(&[BOB]);
    let odd = [
        "sip:",
        "sip:@",
        "sip:@localhost",
        "sip:bob@localhost:99999",
        "sip:bob@localhost;=;;",
        "sips:",
        "tel:",
        "x",
        "sip:bob@[::1",
        "sip:%00@localhost",
        "sip:bob@.localhost",
    ];
    for uri in odd {
        for route in ["", "<>", "<sip:localhost", "<sip:localhost>, , <sip:>", "x"] {
            let mut request = Request::builder(Method::Options, uri)
                .header(HeaderName::Via, "SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKo")
                .from("<sip:alice@localhost>;tag=a")
                .to("<sip:bob@localhost>")
                .call_id("odd")
                .cseq(1)
                .build();
            if !route.is_empty() {
                request.push_back(HeaderName::Route, route);
            }
            assert_eq!(lower.receive(request).len(), 1, "{uri} by {route}");
        }
    }
}
