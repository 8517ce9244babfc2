//! Two sessions joined by a wire that delivers everything at once and in order.

use std::collections::{BTreeMap, VecDeque};

use super::*;
use crate::Instant;
use crate::session::{Payload, Reply, SessionError};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    Alice,
    Bob,
}
use Side::{Alice, Bob};

impl Side {
    const fn other(self) -> Self {
        match self {
            Alice => Bob,
            Bob => Alice,
        }
    }
}

enum Message {
    Request(ServerToken, Request),
    Ack(Request),
    Cancel(ServerToken),
    Response(ClientToken, Response),
}

pub(super) struct Pair {
    pub(super) now: Instant,
    sessions: BTreeMap<Side, InviteSession>,
    bob_config: SessionConfig,
    wire: VecDeque<(Side, Message)>,
    clients: BTreeMap<ServerToken, ClientToken>,
    next_id: u64,
    /// `INVITE>` from Alice to Bob, `<180` from Bob to Alice.
    ladder: Vec<String>,
    events: Vec<(Side, String)>,
    last: BTreeMap<Side, ServerToken>,
    /// Whether what is sent waits on the wire.
    pub(super) is_held: bool,
}

impl Pair {
    pub(super) fn new(alice: SessionConfig, bob: SessionConfig, invite: Request) -> Self {
        let caller = InviteSession::call(alice, invite, rng(1)).unwrap();
        let mut pair = Self {
            now: Instant::ZERO,
            sessions: BTreeMap::from([(Alice, caller)]),
            bob_config: bob,
            wire: VecDeque::new(),
            clients: BTreeMap::new(),
            next_id: 1,
            ladder: Vec::new(),
            events: Vec::new(),
            last: BTreeMap::new(),
            is_held: false,
        };
        pair.settle();
        pair
    }

    /// A call with an offer that was answered.
    pub(super) fn talking(alice: SessionConfig, bob: SessionConfig) -> Self {
        let mut pair = Self::new(alice, bob, invite());
        pair.reply(Bob, Reply::sdp(StatusCode::OK, SDP));
        let ladder = pair.ladder();
        assert!(ladder.ends_with("INVITE> <200 ACK>"), "{ladder}");
        pair.events();
        pair
    }

    /// What went over the wire since it was asked for last.
    pub(super) fn ladder(&mut self) -> String {
        core::mem::take(&mut self.ladder).join(" ")
    }

    /// What the users heard since it was asked for last.
    pub(super) fn events(&mut self) -> Vec<(Side, String)> {
        core::mem::take(&mut self.events)
    }

    pub(super) fn session(&mut self, side: Side) -> &mut InviteSession {
        self.sessions.get_mut(&side).expect("there is a call")
    }

    pub(super) fn replace(&mut self, side: Side, session: InviteSession) {
        self.sessions.insert(side, session);
    }

    /// The user at `side` gives a command.
    pub(super) fn command<T>(
        &mut self,
        side: Side,
        command: impl FnOnce(&mut InviteSession, Instant) -> Result<T, SessionError>,
    ) -> T {
        let now = self.now;
        let done = command(self.session(side), now).expect("the command is in order");
        self.settle();
        done
    }

    /// The user at `side` answers the last request there.
    pub(super) fn reply(&mut self, side: Side, reply: Reply) {
        let id = self.last[&side];
        self.command(side, |session, now| session.respond(now, id, reply));
    }

    pub(super) fn hang_up(&mut self, side: Side) {
        self.command(side, |session, now| session.hang_up(now, Payload::none()));
    }

    /// Time passes.
    pub(super) fn pass_until(&mut self, end: Instant) {
        for _ in 0..1_000 {
            let due = self.sessions.values().filter_map(InviteSession::poll_timeout).min();
            let Some(due) = due.filter(|due| *due <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(due);
            for session in self.sessions.values_mut() {
                session.handle_timeout(self.now);
            }
            self.settle();
        }
        panic!("timers never come to an end");
    }

    /// Both ends are over, and nothing is left of it after the transactions have had their time.
    pub(super) fn assert_over(&mut self) {
        self.settle();
        self.pass_until(self.now + core::time::Duration::from_secs(32));
        for (side, session) in &self.sessions {
            assert!(session.is_finished(), "{side:?}: {session:?}");
            assert_eq!(session.poll_timeout(), None, "{side:?}");
        }
    }

    pub(super) fn settle(&mut self) {
        for _ in 0..1_000 {
            for side in [Alice, Bob] {
                while let Some(action) =
                    self.sessions.get_mut(&side).and_then(InviteSession::poll_action)
                {
                    self.perform(side, action);
                }
            }
            let message = if self.is_held { None } else { self.wire.pop_front() };
            let Some((to, message)) = message else { return };
            self.deliver(to, message);
        }
        panic!("the two never fall silent");
    }

    fn perform(&mut self, from: Side, action: Action) {
        if let Action::Event(event) = &action {
            if let SessionEvent::Received { id, .. } = event {
                self.last.insert(from, *id);
            }
            return self.events.push((from, show_event(event)));
        }
        let text = show(&action);
        self.ladder.push(match from {
            Alice => format!("{text}>"),
            Bob => format!("<{text}"),
        });
        let message = match action {
            Action::Request { token, request } => {
                let id = ServerToken(self.next_id);
                self.next_id += 1;
                self.clients.insert(id, token);
                Message::Request(id, request)
            }
            Action::Ack { request } => Message::Ack(request),
            Action::Cancel { token } => {
                let found = self.clients.iter().rev().find(|(_, client)| **client == token);
                Message::Cancel(*found.expect("the INVITE was sent").0)
            }
            Action::Respond { id, response } => Message::Response(self.clients[&id], response),
            Action::Event(_) => return,
        };
        self.wire.push_back((from.other(), message));
    }

    fn deliver(&mut self, to: Side, message: Message) {
        let now = self.now;
        if let (Bob, Message::Request(id, request)) = (to, &message)
            && !self.sessions.contains_key(&Bob)
        {
            match InviteSession::incoming(self.bob_config.clone(), *id, request.clone(), rng(2)) {
                Ok(session) => {
                    self.sessions.insert(Bob, session);
                }
                Err(response) => {
                    self.perform(Bob, Action::Respond { id: *id, response: *response });
                }
            }
            return;
        }
        let session = self.session(to);
        match message {
            Message::Request(id, request) => session.handle_request(now, id, request),
            Message::Ack(request) => session.handle_ack(request),
            Message::Cancel(id) => session.handle_cancel(id, bare_invite()),
            Message::Response(token, response) => session.handle_response(now, token, response),
        }
    }
}
