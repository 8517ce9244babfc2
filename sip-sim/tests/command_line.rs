//! The command line: what it prints, and how it ends.

use std::path::PathBuf;
use std::process::{Command, Output};

fn sip_sim(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sip-sim"))
        .args(arguments)
        .output()
        .expect("the program that cargo built")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn a_run_is_saved_and_replayed() {
    let plan = scratch("saved.toml");
    let path = plan.to_str().expect("a path in UTF-8");
    let run = sip_sim(&["run", "5", "--calls", "3", "--loss", "10", "--save", path]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run));
    let hash = |output: &Output| {
        let text = text(output);
        text.lines().find(|line| line.starts_with("trace hash")).map(str::to_owned)
    };
    assert!(hash(&run).is_some(), "{}", text(&run));
    let replay = sip_sim(&["replay", path, "--log"]);
    assert_eq!(hash(&replay), hash(&run));
    assert!(text(&replay).contains("alice -> server"), "{}", text(&replay));
}

#[test]
fn determinism_is_checked() {
    let check = sip_sim(&["check-determinism", "6", "--calls", "5"]);
    assert_eq!(check.status.code(), Some(0), "{}", text(&check));
}

#[test]
fn a_plan_that_cannot_be_run_is_named() {
    let plan = scratch("broken.toml");
    std::fs::write(&plan, "seed = 1").expect("a writable directory");
    let output = sip_sim(&["replay", plan.to_str().expect("a path in UTF-8")]);
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("broken.toml") && error.contains("heal_at_ms"), "{error}");
}
