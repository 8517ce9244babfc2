//! A client and a server machine on a virtual wire, each driven as an endpoint drives it: one
//! wheel entry a machine. What happens is written as a ladder, like the figures of RFC 3261;
//! `--x` and `x--` are lost.

use super::*;
use crate::timer::{TimerId, Wheel};

const CLIENT: usize = 0;
const SERVER: usize = 1;
/// How long a message travels.
const TRANSIT: Duration = Duration::from_millis(10);

/// What the wheel gives back.
#[derive(Clone, Copy, Debug)]
enum Due {
    /// A machine's deadline.
    Deadline(usize),
    /// The arrival of the message with this index.
    Arrival(usize),
    /// The transaction user does something to its machine.
    User(usize, AnyEvent),
}

struct Side {
    machine: AnyMachine,
    armed: Option<(Instant, TimerId)>,
    ended: bool,
}

struct Ladder {
    wheel: Wheel<Due>,
    timing: Timing,
    method: Method,
    client: Option<Side>,
    server: Option<Side>,
    /// Where it goes, and what.
    sent: Vec<(usize, String)>,
    /// Whether the nth message from a side is lost.
    lost: fn(usize, usize) -> bool,
    sent_by: [usize; 2],
    text: String,
}

impl Ladder {
    /// Plays until nothing is left to happen. `user` says when (in milliseconds) which side's
    /// transaction user does what.
    fn play(
        method: Method,
        timing: Timing,
        lost: fn(usize, usize) -> bool,
        user: &[(u64, usize, AnyEvent)],
    ) -> String {
        let mut ladder = Self {
            wheel: Wheel::new(Instant::ZERO),
            timing,
            method,
            client: None,
            server: None,
            sent: Vec::new(),
            lost,
            sent_by: [0; 2],
            text: String::from("\n"),
        };
        let start = match ladder.method {
            Method::Invite => AnyMachine::invite_client,
            _ => AnyMachine::non_invite_client,
        };
        let (client, actions) = start(Instant::ZERO, &timing);
        ladder.client = Some(Side { machine: client.clone(), armed: None, ended: false });
        ladder.settle(Instant::ZERO, CLIENT, client, actions, "");
        for (ms, side, event) in user {
            ladder.wheel.arm(Instant::from_millis(*ms), Due::User(*side, *event));
        }
        while let Some(now) = ladder.wheel.next() {
            while let Some(due) = ladder.wheel.pop(now) {
                ladder.happen(now, due);
            }
        }
        ladder.text
    }

    fn happen(&mut self, now: Instant, due: Due) {
        match due {
            Due::Deadline(side) => {
                if let Some(it) = self.side(side) {
                    it.armed = None;
                }
                self.feed(now, side, AnyEvent::Timer, "");
            }
            Due::User(side, event) => self.feed(now, side, event, ""),
            Due::Arrival(index) => {
                let (side, what) = self.sent[index].clone();
                let event = match what.as_str() {
                    "ACK" => AnyEvent::Ack,
                    "INVITE" | "OPTIONS" => AnyEvent::Request,
                    code => AnyEvent::Response(code.parse().expect("a status code")),
                };
                if side == SERVER && self.server.is_none() {
                    self.start_server(now, &what);
                } else {
                    self.feed(now, side, event, &what);
                }
            }
        }
    }

    fn start_server(&mut self, now: Instant, what: &str) {
        let start = match self.method {
            Method::Invite => AnyMachine::invite_server,
            _ => AnyMachine::non_invite_server,
        };
        let (server, actions) = start(now, &self.timing);
        self.server = Some(Side { machine: server.clone(), armed: None, ended: false });
        self.log(now, SERVER, &format!("gets {what}"));
        self.settle(now, SERVER, server, actions, what);
    }

    fn feed(&mut self, now: Instant, side: usize, event: AnyEvent, what: &str) {
        let timing = self.timing;
        let Some(it) = self.side(side).filter(|it| !it.ended) else {
            return;
        };
        let (machine, actions) = it.machine.clone().handle(now, event, &timing);
        self.settle(now, side, machine, actions, what);
    }

    /// Carries out what a machine asks for, as an endpoint does.
    fn settle(
        &mut self,
        now: Instant,
        side: usize,
        machine: AnyMachine,
        actions: Actions,
        what: &str,
    ) {
        if let Some(bytes) = &actions.send {
            self.send(now, side, super::what(bytes));
        }
        if actions.deliver {
            self.log(now, side, &format!("gets {what}"));
        }
        if actions.cancel.is_some() {
            self.log(now, side, "runs CANCEL");
        }
        if let Some(failure) = actions.failure {
            self.log(now, side, &format!("fails: {failure:?}"));
        }
        if actions.end {
            self.log(now, side, "ends");
        }
        let deadline = machine.deadline();
        let Some(it) = self.side(side) else { return };
        it.machine = machine;
        it.ended = actions.end;
        let armed = it.armed;
        if armed.map(|(at, _)| at) != deadline {
            if let Some((_, id)) = armed {
                self.wheel.cancel(id);
            }
            let armed = deadline.map(|at| (at, self.wheel.arm(at, Due::Deadline(side))));
            if let Some(it) = self.side(side) {
                it.armed = armed;
            }
        }
    }

    fn send(&mut self, now: Instant, from: usize, what: String) {
        let nth = self.sent_by[from];
        self.sent_by[from] += 1;
        let lost = (self.lost)(from, nth);
        let line = match (from, lost) {
            (CLIENT, false) => format!("{what} -->"),
            (CLIENT, true) => format!("{what} --x"),
            (_, false) => format!("        <-- {what}"),
            (_, true) => format!("        x-- {what}"),
        };
        self.line(now, &line);
        if !lost {
            self.sent.push((1 - from, what));
            self.wheel.arm(now + TRANSIT, Due::Arrival(self.sent.len() - 1));
        }
    }

    fn side(&mut self, side: usize) -> Option<&mut Side> {
        if side == CLIENT { self.client.as_mut() } else { self.server.as_mut() }
    }

    fn log(&mut self, now: Instant, side: usize, what: &str) {
        let who = if side == CLIENT { "client" } else { "                    server" };
        self.line(now, &format!("{who} {what}"));
    }

    fn line(&mut self, now: Instant, what: &str) {
        let ms = now.as_millis();
        self.text.push_str(&format!("{:>3}.{:03} {what}\n", ms / 1_000, ms % 1_000));
    }
}

fn check(actual: &str, expected: &str) {
    assert!(actual == expected, "the ladder is now:\n{actual}");
}

const fn nothing_lost(_: usize, _: usize) -> bool {
    false
}

const fn all_lost(_: usize, _: usize) -> bool {
    true
}

/// Figure 5: Timer A doubles from 500 ms, Timer B ends it after 32 s.
#[test]
fn an_invite_into_the_void() {
    check(
        &Ladder::play(Method::Invite, UDP, all_lost, &[]),
        r"
  0.000 INVITE --x
  0.500 INVITE --x
  1.500 INVITE --x
  3.500 INVITE --x
  7.500 INVITE --x
 15.500 INVITE --x
 31.500 INVITE --x
 32.000 client fails: Timeout
 32.000 client ends
",
    );
}

/// Figure 5 with RFC 6026: 2xx; Timers L and M end both sides after 32 s.
#[test]
fn an_invite_that_is_answered() {
    let user = [(100, SERVER, AnyEvent::Response(180)), (3_000, SERVER, AnyEvent::Response(200))];
    check(
        &Ladder::play(Method::Invite, UDP, nothing_lost, &user),
        r"
  0.000 INVITE -->
  0.010                     server gets INVITE
  0.100         <-- 180
  0.110 client gets 180
  3.000         <-- 200
  3.010 client gets 200
 35.000                     server ends
 35.010 client ends
",
    );
}

/// RFC 6026: the answering user repeats its 2xx, and every one reaches the calling user. The lost
/// 180 comes again because the INVITE does.
#[test]
fn a_2xx_is_repeated_end_to_end() {
    let lost = |side, nth| side == SERVER && nth < 2;
    let user = [
        (100, SERVER, AnyEvent::Response(180)),
        (700, SERVER, AnyEvent::Response(200)),
        (1_200, SERVER, AnyEvent::Response(200)),
        (2_200, SERVER, AnyEvent::Response(200)),
    ];
    check(
        &Ladder::play(Method::Invite, UDP, lost, &user),
        r"
  0.000 INVITE -->
  0.010                     server gets INVITE
  0.100         x-- 180
  0.500 INVITE -->
  0.510         x-- 180
  0.700         <-- 200
  0.710 client gets 200
  1.200         <-- 200
  1.210 client gets 200
  2.200         <-- 200
  2.210 client gets 200
 32.700                     server ends
 32.710 client ends
",
    );
}

/// Figures 5 and 7: 100 after 200 ms; Timer G until the ACK; Timer I after 5 s; Timer D after 32 s.
#[test]
fn an_invite_that_is_refused_while_messages_are_lost() {
    // The first INVITE, the first two 486 and the first ACK.
    let lost = |side, nth| match side {
        CLIENT => nth == 0 || nth == 2,
        _ => nth == 1 || nth == 2,
    };
    let user = [(1_000, SERVER, AnyEvent::Response(486))];
    check(
        &Ladder::play(Method::Invite, UDP, lost, &user),
        r"
  0.000 INVITE --x
  0.500 INVITE -->
  0.510                     server gets INVITE
  0.710         <-- 100
  0.720 client gets 100
  1.000         x-- 486
  1.500         x-- 486
  2.500         <-- 486
  2.510 ACK --x
  2.510 client gets 486
  4.500         <-- 486
  4.510 ACK -->
  9.520                     server ends
 34.510 client ends
",
    );
}

/// Figure 7: Timer G doubles up to T2, Timer H gives up after 32 s.
#[test]
fn a_refusal_that_is_never_acknowledged() {
    let lost = |side, nth| side == CLIENT && nth > 0;
    let user = [(100, SERVER, AnyEvent::Response(486))];
    check(
        &Ladder::play(Method::Invite, UDP, lost, &user),
        r"
  0.000 INVITE -->
  0.010                     server gets INVITE
  0.100         <-- 486
  0.110 ACK --x
  0.110 client gets 486
  0.600         <-- 486
  0.610 ACK --x
  1.600         <-- 486
  1.610 ACK --x
  3.600         <-- 486
  3.610 ACK --x
  7.600         <-- 486
  7.610 ACK --x
 11.600         <-- 486
 11.610 ACK --x
 15.600         <-- 486
 15.610 ACK --x
 19.600         <-- 486
 19.610 ACK --x
 23.600         <-- 486
 23.610 ACK --x
 27.600         <-- 486
 27.610 ACK --x
 31.600         <-- 486
 31.610 ACK --x
 32.100                     server fails: Timeout
 32.100                     server ends
 32.110 client ends
",
    );
}

/// RFC 3261 section 9.1: the CANCEL waits for the first provisional response.
#[test]
fn a_cancel_waits_for_a_provisional_response() {
    let user = [(50, CLIENT, AnyEvent::Cancel), (300, SERVER, AnyEvent::Response(487))];
    check(
        &Ladder::play(Method::Invite, UDP, nothing_lost, &user),
        r"
  0.000 INVITE -->
  0.010                     server gets INVITE
  0.210         <-- 100
  0.220 client gets 100
  0.220 client runs CANCEL
  0.300         <-- 487
  0.310 ACK -->
  0.310 client gets 487
  5.320                     server ends
 32.310 client ends
",
    );
}

/// RFC 3261 section 9.1: no final response within 64 x T1 of the CANCEL.
#[test]
fn a_cancelled_invite_that_nobody_answers() {
    let user = [(1_000, CLIENT, AnyEvent::Cancel)];
    check(
        &Ladder::play(Method::Invite, UDP, nothing_lost, &user),
        r"
  0.000 INVITE -->
  0.010                     server gets INVITE
  0.210         <-- 100
  0.220 client gets 100
  1.000 client runs CANCEL
 33.000 client fails: Timeout
 33.000 client ends
",
    );
}

/// On a reliable transport nothing is sent twice and only a 2xx lingers.
#[test]
fn an_invite_that_is_refused_over_tcp() {
    let user = [(1_000, SERVER, AnyEvent::Response(486))];
    check(
        &Ladder::play(Method::Invite, TCP, nothing_lost, &user),
        r"
  0.000 INVITE -->
  0.010                     server gets INVITE
  0.210         <-- 100
  0.220 client gets 100
  1.000         <-- 486
  1.010 ACK -->
  1.010 client gets 486
  1.010 client ends
  1.020                     server ends
",
    );
}

/// Figure 6: Timer E doubles up to T2, Timer F ends it after 32 s.
#[test]
fn an_options_into_the_void() {
    check(
        &Ladder::play(Method::Options, UDP, all_lost, &[]),
        r"
  0.000 OPTIONS --x
  0.500 OPTIONS --x
  1.500 OPTIONS --x
  3.500 OPTIONS --x
  7.500 OPTIONS --x
 11.500 OPTIONS --x
 15.500 OPTIONS --x
 19.500 OPTIONS --x
 23.500 OPTIONS --x
 27.500 OPTIONS --x
 31.500 OPTIONS --x
 32.000 client fails: Timeout
 32.000 client ends
",
    );
}

/// Figures 6 and 8: the answer is lost once and repeated; Timer K after 5 s, Timer J after 32 s.
#[test]
fn an_options_whose_first_answer_is_lost() {
    let lost = |side, nth| side == SERVER && nth == 0;
    let user = [(100, SERVER, AnyEvent::Response(200))];
    check(
        &Ladder::play(Method::Options, UDP, lost, &user),
        r"
  0.000 OPTIONS -->
  0.010                     server gets OPTIONS
  0.100         x-- 200
  0.500 OPTIONS -->
  0.510         <-- 200
  0.520 client gets 200
  5.520 client ends
 32.100                     server ends
",
    );
}

/// RFC 4320 section 4.1: a 100 after 3.5 s; figure 6: from then on Timer E is T2.
#[test]
fn an_options_that_takes_its_time() {
    let user = [(14_000, SERVER, AnyEvent::Response(200))];
    check(
        &Ladder::play(Method::Options, UDP, nothing_lost, &user),
        r"
  0.000 OPTIONS -->
  0.010                     server gets OPTIONS
  0.500 OPTIONS -->
  1.500 OPTIONS -->
  3.500 OPTIONS -->
  3.510         <-- 100
  3.510         <-- 100
  3.520 client gets 100
  3.520 client gets 100
  7.500 OPTIONS -->
  7.510         <-- 100
  7.520 client gets 100
 11.500 OPTIONS -->
 11.510         <-- 100
 11.520 client gets 100
 14.000         <-- 200
 14.010 client gets 200
 19.010 client ends
 46.000                     server ends
",
    );
}

/// RFC 4320 section 4.2: no 408; the client finds out by its own Timer F.
#[test]
fn a_408_to_options_is_never_sent() {
    let user = [(20_000, SERVER, AnyEvent::Response(408))];
    check(
        &Ladder::play(Method::Options, UDP, nothing_lost, &user),
        r"
  0.000 OPTIONS -->
  0.010                     server gets OPTIONS
  0.500 OPTIONS -->
  1.500 OPTIONS -->
  3.500 OPTIONS -->
  3.510         <-- 100
  3.510         <-- 100
  3.520 client gets 100
  3.520 client gets 100
  7.500 OPTIONS -->
  7.510         <-- 100
  7.520 client gets 100
 11.500 OPTIONS -->
 11.510         <-- 100
 11.520 client gets 100
 15.500 OPTIONS -->
 15.510         <-- 100
 15.520 client gets 100
 19.500 OPTIONS -->
 19.510         <-- 100
 19.520 client gets 100
 23.500 OPTIONS -->
 27.500 OPTIONS -->
 31.500 OPTIONS -->
 32.000 client fails: Timeout
 32.000 client ends
 52.000                     server ends
",
    );
}
