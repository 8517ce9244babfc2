//! RFC 3515 and RFC 4488.

use crate::dialog::Dialog;
use crate::message::RequestBuilder;
use crate::usage::tests::{Bench, CHALLENGE, Done, response, text};
use crate::usage::{
    Failure, Record, Referee, RefereeConfig, RefereeEvent, Referral, Referrer, ReferrerConfig,
    ReferrerEvent, TerminationReason,
};
use crate::{HeaderName, Method, Request, Response, StatusCode, UnixTime};

fn refer() -> RequestBuilder {
    Request::builder(Method::Refer, "sip:b@b.example")
        .from("<sip:a@a.example>;tag=1")
        .to("<sip:b@b.example>")
        .call_id("c1")
        .cseq(5)
        .contact("<sip:a@192.0.2.1>")
        .header(HeaderName::ReferTo, "<sip:c@c.example>")
}

/// Both sides of a REFER outside of a dialog.
struct Transfer {
    bench: Bench,
    referrer: Referrer,
    referee: Referee,
    dialog: Dialog,
}

impl Transfer {
    fn start() -> (Self, Request) {
        let mut bench = Bench::new(8);
        let mut referrer =
            Referrer::new(&mut bench.cx(), ReferrerConfig::default(), refer().build(), true);
        let sent = Done::of(|| referrer.poll_action()).request();
        let referral = Referral::read(&sent).unwrap();
        let accepted = referral.accept(&sent, "sip:b@192.0.2.2", &mut bench.rng);
        let mut dialog = Dialog::uas(&sent, &accepted).unwrap();
        let config = RefereeConfig::new("sip:b@192.0.2.2");
        let mut referee = Referee::new(&mut bench.cx(), config, &referral, &mut dialog);
        referrer.handle_response(&mut bench.cx(), None, &accepted);
        let event = Done::of(|| referrer.poll_action()).event();
        assert_eq!(event, ReferrerEvent::Accepted { has_subscription: true });
        let first = Done::of(|| referee.poll_action()).request();
        (Self { bench, referrer, referee, dialog }, first)
    }

    /// The NOTIFY to the referrer, its answer to the referee: what each told.
    fn deliver(&mut self, notify: &Request) -> (Vec<ReferrerEvent>, Done<RefereeEvent>) {
        self.referrer.handle_request(&mut self.bench.cx(), notify);
        let done = Done::of(|| self.referrer.poll_action());
        let [answer] = &done.responses[..] else { panic!("one response") };
        assert_eq!(answer.status(), StatusCode::OK);
        let (cx, dialog) = (&mut self.bench.cx(), &mut self.dialog);
        self.referee.handle_response(cx, dialog, answer);
        (done.events, Done::of(|| self.referee.poll_action()))
    }

    fn progress(&mut self, status: u16) -> Done<RefereeEvent> {
        let status = StatusCode::new(status).unwrap();
        self.referee.progress(&mut self.bench.cx(), &mut self.dialog, status);
        Done::of(|| self.referee.poll_action())
    }
}

/// RFC 3515 section 4.1.
#[test]
fn a_referral_is_told_from_trying_to_its_end() {
    let (mut transfer, first) = Transfer::start();
    assert_eq!(text(&first, HeaderName::Event), "refer;id=5");
    assert_eq!(text(&first, HeaderName::SubscriptionState), "active;expires=180");
    assert_eq!(text(&first, HeaderName::ContentType), "message/sipfrag;version=2.0");
    assert_eq!(first.body(), "SIP/2.0 100 Trying\r\n");
    let dialog = transfer.referrer.dialog(&first).unwrap();
    assert_eq!(&dialog.id().local_tag[..], b"1");
    let told = |code| ReferrerEvent::Progress { status: StatusCode::new(code).unwrap() };
    assert_eq!(transfer.deliver(&first).0, [told(100)]);

    let ringing = transfer.progress(180).request();
    transfer.progress(183).nothing();
    transfer.progress(200).nothing();
    let (events, mut done) = transfer.deliver(&ringing);
    assert_eq!(events, [told(180)]);
    let last = done.requests.remove(0);
    assert_eq!(text(&last, HeaderName::SubscriptionState), "terminated;reason=noresource");
    let (events, done) = transfer.deliver(&last);
    let reason = TerminationReason::NoResource;
    assert_eq!(events, [told(200), ReferrerEvent::Ended { reason }]);
    assert_eq!(done.event(), RefereeEvent::Ended);
    assert_eq!((transfer.referrer.poll_timeout(), transfer.referee.poll_timeout()), (None, None));
    transfer.progress(486).nothing();
}

#[test]
fn a_referral_that_takes_too_long_ends() {
    let (mut transfer, first) = Transfer::start();
    transfer.deliver(&first);
    transfer.bench.pass(180);
    transfer.referee.handle_timeout(&mut transfer.bench.cx(), &mut transfer.dialog);
    let last = Done::of(|| transfer.referee.poll_action()).request();
    assert_eq!(text(&last, HeaderName::SubscriptionState), "terminated;reason=timeout");
    let reason = TerminationReason::Timeout;
    assert!(transfer.deliver(&last).0.contains(&ReferrerEvent::Ended { reason }));
}

#[test]
fn a_lost_referrer_ends_it() {
    let (mut transfer, first) = Transfer::start();
    transfer.referee.handle_failure(&first, Failure::TimedOut);
    let event = Done::of(|| transfer.referee.poll_action()).event();
    assert_eq!(event, RefereeEvent::Lost { status: StatusCode::REQUEST_TIMEOUT });
    transfer.bench.pass(31);
    transfer.referrer.handle_timeout(&mut transfer.bench.cx());
    Done::of(|| transfer.referrer.poll_action()).nothing();
    transfer.bench.pass(1);
    transfer.referrer.handle_timeout(&mut transfer.bench.cx());
    let event = Done::of(|| transfer.referrer.poll_action()).event();
    assert_eq!(event, ReferrerEvent::Ended { reason: TerminationReason::Timeout }, "Timer N");
}

#[test]
fn a_referrer_that_is_busy_is_told_again_within_a_minute() {
    let (mut transfer, first) = Transfer::start();
    let busy = response(&first, 503, [(HeaderName::RetryAfter, "4000000000")]);
    let (cx, dialog) = (&mut transfer.bench.cx(), &mut transfer.dialog);
    transfer.referee.handle_response(cx, dialog, &busy);
    Done::of(|| transfer.referee.poll_action()).nothing();
    assert_eq!(transfer.bench.until(transfer.referee.poll_timeout()), Some(60));
    transfer.bench.pass(60);
    transfer.referee.handle_timeout(&mut transfer.bench.cx(), &mut transfer.dialog);
    let again = Done::of(|| transfer.referee.poll_action()).request();
    assert_eq!(again.body(), first.body());
}

/// RFC 3515 section 2.4.4: the referrer may have heard enough.
#[test]
fn a_subscribe_ends_or_repeats_it() {
    for (event, expires, status, state) in [
        ("refer;id=5", "0", 200, Some("terminated;reason=timeout")),
        ("refer;id=5", "60", 200, Some("active;expires=180")),
        ("refer;id=6", "0", 481, None),
    ] {
        let (mut transfer, first) = Transfer::start();
        transfer.deliver(&first);
        let subscribe = Request::builder(Method::Subscribe, "sip:b@192.0.2.2")
            .header(HeaderName::Event, event)
            .header(HeaderName::Expires, expires)
            .build();
        let (cx, dialog) = (&mut transfer.bench.cx(), &mut transfer.dialog);
        transfer.referee.handle_request(cx, dialog, &subscribe);
        let done = Done::of(|| transfer.referee.poll_action());
        assert_eq!(done.responses[0].status().as_u16(), status);
        let sent = done.requests.first().map(|it| text(it, HeaderName::SubscriptionState));
        assert_eq!(sent.as_deref(), state);
    }
}

/// RFC 4488 section 4.
#[test]
fn without_a_subscription_nothing_is_told() {
    let mut bench = Bench::new(8);
    let mut referrer =
        Referrer::new(&mut bench.cx(), ReferrerConfig::default(), refer().build(), false);
    let sent = Done::of(|| referrer.poll_action()).request();
    assert_eq!(text(&sent, HeaderName::ReferSub), "false");
    assert_eq!(text(&sent, HeaderName::Supported), "norefersub");
    let referral = Referral::read(&sent).unwrap();
    assert!(!referral.wants_subscription);
    let accepted = referral.accept(&sent, "sip:b@192.0.2.2", &mut bench.rng);
    assert_eq!(
        (accepted.status().as_u16(), &text(&accepted, HeaderName::ReferSub)[..]),
        (200, "false")
    );
    let mut dialog = Dialog::uas(&sent, &accepted).unwrap();
    let config = RefereeConfig::new("sip:b@192.0.2.2");
    let mut referee = Referee::new(&mut bench.cx(), config, &referral, &mut dialog);
    referee.progress(&mut bench.cx(), &mut dialog, StatusCode::OK);
    Done::of(|| referee.poll_action()).nothing();
    referrer.handle_response(&mut bench.cx(), None, &accepted);
    let event = Done::of(|| referrer.poll_action()).event();
    assert_eq!(event, ReferrerEvent::Accepted { has_subscription: false });
    assert_eq!((referrer.poll_timeout(), referee.poll_timeout()), (None, None));

    // Who does not know the extension subscribes us all the same.
    let mut referrer =
        Referrer::new(&mut bench.cx(), ReferrerConfig::default(), refer().build(), false);
    let sent = Done::of(|| referrer.poll_action()).request();
    referrer.handle_response(&mut bench.cx(), None, &response(&sent, 202, []));
    let event = Done::of(|| referrer.poll_action()).event();
    assert_eq!(event, ReferrerEvent::Accepted { has_subscription: true });
}

/// RFC 3515 section 2.4.2.
#[test]
fn a_refer_has_exactly_one_target() {
    let mut none = refer().build();
    none.remove(&HeaderName::ReferTo);
    let two = refer().header(HeaderName::ReferTo, "<sip:d@d.example>").build();
    let odd = refer().header(HeaderName::ReferSub, "perhaps").build();
    for request in [none, two, odd] {
        assert_eq!(Referral::read(&request), Err(StatusCode::BAD_REQUEST));
    }
    let required = refer().header(HeaderName::Require, "norefersub").build();
    assert!(!Referral::read(&required).unwrap().wants_subscription);
}

/// Section 2.4.6: each REFER of a dialog has its own subscription.
#[test]
fn referrals_in_one_dialog_are_told_apart() {
    let (mut transfer, first) = Transfer::start();
    let other = |event: &str| {
        let mut notify = first.clone();
        notify.set(HeaderName::Event, event.to_owned());
        notify
    };
    assert!(transfer.referrer.is_for(&first) && transfer.referrer.is_for(&other("refer")));
    for event in ["refer;id=4", "presence;id=5"] {
        assert!(!transfer.referrer.is_for(&other(event)));
        transfer.referrer.handle_request(&mut transfer.bench.cx(), &other(event));
        let done = Done::of(|| transfer.referrer.poll_action());
        assert_eq!(done.responses[0].status(), StatusCode::BAD_EVENT);
        assert!(done.events.is_empty());
    }
    let mut stateless = first.clone();
    stateless.remove(&HeaderName::SubscriptionState);
    transfer.referrer.handle_request(&mut transfer.bench.cx(), &stateless);
    let done = Done::of(|| transfer.referrer.poll_action());
    assert_eq!(done.responses[0].status(), StatusCode::BAD_REQUEST);
}

/// In a call, a challenge takes the next CSeq of the call's dialog, and NOTIFYs name that one.
#[test]
fn a_challenged_refer_in_a_call_counts_in_its_dialog() {
    let mut bench = Bench::new(8);
    let invite = refer().build();
    let mut ok = response(&invite, 200, [(HeaderName::Contact, "<sip:b@192.0.2.2>")]);
    ok.set_to_tag("2");
    let mut dialog = Dialog::uac(&invite, &ok).unwrap();
    let request =
        dialog.request(Method::Refer).header(HeaderName::ReferTo, "<sip:c@c.example>").build();
    drop(dialog.request(Method::Info));
    let mut referrer = Referrer::new(&mut bench.cx(), ReferrerConfig::default(), request, true);
    let sent = Done::of(|| referrer.poll_action()).request();
    let challenge = response(&sent, 401, [(HeaderName::WwwAuthenticate, CHALLENGE)]);
    referrer.handle_response(&mut bench.cx(), Some(&mut dialog), &challenge);
    let again = Done::of(|| referrer.poll_action()).request();
    assert_eq!(text(&again, HeaderName::CSeq), "8 REFER");
    assert_eq!((referrer.cseq(), dialog.local_cseq()), (8, Some(8)));

    let refused: Response = response(&again, 603, []);
    referrer.handle_response(&mut bench.cx(), Some(&mut dialog), &refused);
    let event = Done::of(|| referrer.poll_action()).event();
    assert_eq!(event, ReferrerEvent::Refused { status: StatusCode::DECLINE });
}

#[test]
fn a_refer_without_response_failed() {
    let mut bench = Bench::new(8);
    let mut referrer =
        Referrer::new(&mut bench.cx(), ReferrerConfig::default(), refer().build(), true);
    let sent = Done::of(|| referrer.poll_action()).request();
    referrer.handle_failure(&sent, Failure::Unreachable);
    let event = Done::of(|| referrer.poll_action()).event();
    assert_eq!(event, ReferrerEvent::Refused { status: StatusCode::SERVICE_UNAVAILABLE });
}

#[test]
fn promises_of_a_notify_are_kept_up_to_an_hour() {
    let (mut transfer, mut first) = Transfer::start();
    first.set(HeaderName::SubscriptionState, "active;expires=4000000000");
    transfer.deliver(&first);
    let due = transfer.bench.until(transfer.referrer.poll_timeout());
    assert_eq!(due, Some(3600));
}

#[test]
fn both_sides_survive_being_stored() {
    let (mut transfer, first) = Transfer::start();
    let unix = UnixTime::from_secs(5);
    let now = transfer.bench.now;
    let referrer = toml::to_string(&Record::new(&transfer.referrer, now, unix)).unwrap();
    let referee = toml::to_string(&Record::new(&transfer.referee, now, unix)).unwrap();
    let referrer: Record<Referrer> = toml::from_str(&referrer).unwrap();
    let referee: Record<Referee> = toml::from_str(&referee).unwrap();
    transfer.referrer = referrer.restore(now, unix).unwrap();
    transfer.referee = referee.restore(now, unix).unwrap();
    transfer.referee.handle_timeout(&mut transfer.bench.cx(), &mut transfer.dialog);
    let again = Done::of(|| transfer.referee.poll_action()).request();
    assert_eq!((again.body(), text(&again, HeaderName::CSeq)), (first.body(), "2 NOTIFY".into()));
    assert_eq!(transfer.deliver(&again).0.len(), 1);
}
