//! How often parsing and reading allocate: at most once, and not at all in a reused scratch.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use bytes::Bytes;
use sip_proto::message::{
    CSeq, CallId, Contact, From, ParseScratch, RecordRoute, Route, To, Uri, Via,
};
use sip_proto::{Limits, SipMessage};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: all calls are passed on to the system's allocator as they are; counting them touches a
// thread-local without a destructor and does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations<T>(of: impl FnOnce() -> T) -> (usize, T) {
    let before = ALLOCATIONS.get();
    let result = of();
    (ALLOCATIONS.get() - before, result)
}

fn invite() -> Bytes {
    let head = "INVITE sip:ben@example.org SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.24:5062;branch=z9hG4bK0c77d1e95a;rport\r\n\
        Via: SIP/2.0/TCP edge.example.net;branch=z9hG4bK28d0c4aa97f3;received=198.51.100.6\r\n\
        Max-Forwards: 69\r\n\
        Route: <sip:edge.example.net;lr>, <sip:core.example.net;lr>\r\n\
        Record-Route: <sip:core.example.org;lr>\r\n\
        From: \"Anna Berg\" <sip:anna@example.net>;tag=41c9d07be2\r\n\
        To: <sip:ben@example.org>\r\n\
        Call-ID: e0a41b9c2f7d4c63@192.0.2.24\r\n\
        CSeq: 8102 INVITE\r\n\
        Contact: <sip:anna@192.0.2.24:5062;transport=udp>\r\n\
        Allow: INVITE, ACK, CANCEL, OPTIONS, BYE\r\n\
        X-Unknown: left alone\r\n\
        Content-Type: application/sdp\r\n\
        Content-Length: 5\r\n\r\nv=0\r\n";
    let bytes = Bytes::from(head.as_bytes().to_vec());
    // The first copy of what was a vector makes its count of owners.
    drop(bytes.clone());
    bytes
}

fn read(message: &SipMessage) {
    let message = message.headers();
    assert_eq!(message.header_list::<Via<'_>>().filter(Result::is_ok).count(), 2);
    assert_eq!(message.header_list::<Route<'_>>().filter(Result::is_ok).count(), 2);
    assert_eq!(message.header_list::<RecordRoute<'_>>().filter(Result::is_ok).count(), 1);
    assert!(message.require::<From<'_>>().is_ok_and(|from| from.tag().is_some()));
    assert!(message.require::<To<'_>>().is_ok_and(|to| to.parsed_uri().is_ok()));
    assert!(message.require::<CSeq>().is_ok());
    assert!(message.require::<CallId<'_>>().is_ok());
    let contact = message.header::<Contact<'_>>().ok().flatten();
    let uri = contact.and_then(|contact| contact.address().map(|address| address.uri));
    assert!(uri.is_some_and(|uri| Uri::parse(uri).is_ok()));
}

#[test]
fn a_parse_allocates_once_and_reading_not_at_all() {
    let (bytes, limits) = (invite(), Limits::default());
    let (count, message) = allocations(|| SipMessage::parse(bytes.clone(), &limits));
    assert_eq!(count, 1);
    let message = message.expect("it parses");
    assert_eq!(allocations(|| read(&message)).0, 0);
}

#[test]
fn a_parse_into_a_scratch_does_not_allocate() {
    let (bytes, limits, mut scratch) = (invite(), Limits::default(), ParseScratch::default());
    for round in 0..3 {
        let (count, message) = allocations(|| scratch.parse(bytes.clone(), &limits));
        assert_eq!(count, usize::from(round == 0), "round {round}");
        let message = message.expect("it parses");
        read(&message);
        scratch.recycle(message);
    }
}

#[test]
fn a_message_that_is_still_held_is_not_recycled() {
    let (bytes, limits, mut scratch) = (invite(), Limits::default(), ParseScratch::default());
    let held = scratch.parse(bytes.clone(), &limits).expect("it parses");
    scratch.recycle(held.clone());
    let other = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";
    let other = scratch.parse(other.into(), &limits).expect("it parses");
    assert_eq!(held.to_bytes(), bytes);
    assert_eq!(other.headers().iter().count(), 1);
}
