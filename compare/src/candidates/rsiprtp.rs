use core::hint::black_box;

use bytes::Bytes;
use rsiprtp::sip::{RecordRoute, Route, SipMessage, Via};

use super::{Operation, Task, operation};

pub(super) fn prepare(task: Task, bytes: &Bytes) -> Option<Operation> {
    let bytes = bytes.clone();
    let parse = move || SipMessage::parse(&bytes).ok();
    Some(match task {
        Task::Split => operation(parse),
        Task::Typed => operation(move || typed(&parse()?)),
        Task::Write => {
            let message = parse()?;
            operation(move || Some(message.to_bytes()))
        }
    })
}

fn typed(message: &SipMessage) -> Option<()> {
    let (vias, recorded, routes) = match message {
        SipMessage::Request(it) => {
            black_box((it.from_tag_and_uri().ok()?, it.to_uri().ok()?, it.to_tag()));
            black_box((it.cseq().ok()?, it.cseq_method().ok()?, it.call_id().ok()?));
            black_box(it.contact_uri());
            (it.via_headers_raw(), it.record_routes(), it.route_headers())
        }
        SipMessage::Response(it) => {
            black_box((it.from_tag().ok()?, it.to_tag()));
            black_box((it.cseq().ok()?, it.cseq_method().ok()?, it.call_id().ok()?));
            black_box(it.contact_uri());
            (it.via_headers_raw(), it.record_routes(), Vec::new())
        }
    };
    for via in &vias {
        black_box(Via::parse(via).ok()?);
    }
    black_box((RecordRoute::parse_all(&recorded), Route::parse_all(&routes)));
    Some(())
}
