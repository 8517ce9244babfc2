//! RFC 3903: the agent by the example, the compositor by the example, and both together.

use super::*;
use crate::usage::tests::{Bench, CHALLENGE, Done, response, text};
use crate::usage::{Content, Failure, Record};
use crate::{HeaderName, Method, Request, Response, UnixTime};

struct Agent {
    bench: Bench,
    publication: Publication,
}

impl Agent {
    fn with(config: PublicationConfig) -> Self {
        let mut bench = Bench::new(6);
        let publication = Publication::new(config, &mut bench.rng);
        Self { bench, publication }
    }

    fn new() -> Self {
        Self::with(PublicationConfig::new("sip:bob@b.example", "presence"))
    }

    fn done(&mut self) -> Done<PublicationEvent> {
        Done::of(|| self.publication.poll_action())
    }

    fn publish(&mut self, body: &'static str) -> Done<PublicationEvent> {
        self.publication.publish(&mut self.bench.cx(), Content::new("text/plain", body));
        self.done()
    }

    fn remove(&mut self) -> Done<PublicationEvent> {
        self.publication.remove(&mut self.bench.cx());
        self.done()
    }

    fn hear(&mut self, response: &Response) -> Done<PublicationEvent> {
        self.publication.handle_response(&mut self.bench.cx(), response);
        self.done()
    }

    fn sleep(&mut self) -> Done<PublicationEvent> {
        self.bench.now = self.publication.poll_timeout().expect("something will be due");
        self.publication.handle_timeout(&mut self.bench.cx());
        self.done()
    }

    fn due_secs(&self) -> Option<u64> {
        self.bench.until(self.publication.poll_timeout())
    }

    fn published() -> Self {
        let mut agent = Self::new();
        let request = agent.publish("a").request();
        agent.hear(&ok(&request, "e1", "600")).event();
        agent
    }
}

fn ok(request: &Request, etag: &str, expires: &str) -> Response {
    response(request, 200, [(HeaderName::SipETag, etag), (HeaderName::Expires, expires)])
}

fn failed(event: PublicationEvent) -> (u16, bool) {
    match event {
        PublicationEvent::Failed { status, retry_at } => (status.as_u16(), retry_at.is_some()),
        other => panic!("{other:?}"),
    }
}

/// Table 1 of section 4.1.
#[test]
fn initial_refresh_modify_remove() {
    let mut agent = Agent::new();
    let request = agent.publish("a").request();
    let row = |request: &Request| {
        let body = String::from_utf8(request.body().to_vec()).unwrap();
        (body, text(request, HeaderName::SipIfMatch), text(request, HeaderName::Expires))
    };
    assert_eq!(row(&request), ("a".into(), String::new(), "3600".into()), "initial");
    assert_eq!(text(&request, HeaderName::Event), "presence");
    assert_eq!(agent.hear(&ok(&request, "e1", "600")).event(), PublicationEvent::Published);
    assert!((482..=536).contains(&agent.due_secs().unwrap()));

    let request = agent.sleep().request();
    assert_eq!(row(&request), (String::new(), "e1".into(), "3600".into()), "refresh");
    agent.hear(&ok(&request, "e2", "600")).event();

    let request = agent.publish("b").request();
    assert_eq!(row(&request), ("b".into(), "e2".into(), "3600".into()), "modify");
    agent.publish("c").nothing();
    let mut done = agent.hear(&ok(&request, "e3", "600"));
    let request = done.requests.remove(0);
    assert_eq!(row(&request), ("c".into(), "e3".into(), "3600".into()), "one at a time");
    agent.hear(&ok(&request, "e4", "600")).event();

    let request = agent.remove().request();
    assert_eq!(row(&request), (String::new(), "e4".into(), "0".into()), "remove");
    assert_eq!(agent.hear(&ok(&request, "e5", "0")).event(), PublicationEvent::Removed);
    assert_eq!((agent.due_secs(), agent.publication.etag()), (None, None));
    assert_eq!(agent.remove().event(), PublicationEvent::Removed, "nothing is there");
}

/// Section 4.1: the tag is forgotten, the whole state published anew.
#[test]
fn a_forgotten_tag_is_published_anew() {
    let mut agent = Agent::published();
    let mut request = agent.sleep().request();
    for _ in 0..3 {
        request = agent.hear(&response(&request, 412, [])).request();
        assert_eq!((request.body(), request.has(&HeaderName::SipIfMatch)), (&"a".into(), false));
    }
    // Who answers an initial PUBLISH so is not asked for ever.
    assert_eq!(failed(agent.hear(&response(&request, 412, [])).event()), (412, true));
    assert!(agent.due_secs() >= Some(30));

    let mut agent = Agent::published();
    let request = agent.remove().request();
    let done = agent.hear(&response(&request, 412, []));
    assert_eq!(done.event(), PublicationEvent::Removed);
}

#[test]
fn refusals_are_answered_as_they_ask_for() {
    let mut agent = Agent::new();
    let request = agent.publish("a").request();
    let brief =
        |request: &Request, least| response(request, 423, [(HeaderName::MinExpires, least)]);
    let again = agent.hear(&brief(&request, "7200")).request();
    assert_eq!(text(&again, HeaderName::Expires), "7200");
    assert_eq!(failed(agent.hear(&brief(&again, "86401")).event()), (423, false));

    let mut agent = Agent::new();
    let request = agent.publish("a").request();
    let challenge = response(&request, 401, [(HeaderName::WwwAuthenticate, CHALLENGE)]);
    let again = agent.hear(&challenge).request();
    assert!(again.has(&HeaderName::Authorization));
    assert_eq!(text(&again, HeaderName::CSeq), "2 PUBLISH");

    for (status, retries) in [(403, false), (489, false), (404, false), (503, true), (408, true)] {
        let mut agent = Agent::new();
        let request = agent.publish("a").request();
        let refused = response(&request, status, [(HeaderName::RetryAfter, "100000")]);
        assert_eq!(failed(agent.hear(&refused).event()), (status, retries));
        assert_eq!(agent.due_secs(), retries.then_some(86_400));
    }
}

#[test]
fn what_is_not_refreshed_lapses_and_is_published_anew() {
    let mut agent = Agent::published();
    let refresh = agent.sleep().request();
    agent.publication.handle_failure(&mut agent.bench.cx(), &refresh, Failure::TimedOut);
    assert_eq!(failed(agent.done().event()), (408, true));
    agent.bench.pass(700);
    agent.publication.handle_timeout(&mut agent.bench.cx());
    let done = agent.done();
    assert_eq!(done.events, [PublicationEvent::Lapsed]);
    assert_eq!(done.requests[0].body(), "a");
    assert!(!done.requests[0].has(&HeaderName::SipIfMatch));
}

#[test]
fn a_stored_publication_goes_on() {
    let mut agent = Agent::published();
    agent.publish("b").request();
    let unix = UnixTime::from_secs(9);
    let record = Record::new(&agent.publication, agent.bench.now, unix);
    let read: Record<Publication> = toml::from_str(&toml::to_string(&record).unwrap()).unwrap();
    agent.publication = read.restore(agent.bench.now, unix).unwrap();
    let again = agent.sleep().request();
    assert_eq!((again.body(), text(&again, HeaderName::SipIfMatch)), (&"b".into(), "e1".into()));
    assert_eq!(text(&again, HeaderName::CSeq), "3 PUBLISH");
}

fn put(etag: Option<&str>, expires: &str, body: &str) -> Request {
    let builder = Request::builder(Method::Publish, "sip:bob@b.example")
        .header(HeaderName::Event, "presence")
        .header(HeaderName::Expires, expires);
    let builder = match etag {
        Some(etag) => builder.header(HeaderName::SipIfMatch, etag),
        None => builder,
    };
    if body.is_empty() { builder.build() } else { builder.body("text/plain", body).build() }
}

/// Section 6.
#[test]
fn the_compositor_keeps_what_is_published_by_tag() {
    let mut bench = Bench::new(7);
    let mut compositor = Compositor::new(CompositorConfig::new("presence"));
    let mut send = |compositor: &mut Compositor, now, request: &Request| {
        let (response, change) = compositor.handle_request(now, &mut bench.rng, request);
        let etag = text(&response, HeaderName::SipETag);
        (response.status().as_u16(), etag, change == PublishedChange::Changed)
    };
    let now = bench.now;
    let (status, first, changed) = send(&mut compositor, now, &put(None, "600", "a"));
    assert_eq!((status, changed), (200, true));
    let (status, second, changed) = send(&mut compositor, now, &put(Some(&first), "600", ""));
    assert_eq!((status, changed), (200, false), "a refresh");
    assert_ne!(first, second, "each success has a tag of its own");
    assert_eq!(send(&mut compositor, now, &put(Some(&first), "600", "b")).0, 412);
    let (status, third, changed) = send(&mut compositor, now, &put(Some(&second), "600", "b"));
    assert_eq!((status, changed), (200, true), "a modification");
    let bodies: Vec<_> = compositor.contents().map(|(_, it)| it.body.clone()).collect();
    assert_eq!(bodies, ["b"]);
    let (status, _, changed) = send(&mut compositor, now, &put(Some(&third), "0", ""));
    assert_eq!((status, changed, compositor.contents().count()), (200, true, 0));

    send(&mut compositor, now, &put(None, "60", "c"));
    let end = compositor.poll_timeout().unwrap();
    assert_eq!(end - now, core::time::Duration::from_secs(60));
    assert_eq!(compositor.handle_timeout(now), PublishedChange::None);
    assert_eq!(compositor.handle_timeout(end), PublishedChange::Changed);
    assert_eq!(compositor.poll_timeout(), None);
}

#[test]
fn the_compositor_refuses_what_is_wrong_or_too_much() {
    let mut bench = Bench::new(7);
    let mut config = CompositorConfig::new("presence");
    (config.publications_max, config.body_bytes_max) = (1, 4);
    let mut compositor = Compositor::new(config);
    let mut other_event = put(None, "600", "a");
    other_event.set(HeaderName::Event, "dialog");
    let mut no_event = put(None, "600", "a");
    no_event.remove(&HeaderName::Event);
    let message = Request::builder(Method::Message, "sip:bob@b.example").build();
    let now = bench.now;
    for (request, status, name) in [
        (other_event, 489, Some(HeaderName::AllowEvents)),
        (no_event, 489, Some(HeaderName::AllowEvents)),
        (message, 405, None),
        (put(Some("e"), "600", "a"), 412, None),
        (put(None, "59", "a"), 423, Some(HeaderName::MinExpires)),
        (put(None, "600", ""), 400, None),
        (put(None, "600", "12345"), 413, None),
        (put(None, "99999", "1234"), 200, Some(HeaderName::SipETag)),
        (put(None, "600", "b"), 503, Some(HeaderName::RetryAfter)),
    ] {
        let (response, change) = compositor.handle_request(now, &mut bench.rng, &request);
        assert_eq!(response.status().as_u16(), status);
        assert!(name.is_none_or(|name| response.has(&name)), "{status}");
        assert_eq!(change == PublishedChange::Changed, status == 200);
        if status == 200 {
            assert_eq!(text(&response, HeaderName::Expires), "3600", "as long as is allowed");
        }
    }
    // What ended makes room.
    let later = compositor.poll_timeout().unwrap();
    let (response, _) = compositor.handle_request(later, &mut bench.rng, &put(None, "600", "b"));
    assert_eq!(response.status().as_u16(), 200);
}

#[test]
fn agent_and_compositor_agree() {
    let mut agent = Agent::new();
    let mut compositor = Compositor::new(CompositorConfig::new("presence"));
    let mut rng = crate::Seed::from_u64(1).rng();
    let mut request = agent.publish("a").request();
    for day in 0..50_u64 {
        // Now and then the compositor forgets everything.
        if day % 7 == 6 {
            compositor = Compositor::new(CompositorConfig::new("presence"));
        }
        let mut done = Done::of(|| None);
        for _ in 0..2 {
            let now = agent.bench.now;
            let (response, _) = compositor.handle_request(now, &mut rng, &request);
            done = agent.hear(&response);
            match done.requests.pop() {
                Some(again) => request = again,
                None => break,
            }
        }
        assert_eq!(done.events, [PublicationEvent::Published]);
        let bodies: Vec<_> = compositor.contents().map(|(_, it)| it.body.clone()).collect();
        assert_eq!(bodies, ["a"], "one publication, whatever was lost");
        request = agent.sleep().request();
    }
}
