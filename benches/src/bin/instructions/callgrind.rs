//! Running all cases under callgrind, in one process, with a dump after each.

use std::hint::black_box;
use std::process::{self, Command, Stdio};
use std::{env, fs};

use sip_benches::cases::{self, Case};

/// Not counted: lazily made tables, the allocator's first blocks.
const ROUNDS_WARM: usize = 16;
/// Counted; the figure is their mean.
const ROUNDS: usize = 64;

/// What runs under callgrind: two dumps for each case whose name starts so, of which the second
/// counts.
pub(crate) fn run_cases(name_start: &str) {
    for Case { run, .. } in cases::all().iter().filter(|case| case.name.starts_with(name_start)) {
        run(ROUNDS_WARM);
        dump_here();
        run(ROUNDS);
        dump_here();
    }
}

/// Callgrind is told to write down and forget its counts when this returns.
#[inline(never)]
fn dump_here() {
    black_box(());
}

/// The instructions of each case.
pub(crate) fn count() -> Result<Vec<(String, u64)>, String> {
    let own = env::current_exe().map_err(|error| format!("own path: {error}"))?;
    let out = env::temp_dir().join(format!("sip-instructions-{}.out", process::id()));
    let status = Command::new("valgrind")
        .args(["--tool=callgrind", "-q", "--combine-dumps=yes"])
        // Glob patterns over symbol names, in whatever way the compiler mangles them.
        .args(["--toggle-collect=*sip_benches*cases*measured*", "--dump-after=*dump_here*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(own)
        .arg("measured-run")
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("valgrind cannot be started ({error}); is it installed?"))?;
    if !status.success() {
        return Err(format!("valgrind ended with {status}"));
    }
    let text = fs::read_to_string(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    fs::remove_file(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    let cases = cases::all();
    let summaries = summaries(&text);
    // Callgrind adds a last dump of what happens after the last case.
    if summaries.len() != 2 * cases.len() + 1 {
        return Err(format!("{} dumps for {} cases", summaries.len(), cases.len()));
    }
    let counted = summaries.chunks_exact(2).map(|pair| pair[1].div_ceil(ROUNDS as u64));
    Ok(cases.iter().map(|case| case.name.to_owned()).zip(counted).collect())
}

/// What each dump counted.
fn summaries(text: &str) -> Vec<u64> {
    let values = text.lines().filter_map(|line| line.strip_prefix("totals:"));
    values.filter_map(|value| value.trim().parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_a_combined_file_has_its_total() {
        let text = "part: 1\nevents: Ir\nfn=(1) x\n1 7\ntotals: 7\npart: 2\ntotals: 12\n";
        assert_eq!(summaries(text), [7, 12]);
    }
}
