//! Serving: configuration to sockets to a machine on a runtime.

use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use sip_driver::{
    DriverConfig, DriverError, RunSummary, Sockets, Start, StopHandle, StopSignal, TlsConfig,
    TlsContext,
};
use sip_sproutlet::SproutletHost;

use crate::app::ServerApp;
use crate::banner::banner;
use crate::check;
use crate::cli::Cli;
use crate::config::{Config, ListenConfig, Runtime};
use crate::diagnostic::{self, Problem};
use crate::names;
use crate::secure::{self, Pair};

/// Serves until a signal, then drains.
pub(crate) fn run(cli: &Cli) -> Result<(), Problem> {
    let (config, tls) = effective_config(cli)?;
    let driver = DriverConfig {
        listen: config.listeners(),
        tls: tls.clone(),
        ws: config.ws.driver(),
        ..DriverConfig::default()
    };
    let sockets = Sockets::bind(driver).map_err(|error| Problem::Run(error.to_string()))?;
    let (handle, signal) =
        sip_driver::stop_channel().map_err(|error| Problem::Run(error.to_string()))?;
    let reload = Reload { context: tls.clone(), config: config.tls.driver() };
    obey_signals(handle, reload)?;
    for warning in secure::warnings(&tls) {
        eprintln!("sproutd: warning: {warning}");
    }
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
fn effective_config(cli: &Cli) -> Result<(Config, TlsContext), Problem> {
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
    if let (Some(certificate), Some(key)) = (&cli.tls_certificate, &cli.tls_key) {
        config.tls.certificates = vec![Pair { certificate: certificate.clone(), key: key.clone() }];
    }
    config.runtime = cli.runtime.unwrap_or(config.runtime);
    config.allow_unauthenticated |= cli.allow_unauthenticated;
    let replaced = |key: &str| {
        (key.starts_with("listen") && !cli.listen.is_empty())
            || (key.starts_with("domains") && !cli.domain.is_empty())
            || (key.starts_with("tls.certificates") && cli.tls_certificate.is_some())
    };
    let tls = config.validate().and_then(|()| config.tls.load());
    let tls = tls.map_err(|error| match &source {
        Some((file, source)) if !replaced(&error.key) => {
            diagnostic::from_semantics(file, source, &error)
        }
        Some(_) | None => diagnostic::from_command_line(&error),
    })?;
    Ok((config, tls))
}

fn serve(
    config: &Config,
    verbose: bool,
    sockets: Sockets,
    stop: StopSignal,
) -> Result<RunSummary, DriverError> {
    let services = config.services(verbose);
    let app = ServerApp::new(verbose);
    let mut endpoint = names::endpoint(&config.dns);
    config.transport.apply(&mut endpoint.limits);
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

/// What SIGHUP reads again.
struct Reload {
    context: TlsContext,
    config: TlsConfig,
}

impl Reload {
    /// Reads the files again; what cannot be used changes nothing.
    fn again(&self) {
        match self.context.reload(&self.config) {
            Ok(()) => {
                eprintln!("sproutd: certificates were read again; new connections use them");
                for warning in secure::warnings(&self.context) {
                    eprintln!("sproutd: warning: {warning}");
                }
            }
            Err(error) => {
                eprintln!(
                    "sproutd: the former certificates stay: {error}; {}",
                    error.problem.fix()
                );
            }
        }
    }
}

/// The first SIGINT or SIGTERM drains, the second stops at once; SIGHUP reads certificates again.
fn obey_signals(handle: StopHandle, reload: Reload) -> Result<(), Problem> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])
        .map_err(|error| Problem::Run(format!("cannot handle signals: {error}")))?;
    let obey = move || {
        let mut draining = false;
        for signal in signals.forever() {
            match (signal, draining) {
                (SIGHUP, _) => reload.again(),
                (_, false) => {
                    eprintln!("sproutd: finishing what is under way; Ctrl-C again exits at once");
                    handle.drain();
                    draining = true;
                }
                (_, true) => return handle.abort(),
            }
        }
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(obey)
        .map(drop)
        .map_err(|error| Problem::Run(format!("cannot start a thread: {error}")))
}
