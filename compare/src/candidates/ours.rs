use bytes::Bytes;
use sip_benches::{Depth, read_typed_set};
use sip_proto::message::HeaderName;
use sip_proto::{Limits, SipMessage};

use super::{Operation, Task, operation};

const VIA: &str = "SIP/2.0/UDP 203.0.113.5;branch=z9hG4bKf3a8817c05de";

pub(super) fn prepare(task: Task, bytes: &Bytes) -> Option<Operation> {
    let (bytes, limits) = (bytes.clone(), Limits::default());
    let parse = move || SipMessage::parse(bytes.clone(), &limits).ok();
    Some(match task {
        Task::Split => operation(parse),
        Task::Typed => operation(move || {
            let message = parse()?;
            read_typed_set(&message, Depth::Uris).ok()
        }),
        Task::Write => {
            let mut message = parse()?;
            match &mut message {
                SipMessage::Request(request) => request.push_front(HeaderName::Via, VIA),
                SipMessage::Response(response) => response.push_front(HeaderName::Via, VIA),
            }
            operation(move || Some(message.to_bytes()))
        }
    })
}
