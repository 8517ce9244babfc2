//! `sproutd`: a SIP registrar and proxy.
//!
//! Configuration and command line in, a [`sip_sproutlet`] service graph on one of the runtime
//! adapters out. Everything SIP is in the libraries.

mod app;
mod banner;
mod check;
mod cli;
mod config;
mod diagnostic;
mod names;
mod run;
mod secure;
mod transport;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let outcome = match &cli.command {
        Some(cli::Action::Check { file }) => check::check(file),
        None => run::run(&cli),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::from(problem.exit_code())
        }
    }
}
