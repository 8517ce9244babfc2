//! Real peers against the built server, on loopback, bounded in count and time.

mod banner;
mod baresip;
mod dns;
mod kamailio;
mod malformed;
mod passwords;
mod peer;
mod server;
mod sipp;

use std::path::{Path, PathBuf};

use self::server::Server;

/// What to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Runtimes by name; empty for all.
    pub runtimes: Vec<String>,
    /// Suites by name; empty for all.
    pub suites: Vec<String>,
    /// Calls of the SIPp suite, for each runtime.
    pub calls: u32,
    /// Calls a second of the SIPp suite.
    pub rate: u32,
}

const RUNTIMES: [&str; 3] = ["tokio", "async-std", "glommio"];

struct Suite {
    name: &'static str,
    /// Programs with the Debian package of each.
    needs: &'static [(&'static str, &'static str)],
    /// What its server's configuration file holds.
    config: &'static str,
    run: fn(&Server, &Options) -> Result<String, String>,
}

const SIPP: (&str, &str) = ("sipp", "sip-tester");
const BARESIP: (&str, &str) = ("baresip", "baresip-core");
const DNSMASQ: (&str, &str) = ("dnsmasq", "dnsmasq-base");
const KAMAILIO: (&str, &str) = ("kamailio", "kamailio");

const SUITES: [Suite; 7] = [
    Suite { name: "banner", needs: &[("sipsak", "sipsak")], config: "", run: banner::run },
    Suite { name: "malformed", needs: &[], config: "", run: malformed::run },
    Suite { name: "sipp", needs: &[SIPP], config: "", run: sipp::run },
    Suite { name: "baresip", needs: &[BARESIP], config: "", run: baresip::run },
    Suite {
        name: "passwords",
        needs: &[SIPP, BARESIP],
        config: passwords::CONFIG,
        run: passwords::run,
    },
    Suite { name: "dns", needs: &[DNSMASQ, SIPP], config: "", run: dns::run },
    Suite { name: "kamailio", needs: &[KAMAILIO, SIPP], config: "", run: kamailio::run },
];

/// Runs each suite on each runtime; how many passed, or a report of what failed.
pub fn run(options: &Options) -> Result<usize, String> {
    let wanted = |list: &[String], name: &str| list.is_empty() || list.iter().any(|it| it == name);
    let suites: Vec<_> =
        SUITES.iter().filter(|suite| wanted(&options.suites, suite.name)).collect();
    let runtimes: Vec<_> =
        RUNTIMES.into_iter().filter(|name| wanted(&options.runtimes, name)).collect();
    if suites.is_empty() || runtimes.is_empty() {
        return Err("nothing to run: no such suite or runtime".to_owned());
    }
    let binary = server::binary()?;
    missing(suites.iter().flat_map(|suite| suite.needs))?;
    let (mut passed, mut failures) = (0, Vec::new());
    for runtime in runtimes {
        for suite in &suites {
            let name = suite.name;
            match run_one(&binary, runtime, suite, options) {
                Ok(figures) => {
                    println!("ok    {runtime:<10} {name:<10} {figures}");
                    passed += 1;
                }
                Err(problem) => {
                    println!("FAIL  {runtime:<10} {name:<10} {problem}");
                    failures.push(format!("{runtime} {name}: {problem}"));
                }
            }
        }
    }
    if failures.is_empty() {
        return Ok(passed);
    }
    Err(format!("{}\n{passed} passed, {} failed", failures.join("\n"), failures.len()))
}

/// One suite against a server of its own, which must drain and exit 0 afterwards.
fn run_one(
    binary: &Path,
    runtime: &str,
    suite: &Suite,
    options: &Options,
) -> Result<String, String> {
    let server = Server::start(binary, runtime, suite.config)?;
    let figures = (suite.run)(&server, options)?;
    server.drain()?;
    Ok(figures)
}

fn missing<'a>(needs: impl Iterator<Item = &'a (&'a str, &'a str)>) -> Result<(), String> {
    let mut absent: Vec<String> = needs
        .filter(|(program, _)| find(program).is_none())
        .map(|(program, package)| format!("{program} (Debian package {package})"))
        .collect();
    absent.sort();
    absent.dedup();
    if absent.is_empty() {
        return Ok(());
    }
    Err(format!(
        "missing: {}; install them, or choose other suites with --suite",
        absent.join(", ")
    ))
}

fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let extra = [PathBuf::from("/usr/sbin")];
    std::env::split_paths(&path)
        .chain(extra)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}
