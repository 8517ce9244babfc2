//! RFC 6665 section 4.2.

use crate::message::headers::{Event, SubscriptionState};
use crate::usage::tests::{Bench, CHALLENGE, Done, response, text};
use crate::usage::{
    Content, Failure, Notifier, NotifierConfig, NotifierEvent, NotifierState, Record,
    TerminationReason,
};
use crate::{HeaderName, Method, Request, Response, UnixTime};

struct Server {
    bench: Bench,
    notifier: Notifier,
}

fn content(body: &'static str) -> Content {
    Content::new("text/plain", body)
}

fn subscribe(event: &str, expires: Option<&str>) -> Request {
    let builder = Request::builder(Method::Subscribe, "sip:alice@a.example")
        .from("<sip:bob@b.example>;tag=s1")
        .to("<sip:alice@a.example>")
        .call_id("1")
        .cseq(1)
        .contact("<sip:bob@192.0.2.4>")
        .header(HeaderName::Event, event);
    match expires {
        Some(seconds) => builder.header(HeaderName::Expires, seconds),
        None => builder,
    }
    .build()
}

fn accept(
    bench: &mut Bench,
    subscribe: &Request,
    state: NotifierState,
) -> Result<Notifier, Box<Response>> {
    let config = NotifierConfig::new("sip:n@192.0.2.8", "presence");
    Notifier::accept(&mut bench.cx(), config, subscribe, state, Some(content("a")))
}

impl Server {
    /// With what the SUBSCRIBE made it do.
    fn accepted(expires: Option<&str>) -> (Self, Done<NotifierEvent>) {
        let mut bench = Bench::new(4);
        let request = subscribe("presence;id=7", expires);
        let notifier = accept(&mut bench, &request, NotifierState::Active).unwrap();
        let mut server = Self { bench, notifier };
        let done = server.done();
        (server, done)
    }

    /// Active for an hour, its first NOTIFY answered.
    fn active() -> Self {
        let (mut server, done) = Self::accepted(None);
        server.hear(&response(&done.requests[0], 200, [])).nothing();
        server
    }

    fn done(&mut self) -> Done<NotifierEvent> {
        Done::of(|| self.notifier.poll_action())
    }

    fn hear(&mut self, response: &Response) -> Done<NotifierEvent> {
        self.notifier.handle_response(&mut self.bench.cx(), response);
        self.done()
    }

    fn notify(&mut self, body: &'static str) -> Done<NotifierEvent> {
        self.notifier.notify(&mut self.bench.cx(), content(body));
        self.done()
    }

    fn refresh(&mut self, cseq: u32, event: &str, expires: &str) -> Done<NotifierEvent> {
        let dialog = self.notifier.dialog();
        let request = Request::builder(Method::Subscribe, "sip:n@192.0.2.8")
            .from(dialog.remote())
            .to(dialog.local())
            .call_id(&dialog.id().call_id)
            .cseq(cseq)
            .contact("<sip:bob@192.0.2.44>")
            .header(HeaderName::Event, event)
            .header(HeaderName::Expires, expires)
            .build();
        self.notifier.handle_request(&mut self.bench.cx(), &request);
        self.done()
    }

    fn sleep(&mut self) -> Done<NotifierEvent> {
        self.bench.now = self.notifier.poll_timeout().expect("something will be due");
        self.notifier.handle_timeout(&mut self.bench.cx());
        self.done()
    }

    fn due_secs(&self) -> Option<u64> {
        self.bench.until(self.notifier.poll_timeout())
    }
}

fn state(notify: &Request) -> String {
    text(notify, HeaderName::SubscriptionState)
}

/// Sections 4.2.1.1 and 4.2.1.2.
#[test]
fn a_subscribe_is_answered_and_the_state_told_at_once() {
    for (asked, granted) in [(None, 3600), (Some("600"), 600), (Some("99999"), 3600)] {
        let (server, done) = Server::accepted(asked);
        let [ok] = &done.responses[..] else { panic!("one response") };
        assert_eq!(ok.status().as_u16(), 200);
        assert_eq!(text(ok, HeaderName::Expires), granted.to_string());
        let [notify] = &done.requests[..] else { panic!("one NOTIFY") };
        assert_eq!(notify.uri_bytes(), b"sip:bob@192.0.2.4");
        assert_eq!(state(notify), format!("active;expires={granted}"));
        assert_eq!(notify.require::<Event<'_>>().unwrap().id(), Some("7"));
        assert_eq!(notify.body(), "a");
        assert_eq!(text(notify, HeaderName::From), text(ok, HeaderName::To));
        assert_eq!(server.due_secs(), Some(granted));
    }
}

#[test]
fn what_cannot_be_taken_is_refused() {
    let mut bench = Bench::new(4);
    let mut without_contact = subscribe("presence", None);
    without_contact.remove(&HeaderName::Contact);
    let mut invite = subscribe("presence", None);
    invite.set(HeaderName::Event, "dialog");
    for (request, status) in [
        (subscribe("dialog", None), 489),
        (subscribe("presence.winfo", None), 489),
        (subscribe("presence", Some("59")), 423),
        (without_contact, 400),
        (Request::builder(Method::Publish, "sip:a@a.example").build(), 405),
    ] {
        let refused = accept(&mut bench, &request, NotifierState::Active).unwrap_err();
        assert_eq!(refused.status().as_u16(), status);
        let wanted = [(423, HeaderName::MinExpires), (489, HeaderName::AllowEvents)];
        for (code, name) in wanted {
            assert_eq!(refused.has(&name), status == code, "{name}");
        }
    }
}

/// Section 4.4.3.
#[test]
fn a_fetch_is_told_and_over() {
    let (mut server, done) = Server::accepted(Some("0"));
    assert_eq!(state(&done.requests[0]), "terminated;reason=timeout");
    assert_eq!(done.requests[0].body(), "a");
    let done = server.hear(&response(&done.requests[0], 200, []));
    assert_eq!(done.event(), NotifierEvent::Ended);
    assert_eq!(server.due_secs(), None);
}

#[test]
fn a_pending_subscription_becomes_active_or_not() {
    let mut bench = Bench::new(4);
    let request = subscribe("presence", Some("60"));
    let notifier = accept(&mut bench, &request, NotifierState::Pending).unwrap();
    let mut server = Server { bench, notifier };
    let first = server.done().requests.remove(0);
    assert_eq!(state(&first), "pending;expires=60");
    server.hear(&response(&first, 200, [])).nothing();
    server.bench.pass(10);
    server.notifier.activate(&mut server.bench.cx(), content("b"));
    let second = server.done().request();
    assert_eq!((&state(&second)[..], &second.body()[..]), ("active;expires=50", &b"b"[..]));
    server.hear(&response(&second, 200, [])).nothing();

    server.notifier.terminate(&mut server.bench.cx(), TerminationReason::Probation, Some(9));
    let last = server.done().request();
    assert_eq!(state(&last), "terminated;reason=probation;retry-after=9");
    assert!(last.require::<SubscriptionState<'_>>().unwrap().is_terminated());
    server.notify("c").nothing();
    assert_eq!(server.hear(&response(&last, 200, [])).event(), NotifierEvent::Ended);
}

/// One NOTIFY at a time; what changes meanwhile is told once.
#[test]
fn changes_while_a_notify_is_under_way_are_told_together() {
    let mut server = Server::active();
    let first = server.notify("b").request();
    server.notify("c").nothing();
    server.notify("d").nothing();
    let second = server.hear(&response(&first, 200, [])).request();
    assert_eq!(second.body(), "d");
    server.hear(&response(&second, 200, [])).nothing();
}

/// Section 4.2.1.3.
#[test]
fn a_refresh_lengthens_it_and_moves_its_target() {
    let mut server = Server::active();
    server.bench.pass(3000);
    let done = server.refresh(2, "presence;id=7", "600");
    assert_eq!(text(&done.responses[0], HeaderName::Expires), "600");
    assert_eq!(done.events, [NotifierEvent::Refreshed { expires_secs: 600 }]);
    assert_eq!(done.requests[0].uri_bytes(), b"sip:bob@192.0.2.44");
    assert_eq!(state(&done.requests[0]), "active;expires=600");
    assert_eq!(server.due_secs(), Some(600));

    for (cseq, event, expires, status) in [
        (2, "presence;id=7", "600", 500),
        (3, "dialog", "600", 489),
        (4, "presence", "600", 481),
        (5, "presence;id=7", "1", 423),
    ] {
        let done = server.refresh(cseq, event, expires);
        assert_eq!(done.responses[0].status().as_u16(), status, "{event}");
        assert!(done.requests.is_empty() && done.events.is_empty());
    }
    server.hear(&response(&done.requests[0], 200, [])).nothing();
    let done = server.refresh(6, "presence;id=7", "0");
    assert_eq!(state(&done.requests[0]), "terminated;reason=timeout");
    let late = server.refresh(7, "presence;id=7", "600");
    assert_eq!(late.responses[0].status().as_u16(), 481);
}

/// Section 4.2.2.
#[test]
fn its_time_ends_it() {
    let mut server = Server::active();
    let last = server.sleep().request();
    assert_eq!(state(&last), "terminated;reason=timeout");
    // Even where nobody hears it any more.
    let done = server.hear(&response(&last, 481, []));
    assert_eq!(done.event(), NotifierEvent::Ended);
}

/// Section 4.2.2: a failed NOTIFY removes the subscription, unless it says when to try again.
#[test]
fn a_failed_notify_ends_it() {
    for status in [403, 404, 408, 481, 500, 503, 603] {
        let mut server = Server::active();
        let notify = server.notify("b").request();
        let event = server.hear(&response(&notify, status, [])).event();
        assert!(matches!(event, NotifierEvent::Lost { status: it } if it == status));
        server.notify("c").nothing();
    }
    let mut server = Server::active();
    let notify = server.notify("b").request();
    server.notifier.handle_failure(&notify, Failure::TimedOut);
    assert!(matches!(server.done().event(), NotifierEvent::Lost { status } if status == 408));

    for (asked, waits) in [("20", 20), ("4000000000", 3600)] {
        let mut server = Server::active();
        server.refresh(2, "presence;id=7", "99999");
        let busy = |notify: &Request| response(notify, 503, [(HeaderName::RetryAfter, asked)]);
        let done = server.notify("b");
        done.nothing();
        let mut notify = Server::active().notify("b").request();
        notify.set(HeaderName::CSeq, "2 NOTIFY");
        server.hear(&busy(&notify)).nothing();
        assert_eq!(server.due_secs(), Some(waits));
        server.notify("c").nothing();
    }
}

#[test]
fn a_notify_proves_itself_where_asked() {
    let mut server = Server::active();
    let notify = server.notify("b").request();
    let challenge = response(&notify, 401, [(HeaderName::WwwAuthenticate, CHALLENGE)]);
    let again = server.hear(&challenge).request();
    assert!(again.has(&HeaderName::Authorization));
    server.hear(&response(&again, 200, [])).nothing();
    let next = server.notify("c").request();
    assert_eq!(text(&next, HeaderName::CSeq), "4 NOTIFY");
}

#[test]
fn a_stored_subscription_goes_on() {
    let mut server = Server::active();
    server.notify("b").request();
    let unix = UnixTime::from_secs(1_700_000_000);
    let record = Record::new(&server.notifier, server.bench.now, unix);
    let read: Record<Notifier> = toml::from_str(&toml::to_string(&record).unwrap()).unwrap();
    server.bench.now = crate::Instant::from_secs(1);
    let later = UnixTime::from_secs(1_700_000_060);
    server.notifier = read.restore(server.bench.now, later).unwrap();
    // Whether the last one arrived is not known.
    let again = server.sleep().request();
    assert_eq!((&state(&again)[..], &again.body()[..]), ("active;expires=3540", &b"b"[..]));
    assert_eq!(text(&again, HeaderName::CSeq), "3 NOTIFY");
}
