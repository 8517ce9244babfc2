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
    let expected: String = expected.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    let actual: String = actual.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    assert!(actual == expected, "the table is now:\n{actual}");
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
    check(
        &table,
        r"
Calling 500ms
    early    same                         -
    timer    Calling 1s                   send INVITE
    late     Terminated                   fail: timeout, end
    1xx      Proceeding                   deliver
    2xx      Accepted 32s                 deliver
    3xx-6xx  Completed 32s                send ACK, deliver
    error    Terminated                   fail: transport, end
    cancel   Calling/cancel-held 500ms    -
Calling/cancel-held 500ms
    early    same                         -
    timer    Calling/cancel-held 1s       send INVITE
    late     Terminated                   fail: timeout, end
    1xx      Proceeding/cancelled 32s     deliver, run CANCEL
    2xx      Accepted 32s                 deliver
    3xx-6xx  Completed 32s                send ACK, deliver
    error    Terminated                   fail: transport, end
    cancel   same                         -
Proceeding
    early    same                         -
    timer    same                         -
    late     same                         -
    1xx      same                         deliver
    2xx      Accepted 32s                 deliver
    3xx-6xx  Completed 32s                send ACK, deliver
    error    Terminated                   fail: transport, end
    cancel   Proceeding/cancelled 32s     run CANCEL
Proceeding/cancelled 32s
    early    same                         -
    timer    Terminated                   fail: timeout, end
    late     Terminated                   fail: timeout, end
    1xx      same                         deliver
    2xx      Accepted 32s                 deliver
    3xx-6xx  Completed 32s                send ACK, deliver
    error    Terminated                   fail: transport, end
    cancel   same                         -
Completed 32s
    early    same                         -
    timer    Terminated                   end
    late     Terminated                   end
    1xx      same                         -
    2xx      same                         -
    3xx-6xx  same                         send ACK
    error    Terminated                   fail: transport, end
    cancel   same                         -
Accepted 32s
    early    same                         -
    timer    Terminated                   end
    late     Terminated                   end
    1xx      same                         -
    2xx      same                         deliver
    3xx-6xx  same                         -
    error    same                         -
    cancel   same                         -
Terminated
    early    same                         -
    timer    same                         -
    late     same                         -
    1xx      same                         -
    2xx      same                         -
    3xx-6xx  same                         -
    error    same                         -
    cancel   same                         -
",
    );
}

#[test]
fn invite_client_on_tcp() {
    let paths: Paths =
        &[&[], &[Cancel], &[Response(180)], &[Response(180), Cancel], &[Response(200)]];
    let table = table(AnyMachine::invite_client, paths, &invite_client_events(), &TCP);
    check(
        &table,
        r"
Calling 32s
    early    same                         -
    timer    Terminated                   fail: timeout, end
    late     Terminated                   fail: timeout, end
    1xx      Proceeding                   deliver
    2xx      Accepted 32s                 deliver
    3xx-6xx  Terminated                   send ACK, deliver, end
    error    Terminated                   fail: transport, end
    cancel   Calling/cancel-held 32s      -
Calling/cancel-held 32s
    early    same                         -
    timer    Terminated                   fail: timeout, end
    late     Terminated                   fail: timeout, end
    1xx      Proceeding/cancelled 32s     deliver, run CANCEL
    2xx      Accepted 32s                 deliver
    3xx-6xx  Terminated                   send ACK, deliver, end
    error    Terminated                   fail: transport, end
    cancel   same                         -
Proceeding
    early    same                         -
    timer    same                         -
    late     same                         -
    1xx      same                         deliver
    2xx      Accepted 32s                 deliver
    3xx-6xx  Terminated                   send ACK, deliver, end
    error    Terminated                   fail: transport, end
    cancel   Proceeding/cancelled 32s     run CANCEL
Proceeding/cancelled 32s
    early    same                         -
    timer    Terminated                   fail: timeout, end
    late     Terminated                   fail: timeout, end
    1xx      same                         deliver
    2xx      Accepted 32s                 deliver
    3xx-6xx  Terminated                   send ACK, deliver, end
    error    Terminated                   fail: transport, end
    cancel   same                         -
Accepted 32s
    early    same                         -
    timer    Terminated                   end
    late     Terminated                   end
    1xx      same                         -
    2xx      same                         deliver
    3xx-6xx  same                         -
    error    same                         -
    cancel   same                         -
",
    );
}

const NON_INVITE_CLIENT: Paths = &[&[], &[Response(180)], &[Response(200)], &[TransportError]];

#[test]
fn non_invite_client_on_udp() {
    let table = table(AnyMachine::non_invite_client, NON_INVITE_CLIENT, CLIENT_EVENTS, &UDP);
    check(
        &table,
        r"
Trying 500ms
    early    same                         -
    timer    Trying 1s                    send OPTIONS
    late     Terminated                   fail: timeout, end
    1xx      Proceeding 500ms             deliver
    2xx      Completed 5s                 deliver
    3xx-6xx  Completed 5s                 deliver
    error    Terminated                   fail: transport, end
Proceeding 500ms
    early    same                         -
    timer    Proceeding 4s                send OPTIONS
    late     Terminated                   fail: timeout, end
    1xx      same                         deliver
    2xx      Completed 5s                 deliver
    3xx-6xx  Completed 5s                 deliver
    error    Terminated                   fail: transport, end
Completed 5s
    early    same                         -
    timer    Terminated                   end
    late     Terminated                   end
    1xx      same                         -
    2xx      same                         -
    3xx-6xx  same                         -
    error    same                         -
Terminated
    early    same                         -
    timer    same                         -
    late     same                         -
    1xx      same                         -
    2xx      same                         -
    3xx-6xx  same                         -
    error    same                         -
",
    );
}

#[test]
fn non_invite_client_on_tcp() {
    let paths: Paths = &[&[], &[Response(180)]];
    let table = table(AnyMachine::non_invite_client, paths, CLIENT_EVENTS, &TCP);
    check(
        &table,
        r"
Trying 32s
    early    same                         -
    timer    Terminated                   fail: timeout, end
    late     Terminated                   fail: timeout, end
    1xx      Proceeding 32s               deliver
    2xx      Terminated                   deliver, end
    3xx-6xx  Terminated                   deliver, end
    error    Terminated                   fail: transport, end
Proceeding 32s
    early    same                         -
    timer    Terminated                   fail: timeout, end
    late     Terminated                   fail: timeout, end
    1xx      same                         deliver
    2xx      Terminated                   deliver, end
    3xx-6xx  Terminated                   deliver, end
    error    Terminated                   fail: transport, end
",
    );
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
    check(
        &table,
        r"
Proceeding/silent 200ms
    early    same                         -
    timer    Proceeding                   send 100
    late     Proceeding                   send 100
    INVITE   same                         -
    ACK      same                         -
    1xx      Proceeding                   send 180
    2xx      Accepted 32s                 send 200
    3xx-6xx  Completed 500ms              send 486
    error    same                         -
Proceeding
    early    same                         -
    timer    same                         -
    late     same                         -
    INVITE   same                         send 180
    ACK      same                         -
    1xx      same                         send 180
    2xx      Accepted 32s                 send 200
    3xx-6xx  Completed 500ms              send 486
    error    same                         fail: transport
Completed 500ms
    early    same                         -
    timer    Completed 1s                 send 486
    late     Terminated                   fail: timeout, end
    INVITE   same                         send 486
    ACK      Confirmed 5s                 -
    1xx      same                         -
    2xx      same                         -
    3xx-6xx  same                         -
    error    same                         fail: transport
Confirmed 5s
    early    same                         -
    timer    Terminated                   end
    late     Terminated                   end
    INVITE   same                         -
    ACK      same                         -
    1xx      same                         -
    2xx      same                         -
    3xx-6xx  same                         -
    error    same                         -
Accepted 32s
    early    same                         -
    timer    Terminated                   end
    late     Terminated                   end
    INVITE   same                         -
    ACK      same                         deliver
    1xx      same                         -
    2xx      same                         send 200
    3xx-6xx  same                         -
    error    same                         fail: transport
Terminated
    early    same                         -
    timer    same                         -
    late     same                         -
    INVITE   same                         -
    ACK      same                         -
    1xx      same                         -
    2xx      same                         -
    3xx-6xx  same                         -
    error    same                         -
",
    );
}

#[test]
fn invite_server_on_tcp() {
    let paths: Paths = &[&[], &[Response(180)], &[Response(486)], &[Response(200)]];
    let table = table(AnyMachine::invite_server, paths, INVITE_SERVER_EVENTS, &TCP);
    check(
        &table,
        r"
Proceeding/silent 200ms
    early    same                         -
    timer    Proceeding                   send 100
    late     Proceeding                   send 100
    INVITE   same                         -
    ACK      same                         -
    1xx      Proceeding                   send 180
    2xx      Accepted 32s                 send 200
    3xx-6xx  Completed 32s                send 486
    error    same                         -
Proceeding
    early    same                         -
    timer    same                         -
    late     same                         -
    INVITE   same                         send 180
    ACK      same                         -
    1xx      same                         send 180
    2xx      Accepted 32s                 send 200
    3xx-6xx  Completed 32s                send 486
    error    same                         fail: transport
Completed 32s
    early    same                         -
    timer    Terminated                   fail: timeout, end
    late     Terminated                   fail: timeout, end
    INVITE   same                         send 486
    ACK      Terminated                   end
    1xx      same                         -
    2xx      same                         -
    3xx-6xx  same                         -
    error    same                         fail: transport
Accepted 32s
    early    same                         -
    timer    Terminated                   end
    late     Terminated                   end
    INVITE   same                         -
    ACK      same                         deliver
    1xx      same                         -
    2xx      same                         send 200
    3xx-6xx  same                         -
    error    same                         fail: transport
",
    );
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
    check(
        &table,
        r"
Trying 3.5s
    early    same                         -
    timer    Proceeding                   send 100
    late     Proceeding                   send 100
    request  same                         -
    100      same                         -
    101-199  same                         -
    200-699  Completed 32s                send 404
    408      Completed/mute 32s           -
    error    same                         -
Proceeding
    early    same                         -
    timer    same                         -
    late     same                         -
    request  same                         send 100
    100      same                         send 100
    101-199  same                         -
    200-699  Completed 32s                send 404
    408      Completed/mute 32s           -
    error    Terminated                   fail: transport, end
Completed 32s
    early    same                         -
    timer    Terminated                   end
    late     Terminated                   end
    request  same                         send 200
    100      same                         -
    101-199  same                         -
    200-699  same                         -
    408      same                         -
    error    Terminated                   fail: transport, end
Completed/mute 32s
    early    same                         -
    timer    Terminated                   end
    late     Terminated                   end
    request  same                         -
    100      same                         -
    101-199  same                         -
    200-699  same                         -
    408      same                         -
    error    Terminated                   fail: transport, end
Terminated
    early    same                         -
    timer    same                         -
    late     same                         -
    request  same                         -
    100      same                         -
    101-199  same                         -
    200-699  same                         -
    408      same                         -
    error    same                         -
",
    );
}

#[test]
fn non_invite_server_on_tcp() {
    let paths: Paths = &[&[], &[Response(100)]];
    let table = table(AnyMachine::non_invite_server, paths, NON_INVITE_SERVER_EVENTS, &TCP);
    check(
        &table,
        r"
Trying 3.5s
    early    same                         -
    timer    Proceeding                   send 100
    late     Proceeding                   send 100
    request  same                         -
    100      Proceeding                   send 100
    101-199  same                         -
    200-699  Terminated                   send 404, end
    408      Terminated                   end
    error    same                         -
Proceeding
    early    same                         -
    timer    same                         -
    late     same                         -
    request  same                         send 100
    100      same                         send 100
    101-199  same                         -
    200-699  Terminated                   send 404, end
    408      Terminated                   end
    error    Terminated                   fail: transport, end
",
    );
}
