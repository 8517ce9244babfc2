//! The committed counts: a text file, one operation a line.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What the counts depend on, and the counts.
pub(crate) struct Baseline {
    machine: String,
    counts: Vec<(String, u64)>,
}

/// How a count compares.
pub(crate) enum Verdict {
    Same,
    Better {
        percent: f64,
    },
    Worse {
        percent: f64,
    },
    /// The baseline does not know it.
    New,
    /// It is not measured any more.
    Gone,
}

impl Verdict {
    pub(crate) const fn is_failure(&self) -> bool {
        matches!(self, Self::Worse { .. } | Self::New | Self::Gone)
    }

    pub(crate) const fn is_better(&self) -> bool {
        matches!(self, Self::Better { .. })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => Ok(()),
            Self::Better { percent } => write!(f, "  ({percent:+.1} %: better)"),
            Self::Worse { percent } => write!(f, "  ({percent:+.1} %: WORSE)"),
            Self::New => f.write_str("  (NOT IN THE BASELINE)"),
            Self::Gone => f.write_str("  (ONLY IN THE BASELINE)"),
        }
    }
}

const MACHINE: &str = "# measured with ";

impl Baseline {
    pub(crate) fn of(counts: Vec<(String, u64)>) -> Self {
        Self { machine: machine(), counts }
    }

    pub(crate) fn read(file: &Path) -> Result<Self, String> {
        let text =
            fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        Self::parse(&text).ok_or_else(|| format!("{} is not a baseline", file.display()))
    }

    fn parse(text: &str) -> Option<Self> {
        let machine = text.lines().find_map(|line| line.strip_prefix(MACHINE))?.to_owned();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let counts = lines.map(|line| {
            let (count, name) = line.trim().split_once("  ")?;
            Some((name.to_owned(), count.parse().ok()?))
        });
        Some(Self { machine, counts: counts.collect::<Option<_>>()? })
    }

    pub(crate) fn write(&self, file: &Path) -> Result<(), String> {
        fs::write(file, self.to_string()).map_err(|error| format!("{}: {error}", file.display()))
    }

    /// Counts of another compiler or kind of processor say nothing about the code.
    pub(crate) fn must_be_comparable(&self) -> Result<(), String> {
        let here = machine();
        if here == self.machine {
            return Ok(());
        }
        Err(format!(
            "the baseline was measured with {}, but here is {here}: it cannot be judged. A change \
             of compiler brings a new baseline (`scripts/instructions --update`)",
            self.machine
        ))
    }

    /// How each count compares, in the order of `counts`.
    pub(crate) fn compare(
        &self,
        counts: &[(String, u64)],
        worse_percent: u64,
        better_percent: u64,
    ) -> Vec<(String, u64, Verdict)> {
        let before = |name: &str| self.counts.iter().find(|(known, _)| known == name);
        let measured = counts.iter().map(|(name, count)| {
            let verdict = before(name).map_or(Verdict::New, |(_, before)| {
                let percent = (*count as f64 / *before as f64 - 1.0) * 100.0;
                if count * 100 > before * (100 + worse_percent) {
                    Verdict::Worse { percent }
                } else if count * 100 < before * (100 - better_percent) {
                    Verdict::Better { percent }
                } else {
                    Verdict::Same
                }
            });
            (name.clone(), *count, verdict)
        });
        let is_gone = |name: &str| counts.iter().all(|(measured, _)| measured != name);
        let gone = self.counts.iter().filter(|(name, _)| is_gone(name));
        measured.chain(gone.map(|(name, count)| (name.clone(), *count, Verdict::Gone))).collect()
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# Instructions of each operation; `scripts/instructions --update` writes this."
        )?;
        writeln!(f, "{MACHINE}{}", self.machine)?;
        for (name, count) in &self.counts {
            writeln!(f, "{count:>9}  {name}")?;
        }
        Ok(())
    }
}

/// What the counts depend on beside the code: the compiler, and the vector instructions that
/// memory searches and copies choose at run time.
fn machine() -> String {
    let compiler = Command::new("rustc").arg("--version").output().ok();
    let compiler = compiler.and_then(|output| String::from_utf8(output.stdout).ok());
    format!("{} on {}", compiler.as_deref().map_or("no rustc", str::trim), processor())
}

#[cfg(target_arch = "x86_64")]
fn processor() -> &'static str {
    if std::is_x86_feature_detected!("avx2") { "x86_64 with AVX2" } else { "x86_64 without AVX2" }
}

#[cfg(not(target_arch = "x86_64"))]
fn processor() -> &'static str {
    std::env::consts::ARCH
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline() -> Baseline {
        Baseline::parse("# measured with x\n     1000  split A\n      500  write B\n")
            .expect("a baseline")
    }

    fn failures(counts: &[(&str, u64)]) -> Vec<String> {
        let counts: Vec<_> = counts.iter().map(|(name, it)| ((*name).to_owned(), *it)).collect();
        let verdicts = baseline().compare(&counts, 3, 3);
        let bad = verdicts.into_iter().filter(|(.., verdict)| verdict.is_failure());
        bad.map(|(name, ..)| name).collect()
    }

    #[test]
    fn three_percent_more_pass_and_beyond_fails() {
        assert!(failures(&[("split A", 1030), ("write B", 100)]).is_empty());
        assert_eq!(failures(&[("split A", 1031), ("write B", 500)]), ["split A"]);
    }

    #[test]
    fn what_is_only_on_one_side_fails() {
        assert_eq!(failures(&[("split A", 1000)]), ["write B"]);
        assert_eq!(failures(&[("split A", 1), ("write B", 1), ("new C", 1)]), ["new C"]);
    }

    #[test]
    fn a_file_reads_as_it_was_written() {
        let text = baseline().to_string();
        let again = Baseline::parse(&text).expect("a baseline");
        assert_eq!((again.machine.as_str(), &again.counts), ("x", &baseline().counts));
        assert!(Baseline::parse("nonsense").is_none());
    }
}
