//! Comments that cite sections.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Crates whose comments count, and whether all of them are tests.
const CRATES: [(&str, bool); 6] = [
    ("sip-proto", false),
    ("sip-sproutlet", false),
    ("sip-driver", false),
    ("sproutd", false),
    ("sip-sim", true),
    ("tests", true),
];

/// A section, and which step of its numbered list.
type Place = (String, Option<u8>);

/// Which files cite what.
#[derive(Clone, Debug, Default)]
pub struct Citations {
    code: BTreeMap<Place, BTreeSet<String>>,
    tests: BTreeMap<Place, BTreeSet<String>>,
}

/// One side of the citations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cited {
    /// By the code that obeys.
    Code,
    /// By tests.
    Tests,
}

/// How exactly something is cited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Not at all.
    Not,
    /// A part of the RFC that it is in: 17.2 for 17.2.1.
    Part,
    /// Its section.
    Section,
    /// Its step of the section.
    Step,
}

impl Citations {
    /// Those of the RFC called `rfc` in all crates below `root`.
    ///
    /// # Errors
    ///
    /// A folder or file that cannot be read.
    pub fn of_tree(root: &Path, rfc: &str) -> Result<Self, String> {
        let mut citations = Self::default();
        for (name, is_test) in CRATES {
            citations.add_folder(root, &root.join(name), rfc, is_test)?;
        }
        Ok(citations)
    }

    fn add_folder(
        &mut self,
        root: &Path,
        folder: &Path,
        rfc: &str,
        is_test: bool,
    ) -> Result<(), String> {
        let unread = |error| format!("{}: {error}", folder.display());
        for entry in fs::read_dir(folder).map_err(unread)? {
            let path = entry.map_err(unread)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_test = is_test || name == "tests" || name == "tests.rs";
            if path.is_dir() && name != "target" {
                self.add_folder(root, &path, rfc, is_test)?;
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&path)
                    .map_err(|error| format!("{}: {error}", path.display()))?;
                let file = path.strip_prefix(root).unwrap_or(&path).display().to_string();
                self.add_file(&file, &text, rfc, is_test);
            }
        }
        Ok(())
    }

    /// Takes in a file; its inline module of tests counts as tests.
    pub fn add_file(&mut self, file: &str, text: &str, rfc: &str, is_test: bool) {
        let (code, tests) = text.split_once("#[cfg(test)]\nmod tests {").unwrap_or((text, ""));
        for (part, is_test) in [(code, is_test), (tests, true)] {
            let cited = if is_test { &mut self.tests } else { &mut self.code };
            for place in comments(part).iter().flat_map(|block| places(block, rfc)) {
                cited.entry(place).or_default().insert(file.to_owned());
            }
        }
    }

    /// How exactly a step of a section is cited.
    #[must_use]
    pub fn level(&self, cited: Cited, section: &str, step: Option<u8>) -> Level {
        let places = self.of(cited);
        let has = |section: &str, step| places.contains_key(&(section.to_owned(), step));
        let any_step = || places.keys().any(|(number, _)| number == section);
        if step.is_some() && has(section, step) {
            Level::Step
        } else if has(section, None) || step.is_none() && any_step() {
            Level::Section
        } else if parents(section).any(|parent| has(parent, None)) {
            Level::Part
        } else {
            Level::Not
        }
    }

    /// The files that cite a section, any of its steps included.
    #[must_use]
    pub fn files(&self, cited: Cited, section: &str) -> BTreeSet<&str> {
        let places = self.of(cited).iter().filter(|((number, _), _)| number == section);
        places.flat_map(|(_, files)| files.iter().map(String::as_str)).collect()
    }

    const fn of(&self, cited: Cited) -> &BTreeMap<Place, BTreeSet<String>> {
        match cited {
            Cited::Code => &self.code,
            Cited::Tests => &self.tests,
        }
    }
}

/// The sections that a section is in, down to those of two numbers: `17` says too little.
fn parents(section: &str) -> impl Iterator<Item = &str> {
    section.match_indices('.').skip(1).map(|(at, _)| &section[..at])
}

/// The comments of a file, each as one line.
fn comments(text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open = false;
    for line in text.lines().map(str::trim_start) {
        let Some(comment) = line.strip_prefix("//") else {
            open = false;
            continue;
        };
        let comment = comment.trim_start_matches(['/', '!']).trim();
        match blocks.last_mut() {
            Some(block) if open => *block = format!("{block} {comment}"),
            _ => blocks.push(comment.to_owned()),
        }
        open = true;
    }
    blocks
}

/// What a comment cites. A section belongs to the RFC named last before it.
fn places(comment: &str, rfc: &str) -> Vec<Place> {
    let words: Vec<&str> =
        comment.split_whitespace().map(|it| it.trim_start_matches('(')).collect();
    let mut found: Vec<Place> = Vec::new();
    let mut is_ours = false;
    let mut expects = Expects::Nothing;
    let mut range_from = None;
    for (index, word) in words.iter().enumerate() {
        let bare = word.trim_end_matches([',', '.', ')', ';', ':']);
        let is_number = bare.split('.').all(|part| part.parse::<u8>().is_ok());
        match bare {
            "RFC" => {
                let named = words.get(index + 1).unwrap_or(&"");
                is_ours = named.trim_end_matches([',', '.', ')', ';', ':']) == rfc;
                expects = Expects::Nothing;
            }
            "section" | "sections" => expects = Expects::Section,
            "step" | "steps" if expects != Expects::Nothing => expects = Expects::Step,
            "and" | "or" => {}
            "to" => range_from = found.last().and_then(|(_, step)| *step),
            _ if is_number && expects == Expects::Step && !bare.contains('.') => {
                add_steps(&mut found, bare, range_from.take());
            }
            _ if is_number && expects != Expects::Nothing && is_ours => {
                found.push((bare.to_owned(), None));
                expects = Expects::Section;
            }
            _ => expects = Expects::Nothing,
        }
        if word.ends_with([')', ';', ':']) {
            expects = Expects::Nothing;
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expects {
    Nothing,
    Section,
    Step,
}

/// A step of the section named last, or a range of them.
fn add_steps(found: &mut Vec<Place>, step: &str, range_from: Option<u8>) {
    let (Some((section, before)), Ok(step)) = (found.last().cloned(), step.parse::<u8>()) else {
        return;
    };
    if before.is_none() {
        found.pop();
    }
    for step in range_from.map_or(step, |from| from + 1)..=step {
        found.push((section.clone(), Some(step)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cited(comment: &str) -> Vec<String> {
        let show = |(section, step): Place| match step {
            Some(step) => format!("{section}#{step}"),
            None => section,
        };
        places(comment, "3261").into_iter().map(show).collect()
    }

    #[test]
    fn citations_are_read_as_they_are_written() {
        for (comment, expected) in [
            ("RFC 3261 section 17.1.4. Nothing is sent", vec!["17.1.4"]),
            ("as it was (RFC 3261 sections 16.3 and 16.4).", vec!["16.3", "16.4"]),
            ("(RFC 3261 section 16.7, steps 3 to 5).", vec!["16.7#3", "16.7#4", "16.7#5"]),
            ("RFC 3261 section 16.6 step 8", vec!["16.6#8"]),
            ("(RFC 3261 sections 10.3, step 7, and 19.1.4).", vec!["10.3#7", "19.1.4"]),
            (
                "RFC 3261 section 10.3, steps 2 and 5 to 7 as",
                vec!["10.3#2", "10.3#5", "10.3#6", "10.3#7"],
            ),
            ("RFC 6026 section 8.4: every 2xx", vec![]),
            ("RFC 6026 section 8.4; RFC 3261 section 18.3, and 5 more", vec!["18.3"]),
            ("RFC 3261 section 9.1: it (section 18.2.2) is", vec!["9.1", "18.2.2"]),
            ("section 18.3 of something", vec![]),
            ("RFC 3261 at T1 of 500 ms", vec![]),
        ] {
            let mut found = cited(comment);
            found.retain(|it| it != "5");
            assert_eq!(found, expected, "{comment}");
        }
    }

    #[test]
    fn a_comment_may_be_broken_anywhere_and_ends_with_it() {
        let text = "//! Sent (RFC\n//! 3261 section 18.1.1).\nfn f() {}\n    // section 18.1.2\n";
        let mut citations = Citations::default();
        citations.add_file("f.rs", text, "3261", false);
        assert_eq!(citations.level(Cited::Code, "18.1.1", None), Level::Section);
        assert_eq!(citations.level(Cited::Code, "18.1.2", None), Level::Not);
        assert_eq!(citations.level(Cited::Tests, "18.1.1", None), Level::Not);
    }

    #[test]
    fn levels() {
        let text = "// RFC 3261 sections 17.2 and 16.6, step 4\n\n\
                    #[cfg(test)]\nmod tests {\n    // RFC 3261 section 10.3\n";
        let mut citations = Citations::default();
        citations.add_file("f.rs", text, "3261", false);
        for (section, step, code, tests) in [
            ("17.2.1", None, Level::Part, Level::Not),
            ("17.1.2", None, Level::Not, Level::Not),
            ("16.6", Some(4), Level::Step, Level::Not),
            ("16.6", Some(5), Level::Not, Level::Not),
            ("10.3", Some(7), Level::Not, Level::Section),
        ] {
            assert_eq!(citations.level(Cited::Code, section, step), code, "{section} {step:?}");
            assert_eq!(citations.level(Cited::Tests, section, step), tests, "{section} {step:?}");
        }
        assert_eq!(citations.files(Cited::Code, "16.6").into_iter().next(), Some("f.rs"));
    }
}
