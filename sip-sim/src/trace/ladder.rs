//! Ladder diagrams of a call, as the RFC's figures have them.

use core::fmt;
use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Record, Trace, What, label};
use crate::network::Fate;
use crate::node::NodeId;
use crate::wire;

const TIME_WIDTH: usize = 13;
const COLUMN_WIDTH: usize = 24;

/// A ladder diagram: who sent what to whom, when, and what was lost on the way.
///
/// Its `Display` is the diagram:
///
/// ```text
///                       alice                   server                   bob
///     0.000000s           |-------- INVITE ------->|                      |
///     0.010000s           |                        |------- INVITE ----x  |   lost
/// ```
#[derive(Clone, Debug, Default)]
pub struct Ladder {
    names: Vec<String>,
    rows: Vec<Row>,
    omitted: usize,
}

#[derive(Clone, Debug)]
struct Row {
    at: String,
    from: usize,
    to: Option<usize>,
    label: String,
    lost: bool,
    remark: String,
}

impl Trace {
    /// The ladder of the dialogue `call_id`, `None` for everything: its last `rows_max` messages.
    #[must_use]
    pub fn ladder(&self, call_id: Option<&str>, rows_max: usize) -> Ladder {
        let wanted = |data: &[u8]| {
            call_id.is_none_or(|id| wire::call_id(data) == Some(id.as_bytes()))
        };
        let sent: Vec<_> = self
            .records
            .iter()
            .filter(|record| matches!(&record.what, What::Sent { data, .. } if wanted(data)))
            .collect();
        let omitted = sent.len().saturating_sub(rows_max);
        let columns = columns(&sent[omitted..]);
        let mut seen = BTreeMap::new();
        let mut rows = Vec::new();
        for (index, record) in sent.iter().enumerate() {
            let row = self.row(record, &columns, &mut seen);
            rows.extend(row.filter(|_| index >= omitted));
        }
        let mut names = vec![String::new(); columns.len()];
        for (node, column) in &columns {
            self.name(*node).clone_into(&mut names[*column]);
        }
        Ladder { names, rows, omitted }
    }

    fn row(
        &self,
        record: &Record,
        columns: &BTreeMap<NodeId, usize>,
        seen: &mut BTreeMap<(NodeId, Bytes), usize>,
    ) -> Option<Row> {
        let What::Sent { from, to, destination, data, fate, .. } = &record.what else {
            return None;
        };
        let times = seen.entry((*from, data.clone())).or_insert(0);
        *times += 1;
        let mut label = label(data);
        if *times > 1 {
            label = format!("{label} #{times}");
        }
        let remark = match fate {
            Fate::Delivered(after) => format!("+{} ms", after.as_millis()),
            Fate::Duplicated(first, second) => {
                format!("duplicated: +{} ms, +{} ms", first.as_millis(), second.as_millis())
            }
            Fate::Lost => "lost".to_owned(),
            Fate::Unroutable => format!("no route to {destination}"),
            Fate::Stream => "stream".to_owned(),
        };
        Some(Row {
            at: record.at.to_string(),
            from: *columns.get(from)?,
            to: to.and_then(|to| columns.get(&to).copied()),
            label,
            lost: matches!(fate, Fate::Lost | Fate::Unroutable),
            remark,
        })
    }
}

/// A column for each node that takes part, in the order in which they were added: phones first
/// where the plan has them first. The server stands between the phones.
fn columns(sent: &[&Record]) -> BTreeMap<NodeId, usize> {
    let mut order = Vec::new();
    for record in sent {
        if let What::Sent { from, to, .. } = &record.what {
            for node in [Some(*from), *to].into_iter().flatten() {
                if !order.contains(&node) {
                    order.push(node);
                }
            }
        }
    }
    order.into_iter().zip(0..).collect()
}

impl Ladder {
    /// How many messages it shows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it shows none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn header(&self) -> String {
        let mut line = " ".repeat(TIME_WIDTH);
        for name in &self.names {
            line.push_str(&format!("{name:^COLUMN_WIDTH$}"));
        }
        line.trim_end().to_owned()
    }

    fn line(&self, row: &Row) -> String {
        let width = TIME_WIDTH + self.names.len() * COLUMN_WIDTH;
        let mut cells = vec![' '; width];
        for column in 0..self.names.len() {
            cells[lifeline(column)] = '|';
        }
        for (cell, letter) in cells.iter_mut().zip(format!("{:>12}", row.at).chars()) {
            *cell = letter;
        }
        match row.to {
            Some(to) if to != row.from => arrow(&mut cells, row, to),
            Some(_) | None => write_at(&mut cells, lifeline(row.from) + 2, &row.label),
        }
        let drawn: String = cells.into_iter().collect();
        format!("{drawn} {}", row.remark).trim_end().to_owned()
    }
}

const fn lifeline(column: usize) -> usize {
    TIME_WIDTH + column * COLUMN_WIDTH + COLUMN_WIDTH / 2
}

fn arrow(cells: &mut [char], row: &Row, to: usize) {
    let (tail, head) = (lifeline(row.from), lifeline(to));
    let (left, right) = (tail.min(head), tail.max(head));
    for cell in &mut cells[left + 1..right] {
        *cell = '-';
    }
    let (tip, before) = if head > tail { (head - 1, head - 3) } else { (head + 1, head + 3) };
    if row.lost {
        cells[before] = 'x';
        let gap = if head > tail { before + 1..head } else { head + 1..before };
        cells[gap].fill(' ');
    } else {
        cells[tip] = if head > tail { '>' } else { '<' };
    }
    let label = format!(" {} ", row.label);
    let room = (right - left).saturating_sub(label.chars().count());
    write_at(cells, left + room / 2, &label);
}

fn write_at(cells: &mut [char], at: usize, text: &str) {
    for (cell, letter) in cells.iter_mut().skip(at).zip(text.chars()) {
        *cell = letter;
    }
}

impl fmt::Display for Ladder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.header())?;
        if self.omitted > 0 {
            writeln!(f, "{:>12} {} earlier messages not shown", "...", self.omitted)?;
        }
        for row in &self.rows {
            writeln!(f, "{}", self.line(row))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;
    use std::net::SocketAddr;

    use sip_proto::{Instant, TransportKind};

    use super::*;

    fn send(trace: &mut Trace, ms: u64, ends: (u32, u32), text: &str, fate: Fate) {
        let data = format!("{text}\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\n\r\n");
        trace.push(
            Instant::from_millis(ms),
            What::Sent {
                from: NodeId(ends.0),
                to: Some(NodeId(ends.1)),
                transport: TransportKind::Udp,
                destination: SocketAddr::from(([10, 0, 0, 1], 5060)),
                data: data.into(),
                fate,
            },
        );
    }

    fn trace() -> Trace {
        let mut trace = Trace::new();
        for name in ["server", "alice", "bob"] {
            trace.add_node(name);
        }
        let on_time = Fate::Delivered(Duration::from_millis(10));
        let invite = "INVITE sip:bob@example.org SIP/2.0";
        send(&mut trace, 0, (1, 0), invite, on_time);
        send(&mut trace, 10, (0, 2), invite, Fate::Lost);
        send(&mut trace, 510, (0, 2), invite, on_time);
        send(&mut trace, 520, (2, 0), "SIP/2.0 486 Busy Here", on_time);
        trace
    }

    #[test]
    fn a_ladder_is_drawn() {
        let drawn = trace().ladder(Some("c1"), 100).to_string();
        let expected = [
            "                      alice                   server                   bob",
            "   0.000000s             |------- INVITE ------->|                       |            +10 ms",
            "   0.010000s             |                       |------- INVITE -----x  |            lost",
            "   0.510000s             |                       |----- INVITE #2 ------>|            +10 ms",
            "   0.520000s             |                       |<---- 486 INVITE ------|            +10 ms",
        ];
        assert_eq!(drawn.lines().collect::<Vec<_>>(), expected, "\n{drawn}");
    }

    #[test]
    fn a_ladder_is_bounded_and_of_one_call() {
        let trace = trace();
        assert_eq!(trace.ladder(Some("c1"), 2).len(), 2);
        assert!(trace.ladder(Some("c1"), 2).to_string().contains("2 earlier messages"));
        assert!(trace.ladder(Some("another"), 100).is_empty());
        assert_eq!(trace.ladder(None, 100).len(), 4);
    }
}
