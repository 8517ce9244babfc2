//! rsip and its descendant rsipstack, which have the same shape.

use core::hint::black_box;

use bytes::Bytes;

use super::{Operation, Task, operation};

macro_rules! prepare {
    ($prepare:ident, $sip:path, $to_bytes:expr) => {
        pub(super) fn $prepare(task: Task, bytes: &Bytes) -> Option<Operation> {
            #[allow(
                unused_imports,
                reason = "one of the crates has inherent methods for them"
            )]
            use sip::prelude::*;
            use sip::{Header, SipMessage};
            use $sip as sip;

            fn typed(message: &SipMessage) -> Option<()> {
                for header in message.headers().iter() {
                    match header {
                        Header::Via(via) => drop(black_box(via.typed().ok()?)),
                        Header::From(from) => drop(black_box(from.typed().ok()?)),
                        Header::To(to) => drop(black_box(to.typed().ok()?)),
                        Header::CSeq(cseq) => drop(black_box(cseq.typed().ok()?)),
                        Header::CallId(id) => drop(black_box(id.value())),
                        Header::Contact(contact) => drop(black_box(contact.typed().ok()?)),
                        Header::Route(route) => drop(black_box(route.typed().ok()?)),
                        Header::RecordRoute(route) => drop(black_box(route.typed().ok()?)),
                        _ => {}
                    }
                }
                Some(())
            }

            let bytes = bytes.clone();
            let parse = move || SipMessage::try_from(&bytes[..]).ok();
            Some(match task {
                Task::Split => operation(parse),
                Task::Typed => operation(move || typed(&parse()?)),
                Task::Write => {
                    let message = parse()?;
                    let to_bytes: fn(&SipMessage) -> Vec<u8> = $to_bytes;
                    operation(move || Some(to_bytes(&message)))
                }
            })
        }
    };
}

prepare!(prepare_rsip, rsip, |message| message.to_string().into_bytes());
prepare!(prepare_rsipstack, rsipstack::sip, |message| message.to_bytes());
