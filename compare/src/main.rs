//! Parsing, typing and writing beside other crates, by the clock: `scripts/compare-parsers`.
//!
//! What each crate is asked for is in `candidates`; how it is measured in `measure`.

mod allocations;
mod candidates;
mod measure;

use bytes::Bytes;
use candidates::{Candidate, Task};
use sip_benches::messages::{INVITE, OK, REGISTER};

const MESSAGES: [(&str, &str); 3] = [("REGISTER", REGISTER), ("INVITE", INVITE), ("200", OK)];
const TASKS: [(Task, &str); 3] = [
    (Task::Split, "split into start line and header fields"),
    (Task::Typed, "from bytes to Via, From, To, CSeq, Call-ID, Contact, Route, Record-Route"),
    (Task::Write, "write"),
];

fn main() {
    for (task, title) in TASKS {
        println!("\n{title}: ns (p10); MB/s; allocations; ratio to httparse; ratio to sip-proto\n");
        println!(
            "| | {} |",
            MESSAGES.map(|(name, text)| format!("{name} {} B", text.len())).join(" | ")
        );
        println!("| --- |{}", " --- |".repeat(MESSAGES.len()));
        let columns = MESSAGES.map(|(_, text)| column(task, text));
        for (row, candidate) in candidates::all().iter().enumerate() {
            if columns.iter().any(|column| column[row].is_some()) {
                let cells = columns.each_ref().map(|column| column[row].as_deref().unwrap_or("-"));
                println!("| {} | {} |", candidate.name, cells.join(" | "));
            }
        }
    }
}

/// What each candidate does with one message.
fn column(task: Task, text: &str) -> Vec<Option<String>> {
    let bytes = Bytes::from(text.as_bytes().to_vec());
    let candidates = candidates::all();
    let operations = candidates.iter().map(|it: &Candidate| (it.prepare)(task, &bytes)).collect();
    let figures = measure::interleaved(operations);
    let ns_of = |row: usize| figures[row].as_ref().map(|it| it.ns);
    let (reference_ns, own_ns) = (ns_of(candidates::REFERENCE), ns_of(candidates::OWN));
    let cell = |figure: &measure::Figure| {
        let ratio = |to: Option<f64>| to.map_or("-".into(), |to| format!("x{:.2}", figure.ns / to));
        let megabytes = bytes.len() as f64 * 1e3 / figure.ns;
        format!(
            "{:.0}; {megabytes:.0}; {}; {}; {}",
            figure.ns,
            figure.allocations,
            ratio(reference_ns),
            ratio(own_ns)
        )
    };
    figures.iter().map(|figure| figure.as_ref().map(cell)).collect()
}
