//! The same seed gives the same outputs, byte for byte; and calls come through bad weather.

use std::time::Duration;

use sip_proto::message::Method;
use sip_proto::{Command, Delivery, NextHop, Rng, Seed, StatusCode};

use crate::messages::{answer, in_dialog, invite};
use crate::wire::{ALICE, BOB, Fate, Wire};

/// A call under 30 % loss, with doubled and late datagrams. Whether it was established, and all
/// that both endpoints put out.
fn stormy_call(seed: u64) -> (bool, String) {
    let mut wire = Wire::with(seed, |_| Default::default());
    let mut rng = Seed::from_u64(seed).fork("weather").rng();
    wire.weather = Box::new(move |_, _| weather(&mut rng));
    wire.request(ALICE, 1, invite(), NextHop::ByMessage);
    let mut established = false;
    let deadline = sip_proto::Instant::from_secs(300);
    while wire.step(deadline) {
        for delivery in wire.deliveries(BOB) {
            match delivery {
                Delivery::Request { id, request, .. } => {
                    if *request.method() == Method::Invite {
                        wire.respond(BOB, id, answer(&request, StatusCode::RINGING));
                    }
                    let response = answer(&request, StatusCode::OK);
                    wire.respond(BOB, id, response);
                }
                Delivery::Ack { .. } => established = true,
                _ => {}
            }
        }
        for delivery in wire.deliveries(ALICE) {
            if let Delivery::Response { response, .. } = delivery
                && response.status() == StatusCode::OK
            {
                let request = in_dialog(Method::Ack, 1, &response);
                let next_hop = NextHop::ByMessage;
                wire.command(ALICE, Command::SendRequest { request, next_hop });
            }
        }
    }
    wire.run_for(Duration::from_secs(64));
    wire.assert_quiescent();
    (established, wire.log().to_owned())
}

fn weather(rng: &mut Rng) -> Fate {
    match rng.below(10) {
        0..3 => Fate::Lost,
        3 => Fate::Doubled,
        4 => Fate::Late(Duration::from_millis(rng.below(900))),
        _ => Fate::Arrives,
    }
}

#[test]
fn the_same_seed_gives_the_same_outputs() {
    for seed in [1, 2, 3] {
        assert_eq!(stormy_call(seed).1, stormy_call(seed).1, "seed {seed}");
    }
    assert_ne!(stormy_call(1).1, stormy_call(2).1);
}

/// Without an application that repeats its 2xx a call can still fail; nothing may ever be left
/// behind, and most come through.
#[test]
fn calls_survive_bad_weather() {
    let established = (0..100).filter(|seed| stormy_call(*seed).0).count();
    assert!(established >= 40, "{established} of 100");
}
