//! `sip-sim`: runs plans, replays them, shrinks them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, Parser, Subcommand};
use sip_sim::{Failure, Plan, Profile, Report, Sim, check};

/// Simulates a SIP server and its phones on a hostile network.
///
/// Exit codes: 0 when every invariant held; 127 when a machine panicked; 128 when something that
/// had to happen did not (liveness); 129 when something happened that must not (correctness);
/// 2 for a plan that cannot be run.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the plan that a seed stands for; a failing one is shrunk and saved.
    Run {
        /// The seed; a new one if left out.
        seed: Option<u64>,
        #[command(flatten)]
        profile: ProfileArgs,
        /// Saves the plan here before running it.
        #[arg(long, value_name = "PLAN.toml")]
        save: Option<PathBuf>,
    },
    /// Runs a saved plan, and prints every event with --log.
    Replay {
        /// The plan.
        plan: PathBuf,
        /// Prints every event.
        #[arg(long)]
        log: bool,
    },
    /// Makes a saved plan that fails smaller, and saves that next to it.
    Shrink {
        /// The plan.
        plan: PathBuf,
    },
    /// Runs the plan of a seed twice and compares everything that happened.
    CheckDeterminism {
        /// The seed; a new one if left out.
        seed: Option<u64>,
        #[command(flatten)]
        profile: ProfileArgs,
    },
}

#[derive(Args)]
struct ProfileArgs {
    /// How many calls; drawn from the seed if left out.
    #[arg(long, value_name = "N")]
    calls: Option<u32>,
    /// Datagrams lost, of a hundred, and no other fault; swarm faults if left out.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(..=100))]
    loss: Option<u8>,
}

type Problem = Box<dyn std::error::Error>;

/// A plan that cannot be read or run.
const UNUSABLE: u8 = 2;
/// A run that differs from its repetition: not correct.
const NOT_DETERMINISTIC: u8 = 129;

fn main() -> ExitCode {
    let code = match Cli::parse().command {
        Command::Run { seed, profile, save } => run(seed, &profile, save.as_deref()),
        Command::Replay { plan, log } => replay(&plan, log),
        Command::Shrink { plan } => shrink(&plan),
        Command::CheckDeterminism { seed, profile } => check_determinism(seed, &profile),
    };
    match code {
        Ok(code) => code.into(),
        Err(problem) => {
            eprintln!("sip-sim: {problem}");
            UNUSABLE.into()
        }
    }
}

fn run(seed: Option<u64>, profile: &ProfileArgs, save: Option<&Path>) -> Result<u8, Problem> {
    let plan = random_plan(seed, profile);
    if let Some(path) = save {
        write(path, &plan.to_toml())?;
    }
    let path = PathBuf::from(format!("sip-sim-{}.toml", plan.seed));
    judge(&plan, &path)
}

fn replay(path: &Path, log: bool) -> Result<u8, Problem> {
    let plan = load(path)?;
    let mut sim = Sim::new(&plan)?;
    let report = sim.run_to_end();
    if log {
        sim.trace().lines().for_each(|line| println!("{line}"));
    }
    print!("{report}");
    let Some(violation) = &report.violation else {
        return Ok(0);
    };
    println!("\n{violation}\n\n{}", report.ladder);
    Ok(violation.invariant.exit_code())
}

fn shrink(path: &Path) -> Result<u8, Problem> {
    judge(&load(path)?, &path.with_extension("shrunk.toml"))
}

fn check_determinism(seed: Option<u64>, profile: &ProfileArgs) -> Result<u8, Problem> {
    let plan = random_plan(seed, profile);
    let hash = || Sim::new(&plan).map(|sim| sim.run().trace_hash);
    let (first, second) = (hash()?, hash()?);
    println!("seed {}: {first:016x} and {second:016x}", plan.seed);
    Ok(if first == second { 0 } else { NOT_DETERMINISTIC })
}

/// Runs a plan; a failing one is shrunk and saved at `smaller`.
fn judge(plan: &Plan, smaller: &Path) -> Result<u8, Problem> {
    let started = Instant::now();
    match check(plan)? {
        Ok(report) => {
            print_report(&report, started);
            Ok(0)
        }
        Err(failure) => {
            let Failure { violation, plan, .. } = &*failure;
            println!("{failure}");
            write(smaller, &plan.to_toml())?;
            println!("saved; again with: sip-sim replay {}", smaller.display());
            Ok(violation.invariant.exit_code())
        }
    }
}

fn print_report(report: &Report, started: Instant) {
    let wall_s = started.elapsed().as_secs_f64();
    let simulated_s = report.ended_at.as_millis() as f64 / 1_000.0;
    print!("{report}");
    println!("wall        {wall_s:.3}s ({:.0} simulated seconds a second)", simulated_s / wall_s);
    println!("            {:.0} messages a second", report.messages_sent as f64 / wall_s);
}

fn random_plan(seed: Option<u64>, profile: &ProfileArgs) -> Plan {
    let profile = Profile { calls: profile.calls, loss_percent: profile.loss };
    Plan::random(seed.unwrap_or_else(fresh_seed), &profile)
}

/// Printed with the report, so that the run can be repeated.
fn fresh_seed() -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    RandomState::new().hash_one(std::process::id()) >> 16
}

fn load(path: &Path) -> Result<Plan, Problem> {
    let text =
        fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Plan::from_toml(&text).map_err(|error| format!("{}: {error}", path.display()))?)
}

fn write(path: &Path, text: &str) -> Result<(), Problem> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()).into())
}
