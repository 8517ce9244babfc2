//! Every state with every event, as text: a change of a machine shows as a change of a table.

use super::*;
use AnyEvent::{Ack, Cancel, Request, Response, Timer, TransportError};

type Start = fn(Instant, &Timing) -> (AnyMachine, Actions);

/// How to bring a machine into each of its states; `Timer` lets its deadline pass.
type Paths = &'static [&'static [AnyEvent]];

/// The table of one machine. A row: event, next state, time until its deadline, actions.
fn table(start: Start, paths: Paths, events: &[(&str, AnyEvent)], timing: &Timing) -> String {
    let mut text = String::from("\n");
    for path in paths {
        let (machine, now) = walk(start, path, timing);
        text.push_str(&format!("{}\n", situation(&machine, now)));
        for (label, event) in events {
            let rows = match event {
                Timer => timer_rows(&machine, now, timing),
                event => {
                    let (next, actions) = machine.clone().handle(now, *event, timing);
                    vec![(*label, situation(&next, now), describe(&actions))]
                }
            };
            for (label, next, actions) in rows {
                let same = next == situation(&machine, now);
                let next = if same { "same".to_owned() } else { next };
                text.push_str(&format!("    {label:<8} {next:<28} {actions}\n"));
            }
        }
    }
    text
}

fn walk(start: Start, path: &[AnyEvent], timing: &Timing) -> (AnyMachine, Instant) {
    let mut now = Instant::from_secs(100);
    let (mut machine, _) = start(now, timing);
    for event in path {
        if *event == Timer {
            now = machine.deadline().unwrap_or(now);
        }
        machine = machine.handle(now, *event, timing).0;
    }
    (machine, now)
}

/// A timer too early, on time, and so late that every timer of the state has passed.
fn timer_rows(
    machine: &AnyMachine,
    now: Instant,
    timing: &Timing,
) -> Vec<(&'static str, String, String)> {
    let late = now + Duration::from_secs(1_000);
    [("early", now), ("timer", machine.deadline().unwrap_or(now)), ("late", late)]
        .into_iter()
        .map(|(label, at)| {
            let (next, actions) = machine.clone().handle(at, Timer, timing);
            // An untouched deadline is still counted from the start.
            let unchanged = next.deadline() == machine.deadline();
            let from = if unchanged { now } else { at };
            (label, situation(&next, from), describe(&actions))
        })
        .collect()
}

fn situation(machine: &AnyMachine, now: Instant) -> String {
    match machine.deadline() {
        Some(at) => format!("{} {:?}", machine.state(), at - now),
        None => machine.state().to_owned(),
    }
}

fn check(actual: &str, expected: &str) {
    let trimmed = |text: &str| -> String {
        text.trim_start().lines().map(|line| format!("{}\n", line.trim_end())).collect()
    };
    assert!(trimmed(actual) == trimmed(expected), "the table is now:\n{actual}");
}

const CLIENT_EVENTS: &[(&str, AnyEvent)] = &[
    ("timer", Timer),
    ("1xx", Response(180)),
    ("2xx", Response(200)),
    ("3xx-6xx", Response(486)),
    ("error", TransportError),
];

fn invite_client_events() -> Vec<(&'static str, AnyEvent)> {
    [CLIENT_EVENTS, &[("cancel", Cancel)]].concat()
}

const INVITE_CLIENT: Paths = &[
    &[],
    &[Cancel],
    &[Response(180)],
    &[Response(180), Cancel],
    &[Response(486)],
    &[Response(200)],
    &[TransportError],
];

#[test]
fn invite_client_on_udp() {
    let table = table(AnyMachine::invite_client, INVITE_CLIENT, &invite_client_events(), &UDP);
    check(&table, include_str!("tables/invite_client_on_udp.txt"));
}

#[test]
fn invite_client_on_tcp() {
    let paths: Paths =
        &[&[], &[Cancel], &[Response(180)], &[Response(180), Cancel], &[Response(200)]];
    let table = table(AnyMachine::invite_client, paths, &invite_client_events(), &TCP);
    check(&table, include_str!("tables/invite_client_on_tcp.txt"));
}

const NON_INVITE_CLIENT: Paths = &[&[], &[Response(180)], &[Response(200)], &[TransportError]];

#[test]
fn non_invite_client_on_udp() {
    let table = table(AnyMachine::non_invite_client, NON_INVITE_CLIENT, CLIENT_EVENTS, &UDP);
    check(&table, include_str!("tables/non_invite_client_on_udp.txt"));
}

#[test]
fn non_invite_client_on_tcp() {
    let paths: Paths = &[&[], &[Response(180)]];
    let table = table(AnyMachine::non_invite_client, paths, CLIENT_EVENTS, &TCP);
    check(&table, include_str!("tables/non_invite_client_on_tcp.txt"));
}

const INVITE_SERVER_EVENTS: &[(&str, AnyEvent)] = &[
    ("timer", Timer),
    ("INVITE", Request),
    ("ACK", Ack),
    ("1xx", Response(180)),
    ("2xx", Response(200)),
    ("3xx-6xx", Response(486)),
    ("error", TransportError),
];

#[test]
fn invite_server_on_udp() {
    let paths: Paths = &[
        &[],
        &[Response(180)],
        &[Response(486)],
        &[Response(486), Ack],
        &[Response(200)],
        &[Response(200), Timer],
    ];
    let table = table(AnyMachine::invite_server, paths, INVITE_SERVER_EVENTS, &UDP);
    check(&table, include_str!("tables/invite_server_on_udp.txt"));
}

#[test]
fn invite_server_on_tcp() {
    let paths: Paths = &[&[], &[Response(180)], &[Response(486)], &[Response(200)]];
    let table = table(AnyMachine::invite_server, paths, INVITE_SERVER_EVENTS, &TCP);
    check(&table, include_str!("tables/invite_server_on_tcp.txt"));
}

const NON_INVITE_SERVER_EVENTS: &[(&str, AnyEvent)] = &[
    ("timer", Timer),
    ("request", Request),
    ("100", Response(100)),
    ("101-199", Response(183)),
    ("200-699", Response(404)),
    ("408", Response(408)),
    ("error", TransportError),
];

#[test]
fn non_invite_server_on_udp() {
    let paths: Paths =
        &[&[], &[Timer], &[Response(200)], &[Response(408)], &[Response(200), Timer]];
    let table = table(AnyMachine::non_invite_server, paths, NON_INVITE_SERVER_EVENTS, &UDP);
    check(&table, include_str!("tables/non_invite_server_on_udp.txt"));
}

#[test]
fn non_invite_server_on_tcp() {
    let paths: Paths = &[&[], &[Response(100)]];
    let table = table(AnyMachine::non_invite_server, paths, NON_INVITE_SERVER_EVENTS, &TCP);
    check(&table, include_str!("tables/non_invite_server_on_tcp.txt"));
}
