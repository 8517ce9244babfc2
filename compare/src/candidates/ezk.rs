use core::hint::black_box;
use core::str::from_utf8;

use bytes::Bytes;
use ezk_sip_types::header::typed::{CSeq, CallID, Contact, FromTo, Routing, Via};
use ezk_sip_types::msg::{Line, MessageLine, PullParser};
use ezk_sip_types::parse::Parse as _;
use ezk_sip_types::print::AppendCtx as _;
use ezk_sip_types::{Headers, Name};

use super::{Operation, Task, operation};

type Parsed = (MessageLine, Headers, Bytes);

pub(super) fn prepare(task: Task, bytes: &Bytes) -> Option<Operation> {
    let bytes = bytes.clone();
    let parse = move || split(&bytes);
    Some(match task {
        Task::Split => operation(parse),
        Task::Typed => operation(move || typed(&parse()?)),
        Task::Write => {
            let (line, headers, body) = parse()?;
            operation(move || {
                let head = format!("{}\r\n{headers}\r\n", line.default_print_ctx());
                Some([head.as_bytes(), &body[..]].concat())
            })
        }
    })
}

/// The crate leaves it to its user to put lines together.
fn split(bytes: &Bytes) -> Option<Parsed> {
    let mut lines = PullParser::new(bytes, 0);
    let start = from_utf8(lines.next()?.ok()?).ok()?;
    let (_, start) = MessageLine::parse(bytes)(start).ok()?;
    let mut headers = Headers::with_capacity(16);
    for line in &mut lines {
        let (_, line) = Line::parse(bytes, from_utf8(line.ok()?).ok()?).ok()?;
        headers.insert(line.name, line.value);
    }
    let body = bytes.slice(lines.head_end()..);
    Some((start, headers, body))
}

fn typed((start, headers, _): &Parsed) -> Option<()> {
    black_box(start);
    black_box(headers.get_named::<Vec<Via>>().ok()?);
    black_box(headers.get::<FromTo>(Name::FROM).ok()?);
    black_box(headers.get::<FromTo>(Name::TO).ok()?);
    black_box((headers.get_named::<CSeq>().ok()?, headers.get_named::<CallID>().ok()?));
    black_box(headers.try_get_named::<Vec<Contact>>().transpose().ok()?);
    black_box(headers.try_get::<Vec<Routing>>(Name::ROUTE).transpose().ok()?);
    black_box(headers.try_get::<Vec<Routing>>(Name::RECORD_ROUTE).transpose().ok()?);
    Some(())
}
