//! The tree's own rules, checked: sizes, layers, purity, leftovers.

use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 110;
const CRATES: [&str; 9] = [
    "sip-proto",
    "sip-sproutlet",
    "sip-driver",
    "sip-tokio",
    "sip-async-std",
    "sip-glommio",
    "sip-sim",
    "sproutd",
    "tests",
];
const PURE: [&str; 2] = ["sip-proto/src", "sip-sproutlet/src"];

/// The layers of sip-proto, bottom up: a module imports only those before it, and itself.
const PROTO_LAYERS: [&[&str]; 8] = [
    &["time", "rng", "hash", "limits", "error", "slab", "transport_kind"],
    &["message"],
    &["framing"],
    &["machine"],
    &["timer"],
    &["transport"],
    &["transaction"],
    &["endpoint"],
];

/// What a pure crate must not name, beside what clippy.toml bans by path.
const IMPURE: [&str; 14] = [
    "Instant::now",
    "SystemTime",
    "std::thread",
    "std::fs",
    "std::env",
    "std::io",
    "std::process",
    "ToSocketAddrs",
    "getrandom",
    "thread_rng",
    "println!",
    "HashMap",
    "HashSet",
    "unsafe {",
];

struct Source {
    path: PathBuf,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources(folder: &Path, found: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).expect("a source file is UTF-8");
            found.push(Source { path, text });
        }
    }
}

fn all_sources() -> Vec<Source> {
    let mut found = Vec::new();
    for name in CRATES {
        sources(&root().join(name), &mut found);
    }
    assert!(found.len() > 50, "the tree was found: {} files", found.len());
    found
}

fn report(kind: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{kind}:\n{}", findings.join("\n"));
}

#[test]
fn files_and_lines_are_short() {
    let mut long = Vec::new();
    for Source { path, text } in all_sources() {
        if text.lines().count() > FILE_LINES_MAX {
            long.push(format!("{}: {} lines", path.display(), text.lines().count()));
        }
        for (number, line) in text.lines().enumerate() {
            if line.chars().count() > LINE_COLUMNS_MAX && !line.contains('"') {
                long.push(format!("{}:{}: {} columns", path.display(), number + 1, line.len()));
            }
        }
    }
    report("too long", &long);
}

#[test]
fn functions_are_short() {
    let mut long = Vec::new();
    for Source { path, text } in all_sources() {
        let mut open: Option<(usize, usize, &str)> = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            match open {
                None if starts_function(line) => open = Some((number, indent, line)),
                Some((start, depth, head))
                    if indent == depth && line.trim_start().starts_with('}') =>
                {
                    if number - start + 1 > FUNCTION_LINES_MAX {
                        let lines = number - start + 1;
                        long.push(format!(
                            "{}:{}: {lines} lines: {head}",
                            path.display(),
                            start + 1
                        ));
                    }
                    open = None;
                }
                None | Some(_) => {}
            }
        }
    }
    report("functions over the limit", &long);
}

fn starts_function(line: &str) -> bool {
    let line = line.trim_start();
    let words: Vec<&str> = line.split_whitespace().take(5).collect();
    let modifier = |word: &&&str| {
        word.starts_with("pub") || matches!(**word, "const" | "async" | "unsafe" | "extern")
    };
    let skipped = words.iter().take_while(modifier).count();
    words.get(skipped) == Some(&"fn") && !line.ends_with(';') && !line.ends_with('}')
}

#[test]
fn proto_layers_look_down_only() {
    let layer_of = |name: &str| PROTO_LAYERS.iter().position(|layer| layer.contains(&name));
    let folder = root().join("sip-proto/src");
    let mut found = Vec::new();
    sources(&folder, &mut found);
    let mut upward = Vec::new();
    for Source { path, text } in found {
        let relative = path.strip_prefix(&folder).expect("a file of the crate");
        let first = relative.components().next().expect("a path has a component");
        let module = first.as_os_str().to_string_lossy().replace(".rs", "");
        if module == "lib" {
            continue;
        }
        let own = layer_of(&module).unwrap_or_else(|| panic!("module {module} has no layer"));
        // Tests may look anywhere.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (used, at) in crate_paths(code) {
            if layer_of(&used).is_some_and(|layer| layer > own) {
                upward.push(format!("{}: uses crate::{used} (byte {at})", path.display()));
            }
        }
    }
    report("modules that import a layer above", &upward);
}

/// Every `crate::name` with where it stands; `crate::{a, b}` counts its first name of each part.
fn crate_paths(code: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let names = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default(),
            None => rest.split([';', ',', ')', '>', '\n']).next().unwrap_or_default(),
        };
        for name in names.split(',') {
            let word: String =
                name.trim().chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
            found.push((word, at));
        }
    }
    found
}

#[test]
fn pure_crates_stay_pure() {
    let mut impure = Vec::new();
    for folder in PURE {
        let mut found = Vec::new();
        sources(&root().join(folder), &mut found);
        assert!(!found.is_empty(), "{folder} has sources");
        for Source { path, text } in found {
            if path.ends_with("sip-proto/src/hash.rs") {
                continue;
            }
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap_or_default();
                if let Some(word) = IMPURE.iter().find(|word| code.contains(**word)) {
                    impure.push(format!("{}:{}: {word}", path.display(), number + 1));
                }
            }
        }
        let lib = fs::read_to_string(root().join(folder).join("lib.rs")).expect("a lib.rs");
        assert!(lib.contains("#![forbid(unsafe_code)]"), "{folder}/lib.rs forbids unsafe code");
    }
    report("the pure crates reach outside", &impure);
}

#[test]
fn nothing_unfinished_lands() {
    let marks = ["todo!(", "unimplemented!(", "dbg!(", concat!("FIX", "ME"), concat!("XX", "X:")];
    let mut left = Vec::new();
    for Source { path, text } in all_sources() {
        if path.ends_with("tests/tidy.rs") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) || line.contains("#[ignore") {
                left.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    report("unfinished", &left);
}
