//! A second opinion: section 17 as tables of text, with an interpreter that knows nothing of the
//! machines. Every sequence of up to five events must end the same way in both.
//!
//! A row is `state  event  next state  actions`; `=` before the next state lets the timers run on.
//! A state that has had a response knows no error: its server may answer over a new connection
//! (section 18.2.2). A timer row is `state: NAME=duration ...`; durations of `rel` are zero on
//! reliable transports.

use super::*;

const INVITE_CLIENT: &str = "
    Calling: A=500r B=32000                    # 17.1.1.2
    Calling              A      =Calling               send INVITE
    Calling              B      Terminated             fail: timeout, end
    Calling              180    Proceeding             deliver
    Calling              200    Accepted               deliver
    Calling              486    Completed              send ACK, deliver
    Calling              error  Terminated             fail: transport, end
    Calling              cancel =Calling/cancel-held   -
    Calling/cancel-held  A      =Calling/cancel-held   send INVITE
    Calling/cancel-held  B      Terminated             fail: timeout, end
    Calling/cancel-held  180    Proceeding/cancelled   deliver, run CANCEL
    Calling/cancel-held  200    Accepted               deliver
    Calling/cancel-held  486    Completed              send ACK, deliver
    Calling/cancel-held  error  Terminated             fail: transport, end
    Proceeding           180    =Proceeding            deliver
    Proceeding           200    Accepted               deliver
    Proceeding           486    Completed              send ACK, deliver
    Proceeding           cancel Proceeding/cancelled   run CANCEL
    Proceeding/cancelled: X=32000              # 9.1
    Proceeding/cancelled X      Terminated             fail: timeout, end
    Proceeding/cancelled 180    =Proceeding/cancelled  deliver
    Proceeding/cancelled 200    Accepted               deliver
    Proceeding/cancelled 486    Completed              send ACK, deliver
    Completed: D=32000rel
    Completed            486    =Completed             send ACK
    Completed            D      Terminated             end
    Completed            error  Terminated             fail: transport, end
    Accepted: M=32000                          # RFC 6026 8.4
    Accepted             200    =Accepted              deliver
    Accepted             M      Terminated             end
";

const NON_INVITE_CLIENT: &str = "
    Trying: E=500r F=32000                     # 17.1.2.2
    Trying      E      =Trying      send OPTIONS
    Trying      F      Terminated   fail: timeout, end
    Trying      180    =Proceeding  deliver
    Trying      200    Completed    deliver
    Trying      486    Completed    deliver
    Trying      error  Terminated   fail: transport, end
    Proceeding  E      =Proceeding  send OPTIONS
    Proceeding  F      Terminated   fail: timeout, end
    Proceeding  180    =Proceeding  deliver
    Proceeding  200    Completed    deliver
    Proceeding  486    Completed    deliver
    Completed: K=5000rel
    Completed   K      Terminated   end
";

const INVITE_SERVER: &str = "
    Proceeding/silent: T=200                   # 17.2.1
    Proceeding/silent  T        Proceeding     send 100
    Proceeding/silent  180      Proceeding     send 180
    Proceeding/silent  200      Accepted       send 200
    Proceeding/silent  486      Completed      send 486
    Proceeding         request  =Proceeding    send LAST
    Proceeding         180      =Proceeding    send 180
    Proceeding         200      Accepted       send 200
    Proceeding         486      Completed      send 486
    Proceeding         error    =Proceeding    fail: transport
    Completed: G=500r H=32000
    Completed          request  =Completed     send LAST
    Completed          ack      Confirmed      -
    Completed          G        =Completed     send LAST
    Completed          H        Terminated     fail: timeout, end
    Completed          error    =Completed     fail: transport   # RFC 6026 8.8
    Confirmed: I=5000rel
    Confirmed          I        Terminated     end
    Accepted: L=32000                          # RFC 6026 8.7
    Accepted           200      =Accepted      send 200
    Accepted           ack      =Accepted      deliver
    Accepted           error    =Accepted      fail: transport
    Accepted           L        Terminated     end
";

const NON_INVITE_SERVER_UDP: &str = "
    Trying: T=3500                             # 17.2.2, RFC 4320
    Trying          T        Proceeding      send 100
    Trying          200      Completed       send 200
    Trying          408      Completed/mute  -
    Proceeding      100      =Proceeding     send 100
    Proceeding      200      Completed       send 200
    Proceeding      408      Completed/mute  -
    Proceeding      request  =Proceeding     send LAST
    Proceeding      error    Terminated      fail: transport, end
    Completed: J=32000rel
    Completed       request  =Completed      send LAST
    Completed       J        Terminated      end
    Completed       error    Terminated      fail: transport, end
    Completed/mute: J=32000rel
    Completed/mute  J        Terminated      end
    Completed/mute  error    Terminated      fail: transport, end
";

/// RFC 4320 section 4.1: a 100 may be sent at any time on a reliable transport.
const NON_INVITE_SERVER_TCP_MORE: &str = "
    Trying          100      Proceeding      send 100
";

/// What an event is called in the tables.
fn name(event: AnyEvent) -> String {
    match event {
        AnyEvent::Timer => unreachable!("a timer goes by its letter"),
        AnyEvent::Request => "request".to_owned(),
        AnyEvent::Ack => "ack".to_owned(),
        AnyEvent::Response(code) => code.to_string(),
        AnyEvent::TransportError => "error".to_owned(),
        AnyEvent::Cancel => "cancel".to_owned(),
    }
}

struct Table {
    rows: Vec<[String; 4]>,
    /// State, timer, milliseconds.
    timers: Vec<(String, char, u64)>,
}

impl Table {
    fn new(text: &str, reliable: bool) -> Self {
        let mut table = Self { rows: Vec::new(), timers: Vec::new() };
        for line in text.lines() {
            let line = line.split('#').next().unwrap_or_default();
            let words: Vec<&str> = line.split_whitespace().collect();
            let Some((state, rest)) = words.split_first() else {
                continue;
            };
            if let Some(state) = state.strip_suffix(':') {
                table.timers.extend(rest.iter().filter_map(|timer| {
                    let (name, duration) = timer.split_once('=')?;
                    let ms = match duration.strip_suffix("rel") {
                        Some(_) if reliable => "0",
                        Some(ms) => ms,
                        None => duration,
                    };
                    // Retransmission timers do not exist on reliable transports.
                    let ms = match ms.strip_suffix('r') {
                        Some(_) if reliable => return None,
                        Some(ms) => ms,
                        None => ms,
                    };
                    Some((state.to_owned(), name.chars().next()?, ms.parse().ok()?))
                }));
            } else {
                let actions = rest[2..].join(" ");
                let row = [*state, rest[0], rest[1], &actions];
                table.rows.push(row.map(str::to_owned));
            }
        }
        table
    }

    fn row(&self, state: &str, event: &str) -> Option<&[String; 4]> {
        self.rows.iter().find(|row| row[0] == state && row[1] == event)
    }
}

#[derive(Clone)]
struct Model<'a> {
    table: &'a Table,
    state: String,
    /// Name, when, interval. The one that ends the state comes last, and goes first at a tie.
    timers: Vec<(char, u64, u64)>,
    /// What was sent last.
    last: String,
}

impl<'a> Model<'a> {
    fn new(table: &'a Table, now: u64) -> Self {
        let state = table.timers[0].0.clone();
        let mut model = Self { table, state, timers: Vec::new(), last: String::new() };
        model.start_timers(now);
        model
    }

    fn start_timers(&mut self, now: u64) {
        let of_state = self.table.timers.iter().filter(|(state, ..)| *state == self.state);
        self.timers = of_state.map(|(_, name, ms)| (*name, now + ms, *ms)).collect();
    }

    fn deadline(&self) -> Option<u64> {
        self.timers.iter().map(|(_, at, _)| *at).min()
    }

    /// The actions, as `describe` writes them.
    fn apply(&mut self, now: u64, event: AnyEvent) -> String {
        let event = match event {
            AnyEvent::Timer => {
                let due = self.timers.iter().rfind(|(_, at, _)| *at <= now);
                let Some((name, ..)) = due else {
                    return "-".to_owned();
                };
                name.to_string()
            }
            other => name(other),
        };
        self.step(now, &event)
    }

    fn step(&mut self, now: u64, event: &str) -> String {
        let Some([_, _, next, actions]) = self.table.row(&self.state, event) else {
            return "-".to_owned();
        };
        let mut actions = actions.replace("LAST", &self.last);
        if let Some(sent) = actions.split(", ").find_map(|action| action.strip_prefix("send ")) {
            self.last = sent.to_owned();
        }
        match next.strip_prefix('=') {
            Some(next) => {
                self.state = next.to_owned();
                self.restart(now, event);
            }
            None => {
                self.state = next.clone();
                self.start_timers(now);
                // A timer of zero fires at once.
                if let Some((name, ..)) = self.timers.iter().find(|(_, _, ms)| *ms == 0).copied() {
                    let more = self.step(now, &name.to_string());
                    actions = if actions == "-" { more } else { format!("{actions}, {more}") };
                }
            }
        }
        actions
    }

    fn restart(&mut self, now: u64, event: &str) {
        let slow = self.state == "Proceeding";
        for (name, at, interval) in &mut self.timers {
            if name.to_string() == event {
                *interval = match *name {
                    'E' if slow => 4_000,
                    'E' | 'G' => (*interval * 2).min(4_000),
                    _ => *interval * 2,
                };
                *at = now + *interval;
            }
        }
    }
}

/// Feeds every sequence of up to `depth` more events to both.
fn compare(
    (machine, model): (AnyMachine, Model<'_>),
    now: u64,
    events: &[AnyEvent],
    timing: &Timing,
    path: &mut Vec<AnyEvent>,
) -> usize {
    if path.len() == 5 {
        return 1;
    }
    let mut leaves = 0;
    for event in events {
        path.push(*event);
        // A timer fires when it is due; whatever else happens comes 7 ms later.
        let now = match event {
            AnyEvent::Timer => model.deadline().unwrap_or(now),
            _ => now + 7,
        };
        let at = Instant::from_millis(now);
        let (machine, actions) = machine.clone().handle(at, *event, timing);
        let mut model = model.clone();
        let expected = model.apply(now, *event);
        assert_eq!(describe(&actions), expected, "actions after {path:?}");
        assert_eq!(machine.state(), model.state, "state after {path:?}");
        let deadline = machine.deadline().map(Instant::as_millis);
        assert_eq!(deadline, model.deadline(), "deadline after {path:?}");
        leaves += compare((machine, model), now, events, timing, path);
        path.pop();
    }
    leaves
}

type Start = fn(Instant, &Timing) -> (AnyMachine, Actions);

fn exhaust(start: Start, table: &str, timing: &Timing, events: &[AnyEvent]) {
    let table = Table::new(table, timing.reliable);
    let (machine, _) = start(Instant::from_millis(1_000), timing);
    let pair = (machine, Model::new(&table, 1_000));
    let leaves = compare(pair, 1_000, events, timing, &mut Vec::new());
    assert_eq!(leaves, events.len().pow(5));
}

#[test]
fn the_invite_client_follows_section_17_1_1() {
    use AnyEvent::{Cancel, Response, Timer, TransportError};
    let events = [Timer, Response(180), Response(200), Response(486), TransportError, Cancel];
    for timing in [UDP, TCP] {
        exhaust(AnyMachine::invite_client, INVITE_CLIENT, &timing, &events);
    }
}

#[test]
fn the_non_invite_client_follows_section_17_1_2() {
    use AnyEvent::{Response, Timer, TransportError};
    let events = [Timer, Response(180), Response(200), Response(486), TransportError];
    for timing in [UDP, TCP] {
        exhaust(AnyMachine::non_invite_client, NON_INVITE_CLIENT, &timing, &events);
    }
}

#[test]
fn the_invite_server_follows_section_17_2_1() {
    use AnyEvent::{Ack, Request, Response, Timer, TransportError};
    let events = [Timer, Request, Ack, Response(180), Response(200), Response(486), TransportError];
    for timing in [UDP, TCP] {
        exhaust(AnyMachine::invite_server, INVITE_SERVER, &timing, &events);
    }
}

#[test]
fn the_non_invite_server_follows_section_17_2_2() {
    use AnyEvent::{Request, Response, Timer, TransportError};
    let responses = [100, 183, 200, 408].map(Response);
    let events = [[Timer, Request, TransportError].as_slice(), &responses].concat();
    let on_tcp = [NON_INVITE_SERVER_UDP, NON_INVITE_SERVER_TCP_MORE].concat();
    exhaust(AnyMachine::non_invite_server, NON_INVITE_SERVER_UDP, &UDP, &events);
    exhaust(AnyMachine::non_invite_server, &on_tcp, &TCP, &events);
}
