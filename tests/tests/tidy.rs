//! The tree's own rules, checked: sizes, layers, purity, leftovers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 110;
const CRATES: [&str; 10] = [
    "sip-proto",
    "sip-sproutlet",
    "sip-driver",
    "sip-tokio",
    "sip-async-std",
    "sip-glommio",
    "sip-sim",
    "sproutd",
    "tests",
    "benches",
];
const PURE: [&str; 2] = ["sip-proto/src", "sip-sproutlet/src"];

/// The layers of sip-proto, bottom up: a module imports only those before it, and itself.
const PROTO_LAYERS: [&[&str]; 14] = [
    &["time", "rng", "hash", "limits", "error", "slab", "transport_kind"],
    &["message"],
    &["framing"],
    &["machine"],
    &["timer"],
    &["transport"],
    &["resolve"],
    &["transaction"],
    &["dialog"],
    &["auth"],
    &["usage"],
    &["overload"],
    &["endpoint"],
    &["stack"],
];

/// The same for sip-sproutlet.
const SPROUTLET_LAYERS: [&[&str]; 9] = [
    &["breadth", "local_names", "refusal"],
    &["location"],
    &["abi"],
    &["config"],
    &["guard"],
    &["registrar", "proxy"],
    &["graph"],
    &["engine"],
    &["host"],
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
            // Neither a text nor a row of a table can be wrapped.
            let is_whole = line.contains('"') || line.starts_with("//! |");
            if line.chars().count() > LINE_COLUMNS_MAX && !is_whole {
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
fn layers_look_down_only() {
    let mut upward = upward_imports("sip-proto/src", &PROTO_LAYERS);
    upward.extend(upward_imports("sip-sproutlet/src", &SPROUTLET_LAYERS));
    report("modules that import a layer above", &upward);
}

/// Every import in the crate at `folder` from a layer above that of the importing module.
fn upward_imports(folder: &str, layers: &[&[&str]]) -> Vec<String> {
    let layer_of = |name: &str| layers.iter().position(|layer| layer.contains(&name));
    let folder = root().join(folder);
    let mut found = Vec::new();
    sources(&folder, &mut found);
    let lib = found.iter().find(|it| it.path == folder.join("lib.rs")).expect("a lib.rs");
    let origins = root_origins(&lib.text);
    assert!(!origins.is_empty(), "{} re-exports", lib.path.display());
    let mut upward = Vec::new();
    for Source { path, text } in &found {
        let relative = path.strip_prefix(&folder).expect("a file of the crate");
        let first = relative.components().next().expect("a path has a component");
        let module = first.as_os_str().to_string_lossy().replace(".rs", "");
        // Tests may look anywhere.
        if module == "lib" || module == "testing" || relative.iter().any(|it| it == "tests") {
            continue;
        }
        let own = layer_of(&module).unwrap_or_else(|| panic!("module {module} has no layer"));
        for used in crate_names(&without_comments(before_tests(text))) {
            let origin = origins.get(&used).unwrap_or(&used);
            if layer_of(origin).is_some_and(|layer| layer > own) {
                upward.push(format!("{}: uses {used} of {origin}", path.display()));
            }
        }
    }
    upward
}

fn before_tests(text: &str) -> &str {
    // `mod tests;` may stand anywhere; only an inline module ends the code.
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
}

fn without_comments(code: &str) -> String {
    code.lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Which module each name at a crate's root is re-exported from.
fn root_origins(lib: &str) -> BTreeMap<String, String> {
    let code = without_comments(lib);
    let mut origins = BTreeMap::new();
    for statement in code.split(';') {
        let Some(at) = statement.find("pub use ") else { continue };
        let Some((module, rest)) = statement[at + "pub use ".len()..].split_once("::") else {
            continue;
        };
        for name in first_names(rest) {
            origins.insert(name, module.trim_start_matches("self::").to_owned());
        }
    }
    origins
}

/// The name after each `crate::`; for `crate::{...}`, the first of each branch.
fn crate_names(code: &str) -> Vec<String> {
    let word = |it: char| it.is_alphanumeric() || it == '_';
    code.match_indices("crate::")
        .filter(|(at, _)| !code[..*at].ends_with(word))
        .flat_map(|(at, prefix)| first_names(&code[at + prefix.len()..]))
        .collect()
}

/// The first name of a path, or of each branch of a list in braces, however nested.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect()
    };
    let Some(list) = path.trim_start().strip_prefix('{') else { return vec![name(path)] };
    let (mut names, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, char) in list.char_indices() {
        match char {
            ',' if depth == 0 => {
                names.push(name(&list[start..at]));
                start = at + 1;
            }
            '{' => depth += 1,
            '}' if depth == 0 => {
                names.push(name(&list[start..at]));
                break;
            }
            '}' => depth -= 1,
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

#[test]
fn imports_are_read_as_the_compiler_reads_them() {
    let code = "use crate::message::{Via, To};\n\
                use crate::{\n    StatusCode, endpoint::{a::{b, c}, d},\n    Limits,\n};\n\
                pub(in crate::timer) fn f() -> crate::Instant { other_crate::x() }\n";
    let expected = ["message", "StatusCode", "endpoint", "Limits", "timer", "Instant"];
    assert_eq!(crate_names(code), expected);
    let origins =
        root_origins("pub mod a;\n// pub use no::No;\npub use a::{B, c::{D, E}};\npub use f::G;\n");
    let pairs: Vec<_> = origins.iter().map(|(name, of)| (name.as_str(), of.as_str())).collect();
    assert_eq!(pairs, [("B", "a"), ("G", "f"), ("c", "a")]);
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
