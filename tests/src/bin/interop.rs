//! Runs real SIP peers against the built server. Installs nothing: says what is missing.
//!
//! ```text
//! cargo build --release -p sproutd
//! cargo run --release -p sip-tests --bin interop
//! ```

use std::process::ExitCode;

use clap::Parser;
use sip_tests::interop::{self, Options};

/// Runs sipsak, SIPp, baresip, dnsmasq and Kamailio against sproutd, on loopback.
#[derive(Debug, Parser)]
struct Cli {
    /// Only this runtime (tokio, async-std, glommio); default: each of them
    #[arg(long)]
    runtime: Vec<String>,
    /// Only this suite (banner, malformed, sipp, baresip, dns, kamailio); default: each of them
    #[arg(long)]
    suite: Vec<String>,
    /// Calls of the SIPp suite, for each runtime
    #[arg(long, default_value_t = 2_000)]
    calls: u32,
    /// Calls a second of the SIPp suite
    #[arg(long, default_value_t = 100)]
    rate: u32,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let options =
        Options { runtimes: cli.runtime, suites: cli.suite, calls: cli.calls, rate: cli.rate };
    match interop::run(&options) {
        Ok(passed) => {
            println!("\n{passed} passed, 0 failed");
            ExitCode::SUCCESS
        }
        Err(report) => {
            eprintln!("\n{report}");
            ExitCode::FAILURE
        }
    }
}
