//! The table.

use std::fmt::Write as _;

use super::{Citations, Cited, Document, Level, Must, Section, State};

const HEAD: &str = "# RFC 3261: what is cited where

Each MUST and MUST NOT of sections 10, 12, 16, 17, 18 and 22, in words of our own, and whether a comment
cites it: at the code that obeys it, and at a test. `step` is a citation of its very step, `section` of its
section, `part` of a part of the RFC that its section is in. `user` is a duty of who uses the library,
`differs` is not followed to the letter on purpose, `unmet` not yet. What counts as cited in the numbers and
lists is what is cited as exactly as it can be.

Made by `cargo run -p sip-tests --bin rfc-coverage`; do not edit.
";

/// The table as Markdown.
#[must_use]
pub fn report(document: &Document, citations: &Citations) -> String {
    let mut out = String::from(HEAD);
    // Writing to a String cannot fail.
    let _ = summarise(&mut out, document, citations);
    for section in &document.sections {
        let _ = write_section(&mut out, section, citations);
    }
    let _ = list(&mut out, "Unmet", document, |_, must| {
        (must.state == State::Unmet).then(|| must.why.clone())
    });
    let _ = list(&mut out, "Different on purpose", document, |_, must| {
        (must.state == State::Differs).then(|| must.why.clone())
    });
    for (title, cited) in
        [("Not cited by code", Cited::Code), ("Not cited by a test", Cited::Tests)]
    {
        let _ = list(&mut out, title, document, |section, must| {
            let is_cited = is_cited_exactly(citations, cited, section, must);
            (must.state == State::Library && !is_cited).then(|| must.text.clone())
        });
    }
    out
}

fn summarise(out: &mut String, document: &Document, citations: &Citations) -> std::fmt::Result {
    let count = |keep: &dyn Fn(&Section, &Must) -> bool| {
        document.musts().filter(|(section, must)| keep(section, must)).count()
    };
    let of = |state| count(&|_, must| must.state == state);
    let cited = |cited| {
        count(&|section, must| {
            must.state == State::Library && is_cited_exactly(citations, cited, section, must)
        })
    };
    let library = of(State::Library);
    writeln!(out, "\n| | |\n| --- | --- |")?;
    writeln!(out, "| all | {} |", document.musts().count())?;
    writeln!(out, "| the library's | {library} |")?;
    writeln!(out, "| of these, cited by code | {} |", cited(Cited::Code))?;
    writeln!(out, "| of these, cited by tests | {} |", cited(Cited::Tests))?;
    writeln!(out, "| the user's | {} |", of(State::User))?;
    writeln!(out, "| different on purpose | {} |", of(State::Differs))?;
    writeln!(out, "| unmet | {} |", of(State::Unmet))
}

/// Whether a citation is as exact as it can be: of the step, where there is one.
fn is_cited_exactly(citations: &Citations, cited: Cited, section: &Section, must: &Must) -> bool {
    let wanted = if must.step.is_some() { Level::Step } else { Level::Section };
    citations.level(cited, &section.number, must.step) >= wanted
}

fn write_section(out: &mut String, section: &Section, citations: &Citations) -> std::fmt::Result {
    writeln!(out, "\n## {} {}\n", section.number, section.title)?;
    for (name, cited) in [("Code", Cited::Code), ("Tests", Cited::Tests)] {
        let files = citations.files(cited, &section.number);
        let files: Vec<String> = files.into_iter().map(|file| format!("`{file}`")).collect();
        let files = if files.is_empty() { "none".to_owned() } else { files.join(", ") };
        writeln!(out, "{name}: {files}\n")?;
    }
    writeln!(out, "| id | demand | code | tests | |\n| --- | --- | --- | --- | --- |")?;
    for must in &section.musts {
        let level = |cited| match citations.level(cited, &section.number, must.step) {
            Level::Not => "-",
            Level::Part => "part",
            Level::Section => "section",
            Level::Step => "step",
        };
        let (code, tests) = (level(Cited::Code), level(Cited::Tests));
        let state = match must.state {
            State::Library => "",
            State::User => "user",
            State::Differs => "differs",
            State::Unmet => "unmet",
        };
        let step = must.step.map_or_else(String::new, |step| format!(" (step {step})"));
        writeln!(out, "| {}{step} | {} | {code} | {tests} | {state} |", must.id, must.text)?;
    }
    Ok(())
}

fn list(
    out: &mut String,
    title: &str,
    document: &Document,
    row: impl Fn(&Section, &Must) -> Option<String>,
) -> std::fmt::Result {
    writeln!(out, "\n## {title}\n")?;
    let mut any = false;
    for (section, must) in document.musts() {
        if let Some(text) = row(section, must) {
            writeln!(out, "* {}: {text}", must.id)?;
            any = true;
        }
    }
    if any { Ok(()) } else { writeln!(out, "Nothing.") }
}
