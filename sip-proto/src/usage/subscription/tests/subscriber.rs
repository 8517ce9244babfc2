//! RFC 6665 section 4.1.

use crate::dialog::DialogId;
use crate::message::{CSeq, RequestBuilder};
use crate::usage::tests::{Bench, CHALLENGE, Done, response, text};
use crate::usage::{
    Failure, Record, Subscriber, SubscriberConfig, SubscriberEvent, TerminationReason,
};
use crate::{HeaderName, Method, Request, Response, UnixTime};

struct Watcher {
    bench: Bench,
    subscriber: Subscriber,
}

fn config() -> SubscriberConfig {
    let (target, from) = ("sip:alice@a.example", "sip:bob@b.example");
    SubscriberConfig::new(target, from, "sip:bob@192.0.2.4", "presence")
}

impl Watcher {
    fn with(config: SubscriberConfig) -> Self {
        Self { bench: Bench::new(3), subscriber: Subscriber::new(config) }
    }

    fn done(&mut self) -> Done<SubscriberEvent> {
        Done::of(|| self.subscriber.poll_action())
    }

    fn subscribe(&mut self) -> Request {
        self.subscriber.subscribe(&mut self.bench.cx());
        self.done().request()
    }

    fn hear(&mut self, response: &Response) -> Done<SubscriberEvent> {
        self.subscriber.handle_response(&mut self.bench.cx(), response);
        self.done()
    }

    fn take(&mut self, notify: &Request) -> Done<SubscriberEvent> {
        self.subscriber.handle_request(&mut self.bench.cx(), notify);
        self.done()
    }

    /// The status that answers a NOTIFY, and the events.
    fn notified(&mut self, notify: &Request) -> (u16, Vec<SubscriberEvent>) {
        let done = self.take(notify);
        assert_eq!(done.responses.len(), 1);
        (done.responses[0].status().as_u16(), done.events)
    }

    fn sleep(&mut self) -> Done<SubscriberEvent> {
        self.bench.now = self.subscriber.poll_timeout().expect("something will be due");
        self.subscriber.handle_timeout(&mut self.bench.cx());
        self.done()
    }

    fn due_secs(&self) -> Option<u64> {
        self.bench.until(self.subscriber.poll_timeout())
    }

    /// With one dialog, tagged `n1`, active for `seconds`.
    fn active(config: SubscriberConfig, seconds: u32) -> (Self, Request) {
        let mut watcher = Self::with(config);
        let subscribe = watcher.subscribe();
        watcher.hear(&ok(&subscribe, "n1", seconds)).nothing();
        let state = format!("active;expires={seconds}");
        assert_eq!(watcher.notified(&notify(&subscribe, "n1", 1, &state)).0, 200);
        (watcher, subscribe)
    }
}

fn ok(subscribe: &Request, tag: &str, seconds: u32) -> Response {
    let mut ok = response(
        subscribe,
        200,
        [(HeaderName::Expires, &seconds.to_string()), (HeaderName::Contact, "<sip:n@192.0.2.8>")],
    );
    ok.set_to_tag(tag);
    ok
}

fn notify_about(subscribe: &Request, tag: &str, cseq: u32) -> RequestBuilder {
    Request::builder(Method::Notify, "sip:bob@192.0.2.4")
        .from(format!("<sip:alice@a.example>;tag={tag}"))
        .to(subscribe.value(&HeaderName::From).unwrap())
        .call_id(subscribe.call_id().unwrap())
        .cseq(cseq)
        .contact(format!("<sip:{tag}@192.0.2.8>"))
        .header(HeaderName::RecordRoute, "<sip:p1.example;lr>")
}

fn notify(subscribe: &Request, tag: &str, cseq: u32, state: &str) -> Request {
    notify_about(subscribe, tag, cseq)
        .header(HeaderName::Event, "presence")
        .header(HeaderName::SubscriptionState, state)
        .build()
}

fn ended(events: &[SubscriberEvent]) -> Option<bool> {
    events.iter().find_map(|event| match event {
        SubscriberEvent::Ended { retry_at } => Some(retry_at.is_some()),
        _ => None,
    })
}

#[test]
fn a_subscription_is_made_by_its_first_notify_and_refreshed_in_its_dialog() {
    let mut watcher = Watcher::with(config());
    let subscribe = watcher.subscribe();
    assert_eq!(subscribe.uri_bytes(), b"sip:alice@a.example");
    assert_eq!(text(&subscribe, HeaderName::Event), "presence");
    assert_eq!(text(&subscribe, HeaderName::Expires), "3600");
    assert_eq!(text(&subscribe, HeaderName::Contact), "<sip:bob@192.0.2.4>");
    assert_eq!(watcher.due_secs(), Some(32), "Timer N");
    watcher.hear(&ok(&subscribe, "n1", 600)).nothing();
    assert_eq!(watcher.subscriber.dialogs().count(), 0, "section 4.1.2.4: not by the 200");

    let first = notify(&subscribe, "n1", 7, "pending;expires=600");
    assert!(watcher.subscriber.is_for(&first));
    let (status, events) = watcher.notified(&first);
    let [SubscriberEvent::Notified { dialog, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!((status, &dialog.remote_tag[..]), (200, &b"n1"[..]));
    assert_eq!(watcher.due_secs(), Some(32), "Timer N for other forks");
    watcher.sleep().nothing();

    let refresh = watcher.sleep().request();
    assert_eq!(refresh.uri_bytes(), b"sip:n1@192.0.2.8");
    assert_eq!(text(&refresh, HeaderName::Route), "<sip:p1.example;lr>");
    assert_eq!(text(&refresh, HeaderName::CSeq), "2 SUBSCRIBE");
    assert_eq!(refresh.call_id(), subscribe.call_id());
    watcher.hear(&ok(&refresh, "n1", 600)).nothing();
    assert_eq!(watcher.notified(&notify(&subscribe, "n1", 8, "active;expires=600")).0, 200);
    assert!(watcher.due_secs() > Some(480));
}

/// Section 4.1.2.4: a NOTIFY may be faster than the 200.
#[test]
fn a_notify_before_the_response_is_taken() {
    let mut watcher = Watcher::with(config());
    let subscribe = watcher.subscribe();
    assert_eq!(watcher.notified(&notify(&subscribe, "n1", 1, "active")).0, 200);
    watcher.hear(&ok(&subscribe, "n1", 120)).nothing();
    watcher.sleep().nothing();
    let refresh = watcher.sleep().request();
    assert_eq!(text(&refresh, HeaderName::Expires), "3600", "after a minute, by the 200");
}

/// Section 4.1.2.4.
#[test]
fn without_a_notify_it_failed() {
    let mut watcher = Watcher::with(config());
    let subscribe = watcher.subscribe();
    watcher.hear(&ok(&subscribe, "n1", 600)).nothing();
    let done = watcher.sleep();
    assert!(matches!(done.events[0], SubscriberEvent::Failed { status } if status == 408));
    assert_eq!(ended(&done.events), Some(true));
    // And a new one has another Call-ID.
    let again = watcher.sleep().request();
    assert_ne!(again.call_id(), subscribe.call_id());
    let late = notify(&subscribe, "n1", 1, "active");
    assert_eq!(watcher.notified(&late).0, 481);
}

/// Section 4.1.4, 4.4.1: each fork is a subscription of its own.
#[test]
fn forks_make_dialogs_up_to_their_limit() {
    let mut config = config();
    config.forks_max = 2;
    let (mut watcher, subscribe) = Watcher::active(config, 600);
    let state = "active;expires=300";
    assert_eq!(watcher.notified(&notify(&subscribe, "n2", 1, state)).0, 200);
    assert_eq!(watcher.notified(&notify(&subscribe, "n3", 1, state)).0, 481);
    assert_eq!(watcher.subscriber.dialogs().count(), 2);
    watcher.sleep().nothing();
    assert_eq!(watcher.sleep().request().uri_bytes(), b"sip:n2@192.0.2.8", "it is shorter");

    let (_, events) = watcher.notified(&notify(&subscribe, "n2", 2, "terminated"));
    assert_eq!(ended(&events), None, "the other goes on");
    let (_, events) = watcher.notified(&notify(&subscribe, "n1", 2, "terminated;reason=rejected"));
    assert_eq!(ended(&events), Some(false));
}

#[test]
fn what_is_no_notify_of_it_is_refused() {
    let (mut watcher, subscribe) = Watcher::active(config(), 600);
    let about = |tag, cseq, event: &str, state: &str| {
        let builder = notify_about(&subscribe, tag, cseq).header(HeaderName::Event, event);
        builder.header(HeaderName::SubscriptionState, state).build()
    };
    let no_state = notify_about(&subscribe, "n1", 5).header(HeaderName::Event, "presence").build();
    let mut other_call = about("n1", 6, "presence", "active");
    other_call.set(HeaderName::CallId, "another");
    let mut message = Request::builder(Method::Message, "sip:b@b.example").build();
    message.set(HeaderName::CallId, "1");
    for (request, status) in [
        (about("n1", 1, "presence", "active"), 500),
        (about("n1", 2, "dialog", "active"), 489),
        (about("n1", 3, "presence;id=1", "active"), 489),
        (no_state, 400),
        (other_call, 481),
        (message, 405),
    ] {
        let done = watcher.take(&request);
        assert_eq!(done.responses[0].status().as_u16(), status, "{request:?}");
        assert!(done.events.is_empty());
        let is_bad_event = done.responses[0].has(&HeaderName::AllowEvents);
        assert_eq!(is_bad_event, status == 489);
    }
}

/// Section 4.1.3.
#[test]
fn the_reason_decides_what_follows() {
    for (state, retry) in [
        ("terminated;reason=deactivated", Some(0..=0)),
        ("terminated;reason=timeout", Some(0..=0)),
        ("terminated;reason=probation;retry-after=200", Some(200..=200)),
        ("terminated;reason=giveup", Some(30..=60)),
        ("terminated;reason=giveup;retry-after=4000000000", Some(86_400..=86_400)),
        ("terminated", Some(30..=60)),
        ("terminated;reason=rejected;retry-after=1", None),
        ("terminated;reason=noresource", None),
        ("terminated;reason=invariant", None),
    ] {
        let (mut watcher, subscribe) = Watcher::active(config(), 600);
        let (status, events) = watcher.notified(&notify(&subscribe, "n1", 2, state));
        assert_eq!((status, ended(&events)), (200, Some(retry.is_some())), "{state}");
        match (retry, watcher.due_secs()) {
            (Some(range), Some(due)) => assert!(range.contains(&due), "{state}: {due}"),
            (None, None) => {}
            other => panic!("{state}: {other:?}"),
        }
    }
}

#[test]
fn a_notifier_that_always_moves_us_on_is_not_followed_for_ever() {
    let mut watcher = Watcher::with(config());
    let mut subscribe = watcher.subscribe();
    for _ in 0..3 {
        watcher.notified(&notify(&subscribe, "n1", 1, "active;expires=60"));
        watcher.notified(&notify(&subscribe, "n1", 2, "terminated;reason=deactivated"));
        assert_eq!(watcher.due_secs(), Some(0));
        subscribe = watcher.sleep().request();
    }
    watcher.notified(&notify(&subscribe, "n1", 1, "terminated;reason=deactivated"));
    assert!(watcher.due_secs() >= Some(30));
}

/// Section 4.1.2.2, RFC 5057 section 5.1.
#[test]
fn some_refusals_of_a_refresh_end_it_and_others_do_not() {
    for status in [404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604] {
        let (mut watcher, _) = Watcher::active(config(), 600);
        watcher.sleep().nothing();
        let refresh = watcher.sleep().request();
        let done = watcher.hear(&response(&refresh, status, []));
        assert_eq!(ended(&done.events), Some(status == 481), "{status}");
    }
    for status in [400, 403, 408, 500, 503] {
        let (mut watcher, subscribe) = Watcher::active(config(), 600);
        watcher.sleep().nothing();
        let refresh = watcher.sleep().request();
        watcher.hear(&response(&refresh, status, [])).nothing();
        let still = notify(&subscribe, "n1", 2, "active");
        assert_eq!(watcher.notified(&still).0, 200, "{status}: it lasts as long as it would have");
        watcher.bench.pass(600);
        watcher.subscriber.handle_timeout(&mut watcher.bench.cx());
        assert_eq!(ended(&watcher.done().events), Some(true), "{status}");
    }
}

#[test]
fn a_refresh_without_notify_ends_it() {
    let (mut watcher, _) = Watcher::active(config(), 600);
    watcher.sleep().nothing();
    let refresh = watcher.sleep().request();
    watcher.hear(&ok(&refresh, "n1", 600)).nothing();
    assert_eq!(watcher.due_secs(), Some(32), "Timer N");
    assert_eq!(ended(&watcher.sleep().events), Some(true));

    // RFC 5839 section 6.3: after a 204 none is awaited.
    let (mut watcher, _) = Watcher::active(config(), 600);
    watcher.sleep().nothing();
    let refresh = watcher.sleep().request();
    let mut none = response(&refresh, 204, [(HeaderName::Expires, "600")]);
    none.set_to_tag("n1");
    watcher.hear(&none).nothing();
    assert!(watcher.due_secs() > Some(400));
}

#[test]
fn first_refusals_are_answered_as_they_ask_for() {
    let watcher = || {
        let mut watcher = Watcher::with(config());
        let subscribe = watcher.subscribe();
        (watcher, subscribe)
    };
    let (mut it, subscribe) = watcher();
    let brief = response(&subscribe, 423, [(HeaderName::MinExpires, "7200")]);
    let again = it.hear(&brief).request();
    assert_eq!(text(&again, HeaderName::Expires), "7200");
    assert_eq!(again.require::<CSeq>().unwrap().number, 2);
    let brief = response(&again, 423, [(HeaderName::MinExpires, "90000")]);
    assert_eq!(ended(&it.hear(&brief).events), Some(false), "more than a day");

    let (mut it, subscribe) = watcher();
    let challenge = response(&subscribe, 407, [(HeaderName::ProxyAuthenticate, CHALLENGE)]);
    let again = it.hear(&challenge).request();
    assert!(again.has(&HeaderName::ProxyAuthorization));
    it.hear(&ok(&again, "n1", 600)).nothing();
    it.notified(&notify(&subscribe, "n1", 1, "active"));
    it.sleep().nothing();
    let refresh = it.sleep().request();
    assert_eq!(text(&refresh, HeaderName::CSeq), "3 SUBSCRIBE", "above both before");
    assert!(refresh.has(&HeaderName::ProxyAuthorization));

    for (status, retry) in [(403, None), (489, None), (481, None), (503, Some(99)), (408, Some(99))]
    {
        let (mut it, subscribe) = watcher();
        let refused = response(&subscribe, status, [(HeaderName::RetryAfter, "99")]);
        assert_eq!(ended(&it.hear(&refused).events), Some(retry.is_some()), "{status}");
        assert_eq!(it.due_secs(), retry);
    }
    let (mut it, subscribe) = watcher();
    it.subscriber.handle_failure(&mut it.bench.cx(), &subscribe, Failure::Unreachable);
    assert_eq!(ended(&it.done().events), Some(true));
}

/// Section 4.1.2.3.
#[test]
fn unsubscribing_waits_for_the_last_notify() {
    let (mut watcher, subscribe) = Watcher::active(config(), 600);
    watcher.subscriber.unsubscribe(&mut watcher.bench.cx());
    let last = watcher.done().request();
    assert_eq!(text(&last, HeaderName::Expires), "0");
    watcher.hear(&ok(&last, "n1", 0)).nothing();
    let (_, events) = watcher.notified(&notify(&subscribe, "n1", 2, "terminated;reason=timeout"));
    assert_eq!(ended(&events), Some(false));
    assert_eq!(watcher.due_secs(), None);
}

#[test]
fn unsubscribing_waits_for_a_refresh_under_way_and_is_said_once() {
    let (mut watcher, _) = Watcher::active(config(), 600);
    watcher.sleep().nothing();
    let refresh = watcher.sleep().request();
    watcher.subscriber.unsubscribe(&mut watcher.bench.cx());
    watcher.done().nothing();
    let last = watcher.hear(&ok(&refresh, "n1", 600)).request();
    assert_eq!(text(&last, HeaderName::Expires), "0");
    // Whatever the answer says of Expires.
    let mut odd = response(&last, 200, []);
    odd.set_to_tag("n1");
    watcher.hear(&odd).nothing();
    assert_eq!(ended(&watcher.sleep().events), Some(false), "Timer N");
}

#[test]
fn what_was_ended_before_it_began_ends_when_it_begins() {
    let mut watcher = Watcher::with(config());
    let subscribe = watcher.subscribe();
    watcher.subscriber.unsubscribe(&mut watcher.bench.cx());
    watcher.done().nothing();
    let done = watcher.take(&notify(&subscribe, "n1", 1, "active;expires=60"));
    assert_eq!(text(&done.requests[0], HeaderName::Expires), "0");
}

/// Section 4.4.3.
#[test]
fn a_fetch_is_one_notify() {
    let mut config = config();
    config.expires_secs = 0;
    let mut watcher = Watcher::with(config);
    let subscribe = watcher.subscribe();
    assert_eq!(text(&subscribe, HeaderName::Expires), "0");
    watcher.hear(&ok(&subscribe, "n1", 0)).nothing();
    let (_, events) = watcher.notified(&notify(&subscribe, "n1", 1, "terminated;reason=timeout"));
    assert!(matches!(events[0], SubscriberEvent::Notified { .. }));
    let reason = TerminationReason::Timeout;
    assert!(matches!(&events[1], SubscriberEvent::Terminated { reason: it, .. } if *it == reason));
    assert_eq!((ended(&events), watcher.due_secs()), (Some(false), None));
}

#[test]
fn a_stored_subscription_goes_on() {
    let (watcher, subscribe) = Watcher::active(config(), 600);
    let unix = UnixTime::from_secs(1_700_000_000);
    let record = Record::new(&watcher.subscriber, watcher.bench.now, unix);
    let read: Record<Subscriber> = toml::from_str(&toml::to_string(&record).unwrap()).unwrap();
    let mut restored = Watcher::with(config());
    let later = UnixTime::from_secs(1_700_000_060);
    restored.subscriber = read.restore(restored.bench.now, later).unwrap();
    let ids: Vec<DialogId> = restored.subscriber.dialogs().cloned().collect();
    assert_eq!(ids, watcher.subscriber.dialogs().cloned().collect::<Vec<_>>());
    assert_eq!(restored.notified(&notify(&subscribe, "n1", 1, "active")).0, 500, "CSeq is kept");
    assert_eq!(restored.notified(&notify(&subscribe, "n1", 2, "active")).0, 200);
    restored.sleep().nothing();
    assert!(restored.due_secs() < Some(480));
    assert_eq!(text(&restored.sleep().request(), HeaderName::CSeq), "2 SUBSCRIBE");
}
