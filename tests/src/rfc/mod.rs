//! Which MUSTs of an RFC are cited where: `docs/rfc/coverage.md` is made of
//! `docs/rfc/rfc3261.toml` and of the comments that say `RFC 3261 section 17.1.1.2`.

mod citations;
mod report;
mod requirements;

use std::path::{Path, PathBuf};

pub use citations::{Citations, Cited, Level};
pub use report::report;
pub use requirements::{Document, Must, Section, State};

/// The table as it is to be.
///
/// # Errors
///
/// What is wrong with the data file, or with reading the tree.
pub fn coverage() -> Result<String, String> {
    let path = root().join("docs/rfc/rfc3261.toml");
    let text =
        std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let document = Document::parse(&text)?;
    Ok(report(&document, &Citations::of_tree(&root(), "3261")?))
}

/// Where the table is.
#[must_use]
pub fn table() -> PathBuf {
    root().join("docs/rfc/coverage.md")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
