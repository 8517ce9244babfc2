//! Registration by the example: what is sent, what is kept, what is tried again and when.

mod registrar;

use super::*;
use crate::message::headers::Credentials;
use crate::message::{CSeq, Contact};
use crate::usage::tests::{Bench, CHALLENGE, Done, response, text};
use crate::usage::{Failure, Record};
use crate::{HeaderName, Method, Request, Response, StatusCode, UnixTime};

const OWN: &str = "sip:bob@192.0.2.4;transport=tcp";

struct Phone {
    bench: Bench,
    registration: Registration,
}

impl Phone {
    fn new() -> Self {
        Self::with(RegistrationConfig::new("sip:b.example", "sip:bob@b.example"))
    }

    fn with(config: RegistrationConfig) -> Self {
        let mut bench = Bench::new(1);
        let registration = Registration::new(config, &mut bench.rng);
        Self { bench, registration }
    }

    fn done(&mut self) -> Done<RegistrationEvent> {
        Done::of(|| self.registration.poll_action())
    }

    fn register(&mut self, contacts: Vec<OwnContact>) -> Request {
        self.registration.register(&mut self.bench.cx(), contacts).unwrap();
        self.done().request()
    }

    fn hear(&mut self, response: &Response) -> Done<RegistrationEvent> {
        self.registration.handle_response(&mut self.bench.cx(), response);
        self.done()
    }

    fn wake(&mut self) -> Done<RegistrationEvent> {
        self.registration.handle_timeout(&mut self.bench.cx());
        self.done()
    }

    /// Sleeps until something is due.
    fn sleep(&mut self) -> Done<RegistrationEvent> {
        self.bench.now = self.registration.poll_timeout().expect("something will be due");
        self.wake()
    }

    fn due_secs(&self) -> Option<u64> {
        self.bench.until(self.registration.poll_timeout())
    }

    /// Registered for an hour.
    fn registered(config: RegistrationConfig) -> Self {
        let mut phone = Self::with(config);
        let request = phone.register(vec![OwnContact::new(OWN)]);
        let ok = granted(&request, OWN, 3600);
        assert_eq!(phone.hear(&ok).event(), RegistrationEvent::Registered);
        phone
    }
}

fn granted(request: &Request, uri: &str, seconds: u32) -> Response {
    response(request, 200, [(HeaderName::Contact, &format!("<{uri}>;expires={seconds}"))])
}

fn cseq(request: &Request) -> u32 {
    request.require::<CSeq>().unwrap().number
}

fn failed(event: &RegistrationEvent) -> (u16, bool) {
    match event {
        RegistrationEvent::Failed { status, retry_at } => (status.as_u16(), retry_at.is_some()),
        other => panic!("{other:?}"),
    }
}

/// RFC 3261 section 10.2.
#[test]
fn a_register_has_what_it_must_have() {
    let mut config = RegistrationConfig::new("sip:b.example", "sip:bob@b.example");
    config.routes = vec!["<sip:edge.example;lr>".into()];
    let mut phone = Phone::with(config);
    let request = phone.register(vec![OwnContact::new(OWN), OwnContact::new("sip:bob@192.0.2.5")]);
    assert_eq!((request.method(), request.uri_bytes()), (&Method::Register, &b"sip:b.example"[..]));
    assert_eq!(text(&request, HeaderName::To), "<sip:bob@b.example>");
    assert!(text(&request, HeaderName::From).starts_with("<sip:bob@b.example>;tag="));
    assert_eq!(text(&request, HeaderName::Route), "<sip:edge.example;lr>");
    assert_eq!(text(&request, HeaderName::Contact), format!("<{OWN}>, <sip:bob@192.0.2.5>"));
    assert_eq!(text(&request, HeaderName::Expires), "3600");
    assert_eq!(text(&request, HeaderName::Supported), "path");
    assert_eq!(cseq(&request), 1);
}

/// Section 10.2.4: refreshed before the shortest time granted to an own contact; the same Call-ID, a
/// higher CSeq.
#[test]
fn the_shortest_own_contact_decides_when_to_refresh() {
    let mut phone = Phone::new();
    let first = phone.register(vec![OwnContact::new(OWN), OwnContact::new("sip:bob@192.0.2.5")]);
    let contacts = "<sip:another@192.0.2.9>;expires=10, \
                    <SIP:bob@192.0.2.4;transport=TCP>;expires=1200, <sip:bob@192.0.2.5>;expires=600";
    let ok = response(&first, 200, [(HeaderName::Contact, contacts)]);
    assert_eq!(phone.hear(&ok).event(), RegistrationEvent::Registered);
    let seconds: Vec<_> = phone.registration.granted().iter().map(|it| it.expires_secs).collect();
    assert_eq!(seconds, [Some(1200), Some(600)]);
    let due = phone.due_secs().unwrap();
    assert!((482..=536).contains(&due), "64 s before 600 s, at most a tenth earlier: {due}");

    phone.bench.pass(100);
    phone.wake().nothing();
    let again = phone.sleep().request();
    assert_eq!(cseq(&again), 2);
    assert_eq!(again.call_id(), first.call_id());
    assert_eq!(text(&again, HeaderName::From), text(&first, HeaderName::From));
}

#[test]
fn a_registrar_that_lists_nothing_grants_what_it_says_or_what_was_asked() {
    let mut phone = Phone::new();
    let request = phone.register(vec![OwnContact::new(OWN)]);
    phone.hear(&response(&request, 200, [(HeaderName::Expires, "300")])).event();
    assert_eq!(phone.registration.granted()[0].expires_secs, Some(300));
    let request = phone.sleep().request();
    phone.hear(&response(&request, 200, [])).event();
    assert_eq!(phone.registration.granted()[0].expires_secs, Some(3600));
}

#[test]
fn a_binding_that_is_not_there_is_tried_again() {
    let mut phone = Phone::new();
    let request = phone.register(vec![OwnContact::new(OWN)]);
    let event = phone.hear(&granted(&request, "sip:else@192.0.2.9", 60)).event();
    assert_eq!(failed(&event), (200, true));
    assert_eq!(phone.registration.state(), RegistrationState::Unregistered);
}

/// RFC 3608, RFC 7315 section 4.1, RFC 5626 section 6, RFC 5627 section 4.2.
#[test]
fn what_the_registrar_tells_is_kept() {
    let mut phone = Phone::new();
    let contact = OwnContact::new("sip:bob@192.0.2.4;ob").flow("urn:uuid:0C67446E", 1);
    let request = phone.register(vec![contact]);
    assert_eq!(text(&request, HeaderName::Supported), "path, outbound, gruu");
    let sent = text(&request, HeaderName::Contact);
    assert!(sent.ends_with(r#";+sip.instance="<urn:uuid:0C67446E>";reg-id=1"#), "{sent}");

    let contact = r#"<sip:bob@198.51.100.9:4711>;expires=3600;reg-id=1;+sip.instance="<urn:uuid:0C67446E>";pub-gruu="sip:bob@b.example;gr=1";temp-gruu="sip:t@b.example;gr""#;
    let ok = response(
        &request,
        200,
        [
            (HeaderName::Contact, contact),
            (HeaderName::Require, "outbound"),
            (HeaderName::FlowTimer, "120"),
            (HeaderName::ServiceRoute, "<sip:s1.example;lr>, <sip:s2.example;lr>"),
            (HeaderName::PAssociatedUri, "<sip:bob@b.example>, <tel:+1>"),
        ],
    );
    assert_eq!(phone.hear(&ok).event(), RegistrationEvent::Registered);
    let registration = &phone.registration;
    assert!(registration.is_outbound());
    assert_eq!(registration.flow_timer_secs(), Some(120));
    assert_eq!(registration.service_route(), ["<sip:s1.example;lr>", "<sip:s2.example;lr>"]);
    assert_eq!(registration.associated_uris(), ["<sip:bob@b.example>", "<tel:+1>"]);
    let [granted] = registration.granted() else { panic!("one contact") };
    assert_eq!(
        (&granted.pub_gruu[..], &granted.temp_gruu[..]),
        (&b"sip:bob@b.example;gr=1"[..], &b"sip:t@b.example;gr"[..])
    );
}

#[test]
fn lists_are_kept_up_to_their_limits() {
    let mut config = RegistrationConfig::new("sip:b.example", "sip:bob@b.example");
    (config.routes_max, config.bindings_max, config.contacts_max) = (1, 1, 1);
    let mut phone = Phone::with(config);
    let two = vec![OwnContact::new(OWN), OwnContact::new("sip:x@192.0.2.5")];
    let refused = phone.registration.register(&mut phone.bench.cx(), two);
    assert_eq!(refused, Err(TooManyContacts(1)));
    phone.done().nothing();

    let request = phone.register(vec![OwnContact::new(OWN)]);
    let contacts = format!("<{OWN}>;expires=60, <sip:x@192.0.2.5>;expires=60");
    let ok = response(
        &request,
        200,
        [
            (HeaderName::Contact, &contacts[..]),
            (HeaderName::ServiceRoute, "<sip:a;lr>, <sip:b;lr>"),
        ],
    );
    phone.hear(&ok).event();
    assert_eq!(phone.registration.service_route(), ["<sip:a;lr>"]);

    let request = phone.sleep().request();
    let behind = format!("<sip:x@192.0.2.5>;expires=60, <{OWN}>;expires=60");
    let ok = response(&request, 200, [(HeaderName::Contact, &behind)]);
    assert_eq!(failed(&phone.hear(&ok).event()), (200, true), "the own one is beyond the limit");
}

/// Section 10.2.8.
#[test]
fn a_longer_time_is_asked_for_where_the_registrar_wants_it() {
    let mut config = RegistrationConfig::new("sip:b.example", "sip:bob@b.example");
    config.expires_secs = 60;
    let mut phone = Phone::with(config);
    let request = phone.register(vec![OwnContact::new(OWN)]);
    let brief =
        |request: &Request, least| response(request, 423, [(HeaderName::MinExpires, least)]);
    let again = phone.hear(&brief(&request, "120")).request();
    assert_eq!((cseq(&again), &text(&again, HeaderName::Expires)[..]), (2, "120"));
    // Not for ever, should each time a little more be asked for.
    let again = phone.hear(&brief(&again, "121")).request();
    let again = phone.hear(&brief(&again, "122")).request();
    assert_eq!(failed(&phone.hear(&brief(&again, "123")).event()), (423, false));
}

#[test]
fn an_absurd_time_is_not_asked_for() {
    for least in ["86401", "3600", "x"] {
        let mut phone = Phone::new();
        let request = phone.register(vec![OwnContact::new(OWN)]);
        let brief = response(&request, 423, [(HeaderName::MinExpires, least)]);
        assert_eq!(failed(&phone.hear(&brief).event()), (423, false), "{least}");
    }
}

/// RFC 3261 section 22: answered once, with another CSeq; refused again, it is over.
#[test]
fn challenges_are_answered() {
    let mut phone = Phone::new();
    let request = phone.register(vec![OwnContact::new(OWN)]);
    let challenge =
        |request: &Request| response(request, 401, [(HeaderName::WwwAuthenticate, CHALLENGE)]);
    let again = phone.hear(&challenge(&request)).request();
    assert_eq!(cseq(&again), 2);
    let credentials = again.value(&HeaderName::Authorization).unwrap();
    assert_eq!(Credentials::parse(credentials).unwrap().nonce(), Some(&b"1"[..]));
    // A late copy of the challenge is to another request.
    phone.hear(&challenge(&request)).nothing();
    assert_eq!(failed(&phone.hear(&challenge(&again)).event()), (401, false));
    assert_eq!(phone.due_secs(), None);
}

#[test]
fn a_refresh_proves_itself_unasked() {
    let mut phone = Phone::new();
    let request = phone.register(vec![OwnContact::new(OWN)]);
    let challenge = response(&request, 401, [(HeaderName::WwwAuthenticate, CHALLENGE)]);
    let again = phone.hear(&challenge).request();
    phone.hear(&granted(&again, OWN, 60)).event();
    let refresh = phone.sleep().request();
    assert_eq!((cseq(&refresh), refresh.count(&HeaderName::Authorization)), (3, 1));
}

/// RFC 5626 section 4.5.
#[test]
fn failures_that_pass_are_tried_again_later_and_later() {
    let mut phone = Phone::new();
    let mut request = phone.register(vec![OwnContact::new(OWN)]);
    for range in [30..=60, 60..=120, 120..=240, 240..=480, 480..=960, 900..=1800, 900..=1800] {
        assert_eq!(failed(&phone.hear(&response(&request, 503, [])).event()), (503, true));
        let wait = phone.due_secs().unwrap();
        assert!(range.contains(&wait), "{wait} in {range:?}");
        request = phone.sleep().request();
    }
    phone.hear(&granted(&request, OWN, 3600)).event();
    request = phone.sleep().request();
    phone.hear(&response(&request, 500, [])).event();
    assert!(phone.due_secs().unwrap() <= 60, "a success starts the count anew");
}

#[test]
fn with_another_flow_alive_there_is_less_hurry() {
    let mut phone = Phone::new();
    phone.registration.set_other_flow(true);
    let request = phone.register(vec![OwnContact::new(OWN)]);
    phone.hear(&response(&request, 408, [])).event();
    assert!((90..=180).contains(&phone.due_secs().unwrap()));
}

#[test]
fn retry_after_is_kept_up_to_a_day() {
    for (asked, range) in [("7", 30..=60), ("500", 500..=500), ("999999999", 86_400..=86_400)] {
        let mut phone = Phone::new();
        let request = phone.register(vec![OwnContact::new(OWN)]);
        phone.hear(&response(&request, 503, [(HeaderName::RetryAfter, asked)])).event();
        assert!(range.contains(&phone.due_secs().unwrap()), "{asked}");
    }
}

#[test]
fn a_refusal_is_not_tried_again() {
    for status in [300, 400, 403, 404, 405, 420, 501, 600, 603] {
        let mut phone = Phone::new();
        let request = phone.register(vec![OwnContact::new(OWN)]);
        let event = phone.hear(&response(&request, status, [])).event();
        assert_eq!((failed(&event), phone.due_secs()), ((status, false), None));
    }
}

/// RFC 3261 section 8.1.3.1.
#[test]
fn no_response_is_a_failure_that_passes() {
    for (failure, status) in [(Failure::TimedOut, 408), (Failure::Unreachable, 503)] {
        let mut phone = Phone::new();
        let request = phone.register(vec![OwnContact::new(OWN)]);
        let other = Request::builder(Method::Register, "sip:b.example").cseq(99).build();
        phone.registration.handle_failure(&mut phone.bench.cx(), &other, failure);
        phone.done().nothing();
        phone.registration.handle_failure(&mut phone.bench.cx(), &request, failure);
        assert_eq!(failed(&phone.done().event()), (status, true));
        phone.hear(&granted(&request, OWN, 60)).nothing();
    }
}

/// RFC 5626 section 11.6: 439.
#[test]
fn without_outbound_on_the_way_it_registers_without() {
    let mut phone = Phone::new();
    let request = phone.register(vec![OwnContact::new(OWN).flow("urn:uuid:0C67446E", 1)]);
    let again = phone.hear(&response(&request, 439, [])).request();
    assert!(!text(&again, HeaderName::Contact).contains("reg-id"));
    assert_eq!(text(&again, HeaderName::Supported), "path, gruu");
    assert_eq!(failed(&phone.hear(&response(&again, 439, [])).event()), (439, false));
}

#[test]
fn what_is_not_refreshed_lapses() {
    let mut phone =
        Phone::registered(RegistrationConfig::new("sip:b.example", "sip:bob@b.example"));
    let refresh = phone.sleep().request();
    phone.registration.handle_failure(&mut phone.bench.cx(), &refresh, Failure::TimedOut);
    assert_eq!(failed(&phone.done().event()), (408, true));
    assert_eq!(phone.registration.state(), RegistrationState::Registered, "still bound");
    phone.bench.pass(4000);
    let done = phone.wake();
    assert_eq!(done.events, [RegistrationEvent::Lapsed]);
    assert_eq!(done.requests.len(), 1, "and it is tried again");
    assert_eq!(phone.registration.state(), RegistrationState::Unregistered);
}

/// Who grants a second does not make us register each second.
#[test]
fn refreshes_have_a_shortest_interval() {
    let mut phone = Phone::new();
    let request = phone.register(vec![OwnContact::new(OWN)]);
    phone.hear(&granted(&request, OWN, 1)).event();
    phone.bench.pass(1);
    assert_eq!(phone.wake().event(), RegistrationEvent::Lapsed);
    assert_eq!(phone.due_secs(), Some(4));
}

#[test]
fn a_failed_flow_is_replaced_at_once() {
    let mut phone =
        Phone::registered(RegistrationConfig::new("sip:b.example", "sip:bob@b.example"));
    phone.registration.handle_flow_failed(&mut phone.bench.cx());
    let request = phone.done().request();
    phone.hear(&response(&request, 503, [])).event();
    phone.registration.handle_flow_failed(&mut phone.bench.cx());
    phone.done().nothing();
}

/// Section 10.2.2.
#[test]
fn unregistering_removes_the_own_contacts_or_all() {
    let config = RegistrationConfig::new("sip:b.example", "sip:bob@b.example");
    let mut phone = Phone::registered(config.clone());
    phone.registration.unregister(&mut phone.bench.cx());
    let request = phone.done().request();
    assert_eq!(text(&request, HeaderName::Contact), format!("<{OWN}>;expires=0"));
    assert_eq!(phone.hear(&response(&request, 200, [])).event(), RegistrationEvent::Unregistered);
    assert_eq!((phone.due_secs(), phone.registration.granted().len()), (None, 0));

    let mut phone = Phone::registered(config);
    phone.registration.unregister_all(&mut phone.bench.cx());
    let request = phone.done().request();
    assert_eq!(request.header::<Contact<'_>>(), Ok(Some(Contact::Star)));
    assert_eq!(text(&request, HeaderName::Expires), "0");
    // What cannot be removed is left to lapse.
    assert_eq!(failed(&phone.hear(&response(&request, 503, [])).event()), (503, false));
    assert_eq!(phone.due_secs(), None);
}

/// Section 10.2.3.
#[test]
fn a_query_has_no_contact_and_tells_all() {
    let mut phone =
        Phone::registered(RegistrationConfig::new("sip:b.example", "sip:bob@b.example"));
    let due = phone.due_secs();
    phone.registration.query(&mut phone.bench.cx());
    let request = phone.done().request();
    assert!(!request.has(&HeaderName::Contact) && !request.has(&HeaderName::Expires));
    let ok = response(&request, 200, [(HeaderName::Contact, "<sip:a@b>, <sip:c@d>;q=0.1")]);
    let RegistrationEvent::Bindings(bindings) = phone.hear(&ok).event() else { panic!("a list") };
    assert_eq!(bindings, ["<sip:a@b>", "<sip:c@d>;q=0.1"]);
    assert_eq!(phone.due_secs(), due, "the refresh is as it was");
}

/// Section 10.2: one at a time; and what is wanted last counts.
#[test]
fn commands_wait_for_the_register_under_way() {
    let mut phone = Phone::new();
    let request = phone.register(vec![OwnContact::new(OWN)]);
    phone.registration.query(&mut phone.bench.cx());
    phone.registration.unregister(&mut phone.bench.cx());
    let other = vec![OwnContact::new("sip:bob@192.0.2.5")];
    phone.registration.register(&mut phone.bench.cx(), other).unwrap();
    phone.done().nothing();
    let done = phone.hear(&granted(&request, OWN, 60));
    assert!(!done.requests[0].has(&HeaderName::Contact), "the query");
    let done = phone.hear(&response(&done.requests[0], 200, []));
    let contacts = text(&done.requests[0], HeaderName::Contact);
    assert_eq!(contacts, format!("<sip:bob@192.0.2.5>, <{OWN}>;expires=0"), "the old one goes");
    phone.hear(&granted(&done.requests[0], "sip:bob@192.0.2.5", 60)).event();
}

#[test]
fn a_stored_registration_goes_on() {
    let mut phone =
        Phone::registered(RegistrationConfig::new("sip:b.example", "sip:bob@b.example"));
    let (due, unix) = (phone.due_secs().unwrap(), UnixTime::from_secs(1_700_000_000));
    let record = Record::new(&phone.registration, phone.bench.now, unix);
    let written = toml::to_string(&record).unwrap();
    let read: Record<Registration> = toml::from_str(&written).unwrap();

    // Another process, whose clock counts from elsewhere, five minutes later.
    phone.bench.now = crate::Instant::from_secs(7);
    let later = UnixTime::from_secs(1_700_000_300);
    phone.registration = read.restore(phone.bench.now, later).unwrap();
    assert_eq!(phone.due_secs(), Some(due - 300));
    let refresh = phone.sleep().request();
    assert_eq!(cseq(&refresh), 2);

    // Stored while that is under way: it is sent anew.
    let record = Record::new(&phone.registration, phone.bench.now, later);
    phone.registration = record.restore(phone.bench.now, later).unwrap();
    assert_eq!(phone.due_secs(), Some(0));
    assert_eq!(cseq(&phone.wake().request()), 3);

    let newer = written.replace("version = 1", "version = 2");
    let read: Record<Registration> = toml::from_str(&newer).unwrap();
    let refused = read.restore(phone.bench.now, later).map(|it| it.state());
    assert_eq!(refused, Err(crate::usage::RecordError::Version(2)));
}

#[test]
fn a_stored_removal_is_still_one() {
    let mut phone =
        Phone::registered(RegistrationConfig::new("sip:b.example", "sip:bob@b.example"));
    phone.registration.unregister(&mut phone.bench.cx());
    phone.done().request();
    let unix = UnixTime::from_secs(1);
    let record = Record::new(&phone.registration, phone.bench.now, unix);
    phone.registration = record.restore(phone.bench.now, unix).unwrap();
    let request = phone.wake().request();
    assert_eq!(text(&request, HeaderName::Contact), format!("<{OWN}>;expires=0"));
    assert_eq!(request.method(), &Method::Register);
    assert!(phone.hear(&response(&request, StatusCode::OK.as_u16(), [])).requests.is_empty());
}
