//! From bytes to headers.

use bytes::Bytes;
use sip_proto::message::ParseScratch;
use sip_proto::{Limits, SipMessage};

use super::{Case, measured};
use crate::messages::{INVITE, OK, REGISTER};
use crate::read_typed_set;

pub(super) fn cases() -> Vec<Case> {
    vec![
        Case { name: "parse REGISTER", run: |rounds| parse(rounds, REGISTER) },
        Case { name: "parse INVITE", run: |rounds| parse(rounds, INVITE) },
        Case { name: "parse 200", run: |rounds| parse(rounds, OK) },
        Case {
            name: "parse into a scratch INVITE",
            run: |rounds| parse_into_scratch(rounds, INVITE),
        },
        Case { name: "parse and read typed set REGISTER", run: |rounds| typed(rounds, REGISTER) },
        Case { name: "parse and read typed set INVITE", run: |rounds| typed(rounds, INVITE) },
        Case { name: "parse and read typed set 200", run: |rounds| typed(rounds, OK) },
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

fn typed(rounds: usize, text: &'static str) {
    let (bytes, limits) = (Bytes::from(text.as_bytes().to_vec()), Limits::default());
    for _ in 0..rounds {
        measured(|| {
            let message = SipMessage::parse(bytes.clone(), &limits).expect("it parses");
            read_typed_set(&message).expect("its headers are well-formed");
        });
    }
}
