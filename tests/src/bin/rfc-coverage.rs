//! Writes `docs/rfc/coverage.md`: which MUSTs are cited where.
//!
//! ```text
//! cargo run -p sip-tests --bin rfc-coverage
//! ```

use std::process::ExitCode;

use sip_tests::rfc;

fn main() -> ExitCode {
    let written = rfc::coverage()
        .and_then(|table| std::fs::write(rfc::table(), table).map_err(|error| error.to_string()));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}
