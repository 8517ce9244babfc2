//! What the fuzzer left behind, and random bytes, through every fuzz target on any compiler.

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use sip_grammar::fuzz::{TARGETS, Target};

fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| (path.display().to_string(), fs::read(path).unwrap())).collect()
}

/// Runs it all before it says what failed.
fn replay(target: Target, inputs: &[(String, Vec<u8>)]) {
    let failed: Vec<&str> = inputs
        .iter()
        .filter(|(_, data)| std::panic::catch_unwind(|| target(data)).is_err())
        .map(|(path, _)| path.as_str())
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn every_corpus_is_replayed() {
    for (name, target) in TARGETS {
        let inputs = corpus(name);
        assert!(inputs.len() >= 10, "{name} has {} inputs", inputs.len());
        replay(target, &inputs);
    }
}

/// A message cut off anywhere is one of the commonest broken inputs.
#[test]
fn every_start_of_a_message_is_harmless() {
    for (name, target) in TARGETS {
        for (_, data) in corpus(name).iter().filter(|(_, data)| data.len() < 600).take(60) {
            (0..data.len()).for_each(|end| target(&data[..end]));
        }
    }
}

/// Words of SIP and bytes in any order: closer to a message than random bytes are.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let words = proptest::sample::select(vec![
        "INVITE sip:b SIP/2.0\r\n",
        "SIP/2.0 200 OK\r\n",
        "Via: SIP/2.0/UDP a",
        "From: ",
        "To: ",
        "Contact: ",
        "CSeq: 1 X",
        "l: 2",
        "Call-ID: ",
        "\r\n",
        "\r\n ",
        "\r\n\r\n",
        "sip:",
        "tel:+1",
        "<",
        ">",
        "\"",
        "\\",
        ";",
        "=",
        ",",
        "@",
        "%41",
        "[::1]",
        ":",
        "*",
        " ",
        "\t",
        "?",
        "&",
    ]);
    let part = prop_oneof![
        9 => words.prop_map(|word| word.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    vec(part, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn random_bytes_are_harmless(data in vec(any::<u8>(), 0..200), soup in soup()) {
        for (_, target) in TARGETS {
            target(&data);
            target(&soup);
        }
    }
}
