//! Serving: configuration to sockets to a machine on a runtime.

use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use sip_driver::{DriverConfig, DriverError, RunSummary, Sockets, Start, StopHandle, StopSignal};
use sip_sproutlet::SproutletHost;

use crate::app::ServerApp;
use crate::banner::banner;
use crate::check;
use crate::cli::Cli;
use crate::config::{Config, ListenConfig, Runtime};
use crate::diagnostic::{self, Problem};
use crate::names;

/// Serves until a signal, then drains.
pub(crate) fn run(cli: &Cli) -> Result<(), Problem> {
    let config = effective_config(cli)?;
    let driver = DriverConfig { listen: config.listeners(), ..DriverConfig::default() };
    let sockets = Sockets::bind(driver).map_err(|error| Problem::Run(error.to_string()))?;
    let (handle, signal) =
        sip_driver::stop_channel().map_err(|error| Problem::Run(error.to_string()))?;
    drain_on_signals(handle)?;
    if let Some(shortage) = sockets.shortage() {
        eprintln!("sproutd: warning: {shortage}");
    }
    println!("{}", banner(&config, sockets.local()));
    let summary = serve(&config, cli.verbose, sockets, signal)
        .map_err(|error| Problem::Run(error.to_string()))?;
    println!("sproutd: done; {summary}");
    Ok(())
}

/// The file, if any, with what the command line replaces.
fn effective_config(cli: &Cli) -> Result<Config, Problem> {
    let (mut config, source) = match &cli.config {
        Some(file) => {
            let (config, source) = check::load_unvalidated(file)?;
            (config, Some((file, source)))
        }
        None => (Config::default(), None),
    };
    if !cli.listen.is_empty() {
        let listen = |address: &_| ListenConfig { address: *address, advertise: None };
        config.listen = cli.listen.iter().map(listen).collect();
    }
    if !cli.domain.is_empty() {
        config.domains.clone_from(&cli.domain);
    }
    config.runtime = cli.runtime.unwrap_or(config.runtime);
    config.allow_unauthenticated |= cli.allow_unauthenticated;
    let replaced = |key: &str| {
        (key.starts_with("listen") && !cli.listen.is_empty())
            || (key.starts_with("domains") && !cli.domain.is_empty())
    };
    config.validate().map_err(|error| match &source {
        Some((file, source)) if !replaced(&error.key) => {
            diagnostic::from_semantics(file, source, &error)
        }
        Some(_) | None => diagnostic::from_command_line(&error),
    })?;
    Ok(config)
}

fn serve(
    config: &Config,
    verbose: bool,
    sockets: Sockets,
    stop: StopSignal,
) -> Result<RunSummary, DriverError> {
    let services = config.services(verbose);
    let app = ServerApp::new(verbose);
    let endpoint = names::endpoint(&config.dns);
    let build = move |start: Start| -> SproutletHost {
        let Start { now, unix, seed, secrets } = start;
        sip_sproutlet::build(&services, endpoint, &seed, secrets, now, unix)
            .expect("the configuration was validated")
    };
    match config.runtime {
        Runtime::Tokio => sip_tokio::run(sockets, stop, build, app),
        Runtime::AsyncStd => sip_async_std::run(sockets, stop, build, app),
        Runtime::Glommio => sip_glommio::run(sockets, stop, build, app),
    }
}

/// The first SIGINT or SIGTERM drains; the second stops at once.
fn drain_on_signals(handle: StopHandle) -> Result<(), Problem> {
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .map_err(|error| Problem::Run(format!("cannot handle signals: {error}")))?;
    let wait = move || {
        let mut pending = signals.forever();
        pending.next();
        eprintln!("sproutd: finishing what is under way; Ctrl-C again exits at once");
        handle.drain();
        pending.next();
        handle.abort();
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(wait)
        .map(drop)
        .map_err(|error| Problem::Run(format!("cannot start a thread: {error}")))
}
