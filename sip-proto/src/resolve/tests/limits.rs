//! Each bound of `ResolverConfig` that is not one of a part, reached.

use super::*;

fn world(config: ResolverConfig) -> World {
    let mut world = World::new(config);
    world.means.ipv6 = false;
    for number in 1..=9 {
        world.zone.address(&format!("n{number}.ex"), &format!("192.0.2.{number}"));
    }
    world
}

#[test]
fn queries_max() {
    let mut world = world(ResolverConfig { queries_max: 2, ..config() });
    let keys = [1, 2, 3].map(|number| world.start(&format!("sip:n{number}.ex:5060")));
    let first = keys.map(|key| world.resolver.next(world.now, key));
    assert_eq!(first, [Next::Pending, Next::Pending, Next::None(NoTarget::Failed)]);
}

#[test]
fn lookups_max() {
    let mut world = world(ResolverConfig { lookups_max: 1, ..config() });
    let key = world.start("sip:n1.ex");
    let uri = Uri::parse(b"sip:n2.ex").expect("a URI");
    let wanted = Wanted::from_uri(&uri).expect("a SIP URI");
    assert_eq!(world.resolver.start(wanted.clone(), world.means.clone(), 0), None);
    world.resolver.finish(key);
    assert!(world.resolver.start(wanted, world.means.clone(), 0).is_some());
}

#[test]
fn targets_max() {
    let mut world = world(ResolverConfig { targets_max: 3, ..config() });
    for number in 1..=9 {
        world.zone.srv("_sip._udp.d.ex", (number, 0, &format!("n{number}.ex"), 5060));
    }
    assert_eq!(world.targets("sip:d.ex;transport=udp").len(), 3);
}

/// The owner of a domain names servers that do not exist, and for each of them as many again: the
/// questions would be asked of everybody's name servers.
#[test]
fn questions_max() {
    let mut world = world(ResolverConfig { questions_max: 6, ..config() });
    for service in 0..5_u16 {
        let name = format!("s{service}.ex");
        world.zone.naptr("d.ex", (1, service, "s", "SIP+D2U", &name));
        for server in 0..5 {
            world.zone.srv(&name, (1, 1, &format!("none{server}.{name}"), 5060));
        }
    }
    let key = world.start("sip:d.ex");
    assert_eq!(world.rest(key), (vec![], NoTarget::Failed));
    assert_eq!(world.asked.len(), 6, "{:?}", world.asked);
    world.assert_quiet();
}

#[test]
fn attempts_max() {
    let mut world = world(ResolverConfig { attempts_max: 2, ..config() });
    for number in 1..=9 {
        world.zone.srv("_sip._udp.d.ex", (number, 0, &format!("n{number}.ex"), 5060));
    }
    let first = address("192.0.2.1:5060");
    world.resolver.report(world.now, TransportKind::Udp, first, Verdict::Bad);
    let expected = ["UDP 192.0.2.2:5060", "UDP 192.0.2.3:5060"];
    assert_eq!(world.targets("sip:d.ex;transport=udp"), expected);
}

#[test]
fn aliases_max() {
    let mut world = world(ResolverConfig { aliases_max: 3, ..config() });
    world.zone.alias("a.ex", "b.ex").alias("b.ex", "c.ex").alias("c.ex", "n1.ex");
    world.zone.alias("more.ex", "a.ex");
    world.zone.alias("x.ex", "y.ex").alias("y.ex", "x.ex");
    assert_eq!(world.targets("sip:a.ex:5060"), ["UDP 192.0.2.1:5060"]);
    for uri in ["sip:more.ex:5060", "sip:x.ex:5060"] {
        let key = world.start(uri);
        assert_eq!(world.rest(key), (vec![], NoTarget::Failed), "{uri}");
    }
    world.assert_quiet();
}

/// Beyond it the query goes where nobody can guess.
#[test]
fn forged_max() {
    let mut world = world(ResolverConfig { forged_max: 2, ..config() });
    world.fault(FIRST, Fault::Forged(3));
    assert_eq!(world.targets("sip:n1.ex:5060"), ["UDP 192.0.2.1:5060"]);
    assert_eq!(world.asked, ["udp .53 A n1.ex", "tcp .53 A n1.ex"]);
    world.assert_quiet();
}

#[test]
fn records_max_and_message_bytes_max() {
    for config in [
        ResolverConfig { records_max: 8, ..config() },
        ResolverConfig { message_bytes_max: 100, ..config() },
    ] {
        let mut world = world(config);
        for number in 1..=9 {
            world.zone.address("many.ex", &format!("192.0.2.{number}"));
        }
        let key = world.start("sip:many.ex:5060");
        assert_eq!(world.rest(key), (vec![], NoTarget::Failed));
        // Also over TCP, where a server says it has more to say.
        world.fault(FIRST, Fault::Truncates);
        world.wait(6);
        let key = world.start("sip:many.ex:5060");
        assert_eq!(world.rest(key), (vec![], NoTarget::Failed));
        world.assert_quiet();
    }
}

#[test]
fn cache_entries_max() {
    let mut world = world(ResolverConfig { cache_entries_max: 2, ..config() });
    for (number, asked) in [(1, 1), (2, 2), (3, 3), (3, 3), (1, 4)] {
        world.targets(&format!("sip:n{number}.ex:5060"));
        world.wait(1);
        assert_eq!(world.asked.len(), asked);
    }
}

#[test]
fn times_to_live_are_held_within_bounds() {
    let seconds = Duration::from_secs;
    for (config, name, kept_s) in [
        (ResolverConfig { ttl_max: seconds(20), ..config() }, "n1.ex", 20),
        (ResolverConfig { ttl_min: seconds(900), ..config() }, "n1.ex", 900),
        (ResolverConfig { negative_ttl_max: seconds(15), ..config() }, "none.ex", 15),
    ] {
        let mut world = world(config);
        let uri = format!("sip:{name}:5060");
        for (wait, asked) in [(0, 1), (kept_s - 1, 1), (1, 2)] {
            world.wait(wait);
            world.targets(&uri);
            assert_eq!(world.asked.len(), asked, "{name} after {wait}");
        }
    }
}

#[test]
fn rounds_and_query_timeout() {
    let query_timeout = Duration::from_millis(300);
    let mut world = world(ResolverConfig { rounds: 3, query_timeout, ..config() });
    world.fault(FIRST, Fault::Silent);
    world.fault(SECOND, Fault::Silent);
    let before = world.now;
    assert_eq!(world.targets("sip:n1.ex:5060"), Vec::<String>::new());
    assert_eq!((world.asked.len(), world.now - before), (6, 6 * query_timeout));
}
