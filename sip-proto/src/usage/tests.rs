//! What the tests of the machines share: time, randomness, accounts; and actions as text.

use core::fmt::Debug;
use core::time::Duration;

use super::{Action, Context};
use crate::auth::{Account, DigestClient};
use crate::message::Message;
use crate::{HeaderName, Instant, Request, Response, Rng, Seed, StatusCode};

/// Where a machine is tested.
pub(super) struct Bench {
    pub(super) now: Instant,
    pub(super) rng: Rng,
    pub(super) auth: DigestClient,
}

impl Bench {
    pub(super) fn new(seed: u64) -> Self {
        let seed = Seed::from_u64(seed);
        let mut auth = DigestClient::new(&seed);
        auth.add(Account::new("bob", b"zanzibar").realm("b.example"));
        Self { now: Instant::from_secs(1000), rng: seed.rng(), auth }
    }

    pub(super) fn cx(&mut self) -> Context<'_> {
        Context { now: self.now, rng: &mut self.rng, auth: &mut self.auth }
    }

    pub(super) fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    /// How many seconds from now.
    pub(super) fn until(&self, when: Option<Instant>) -> Option<u64> {
        when.map(|when| when.saturating_duration_since(self.now).as_secs())
    }
}

/// The actions of a machine: requests, responses and events apart.
pub(super) struct Done<E> {
    pub(super) requests: Vec<Request>,
    pub(super) responses: Vec<Response>,
    pub(super) events: Vec<E>,
}

impl<E: Debug> Done<E> {
    pub(super) fn of(mut poll: impl FnMut() -> Option<Action<E>>) -> Self {
        let mut done = Self { requests: Vec::new(), responses: Vec::new(), events: Vec::new() };
        while let Some(action) = poll() {
            match action {
                Action::SendRequest(request) => done.requests.push(*request),
                Action::Respond(response) => done.responses.push(*response),
                Action::Event(event) => done.events.push(event),
            }
        }
        done
    }

    /// The one request, where there is nothing else.
    #[track_caller]
    pub(super) fn request(mut self) -> Request {
        assert!(self.responses.is_empty() && self.events.is_empty(), "{:?}", self.events);
        assert_eq!(self.requests.len(), 1);
        self.requests.remove(0)
    }

    /// The one event, where there is nothing else.
    #[track_caller]
    pub(super) fn event(mut self) -> E {
        assert!(self.responses.is_empty() && self.requests.is_empty(), "{:?}", self.requests);
        assert_eq!(self.events.len(), 1, "{:?}", self.events);
        self.events.remove(0)
    }

    #[track_caller]
    pub(super) fn nothing(&self) {
        assert!(self.requests.is_empty(), "{:?}", self.requests);
        assert!(self.responses.is_empty(), "{:?}", self.responses);
        assert!(self.events.is_empty(), "{:?}", self.events);
    }
}

/// A header as text, all its values.
pub(super) fn text(message: &Message, name: HeaderName) -> String {
    let values: Vec<_> = message.list(&name).map(String::from_utf8_lossy).collect();
    values.join(", ")
}

/// A response with headers.
pub(super) fn response<const N: usize>(
    request: &Request,
    status: u16,
    headers: [(HeaderName, &str); N],
) -> Response {
    let mut response = Response::to(request, StatusCode::new(status).unwrap());
    for (name, value) in headers {
        response.push_back(name, value.to_owned());
    }
    response
}

pub(super) const CHALLENGE: &str = r#"Digest realm="b.example", nonce="1", qop="auth""#;
