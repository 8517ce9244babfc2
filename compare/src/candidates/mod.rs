//! What each crate is asked for.
//!
//! * httparse: for scale, a split without any SIP, whatever the others do.
//! * Split: its ordinary parse of a whole message. Crates that hold strings validate UTF-8, and all
//!   but sip-proto and ezk allocate a string a header; some parse the Request-URI.
//! * Typed: the same, and the typed set with host and port of each URI. rsiprtp has no From and To
//!   of a response but their tags.
//! * Write: its parsed message to bytes. Ours gets a Via on top and loses none, because a message
//!   that nobody touched is not written at all.

mod ezk;
mod ours;
mod rsip_family;
mod rsiprtp;

use core::hint::black_box;

use bytes::Bytes;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Split,
    Typed,
    Write,
}

pub(crate) type Operation = Box<dyn Fn()>;

pub(crate) struct Candidate {
    pub(crate) name: &'static str,
    /// The operation on this message, tried once; none where the crate has none.
    pub(crate) prepare: fn(Task, &Bytes) -> Option<Operation>,
}

/// Where httparse is among [`all`].
pub(crate) const REFERENCE: usize = 0;
/// Where we are.
pub(crate) const OWN: usize = 1;

pub(crate) fn all() -> [Candidate; 6] {
    [
        Candidate { name: "httparse 1.10, only split", prepare: |_, bytes| Some(reference(bytes)) },
        Candidate { name: "sip-proto", prepare: ours::prepare },
        Candidate { name: "rsipstack 0.7", prepare: rsip_family::prepare_rsipstack },
        Candidate { name: "rsiprtp 0.4", prepare: rsiprtp::prepare },
        Candidate { name: "rsip 0.4", prepare: rsip_family::prepare_rsip },
        Candidate { name: "ezk-sip-types 0.6", prepare: ezk::prepare },
    ]
}

/// A start line cut in three and HTTP's header fields.
fn reference(bytes: &Bytes) -> Operation {
    let bytes = bytes.clone();
    operation(move || {
        let end = bytes.windows(2).position(|pair| pair == b"\r\n")?;
        let (start, rest) = bytes.split_at(end + 2);
        let mut parts = start.splitn(3, |byte| *byte == b' ');
        black_box((parts.next()?, parts.next()?, parts.next()?));
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let status = httparse::parse_headers(rest, &mut headers).ok()?;
        let is_complete = status.is_complete();
        black_box(&headers);
        is_complete.then_some(())
    })
}

/// An operation that must succeed.
fn operation<T>(run: impl Fn() -> Option<T> + 'static) -> Operation {
    assert!(run().is_some(), "a candidate does not understand a message");
    Box::new(move || drop(black_box(run())))
}
