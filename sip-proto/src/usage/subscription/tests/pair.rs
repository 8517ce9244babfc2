//! A subscriber and a notifier on a wire that loses messages, for any seed.

use core::time::Duration;

use proptest::prelude::*;

use crate::usage::tests::Bench;
use crate::usage::{
    Action, Content, Context, Failure, Notifier, NotifierConfig, NotifierEvent, NotifierState,
    Subscriber, SubscriberConfig, SubscriberEvent,
};
use crate::{Instant, Request, Response};

/// What a transaction over the wire comes to: the answer, or after 64*T1 nothing. What is lost on
/// the way there is never seen by the other side; on the way back, it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Luck {
    Arrives,
    AnswerLost,
    Lost,
}

const TIMEOUT: Duration = Duration::from_secs(32);

struct Wire {
    bench: Bench,
    loss_percent: u64,
    subscriber: Subscriber,
    notifier: Option<Notifier>,
    /// Failures yet to be told: when, of which side's request.
    failing: Vec<(Instant, bool, Request)>,
    version: u32,
    seen: Option<u32>,
    is_subscribed: bool,
}

impl Wire {
    fn new(seed: u64, loss_percent: u64) -> Self {
        let (target, from) = ("sip:alice@a.example", "sip:bob@b.example");
        let mut config = SubscriberConfig::new(target, from, "sip:bob@192.0.2.4", "counter");
        config.expires_secs = 300;
        Self {
            bench: Bench::new(seed),
            loss_percent,
            subscriber: Subscriber::new(config),
            notifier: None,
            failing: Vec::new(),
            version: 0,
            seen: None,
            is_subscribed: false,
        }
    }

    fn luck(&mut self) -> Luck {
        match self.bench.rng.below(200) {
            drawn if drawn < self.loss_percent => Luck::Lost,
            drawn if drawn < 2 * self.loss_percent => Luck::AnswerLost,
            _ => Luck::Arrives,
        }
    }

    fn state(&self) -> Content {
        Content::new("text/plain", self.version.to_string())
    }

    fn cx(&mut self) -> (Context<'_>, &mut Subscriber, &mut Option<Notifier>) {
        (self.bench.cx(), &mut self.subscriber, &mut self.notifier)
    }

    /// Moves messages until both are quiet. Returns how many moved.
    fn settle(&mut self) -> usize {
        let mut moved = 0;
        loop {
            assert!(moved < 200, "they never come to rest");
            if let Some(action) = self.subscriber.poll_action() {
                self.of_subscriber(action);
            } else if let Some(action) = self.notifier.as_mut().and_then(Notifier::poll_action) {
                self.of_notifier(action);
            } else {
                return moved;
            }
            moved += 1;
        }
    }

    fn of_subscriber(&mut self, action: Action<SubscriberEvent>) {
        match action {
            Action::SendRequest(request) => {
                let luck = self.luck();
                let answer = (luck != Luck::Lost).then(|| self.at_notifier(&request)).flatten();
                match answer.filter(|_| luck == Luck::Arrives) {
                    Some(response) => {
                        let (mut cx, subscriber, _) = self.cx();
                        subscriber.handle_response(&mut cx, &response);
                    }
                    None => self.failing.push((self.bench.now + TIMEOUT, true, *request)),
                }
            }
            Action::Respond(_) => unreachable!("taken where the NOTIFY is"),
            Action::Event(SubscriberEvent::Notified { notify, .. }) => {
                self.is_subscribed = true;
                let body = core::str::from_utf8(notify.body()).unwrap();
                let version = body.parse().unwrap();
                assert!(self.seen.is_none_or(|seen| seen <= version), "never back in time");
                self.seen = Some(version);
            }
            Action::Event(SubscriberEvent::Ended { .. }) => self.is_subscribed = false,
            Action::Event(_) => {}
        }
    }

    /// A SUBSCRIBE arrives: its answer.
    fn at_notifier(&mut self, request: &Request) -> Option<Response> {
        let content = self.state();
        let (mut cx, _, notifier) = self.cx();
        let is_in_dialog = request.require::<crate::message::To<'_>>().unwrap().tag().is_some();
        if !is_in_dialog {
            let config = NotifierConfig::new("sip:n@192.0.2.8", "counter");
            let state = NotifierState::Active;
            let made = Notifier::accept(&mut cx, config, request, state, Some(content));
            *notifier = Some(made.unwrap());
        } else if let Some(notifier) = notifier {
            notifier.handle_request(&mut cx, request);
        } else {
            return Some(Response::to(request, crate::StatusCode::CALL_DOES_NOT_EXIST));
        }
        let notifier = self.notifier.as_mut()?;
        match notifier.poll_action() {
            Some(Action::Respond(response)) => Some(*response),
            other => panic!("the answer comes first: {other:?}"),
        }
    }

    fn of_notifier(&mut self, action: Action<NotifierEvent>) {
        match action {
            Action::SendRequest(notify) => {
                let luck = self.luck();
                let answer = (luck != Luck::Lost).then(|| self.at_subscriber(&notify));
                match answer.filter(|_| luck == Luck::Arrives) {
                    Some(response) => {
                        let (mut cx, _, notifier) = self.cx();
                        if let Some(notifier) = notifier {
                            notifier.handle_response(&mut cx, &response);
                        }
                    }
                    None => self.failing.push((self.bench.now + TIMEOUT, false, *notify)),
                }
            }
            Action::Respond(_) => unreachable!("taken where the SUBSCRIBE is"),
            Action::Event(NotifierEvent::Refreshed { .. }) => {}
            Action::Event(NotifierEvent::Ended | NotifierEvent::Lost { .. }) => {
                self.notifier = None;
            }
        }
    }

    fn at_subscriber(&mut self, notify: &Request) -> Response {
        let (mut cx, subscriber, _) = self.cx();
        // What was queued before belongs to other inputs.
        let mut before = Vec::new();
        while let Some(action) = subscriber.poll_action() {
            before.push(action);
        }
        subscriber.handle_request(&mut cx, notify);
        let answer = match subscriber.poll_action() {
            Some(Action::Respond(response)) => *response,
            other => panic!("the answer comes first: {other:?}"),
        };
        for action in before {
            self.of_subscriber(action);
        }
        answer
    }

    /// To the next thing that is due, at most `end`.
    fn step(&mut self, end: Instant) {
        let failing = self.failing.iter().map(|(when, ..)| *when);
        let notifier = self.notifier.as_ref().and_then(Notifier::poll_timeout);
        let due = failing.chain(self.subscriber.poll_timeout()).chain(notifier).min();
        self.bench.now = due.unwrap_or(end).clamp(self.bench.now, end);
        let now = self.bench.now;
        let (due, rest) = self.failing.drain(..).partition(|(when, ..)| *when <= now);
        self.failing = rest;
        for (_, is_subscribers, request) in due {
            let (mut cx, subscriber, notifier) = self.cx();
            if is_subscribers {
                subscriber.handle_failure(&mut cx, &request, Failure::TimedOut);
            } else if let Some(notifier) = notifier
                && request.call_id() == Ok(&notifier.dialog().id().call_id[..])
            {
                notifier.handle_failure(&request, Failure::TimedOut);
            }
        }
        let (mut cx, subscriber, notifier) = self.cx();
        subscriber.handle_timeout(&mut cx);
        if let Some(notifier) = notifier {
            notifier.handle_timeout(&mut cx);
        }
        self.settle();
    }

    fn run(&mut self, seconds: u64) {
        let end = self.bench.now + Duration::from_secs(seconds);
        let mut steps = 0;
        while self.bench.now < end {
            self.step(end);
            steps += 1;
            assert!(steps < 20 * seconds, "time stands still");
        }
    }

    fn change(&mut self) {
        self.version += 1;
        let content = self.state();
        let (mut cx, _, notifier) = self.cx();
        if let Some(notifier) = notifier {
            notifier.notify(&mut cx, content);
        }
        self.settle();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever is lost, once nothing is any more the subscriber sees the newest state; and what it
    /// sees never goes back in time.
    #[test]
    fn the_subscriber_ends_up_with_the_newest_state(
        seed in any::<u64>(),
        loss in 0_u64..60,
        changes in 0_usize..12,
    ) {
        let mut wire = Wire::new(seed, loss);
        let (mut cx, subscriber, _) = wire.cx();
        subscriber.subscribe(&mut cx);
        wire.settle();
        for _ in 0..changes {
            wire.run(97);
            wire.change();
        }
        wire.loss_percent = 0;
        // The longest back-off is half an hour.
        wire.run(3700);
        prop_assert!(wire.is_subscribed);
        wire.change();
        wire.run(1);
        prop_assert_eq!(wire.seen, Some(wire.version));

        let (mut cx, subscriber, _) = wire.cx();
        subscriber.unsubscribe(&mut cx);
        wire.settle();
        prop_assert!(!wire.is_subscribed);
        prop_assert!(wire.notifier.is_none(), "both sides know the end");
        wire.run(40);
        prop_assert_eq!(wire.subscriber.poll_timeout(), None);
    }
}
