//! RFC 3263 sections 4.1 and 4.2: which servers a URI names, in which order.

use super::*;

/// The domain of the RFC's example, with two proxies for TCP and one each for the others.
fn example() -> World {
    let mut world = World::new(config());
    world
        .zone
        .naptr("example.com", (50, 50, "s", "SIPS+D2T", "_sips._tcp.example.com"))
        .naptr("example.com", (90, 50, "s", "SIP+D2T", "_sip._tcp.example.com"))
        .naptr("example.com", (90, 40, "s", "SIP+D2U", "_sip._udp.example.com"))
        .naptr("example.com", (10, 50, "u", "SIP+D2U", "_sip._udp.example.com"))
        .naptr("example.com", (10, 50, "s", "http+I2L", "web.example.com"))
        .srv("_sips._tcp.example.com", (0, 1, "server1.example.com", 5061))
        .srv("_sip._tcp.example.com", (1, 1, "server2.example.com", 5060))
        .srv("_sip._tcp.example.com", (0, 1, "server1.example.com", 5070))
        .srv("_sip._udp.example.com", (0, 1, "server1.example.com", 5060))
        .address("server1.example.com", "192.0.2.1")
        .address("server2.example.com", "192.0.2.2")
        .address("server2.example.com", "2001:db8::2")
        .address("example.com", "192.0.2.80");
    world
}

#[test]
fn a_bare_domain_goes_by_naptr_then_srv_then_addresses() {
    let mut world = example();
    assert_eq!(world.targets("sip:alice@example.com"), ["TLS 192.0.2.1:5061"]);
    let expected = [
        "udp .53 Naptr example.com",
        "udp .53 Srv _sips._tcp.example.com",
        "udp .53 Aaaa server1.example.com",
        "udp .53 A server1.example.com",
    ];
    assert_eq!(world.asked, expected);
    world.assert_quiet();
}

/// The domain in the certificate is the one in the URI (RFC 5922 section 4).
#[test]
fn tls_is_asked_for_the_domain_of_the_uri() {
    let mut world = example();
    let key = world.start("sips:alice@example.com");
    let Next::Target(target) = world.next(key) else { panic!("a target") };
    assert_eq!(target.server_name.as_deref(), Some("example.com"));
    assert_eq!(target.expires, Some(world.now + Duration::from_secs(300)));
}

/// Without TLS, the records of the lowest order that is left, by preference.
#[test]
fn naptr_records_count_as_far_as_the_transports_are_ours() {
    let mut world = example();
    world.means.transports.retain(|it| *it != TransportKind::Tls);
    let expected = [
        "UDP 192.0.2.1:5060",
        "TCP 192.0.2.1:5070",
        "TCP [2001:db8::2]:5060",
        "TCP 192.0.2.2:5060",
    ];
    assert_eq!(world.targets("sip:alice@example.com"), expected);
    world.means.transports = smallvec![TransportKind::Tcp];
    assert_eq!(world.targets("sip:alice@example.com")[..1], ["TCP 192.0.2.1:5070"]);
}

#[test]
fn what_the_uri_says_is_not_asked_for() {
    for (uri, targets, asked) in [
        // A numeric host: nothing to ask; UDP, or TLS for SIPS.
        ("sip:192.0.2.7", vec!["UDP 192.0.2.7:5060"], vec![]),
        ("sip:192.0.2.7:5080;transport=tcp", vec!["TCP 192.0.2.7:5080"], vec![]),
        ("sips:192.0.2.7", vec!["TLS 192.0.2.7:5061"], vec![]),
        ("sip:[2001:db8::7]", vec!["UDP [2001:db8::7]:5060"], vec![]),
        ("sip:example.com;maddr=192.0.2.8", vec!["UDP 192.0.2.8:5060"], vec![]),
        // A port: addresses only.
        (
            "sip:example.com:5090",
            vec!["UDP 192.0.2.80:5090"],
            vec!["Aaaa example.com", "A example.com"],
        ),
        (
            "sips:example.com:5090",
            vec!["TLS 192.0.2.80:5090"],
            vec!["Aaaa example.com", "A example.com"],
        ),
        // A transport: its SRV records.
        (
            "sip:example.com;transport=udp",
            vec!["UDP 192.0.2.1:5060"],
            vec!["Srv _sip._udp.example.com", "Aaaa server1.example.com", "A server1.example.com"],
        ),
        // WebSocket has no SRV records.
        (
            "sip:example.com;transport=ws",
            vec!["WS 192.0.2.80:80"],
            vec!["Aaaa example.com", "A example.com"],
        ),
        // The hosts table knows all there is to know.
        ("sip:box.example", vec!["UDP 192.0.2.99:5060"], vec![]),
    ] {
        let mut world = example();
        assert_eq!(world.targets(uri), targets, "{uri}");
        let expected: Vec<String> = asked.iter().map(|it| format!("udp .53 {it}")).collect();
        assert_eq!(world.asked, expected, "{uri}");
        world.assert_quiet();
    }
}

/// Section 4.1: without NAPTR, SRV for each transport; without SRV, UDP (TLS for SIPS) and the
/// addresses of the domain.
#[test]
fn without_naptr_by_srv_and_without_srv_by_address() {
    let mut world = World::new(config());
    world
        .zone
        .address("a.example", "192.0.2.4")
        .srv("_sip._tcp.a.example", (0, 0, "b.example", 5099));
    world.zone.address("b.example", "192.0.2.5");
    assert_eq!(world.targets("sip:a.example"), ["TCP 192.0.2.5:5099"]);
    let asked = [
        "udp .53 Naptr a.example",
        "udp .53 Srv _sip._udp.a.example",
        "udp .53 Srv _sip._tcp.a.example",
        "udp .53 Srv _sips._tcp.a.example",
    ];
    assert_eq!(world.asked[..4], asked);
    assert_eq!(world.targets("sip:b.example"), ["UDP 192.0.2.5:5060"]);
    assert_eq!(world.targets("sips:b.example"), ["TLS 192.0.2.5:5061"]);
    assert_eq!(world.targets("sip:b.example;transport=tcp"), ["TCP 192.0.2.5:5060"]);
}

/// A SIPS URI never leaves by anything but TLS, whatever DNS offers.
#[test]
fn sips_discards_what_is_not_secure() {
    let mut world = World::new(config());
    world
        .zone
        .naptr("a.example", (1, 1, "s", "SIP+D2U", "_sip._udp.a.example"))
        .naptr("a.example", (2, 1, "s", "SIP+D2T", "_sip._tcp.a.example"))
        .srv("_sip._udp.a.example", (0, 0, "b.example", 5060))
        .srv("_sip._tcp.a.example", (0, 0, "b.example", 5060))
        .srv("_sips._tcp.a.example", (0, 0, "b.example", 5071))
        .address("b.example", "192.0.2.5");
    assert_eq!(world.targets("sips:a.example"), ["TLS 192.0.2.5:5071"]);
}

/// RFC 2782: a single record whose target is the root says that there is no such service.
#[test]
fn a_service_that_is_nowhere_is_not_looked_for_elsewhere() {
    let mut world = World::new(config());
    world.zone.address("a.example", "192.0.2.4").srv("_sip._udp.a.example", (0, 0, ".", 0));
    assert_eq!(world.targets("sip:a.example;transport=udp"), Vec::<String>::new());
}

#[test]
fn addresses_are_of_the_families_that_can_be_reached_in_the_order_asked_for() {
    let mut world = example();
    let uri = "sip:server2.example.com:5060";
    assert_eq!(world.targets(uri), ["UDP [2001:db8::2]:5060", "UDP 192.0.2.2:5060"]);
    world.means.ipv6 = false;
    assert_eq!(world.targets(uri), ["UDP 192.0.2.2:5060"]);
    let mut world = World::new(ResolverConfig { ipv6_first: false, ..config() });
    world.zone.address("c.example", "2001:db8::2").address("c.example", "192.0.2.2");
    assert_eq!(
        world.targets("sip:c.example:5060"),
        ["UDP 192.0.2.2:5060", "UDP [2001:db8::2]:5060"]
    );
}

/// One choice, one order; another, perhaps another: a stateless proxy can send a retransmission
/// where the request went (section 4.3).
#[test]
fn the_choice_among_equal_servers_is_the_callers() {
    let mut world = World::new(config());
    for number in 1..=8 {
        let server = format!("s{number}.example");
        world.zone.srv("_sip._udp.a.example", (0, 10, &server, 5060));
        world.zone.address(&server, &format!("192.0.2.{number}"));
    }
    let uri = Uri::parse(b"sip:a.example;transport=udp").expect("a URI");
    let mut order_of = |choice| {
        let wanted = Wanted::from_uri(&uri).expect("a SIP URI");
        let key = world.resolver.start(wanted, world.means.clone(), choice).expect("room");
        world.rest(key).0
    };
    let (first, again, other) = (order_of(1), order_of(1), order_of(2));
    assert_eq!((first.len(), &first), (8, &again));
    assert_ne!(first, other);
}

/// As resolv.conf says: short names with a domain behind them first, long ones last.
#[test]
fn names_are_completed_by_the_search_list() {
    let search = vec!["one.example".to_owned(), "two.example".to_owned()];
    let mut world = World::new(ResolverConfig { search, ..config() });
    world.zone.address("pbx.two.example", "192.0.2.4").address("pbx", "192.0.2.5");
    world.zone.address("a.pbx.one.example", "192.0.2.6");
    for (uri, target) in [
        ("sip:pbx:5060", vec!["UDP 192.0.2.4:5060"]),
        ("sip:pbx.:5060", vec!["UDP 192.0.2.5:5060"]),
        ("sip:a.pbx:5060", vec!["UDP 192.0.2.6:5060"]),
        ("sip:a.pbx.:5060", vec![]),
    ] {
        assert_eq!(world.targets(uri), target, "{uri}");
    }
}

/// RFC 3263 section 5: a response goes by the sent-by of its Via.
#[test]
fn responses_go_by_the_sent_by() {
    let mut world = example();
    for (via, target) in [
        ("SIP/2.0/TCP example.com;branch=z9hG4bK1", "TCP 192.0.2.1:5070"),
        ("SIP/2.0/UDP example.com:5090;branch=z9hG4bK1", "UDP 192.0.2.80:5090"),
        ("SIP/2.0/TLS 192.0.2.7;branch=z9hG4bK1", "TLS 192.0.2.7:5061"),
    ] {
        let response = format!(
            "SIP/2.0 200 OK\r\nVia: {via}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n\
             Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n\r\n"
        );
        let limits = crate::Limits::default();
        let Ok(crate::SipMessage::Response(response)) =
            crate::SipMessage::parse(response.into(), &limits)
        else {
            panic!("a response");
        };
        let via = response.require::<crate::message::Via<'_>>().expect("a Via");
        let transport = TransportKind::from_token(via.transport.as_bytes()).expect("known");
        let wanted = Wanted::from_via(&via, transport).expect("a host");
        let key = world.resolver.start(wanted, world.means.clone(), 1).expect("room");
        let Next::Target(first) = world.next(key) else { panic!("a target") };
        assert_eq!(format!("{} {}", first.transport, first.address), target);
        world.resolver.finish(key);
    }
}
