//! RFC 7339 and RFC 7415: what each end makes of the other's words, and both against a load.

use core::time::Duration;

use super::*;
use crate::message::{TypedHeader, Via};
use crate::{HeaderName, Instant, Method, Request, Rng, Seed, UnixTime};

const NOW: Instant = Instant::from_secs(50);

fn rng() -> Rng {
    Seed::from_u64(9).rng()
}

fn hear(client: &mut OverloadClient, now: Instant, params: &str) {
    let text = format!("SIP/2.0/TLS c.example;branch=z9hG4bK1;{params}");
    client.handle_via(now, &Via::parse(text.as_bytes()).unwrap());
}

fn client(params: &str) -> OverloadClient {
    let mut client = OverloadClient::new(OverloadClientConfig::default());
    hear(&mut client, NOW, params);
    client
}

/// How many of 1000 ordinary requests pass at once.
fn passed(client: &mut OverloadClient, now: Instant) -> usize {
    let mut rng = rng();
    (0..1000).filter(|_| client.admit(now, &mut rng, RequestClass::Ordinary)).count()
}

/// RFC 7339 section 7: about so many per cent are dropped.
#[test]
fn loss_drops_the_share_that_is_asked_for() {
    for (percent, range) in [(0, 1000..=1000), (20, 760..=840), (50, 450..=550), (100, 0..=0)] {
        let mut client = client(&format!("oc={percent};oc-algo=\"loss\";oc-seq=1.0"));
        let count = passed(&mut client, NOW);
        assert!(range.contains(&count), "{percent}: {count}");
    }
}

#[test]
fn feedback_holds_as_long_as_it_says() {
    for (params, millis) in [
        ("oc=100;oc-validity=200", 200),
        ("oc=100", 500),
        ("oc=100;oc-validity=4000000000", 60_000),
    ] {
        let mut client = client(params);
        let end = NOW + Duration::from_millis(millis);
        let before = NOW + Duration::from_millis(millis - 1);
        assert_eq!((passed(&mut client, before), client.is_restrained(before)), (0, true));
        assert_eq!((passed(&mut client, end), client.is_restrained(end)), (1000, false));
    }
    let mut client = client("oc=100;oc-seq=1.0");
    hear(&mut client, NOW, "oc=0;oc-validity=0;oc-seq=1.1");
    assert!(!client.is_restrained(NOW), "section 4.3: 0 ends it");
}

/// RFC 7339 section 4.4.
#[test]
fn only_newer_feedback_counts() {
    let mut client = client("oc=100;oc-seq=1282321615.782");
    for older in ["1282321615.782", "1282321615.7", "1282321614.9"] {
        hear(&mut client, NOW, &format!("oc=0;oc-validity=0;oc-seq={older}"));
        assert!(client.is_restrained(NOW), "{older}");
    }
    hear(&mut client, NOW, "oc=10;oc-seq=1282321615.783");
    assert!(passed(&mut client, NOW) > 800);
    // After its time a server may have begun anew.
    let later = NOW + Duration::from_secs(1);
    hear(&mut client, later, "oc=100;oc-seq=1.0");
    assert!(client.is_restrained(later));
}

#[test]
fn what_makes_no_sense_changes_nothing() {
    for params in ["oc", "oc=x", "oc=101", "oc=50;oc-algo=\"other\"", "rport", "oc-validity=0"] {
        assert!(!client(params).is_restrained(NOW), "{params}");
    }
    let config = OverloadClientConfig { has_rate: false, ..OverloadClientConfig::default() };
    let mut client = OverloadClient::new(config);
    assert_eq!(client.offer(), "oc;oc-algo=\"loss\"");
    hear(&mut client, NOW, "oc=1;oc-algo=\"rate\"");
    assert!(!client.is_restrained(NOW), "not offered");
}

/// RFC 7339 section 5.10.1, RFC 5031, RFC 4412.
#[test]
fn some_requests_cannot_be_spared() {
    let request = |method, uri: &str, to: &str| {
        Request::builder(method, uri).to(to).from("<sip:a@a.example>;tag=1").build()
    };
    let outside = "<sip:b@b.example>";
    let mut priority = request(Method::Invite, "sip:b@b.example", outside);
    priority.set(HeaderName::ResourcePriority, "ets.0");
    for (request, class) in [
        (request(Method::Invite, "sip:b@b.example", outside), RequestClass::Ordinary),
        (request(Method::Register, "sip:b.example", outside), RequestClass::Ordinary),
        (request(Method::Invite, "urn:service:sosfood", outside), RequestClass::Ordinary),
        (request(Method::Invite, "urn:service", outside), RequestClass::Ordinary),
        (request(Method::Bye, "sip:b@b", "<sip:b@b>;tag=2"), RequestClass::Priority),
        (request(Method::Ack, "sip:b@b", outside), RequestClass::Priority),
        (request(Method::Cancel, "sip:b@b", outside), RequestClass::Priority),
        (request(Method::Invite, "urn:service:sos", outside), RequestClass::Priority),
        (request(Method::Invite, "URN:service:SOS.police", outside), RequestClass::Priority),
        (priority, RequestClass::Priority),
    ] {
        assert_eq!(RequestClass::of(&request), class, "{request:?}");
    }
}

/// RFC 7339 section 7.2: the ordinary ones make up for those with priority.
#[test]
fn priority_passes_and_the_others_make_up_for_it() {
    let (mut client, mut rng) = (client("oc=30;oc-validity=1000"), rng());
    let (mut ordinary, mut priority) = (0, 0);
    for turn in 0..2000 {
        match turn % 2 {
            0 => ordinary += u32::from(client.admit(NOW, &mut rng, RequestClass::Ordinary)),
            _ => priority += u32::from(client.admit(NOW, &mut rng, RequestClass::Priority)),
        }
    }
    assert_eq!(priority, 1000);
    assert!((340..=460).contains(&ordinary), "60 % of them, 30 % of all: {ordinary}");
}

/// RFC 7415 section 3.5.1.
#[test]
fn rate_lets_so_many_pass_in_a_second() {
    for (rate, range) in [(0, 0..=0), (1, 10..=15), (100, 1000..=1005), (u32::MAX, 10_000..=10_000)]
    {
        let (mut client, mut rng) = (client(&format!("oc={rate};oc-algo=\"rate\"")), rng());
        hear(&mut client, NOW, &format!("oc={rate};oc-algo=\"rate\";oc-validity=60000"));
        // A thousand in a second, for ten seconds.
        let at = |millis| NOW + Duration::from_millis(millis);
        let count =
            (0..10_000).filter(|i| client.admit(at(*i), &mut rng, RequestClass::Ordinary)).count();
        assert!(range.contains(&count), "{rate}: {count}");
        assert!(client.admit(at(10_000), &mut rng, RequestClass::Priority));
    }
    assert_eq!(passed(&mut client("oc=10;oc-algo=\"rate\""), NOW), 5, "the burst and one");
}

#[test]
fn a_flood_with_priority_does_not_shut_out_the_others_for_ever() {
    let (mut client, mut rng) = (client("oc=10;oc-algo=\"rate\";oc-validity=60000"), rng());
    for _ in 0..10_000 {
        assert!(client.admit(NOW, &mut rng, RequestClass::Priority));
    }
    assert!(!client.admit(NOW, &mut rng, RequestClass::Ordinary));
    let soon = NOW + Duration::from_secs(1);
    assert!(client.admit(soon, &mut rng, RequestClass::Ordinary));
}

fn server(config: OverloadServerConfig) -> OverloadServer {
    OverloadServer::new(config, NOW, UnixTime::from_secs(1_282_321_615))
}

#[test]
fn a_server_answers_those_who_can_with_what_they_can() {
    let mut server = server(OverloadServerConfig::default());
    let ask = |server: &mut OverloadServer, params: &str| {
        let text = format!("SIP/2.0/TLS c.example;{params}");
        let feedback = server.feedback(NOW, &Via::parse(text.as_bytes()).unwrap(), 4);
        feedback.map(|it| it.to_string())
    };
    let offer = "oc;oc-algo=\"loss,rate\"";
    let idle = "oc=0;oc-algo=\"loss\";oc-validity=0;oc-seq=1282321615.000";
    assert_eq!(ask(&mut server, offer).as_deref(), Some(idle));
    server.handle_load(1200);
    let loss = "oc=25;oc-algo=\"loss\";oc-validity=1000;oc-seq=1282321615.001";
    assert_eq!(ask(&mut server, offer).as_deref(), Some(loss));
    assert!(ask(&mut server, "oc").is_some_and(|it| it.contains("loss")));
    let rate = "oc=1875;oc-algo=\"rate\";oc-validity=1000;oc-seq=1282321615.003";
    assert_eq!(ask(&mut server, "oc;oc-algo=\"rate\"").as_deref(), Some(rate));
    assert_eq!(ask(&mut server, "rport"), None);
    assert_eq!(ask(&mut server, "oc;oc-algo=\"other\""), None);

    server.config_mut().prefers_rate = true;
    assert!(ask(&mut server, offer).is_some_and(|it| it.contains("rate")));
}

#[test]
fn the_share_falls_with_the_load_and_rises_slowly() {
    let mut server = server(OverloadServerConfig::default());
    for (load, pass) in [
        (900, 1000),
        (1800, 500),
        (1800, 250),
        (900, 300),
        (0, 350),
        (u32::MAX, 10),
        (u32::MAX, 10),
        (500, 60),
    ] {
        server.handle_load(load);
        assert_eq!(server.pass_permille(), pass, "{load}");
    }
    (0..100).for_each(|_| server.handle_load(0));
    assert_eq!(server.pass_permille(), 1000);
}

#[test]
fn who_cannot_overload_control_is_shed() {
    let (mut server, mut rng) = (server(OverloadServerConfig::default()), rng());
    server.handle_load(1800);
    let admitted = |rng: &mut Rng, class| (0..1000).filter(|_| server.admit(rng, class)).count();
    assert!((450..=550).contains(&admitted(&mut rng, RequestClass::Ordinary)));
    assert_eq!(admitted(&mut rng, RequestClass::Priority), 1000);
}

/// Both ends: three times of what the server can is offered; what comes settles near the target, and
/// all pass again when the storm is over.
#[test]
fn a_loop_of_both_ends_settles() {
    for prefers_rate in [false, true] {
        let capacity = 100;
        let config = OverloadServerConfig {
            prefers_rate,
            capacity_per_second: capacity,
            ..OverloadServerConfig::default()
        };
        let (mut server, mut rng) = (server(config), rng());
        let mut client = OverloadClient::new(OverloadClientConfig::default());
        let mut loads = Vec::new();
        for second in 0..120_u64 {
            let offered = if second < 80 { 300 } else { 50 };
            let mut came = 0;
            for turn in 0..offered {
                let now = NOW + Duration::from_millis(second * 1000 + turn * 1000 / offered);
                if !client.admit(now, &mut rng, RequestClass::Ordinary) {
                    continue;
                }
                came += 1;
                let sent = format!("SIP/2.0/UDP c.example;{}", client.offer());
                let feedback = server.feedback(now, &Via::parse(sent.as_bytes()).unwrap(), 1);
                hear(&mut client, now, &feedback.unwrap().to_string());
            }
            server.handle_load(came * 1000 / capacity);
            loads.push(came);
        }
        let settled = &loads[20..80];
        let mean = settled.iter().sum::<u32>() / 60;
        assert!((60..=110).contains(&mean), "rate: {prefers_rate}, {mean}: {loads:?}");
        assert_eq!(loads[119], 50, "all pass: {loads:?}");
    }
}
