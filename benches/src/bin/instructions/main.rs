//! Counts the instructions of each operation under callgrind and compares them with a committed
//! baseline: `scripts/instructions`.
//!
//! Instructions do not depend on what else the machine does, so a small change shows, and the same
//! code gives the same figures. They do depend on compiler and processor family, which the
//! baseline therefore names.

mod baseline;
mod callgrind;

use std::env;
use std::path::Path;
use std::process::ExitCode;

use baseline::{Baseline, Verdict};

/// More than this above the baseline is a regression.
const WORSE_PERCENT: u64 = 3;
/// As much below it, and the baseline should follow.
const BETTER_PERCENT: u64 = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["measured-run"] => {
            callgrind::run_cases("");
            Ok(ExitCode::SUCCESS)
        }
        ["measured-run", name] => {
            callgrind::run_cases(name);
            Ok(ExitCode::SUCCESS)
        }
        ["check", file] => check(Path::new(file)),
        ["update", file] => update(Path::new(file)),
        _ => Err("usage: instructions check|update BASELINE".to_owned()),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("instructions: {error}");
        ExitCode::FAILURE
    })
}

fn check(file: &Path) -> Result<ExitCode, String> {
    let baseline = Baseline::read(file)?;
    baseline.must_be_comparable()?;
    let counts = callgrind::count()?;
    let verdicts = baseline.compare(&counts, WORSE_PERCENT, BETTER_PERCENT);
    for (name, count, verdict) in &verdicts {
        println!("{count:>9}  {name}{verdict}");
    }
    let any = |wanted: fn(&Verdict) -> bool| verdicts.iter().any(|(.., it)| wanted(it));
    if any(Verdict::is_failure) {
        return Err(format!(
            "an operation costs more than {WORSE_PERCENT} % above {}, or has no place in it; if \
             that is what it is worth, run `scripts/instructions --update` and commit the file",
            file.display()
        ));
    }
    if any(Verdict::is_better) {
        println!("better than the baseline: run `scripts/instructions --update` and commit it");
    }
    Ok(ExitCode::SUCCESS)
}

fn update(file: &Path) -> Result<ExitCode, String> {
    let counts = callgrind::count()?;
    for (name, count) in &counts {
        println!("{count:>9}  {name}");
    }
    Baseline::of(counts).write(file)?;
    Ok(ExitCode::SUCCESS)
}
