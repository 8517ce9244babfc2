//! Name servers that are silent, refuse, truncate, or are somebody else; targets that failed.

use simple_dns::RCODE;

use super::*;

const URI: &str = "sip:a.ex:5060";
const TARGET: [&str; 1] = ["UDP 192.0.2.4:5060"];

fn world(config: ResolverConfig) -> World {
    let mut world = World::new(config);
    world.means.ipv6 = false;
    world.zone.address("a.ex", "192.0.2.4").address("b.ex", "192.0.2.5");
    world
}

#[test]
fn a_silent_server_is_followed_by_the_next_which_is_then_asked_first() {
    for fault in [Fault::Silent, Fault::Refused] {
        let mut world = world(config());
        world.fault(FIRST, fault);
        let before = world.now;
        assert_eq!(world.targets(URI), TARGET);
        let waited = u64::from(fault == Fault::Silent);
        assert_eq!(world.now, before + Duration::from_secs(waited), "{fault:?}");
        world.targets("sip:b.ex:5060");
        assert_eq!(world.asked, ["udp .53 A a.ex", "udp .54 A a.ex", "udp .54 A b.ex"]);
        let [first, second, _] = &world.queries[..] else { panic!("three queries") };
        assert_ne!(first.id, second.id, "what was guessed for one is worth nothing for the other");
        world.assert_quiet();
    }
}

#[test]
fn when_no_server_answers_the_lookup_has_failed_and_is_not_repeated_at_once() {
    let mut world = world(config());
    world.fault(FIRST, Fault::Silent);
    world.fault(SECOND, Fault::Silent);
    let key = world.start(URI);
    assert_eq!(world.rest(key), (vec![], NoTarget::Failed));
    assert_eq!(world.asked.len(), 4, "two servers, two rounds");
    let key = world.start(URI);
    assert_eq!(world.rest(key).1, NoTarget::Failed);
    assert_eq!(world.asked.len(), 4, "remembered for failure_ttl");
    world.wait(6);
    world.fault(SECOND, Fault::None);
    assert_eq!(world.targets(URI), TARGET);
    world.assert_quiet();
}

#[test]
fn a_server_that_cannot_answer_is_followed_by_the_next_at_once() {
    for code in [RCODE::ServerFailure, RCODE::Refused, RCODE::NotImplemented] {
        let mut world = world(config());
        world.zone.code = Some(code);
        let before = world.now;
        let key = world.start(URI);
        assert_eq!(world.rest(key), (vec![], NoTarget::Failed));
        assert_eq!((world.asked.len(), world.now), (4, before));
    }
}

/// RFC 7766: what does not fit comes over TCP, in any segmentation.
#[test]
fn a_truncated_answer_is_fetched_over_tcp() {
    let mut world = world(config());
    world.fault(FIRST, Fault::Truncates);
    assert_eq!(world.targets(URI), TARGET);
    assert_eq!(world.asked, ["udp .53 A a.ex", "tcp .53 A a.ex"]);
    world.assert_quiet();
}

/// RFC 6891 section 7.
#[test]
fn a_server_without_edns_is_asked_without() {
    let mut world = world(config());
    world.fault(FIRST, Fault::Old);
    assert_eq!(world.targets(URI), TARGET);
    let edns: Vec<_> = world.queries.iter().map(|query| query.udp_payload_bytes).collect();
    assert_eq!(edns, [Some(1232), None]);
    let mut world = self::world(ResolverConfig { udp_payload_bytes: 0, ..config() });
    world.targets(URI);
    assert_eq!(world.queries[0].udp_payload_bytes, None);
}

/// RFC 5452: another source, another id.
#[test]
fn answers_from_others_are_not_believed() {
    let mut world = world(config());
    world.fault(FIRST, Fault::Forged(4));
    assert_eq!(world.targets(URI), TARGET);
    assert_eq!((world.distrusted, world.asked.len()), (4, 1));
    world.assert_quiet();
}

#[test]
fn letters_in_random_case_must_come_back() {
    let mut world = world(ResolverConfig { mixed_case: true, ..config() });
    world.zone.address("a-long-name-with-many-letters.ex", "192.0.2.6");
    let targets = world.targets("sip:a-long-name-with-many-letters.ex:5060");
    assert_eq!(targets, ["UDP 192.0.2.6:5060"]);
    let name = &world.queries[0].name;
    assert!(name.bytes().any(|it| it.is_ascii_uppercase()), "{name}");
    assert!(name.bytes().any(|it| it.is_ascii_lowercase()), "{name}");
}

/// RFC 1034 section 5.3.3; also where the server leaves the following to us.
#[test]
fn aliases_are_followed() {
    let mut world = world(config());
    world.zone.alias("www.ex", "w.ex").alias("w.ex", "a.ex");
    assert_eq!(world.targets("sip:www.ex:5060"), TARGET);
    assert_eq!(world.asked.len(), 1);
}

#[test]
fn equal_questions_are_asked_once_and_answers_kept_for_their_time() {
    let mut world = world(config());
    let keys = [(); 3].map(|()| world.start(URI));
    for key in keys {
        assert_eq!(world.resolver.next(world.now, key), Next::Pending);
    }
    world.act();
    for key in keys {
        assert_eq!(world.rest(key).0, TARGET);
    }
    assert_eq!(world.asked.len(), 1);
    world.wait(299);
    world.targets(URI);
    assert_eq!(world.asked.len(), 1, "within its TTL");
    world.wait(1);
    world.targets(URI);
    assert_eq!(world.asked.len(), 2, "beyond its TTL");
}

/// RFC 2308: as long as the SOA says.
#[test]
fn that_there_is_nothing_is_kept_for_its_time() {
    let mut world = world(config());
    for (wait, asked) in [(0, 1), (59, 1), (1, 2)] {
        world.wait(wait);
        let key = world.start("sip:none.ex:5060");
        assert_eq!(world.rest(key), (vec![], NoTarget::Exhausted));
        assert_eq!(world.asked.len(), asked);
    }
}

/// The answer that gave the first target is still good for the second, though it has gone from
/// DNS meanwhile.
#[test]
fn failing_over_goes_on_in_the_list_that_was_begun() {
    let mut world = world(config());
    world.zone.srv("_sip._udp.d.ex", (0, 0, "a.ex", 1)).srv("_sip._udp.d.ex", (1, 0, "b.ex", 2));
    let key = world.start("sip:d.ex;transport=udp");
    assert!(matches!(world.next(key), Next::Target(_)));
    assert!(!world.asked.contains(&"udp .53 A b.ex".to_owned()), "not before it is wanted");
    world.zone.forget("_sip._udp.d.ex");
    assert_eq!(world.rest(key).0, ["UDP 192.0.2.5:2"]);
    world.assert_quiet();
}

#[test]
fn what_failed_lately_comes_last_and_what_recovers_comes_back() {
    let mut world = world(config());
    world.zone.srv("_sip._udp.d.ex", (0, 0, "a.ex", 1)).srv("_sip._udp.d.ex", (1, 0, "b.ex", 2));
    let uri = "sip:d.ex;transport=udp";
    let (a, b) = ("UDP 192.0.2.4:1", "UDP 192.0.2.5:2");
    let at = address("192.0.2.4:1");
    assert_eq!(world.targets(uri), [a, b]);
    world.resolver.report(world.now, TransportKind::Udp, at, Verdict::Bad);
    assert_eq!(world.targets(uri), [b, a], "black");
    world.wait(30);
    assert_eq!(world.targets(uri), [a, b], "grey: the prober");
    assert_eq!(world.targets(uri), [b, a], "grey: others");
    world.resolver.report(world.now, TransportKind::Udp, at, Verdict::Good);
    assert_eq!(world.targets(uri), [a, b], "white");
}

#[test]
fn a_request_waits_no_longer_than_it_should() {
    let lookup_timeout = Duration::from_secs(3);
    let mut world = world(ResolverConfig { lookup_timeout, ..config() });
    world.fault(FIRST, Fault::Silent);
    world.fault(SECOND, Fault::Silent);
    let before = world.now;
    let key = world.start("sip:a.ex");
    assert_eq!(world.next(key), Next::None(NoTarget::Failed));
    assert_eq!(world.now, before + lookup_timeout);
    world.resolver.finish(key);
    // The question itself goes on to its end, for the next who asks.
    world.wait(2);
    world.assert_quiet();
}

#[test]
fn without_name_servers_names_are_unknown_at_once() {
    let mut world = world(ResolverConfig::default());
    let key = world.start("sip:a.ex");
    assert_eq!(world.rest(key), (vec![], NoTarget::Exhausted));
    assert!(world.asked.is_empty());
    world.assert_quiet();
}
