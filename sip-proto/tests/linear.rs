//! What parsing, reading, editing and writing cost grows with the message and no faster, whatever it
//! is made of. Four times the message may take four times as long, and some; a cost that grew with
//! the square would take sixteen times.
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the cost is measured by the clock"
)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use sip_proto::message::headers::{Server, UserAgent, Warning};
use sip_proto::message::{Contact, From, HeaderName, Route, Via};
use sip_proto::{Limits, ParseErrorKind, SipMessage};

const SMALL: usize = 1_000;
const FACTOR: u32 = 4;
/// How much worse than in proportion is still taken for noise.
const SLACK: u32 = 2;
const ATTEMPTS: usize = 5;

type Make = fn(usize) -> String;
type Use = fn(&mut SipMessage);

fn message(lines: &str) -> Bytes {
    format!("OPTIONS sip:b@b SIP/2.0\r\n{lines}Content-Length: 0\r\n\r\n").into()
}

fn raised() -> Limits {
    Limits {
        header_bytes_max: 1 << 20,
        header_count_max: 100_000,
        header_value_bytes_max: 1 << 20,
        ..Limits::default()
    }
}

/// Inputs that are easy to make expensive: what is repeated, and what reads it.
const INPUTS: &[(&str, Make, Use)] = &[
    ("distinct headers", distinct_headers, read_all),
    ("Via in one line", via_line, vias),
    ("Via in lines", via_lines, vias),
    ("Via in one line, popped", via_line, pop_vias),
    ("Via in lines, popped", via_lines, pop_vias),
    ("Via in one line, removed in place", via_line, remove_vias),
    ("Via in lines, removed in place", via_lines, remove_vias),
    ("Via in one line, updated", via_line, update_vias),
    ("Via in lines, updated", via_lines, update_vias),
    ("Via in lines, set", via_lines, |message| set(message, HeaderName::Via)),
    ("Via in lines, retained", via_lines, retain_half),
    ("distinct headers, retained", distinct_headers, retain_half),
    (
        "an unknown header in lines, set",
        |n| "X-A: b\r\n".repeat(n),
        |message| {
            set(message, HeaderName::from_bytes("X-A"));
        },
    ),
    ("Route in one line", |n| format!("Route: {}\r\n", vec!["<sip:a;lr>"; n].join(",")), routes),
    ("Route in lines", |n| "Route: <sip:a;lr>\r\n".repeat(n), routes),
    ("quotes", |n| format!("Contact: \"{}\" <sip:a@b>\r\n", "\\\"".repeat(n)), contacts),
    ("open quotes", |n| format!("Contact: {}\r\n", "\"a\" <sip:a@b>,\"".repeat(n)), contacts),
    ("open angles", |n| format!("Contact: {}\r\n", "<".repeat(n)), contacts),
    ("nested comments", |n| format!("Server: {}{}\r\n", "(".repeat(n), ")".repeat(n)), software),
    ("open comments", |n| format!("Server: a {}\r\n", "(".repeat(n)), software),
    ("comments", |n| format!("User-Agent: a{}\r\n", " (b)".repeat(n)), software),
    ("escapes in a comment", |n| format!("User-Agent: ({})\r\n", "\\)".repeat(n)), software),
    ("warnings", |n| format!("Warning: {}\r\n", vec!["399 a \"\\\"\""; n].join(",")), software),
    ("an open warning", |n| format!("Warning: 399 a \"{}\r\n", "\\\"".repeat(n)), software),
    ("parameters", |n| format!("From: <sip:a@b>{}\r\n", ";p=1".repeat(n)), from),
    ("parameters of a URI", |n| format!("From: <sip:a@b{}>\r\n", ";p=1".repeat(n)), from),
    ("escapes", |n| format!("From: <sip:{}@b>\r\n", "%41".repeat(n)), from),
    ("folds", |n| format!("Subject: a{}\r\n", "\r\n b".repeat(n)), read_all),
    ("white space", |n| format!("From:{}<sip:a@b>\r\n", "\r\n\t".repeat(n)), from),
    ("labels", |n| format!("From: <sip:a@{}>\r\n", "a.".repeat(n)), from),
];

fn distinct_headers(count: usize) -> String {
    (0..count).fold(String::new(), |mut lines, index| {
        let _ = write!(lines, "X-{index}: {index}\r\n");
        lines
    })
}

fn via_line(count: usize) -> String {
    format!("Via: {}\r\n", vec!["SIP/2.0/UDP a"; count].join(","))
}

fn via_lines(count: usize) -> String {
    "Via: SIP/2.0/UDP a\r\n".repeat(count)
}

/// As a proxy that goes back through its own Vias would, and a registrar through Path.
fn pop_vias(message: &mut SipMessage) {
    let SipMessage::Request(request) = message else { return };
    let count = request.list(&HeaderName::Via).count();
    assert_eq!(core::iter::from_fn(|| request.pop_front(&HeaderName::Via)).count(), count);
    assert!(!request.has(&HeaderName::Via));
}

fn remove_vias(message: &mut SipMessage) {
    let SipMessage::Request(request) = message else { return };
    let count = request.list(&HeaderName::Via).count();
    assert_eq!((0..).take_while(|_| request.remove_front(&HeaderName::Via)).count(), count);
}

fn update_vias(message: &mut SipMessage) {
    let SipMessage::Request(request) = message else { return };
    assert!(request.update(&HeaderName::Via, |via| [via, b";a"].concat()) > 0);
    request.update_front(&HeaderName::Via, |via| [via, b";b"].concat());
    request.replace_back(HeaderName::Via, "SIP/2.0/UDP c");
}

fn set(message: &mut SipMessage, name: HeaderName) {
    let SipMessage::Request(request) = message else { return };
    request.set(name.clone(), "1");
    assert_eq!(request.count(&name), 1);
}

fn retain_half(message: &mut SipMessage) {
    let SipMessage::Request(request) = message else { return };
    let mut index = 0;
    let removed = request.retain(|_| {
        index += 1;
        index % 2 == 0
    });
    assert!(removed > 0);
}

fn software(message: &mut SipMessage) {
    let headers = message.headers();
    black_box(
        headers.header::<Server<'_>>().is_ok_and(|it| it.is_some_and(|it| it.iter().count() > 0)),
    );
    black_box(
        headers
            .header::<UserAgent<'_>>()
            .is_ok_and(|it| it.is_some_and(|it| it.iter().count() > 0)),
    );
    black_box(headers.header_list::<Warning<'_>>().filter(Result::is_ok).count());
}

fn read_all(message: &mut SipMessage) {
    for header in message.headers().iter() {
        black_box((header.name.as_bytes(), header.value));
    }
}

fn vias(message: &mut SipMessage) {
    let SipMessage::Request(request) = message else { return };
    assert!(request.header_list::<Via<'_>>().all(|via| via.is_ok()));
    request.push_front(HeaderName::Via, "SIP/2.0/UDP c");
    request.pop_front(&HeaderName::Via);
    request.set(HeaderName::Via, "SIP/2.0/UDP d");
    request.remove(&HeaderName::Via);
}

fn routes(message: &mut SipMessage) {
    let SipMessage::Request(request) = message else { return };
    assert!(request.header_list::<Route<'_>>().all(|route| route.is_ok()));
    request.pop_front(&HeaderName::Route);
    request.set(HeaderName::Route, "<sip:c>");
}

fn contacts(message: &mut SipMessage) {
    let SipMessage::Request(request) = message else { return };
    black_box(request.header_list::<Contact<'_>>().filter(Result::is_ok).count());
    request.pop_front(&HeaderName::Contact);
    request.remove(&HeaderName::Contact);
}

fn from(message: &mut SipMessage) {
    let SipMessage::Request(request) = message else { return };
    let from = request.require::<From<'_>>().expect("a From");
    black_box((from.tag(), from.parsed_uri().map(|uri| uri.is_lr())).1.expect("a URI"));
}

/// The least of some runs of parsing, using and writing.
fn cost(bytes: &Bytes, limits: &Limits, uses: Use) -> Duration {
    let runs = (0..ATTEMPTS).map(|_| {
        let start = Instant::now();
        let mut message = SipMessage::parse(bytes.clone(), limits).expect("it parses");
        uses(&mut message);
        black_box(message.to_bytes());
        start.elapsed()
    });
    runs.min().unwrap_or_default()
}

#[test]
fn four_times_the_message_costs_about_four_times() {
    let limits = raised();
    for (name, make, uses) in INPUTS {
        let (small, large) = (message(&make(SMALL)), message(&make(SMALL * FACTOR as usize)));
        let is_linear = (0..ATTEMPTS).any(|_| {
            let allowed = cost(&small, &limits, *uses) * FACTOR * SLACK + Duration::from_micros(50);
            cost(&large, &limits, *uses) <= allowed
        });
        let (small, large) = (cost(&small, &limits, *uses), cost(&large, &limits, *uses));
        assert!(is_linear, "{name}: {small:?} for {SMALL}, {large:?} for {FACTOR} times as many");
    }
}

/// What one datagram can cost at most, whatever the limits: as many of each as 64 KiB hold. The bound
/// is for code that is optimised; what is not, or is instrumented, gets more.
#[test]
fn a_datagram_costs_less_than_a_millisecond() {
    const DATAGRAM_BYTES: usize = 65_507;
    let bound = Duration::from_millis(if cfg!(debug_assertions) { 25 } else { 1 });
    let limits = raised();
    for (name, make, uses) in INPUTS {
        let fits = |count: &usize| message(&make(*count)).len() <= DATAGRAM_BYTES;
        let count = (1..).map(|step| step * SMALL).take_while(fits).last().unwrap_or(SMALL);
        let bytes = message(&make(count));
        let least = (0..ATTEMPTS).map(|_| cost(&bytes, &limits, *uses)).min().unwrap_or_default();
        assert!(least <= bound, "{name}: {least:?} for {count} in {} bytes", bytes.len());
    }
}

/// From the back, and of names that are not known, each step looks past those already popped: there
/// the limit on header fields is what bounds the cost.
#[test]
fn popping_from_the_back_is_bounded_by_the_header_count() {
    let limits = Limits::default();
    let lines = via_lines(limits.header_count_max - 1);
    let bound = Duration::from_millis(if cfg!(debug_assertions) { 25 } else { 1 });
    let least = cost(&message(&lines), &limits, |message| {
        let SipMessage::Request(request) = message else { return };
        assert!(core::iter::from_fn(|| request.pop_back(&HeaderName::Via)).count() > 100);
    });
    assert!(least <= bound, "{least:?}");
}

#[test]
fn the_default_limits_refuse_such_messages() {
    for (name, make, _) in INPUTS {
        let bytes = message(&make(20 * SMALL));
        let error = SipMessage::parse(bytes, &Limits::default()).expect_err(name);
        let is_limit = matches!(
            error.kind,
            ParseErrorKind::HeaderBytes
                | ParseErrorKind::HeaderCount
                | ParseErrorKind::HeaderValueBytes
        );
        assert!(is_limit, "{name}: {:?}", error.kind);
    }
}
