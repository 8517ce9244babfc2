//! A core that misbehaves harms nobody else.

use super::*;
use crate::Limits;

/// Sending fails at once, and the core sends again at once: the machine still comes to rest.
#[test]
fn a_core_that_never_gives_up_lets_others_have_their_turn() {
    let mut wire = Wire::new(1);
    let mut unreachable = request(Method::Options, 0, 0);
    unreachable.set_uri("sip:[2001:db8::1]");
    wire.act(0, |core, _| core.stubborn = Some(unreachable.clone()));
    wire.act(0, |_, cx| cx.send(unreachable)).expect("only the endpoint knows");
    let tried = wire.heard(0).len();
    assert!((1_000..2_000).contains(&tried), "{tried} attempts");
    assert_eq!(wire.next_timeout(), Some((wire.now + core::time::Duration::from_millis(1), 0)));
    wire.stacks[0].act(Instant::ZERO, |core, _| core.stubborn = None);
    wire.run_out();
    assert_eq!(wire.stacks[0].keys(), 0);
}

/// `Limits::client_transactions_max` bounds the keys, too.
#[test]
fn there_are_no_more_keys_than_transactions() {
    let limits = Limits { client_transactions_max: 3, ..Limits::default() };
    let mut wire =
        Wire::with(2, |_| EndpointConfig { limits: limits.clone(), ..EndpointConfig::default() });
    wire.up = false;
    for _ in 0..5 {
        wire.act(0, |_, cx| cx.send(request(Method::Options, 0, 1))).expect("a request");
    }
    assert_eq!(wire.heard(0), ["limit reached (OPTIONS)"; 2]);
    assert_eq!(wire.stacks[0].keys(), 3);
    wire.run_out();
    assert_eq!(wire.stacks[0].keys(), 0);
}

/// One seed, one run.
#[test]
fn keys_repeat_with_the_seed() {
    let key = || Wire::new(2).act(0, |_, cx| cx.send(request(Method::Options, 0, 1)));
    assert_eq!(key(), key());
}
