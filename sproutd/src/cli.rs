//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::config::{ListenAddress, Runtime};

/// SIP registrar and proxy.
///
/// Without a file and without options it serves the domain `localhost` on 127.0.0.1:5060, UDP and
/// TCP: phones register, and call each other. Ctrl-C finishes what is under way and exits; a second
/// Ctrl-C exits at once.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    /// Read the configuration from this TOML file
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Listen here, e.g. `udp:127.0.0.1:5060` or `wss:[::1]:8443` (udp, tcp, tls, ws, wss);
    /// repeat for more. Replaces what the file says
    #[arg(long, value_name = "TRANSPORT:ADDR:PORT")]
    pub(crate) listen: Vec<ListenAddress>,

    /// Serve this domain: its users register and are called here; repeat for more.
    /// Replaces what the file says
    #[arg(long, value_name = "NAME")]
    pub(crate) domain: Vec<String>,

    /// Show this certificate (PEM, with its chain) on `tls` and `wss`. Replaces what the file says
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_certificate: Option<PathBuf>,

    /// The private key of that certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,

    /// What moves the bytes
    #[arg(long, value_enum)]
    pub(crate) runtime: Option<Runtime>,

    /// Allow registrations without a password on addresses other than loopback
    #[arg(long)]
    pub(crate) allow_unauthenticated: bool,

    /// Print every event (dropped packets, connections, routing decisions) to standard error
    #[arg(long, short)]
    pub(crate) verbose: bool,

    /// What to do instead of serving
    #[command(subcommand)]
    pub(crate) command: Option<Action>,
}

/// What to do instead of serving.
#[derive(Debug, Subcommand)]
pub(crate) enum Action {
    /// Check a configuration file: says which key is wrong, on which line, and how to mend it
    Check {
        /// The file
        file: PathBuf,
    },
}

const EXAMPLES: &str = "\
Examples:
  sproutd                                        a registrar and proxy on 127.0.0.1:5060
  sproutd --listen udp:127.0.0.1:5070 --domain example.test
  sproutd --listen wss:127.0.0.1:8443 --tls-certificate server.pem --tls-key server.key
  sproutd --config sproutd.toml --runtime glommio
  sproutd check sproutd.toml

SIGHUP reads the files of certificates and keys again; connections stay.

Exit status: 0 after a finished drain, 1 if it could not run, 2 for a wrong command line or
configuration.";
