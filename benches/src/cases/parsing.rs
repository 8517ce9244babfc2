//! From bytes to headers.

use bytes::Bytes;
use sip_proto::message::ParseScratch;
use sip_proto::{Limits, SipMessage};

use super::{Case, measured};
use crate::messages::{INVITE, OK, REGISTER};
use crate::{Depth, read_typed_set};

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case { name: "parse REGISTER", run: |rounds| parse(rounds, REGISTER) },
        Case { name: "parse INVITE", run: |rounds| parse(rounds, INVITE) },
        Case { name: "parse 200", run: |rounds| parse(rounds, OK) },
        Case {
            name: "parse into a scratch INVITE",
            run: |rounds| parse_into_scratch(rounds, INVITE),
        },
        Case { name: "parse and type headers REGISTER", run: |rounds| headers(rounds, REGISTER) },
        Case { name: "parse and type headers INVITE", run: |rounds| headers(rounds, INVITE) },
        Case { name: "parse and type headers 200", run: |rounds| headers(rounds, OK) },
        Case {
            name: "parse and type headers and URIs REGISTER",
            run: |rounds| uris(rounds, REGISTER),
        },
        Case { name: "parse and type headers and URIs INVITE", run: |rounds| uris(rounds, INVITE) },
        Case { name: "parse and type headers and URIs 200", run: |rounds| uris(rounds, OK) },
    ]
}

fn parse(rounds: usize, text: &'static str) {
    let (bytes, limits) = (Bytes::from(text.as_bytes().to_vec()), Limits::default());
    for _ in 0..rounds {
        measured(|| SipMessage::parse(bytes.clone(), &limits));
    }
}

fn parse_into_scratch(rounds: usize, text: &'static str) {
    let (bytes, limits) = (Bytes::from(text.as_bytes().to_vec()), Limits::default());
    let mut scratch = ParseScratch::default();
    for _ in 0..rounds {
        measured(|| {
            let message = scratch.parse(bytes.clone(), &limits).expect("it parses");
            scratch.recycle(message);
        });
    }
}

fn headers(rounds: usize, text: &'static str) {
    typed(rounds, text, Depth::Headers);
}

fn uris(rounds: usize, text: &'static str) {
    typed(rounds, text, Depth::Uris);
}

fn typed(rounds: usize, text: &'static str, depth: Depth) {
    let (bytes, limits) = (Bytes::from(text.as_bytes().to_vec()), Limits::default());
    for _ in 0..rounds {
        measured(|| {
            let message = SipMessage::parse(bytes.clone(), &limits).expect("it parses");
            read_typed_set(&message, depth).expect("its headers are well-formed");
        });
    }
}
