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
    ("Via in one line", |n| format!("Via: {}\r\n", vec!["SIP/2.0/UDP a"; n].join(",")), vias),
    ("Via in lines", |n| "Via: SIP/2.0/UDP a\r\n".repeat(n), vias),
    ("Route in one line", |n| format!("Route: {}\r\n", vec!["<sip:a;lr>"; n].join(",")), routes),
    ("Route in lines", |n| "Route: <sip:a;lr>\r\n".repeat(n), routes),
    ("quotes", |n| format!("Contact: \"{}\" <sip:a@b>\r\n", "\\\"".repeat(n)), contacts),
    ("open quotes", |n| format!("Contact: {}\r\n", "\"a\" <sip:a@b>,\"".repeat(n)), contacts),
    ("open angles", |n| format!("Contact: {}\r\n", "<".repeat(n)), contacts),
    ("comments", |n| format!("Server: {}{}\r\n", "(".repeat(n), ")".repeat(n)), read_all),
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
