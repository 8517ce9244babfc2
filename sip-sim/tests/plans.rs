//! Plans that once broke an invariant, shrunk: they must not again.

use std::fs;
use std::path::Path;

use sip_sim::{Plan, check};

#[test]
fn no_bug_comes_back() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans");
    let mut paths: Vec<_> = fs::read_dir(directory)
        .expect("the directory of plans")
        .map(|entry| entry.expect("a plan").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let text = fs::read_to_string(&path).expect("a text file");
        let plan = Plan::from_toml(&text).expect("a valid plan");
        if let Err(failure) = check(&plan).expect("a plan that runs") {
            panic!("{}: {failure}", path.display());
        }
    }
}
