//! `sproutd check FILE`, and reading the file for serving.

use std::fs;
use std::path::Path;

use crate::config::Config;
use crate::diagnostic::{self, Problem};
use crate::secure;

/// Says that the file is right, or what is wrong with it.
pub(crate) fn check(file: &Path) -> Result<(), Problem> {
    let source = read(file)?;
    let config = parse(file, &source)?;
    let tls = config.validate().and_then(|()| config.tls.load());
    let tls = tls.map_err(|error| diagnostic::from_semantics(file, &source, &error))?;
    for warning in secure::warnings(&tls) {
        eprintln!("sproutd: warning: {warning}");
    }
    println!(
        "{}: fine; {} listeners, domains {}, runtime {}",
        file.display(),
        config.listen.len(),
        config.domains.join(", "),
        config.runtime
    );
    Ok(())
}

/// Reads the file without looking at what its values mean together, because the command line may
/// still replace some of them.
pub(crate) fn load_unvalidated(file: &Path) -> Result<(Config, String), Problem> {
    let source = read(file)?;
    Ok((parse(file, &source)?, source))
}

fn parse(file: &Path, source: &str) -> Result<Config, Problem> {
    toml::from_str(source).map_err(|error| diagnostic::from_toml(file, source, &error))
}

fn read(file: &Path) -> Result<String, Problem> {
    fs::read_to_string(file)
        .map_err(|error| Problem::Config(format!("cannot read {}: {error}", file.display())))
}
