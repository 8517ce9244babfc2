//! Two sessions, each on an endpoint of its own, with a wire between them that loses, repeats and
//! reorders: however it goes, in the end both agree.

use core::time::Duration;
use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::session::{Failure, Payload, Reply, SessionState, StoredSession};
use crate::{
    ClientId, Command, Delivery, Endpoint, EndpointConfig, Input, Instant, Machine, NextHop,
    Output, Rng, Secrets, ServerId, SocketId, TransactionError, TransportKind, UnixTime,
};

const ADDRESSES: [&str; 2] = ["192.0.2.4:5060", "192.0.2.8:5060"];
const UNIX: UnixTime = UnixTime::from_secs(1_700_000_000);

/// What one run is made of.
#[derive(Clone, Debug)]
struct Plan {
    seed: u64,
    /// Of 100 datagrams.
    lost: u64,
    repeated: u64,
    delay_ms_max: u64,
    has_offer: bool,
    is_reliable: bool,
    commands: Vec<(u64, usize, u8)>,
}

fn plan() -> impl Strategy<Value = Plan> {
    let commands = proptest::collection::vec((0..60_000_u64, 0..2_usize, 0..7_u8), 0..12);
    let wire = (0..35_u64, 0..30_u64, 1..1_500_u64);
    (any::<u64>(), wire, any::<bool>(), any::<bool>(), commands).prop_map(
        |(seed, (lost, repeated, delay_ms_max), has_offer, is_reliable, commands)| Plan {
            seed,
            lost,
            repeated,
            delay_ms_max,
            has_offer,
            is_reliable,
            commands,
        },
    )
}

enum Happening {
    Datagram { to: usize, data: Bytes },
    Command { side: usize, command: u8 },
    Reply { side: usize, id: ServerToken, reply: Reply },
}

struct World {
    now: Instant,
    plan: Plan,
    rng: Rng,
    endpoints: Vec<Endpoint>,
    sessions: [Option<InviteSession>; 2],
    coming: BTreeMap<(Instant, u64), Happening>,
    counter: u64,
    /// The wire is whole, and the users do nothing more.
    is_healed: bool,
}

fn config(side: usize) -> SessionConfig {
    let mut config = if side == 0 { alice() } else { bob() };
    config.timer.interval_secs = Some(90);
    config
}

fn server_token(id: ServerId) -> ServerToken {
    ServerToken(u64::from(id.index()) << 32 | u64::from(id.generation()))
}

fn server_id(ServerToken(token): ServerToken) -> ServerId {
    ServerId::new((token >> 32) as u32, token as u32)
}

impl World {
    fn new(plan: Plan) -> Self {
        let seed = Seed::from_u64(plan.seed);
        let now = Instant::ZERO;
        let endpoints = (0..2)
            .map(|side| {
                let seed = seed.fork(ADDRESSES[side]);
                let secrets = Secrets::from_seed(&seed);
                let endpoint_config = EndpointConfig::default();
                let mut endpoint = Endpoint::new(endpoint_config, &seed, secrets, now, UNIX);
                endpoint.handle_input(
                    now,
                    Input::Opened {
                        socket: SocketId(0),
                        transport: TransportKind::Udp,
                        local: address(side),
                        advertised: None,
                    },
                );
                endpoint
            })
            .collect();
        let mut request = if plan.has_offer { invite() } else { bare_invite() };
        request.set_uri("sip:bob@192.0.2.8");
        let caller = InviteSession::call(config(0), request, seed.fork("alice").rng()).unwrap();
        let mut world = Self {
            now,
            rng: seed.fork("wire").rng(),
            endpoints,
            sessions: [Some(caller), None],
            coming: BTreeMap::new(),
            counter: 0,
            is_healed: false,
            plan,
        };
        for (at_ms, side, command) in world.plan.commands.clone() {
            world.plan_at(Instant::from_millis(at_ms), Happening::Command { side, command });
        }
        world.settle();
        world
    }

    fn plan_at(&mut self, at: Instant, happening: Happening) {
        self.counter += 1;
        self.coming.insert((at, self.counter), happening);
    }

    fn run_until(&mut self, end: Instant) {
        for _ in 0..200_000 {
            let timers = self.endpoints.iter().filter_map(Machine::poll_timeout);
            let sessions = self.sessions.iter().flatten().filter_map(InviteSession::poll_timeout);
            let coming = self.coming.keys().next().map(|(at, _)| *at);
            let next = timers.chain(sessions).chain(coming).min();
            let Some(next) = next.filter(|next| *next <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(next);
            for endpoint in &mut self.endpoints {
                endpoint.handle_input(self.now, Input::Timeout);
            }
            for session in self.sessions.iter_mut().flatten() {
                session.handle_timeout(self.now);
            }
            while let Some(entry) = self.coming.first_entry()
                && entry.key().0 <= self.now
            {
                let happening = entry.remove();
                self.happen(happening);
            }
            self.settle();
        }
        panic!("it never comes to rest");
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Datagram { to, data } => {
                let source = address(1 - to);
                let input = Input::Datagram { socket: SocketId(0), source, local: None, data };
                self.endpoints[to].handle_input(self.now, input);
            }
            Happening::Reply { side, id, reply } => {
                if let Some(session) = &mut self.sessions[side] {
                    // It may have been cancelled, or ended, meanwhile.
                    let _ = session.respond(self.now, id, reply);
                }
            }
            Happening::Command { side, command } => self.command(side, command),
        }
    }

    /// What a user does, whether it is allowed now or not.
    fn command(&mut self, side: usize, command: u8) {
        let now = self.now;
        let Some(session) = &mut self.sessions[side] else { return };
        let _ = match command {
            0 => session.hang_up(now, Payload::none()),
            1 | 2 => session.reinvite(Payload::sdp(SDP)).map(drop),
            3 => session.reinvite(Payload::none()).map(drop),
            4 => session.update(None, Payload::sdp(SDP)).map(drop),
            5 => session.request(None, Method::Info, Payload::none()).map(drop),
            _ => {
                let unix = UNIX.saturating_add(now - Instant::ZERO);
                if let Some(stored) = session.store(now, unix) {
                    let text = toml::to_string(&stored).unwrap();
                    let stored: StoredSession = toml::from_str(&text).unwrap();
                    let rng = Seed::from_u64(self.plan.seed).fork("restored").rng();
                    self.sessions[side] =
                        InviteSession::restore(stored, config(side), rng, now, unix);
                }
                Ok(())
            }
        };
    }

    fn settle(&mut self) {
        loop {
            let mut is_idle = true;
            for side in 0..2 {
                while let Some(action) =
                    self.sessions[side].as_mut().and_then(InviteSession::poll_action)
                {
                    is_idle = false;
                    self.perform(side, action);
                }
                while let Some(output) = self.endpoints[side].poll_output() {
                    is_idle = false;
                    self.handle_output(side, output);
                }
            }
            if is_idle {
                return;
            }
        }
    }

    fn perform(&mut self, side: usize, action: Action) {
        let next_hop = NextHop::ByMessage;
        let command = match action {
            Action::Request { token: ClientToken(token), request } => {
                Command::Request { id: ClientId(token), request, next_hop }
            }
            Action::Cancel { token: ClientToken(token) } => {
                Command::Cancel { id: ClientId(token), reason: None }
            }
            Action::Ack { request } => Command::SendRequest { request, next_hop },
            Action::Respond { id, response } => Command::Respond { id: server_id(id), response },
            Action::Event(event) => return self.react(side, event),
        };
        self.endpoints[side].handle_input(self.now, Input::App(command));
    }

    /// What a user does about an event.
    fn react(&mut self, side: usize, event: SessionEvent) {
        let session = self.sessions[side].as_mut().unwrap();
        match event {
            SessionEvent::Answered { description: Some(Description::Offer), .. }
            | SessionEvent::Responded { description: Some(Description::Offer), .. } => {
                session.acknowledge(&Payload::sdp(SDP)).unwrap();
            }
            SessionEvent::Progress {
                dialog: Some(id),
                description: Some(Description::Offer),
                ..
            } => session.acknowledge_provisional(&id, Payload::sdp(SDP)).unwrap(),
            SessionEvent::Received { id, request, .. } => self.answer(side, id, &request),
            _ => {}
        }
    }

    fn answer(&mut self, side: usize, id: ServerToken, request: &Request) {
        let (ring, answer) = (self.rng.below(2_000), self.rng.below(20_000));
        let (ring, answer) = (Duration::from_millis(ring), Duration::from_millis(answer));
        let is_first = crate::session::leg::to_tag(request).is_empty();
        let reply = match request.method() {
            Method::Info => Reply::new(StatusCode::OK),
            _ => Reply::sdp(StatusCode::OK, SDP),
        };
        if is_first {
            let mut progress = Reply::sdp(StatusCode::SESSION_PROGRESS, SDP);
            if self.plan.is_reliable {
                progress = progress.reliably();
            }
            self.plan_at(self.now + ring, Happening::Reply { side, id, reply: progress });
            self.plan_at(self.now + ring + answer, Happening::Reply { side, id, reply });
        } else {
            self.plan_at(self.now + ring, Happening::Reply { side, id, reply });
        }
    }

    fn handle_output(&mut self, side: usize, output: Output<Delivery>) {
        match output {
            Output::Transmit(transmit) => self.transmit(1 - side, transmit.data),
            Output::App(delivery) => self.deliver(side, delivery),
            Output::Event(_) => {}
            other => panic!("nothing else is needed here: {other:?}"),
        }
    }

    fn transmit(&mut self, to: usize, data: Bytes) {
        let is_whole = self.is_healed;
        if !is_whole && self.rng.chance(self.plan.lost, 100) {
            return;
        }
        let is_repeated = !is_whole && self.rng.chance(self.plan.repeated, 100);
        for _ in 0..=usize::from(is_repeated) {
            let delay = Duration::from_millis(1 + self.rng.below(self.plan.delay_ms_max));
            let at = self.now + delay;
            self.plan_at(at, Happening::Datagram { to, data: data.clone() });
        }
    }

    fn deliver(&mut self, side: usize, delivery: Delivery) {
        let now = self.now;
        if let (Delivery::Request { id, request, .. }, None) = (&delivery, &self.sessions[side]) {
            let (id, request) = (server_token(*id), request.clone());
            let rng = Seed::from_u64(self.plan.seed).fork("bob").rng();
            match InviteSession::incoming(config(side), id, request, rng) {
                Ok(session) => self.sessions[side] = Some(session),
                Err(response) => self.perform(side, Action::Respond { id, response: *response }),
            }
            return;
        }
        let Some(session) = &mut self.sessions[side] else { return };
        match delivery {
            Delivery::Request { id, request, .. } => {
                session.handle_request(now, server_token(id), request);
            }
            Delivery::Ack { request, .. } => session.handle_ack(request),
            Delivery::Cancel { id, request } => session.handle_cancel(server_token(id), request),
            Delivery::Response { id: ClientId(id), response, .. } => {
                session.handle_response(now, ClientToken(id), response);
            }
            Delivery::ClientFailed { id: ClientId(id), error } => {
                assert_ne!(error, TransactionError::Misuse);
                session.handle_failure(ClientToken(id), Failure::Timeout);
            }
            Delivery::Stateless { .. }
            | Delivery::ServerFailed { .. }
            | Delivery::ClientEnded { .. }
            | Delivery::ServerEnded { .. } => {}
        }
    }

    fn states(&self) -> [Option<SessionState>; 2] {
        [0, 1].map(|side| self.sessions[side].as_ref().map(InviteSession::state))
    }
}

fn address(side: usize) -> SocketAddr {
    ADDRESSES[side].parse().unwrap()
}

fn agree(plan: Plan) {
    let mut world = World::new(plan);
    world.run_until(Instant::from_secs(90));
    world.is_healed = true;
    // Longer than any transaction, and than a session that is not refreshed.
    world.run_until(Instant::from_secs(290));
    match world.states() {
        [Some(SessionState::Established), Some(SessionState::Established)] => {
            world.command(1, 0);
            world.settle();
            world.run_until(Instant::from_secs(390));
        }
        [Some(SessionState::Ended), None | Some(SessionState::Ended)] => {}
        states => panic!("they do not agree: {states:?}"),
    }
    for session in world.sessions.iter().flatten() {
        assert_eq!(session.state(), SessionState::Ended);
        assert!(session.is_finished(), "{session:?}");
        assert_eq!(session.poll_timeout(), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_ends_agree_in_the_end(plan in plan()) {
        agree(plan);
    }
}

#[test]
fn a_whole_wire_carries_the_call() {
    for (has_offer, is_reliable) in [(true, true), (true, false), (false, true), (false, false)] {
        let plan = Plan {
            seed: 1,
            lost: 0,
            repeated: 0,
            delay_ms_max: 20,
            has_offer,
            is_reliable,
            commands: vec![(40_000, 0, 1), (41_000, 1, 3), (50_000, 1, 6), (55_000, 1, 4)],
        };
        let mut world = World::new(plan.clone());
        world.run_until(Instant::from_secs(80));
        assert_eq!(world.states(), [Some(SessionState::Established); 2]);
        agree(plan);
    }
}

#[test]
fn a_bad_wire_mostly_carries_the_call() {
    let talking = (0..60)
        .filter(|seed| {
            let plan = Plan {
                seed: *seed,
                lost: 20,
                repeated: 20,
                delay_ms_max: 300,
                has_offer: seed % 2 == 0,
                is_reliable: seed % 3 == 0,
                commands: vec![(40_000, 0, 1), (41_000, 1, 1), (50_000, 1, 6)],
            };
            let mut world = World::new(plan);
            world.run_until(Instant::from_secs(80));
            world.states() == [Some(SessionState::Established); 2]
        })
        .count();
    assert!(talking > 50, "{talking} of 60 calls");
}

#[test]
fn an_invite_that_nobody_will_ever_answer_does_not_outlive_the_call() {
    // Alice restarts while she is asked to answer a re-INVITE.
    agree(Plan {
        seed: 17_667_511_110_074_188_174,
        lost: 29,
        repeated: 26,
        delay_ms_max: 1,
        has_offer: false,
        is_reliable: false,
        commands: vec![(15_740, 0, 1), (25_817, 1, 1), (26_319, 0, 6)],
    });
}

#[test]
fn a_2xx_that_is_lost_with_the_process_does_not_leave_the_caller_waiting() {
    agree(Plan {
        seed: 2_612_526_529_650_466_943,
        lost: 16,
        repeated: 0,
        delay_ms_max: 1,
        has_offer: false,
        is_reliable: false,
        commands: vec![(7_336, 1, 6)],
    });
}
