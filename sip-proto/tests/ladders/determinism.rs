//! The same seed gives the same outputs, byte for byte; and calls come through bad weather.

use std::time::Duration;

use sip_proto::message::Method;
use sip_proto::{Command, Delivery, Instant, NextHop, Response, Rng, Seed, ServerId, StatusCode};

use crate::messages::{answer, in_dialog, invite};
use crate::wire::{ALICE, BOB, Fate, Wire};

/// A call under 30 % loss, with doubled and late datagrams. Whether it was established, and all
/// that both endpoints put out.
fn stormy_call(seed: u64) -> (bool, String) {
    let mut wire = Wire::with(seed, |_| Default::default());
    let mut rng = Seed::from_u64(seed).fork("weather").rng();
    wire.weather = Box::new(move |_, _| weather(&mut rng));
    wire.request(ALICE, 1, invite(), NextHop::ByMessage);
    let mut bob = Callee::default();
    while wire.step(Instant::from_secs(300)) {
        bob.serve(&mut wire);
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
    wire.assert_quiescent();
    (bob.established, wire.log().to_owned())
}

/// Answers the call, and repeats the 2xx until the ACK comes (RFC 3261 section 13.3.1.4).
#[derive(Default)]
struct Callee {
    ok: Option<(ServerId, Response)>,
    due: Instant,
    interval: Duration,
    established: bool,
}

impl Callee {
    fn serve(&mut self, wire: &mut Wire) {
        for delivery in wire.deliveries(BOB) {
            match delivery {
                Delivery::Request { id, request, .. } => {
                    wire.respond(BOB, id, answer(&request, StatusCode::RINGING));
                    self.ok = Some((id, answer(&request, StatusCode::OK)));
                    (self.due, self.interval) = (wire.now, Duration::from_millis(500));
                }
                Delivery::Ack { .. } => (self.established, self.ok) = (true, None),
                Delivery::ServerEnded { .. } => self.ok = None,
                _ => {}
            }
        }
        if let Some((id, ok)) = &self.ok
            && wire.now >= self.due
        {
            wire.respond(BOB, *id, ok.clone());
            self.due = wire.now + self.interval;
            self.interval = (self.interval * 2).min(Duration::from_secs(4));
            wire.wake_at(self.due);
        }
    }
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

/// 30 % loss costs time, not calls; and nothing is ever left behind.
#[test]
fn calls_survive_bad_weather() {
    let lost: Vec<u64> = (0..200).filter(|seed| !stormy_call(*seed).0).collect();
    assert!(lost.is_empty(), "seeds of calls that failed: {lost:?}");
}
