//! What is wrong with a configuration file: the key, the line, and the fix.

use core::fmt;
use core::ops::Range;
use std::path::Path;

use sip_sproutlet::ConfigError;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A problem that ends the program, ready to print.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The configuration, or the command line, is wrong. Exit status 2.
    Config(String),
    /// The server could not run. Exit status 1.
    Run(String),
}

impl Problem {
    /// The program's exit status.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Run(_) => 1,
            Self::Config(_) => 2,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Config(text) | Self::Run(text)) = self;
        write!(f, "sproutd: {text}")
    }
}

/// A syntax error, an unknown key or a value of the wrong type, as TOML found it.
pub(crate) fn from_toml(file: &Path, source: &str, error: &toml::de::Error) -> Problem {
    let span = error.span().unwrap_or(0..0);
    let key = key_at(source, &span);
    let message = error.message().lines().next().unwrap_or_default();
    let fix = suggestion(message).or_else(|| wanted(message)).unwrap_or_else(|| {
        "put right the TOML here; docs/configuration.md shows every key".to_owned()
    });
    render(file, source, span, key.as_deref(), message, &fix)
}

/// A value that is well-formed but wrong.
pub(crate) fn from_semantics(file: &Path, source: &str, error: &ConfigError) -> Problem {
    let span = span_of(source, &error.key).unwrap_or(0..0);
    render(file, source, span, Some(&error.key), &error.problem, &error.fix)
}

/// The same without a file, for what the command line said.
pub(crate) fn from_command_line(error: &ConfigError) -> Problem {
    Problem::Config(format!("{}: {}\n  fix: {}", error.key, error.problem, error.fix))
}

fn render(
    file: &Path,
    source: &str,
    span: Range<usize>,
    key: Option<&str>,
    message: &str,
    fix: &str,
) -> Problem {
    let start = span.start.min(source.len());
    let before = source.get(..start).unwrap_or_default();
    let line_number = before.matches('\n').count() + 1;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = source.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
    let column = source.get(line_start..start).unwrap_or_default().chars().count();
    let room = line.chars().count().saturating_sub(column).max(1);
    let carets = "^".repeat(span.len().clamp(1, room));
    let named = key.map(|key| format!("{key}: ")).unwrap_or_default();
    let gutter = line_number.to_string().len();
    Problem::Config(format!(
        "{file}:{line_number}:{col}: {named}{message}\n{pad} |\n{line_number} | {line}\n{pad} | {space}{carets}\n  fix: {fix}",
        file = file.display(),
        col = column + 1,
        pad = " ".repeat(gutter),
        space = " ".repeat(column),
    ))
}

/// `unknown field `x`, expected one of `a`, `b`` with an `a` that looks like `x`.
fn suggestion(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    if !message.starts_with("unknown field") && !message.starts_with("unknown variant") {
        return None;
    }
    let unknown = quoted.next()?;
    let known: Vec<&str> = quoted.collect();
    let near = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(unknown, name), *name))
        .min()
        .filter(|(distance, name)| *distance <= name.len().div_ceil(3));
    Some(match near {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None => format!("use one of: {}", known.join(", ")),
    })
}

/// `invalid type: string "x", expected u32` in words.
fn wanted(message: &str) -> Option<String> {
    let expected = message.strip_prefix("invalid type: ")?.rsplit("expected ").next()?;
    Some(match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "write a whole number, without quotes".to_owned(),
        "a boolean" => "write true or false, without quotes".to_owned(),
        "a string" => "write it in quotes".to_owned(),
        "a sequence" => "write a list in square brackets".to_owned(),
        other => format!("write {other}"),
    })
}

/// The dotted key whose value holds the byte range.
fn key_at(source: &str, span: &Range<usize>) -> Option<String> {
    let table = DeTable::parse(source).ok()?;
    let path = path_in_table(table.get_ref(), span)?;
    Some(path)
}

fn path_in_table(table: &DeTable<'_>, span: &Range<usize>) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let name = key.get_ref();
        if key.span() == *span {
            return Some(name.to_string());
        }
        if let Some(inner) = path_in_value(value, span) {
            return Some(format!("{name}{}", dotted(&inner)));
        }
        holds(value, span).then(|| name.to_string())
    })
}

fn path_in_value(value: &Spanned<DeValue<'_>>, span: &Range<usize>) -> Option<String> {
    match value.get_ref() {
        DeValue::Table(table) => path_in_table(table, span),
        DeValue::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
            path_in_value(item, span)
                .map(|inner| format!("[{index}]{}", dotted(&inner)))
                .or_else(|| holds(item, span).then(|| format!("[{index}]")))
        }),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => None,
    }
}

/// A path below a key: `.inner` for a table's key, `[0]` as it is.
fn dotted(inner: &str) -> String {
    if inner.starts_with('[') { inner.to_owned() } else { format!(".{inner}") }
}

fn holds(value: &Spanned<DeValue<'_>>, span: &Range<usize>) -> bool {
    let outer = value.span();
    outer.start <= span.start && span.end <= outer.end
}

/// Where the value of a dotted key stands; of its nearest parent if it is not written down.
fn span_of(source: &str, key: &str) -> Option<Range<usize>> {
    let table = DeTable::parse(source).ok()?;
    let mut parts = key.split(['.', '[', ']']).filter(|part| !part.is_empty());
    let mut value = table.get_ref().get(parts.next()?)?;
    for part in parts {
        let next = match value.get_ref() {
            DeValue::Table(table) => table.get(part),
            DeValue::Array(items) => part.parse().ok().and_then(|index: usize| items.get(index)),
            DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_) => None,
        };
        match next {
            Some(inner) => value = inner,
            None => break,
        }
    }
    Some(value.span())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn diagnose(source: &str) -> String {
        let file = Path::new("x.toml");
        match toml::from_str::<Config>(source) {
            Err(error) => from_toml(file, source, &error).to_string(),
            Ok(config) => match config.validate() {
                Err(error) => from_semantics(file, source, &error).to_string(),
                Ok(()) => "fine".to_owned(),
            },
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_likely_one() {
        let text = diagnose("runtime = \"tokio\"\n[registar]\nexpires_max_s = 60\n");
        assert!(text.contains("x.toml:2:2: "), "{text}");
        assert!(text.contains("registar"), "{text}");
        assert!(text.contains("did you mean `registrar`?"), "{text}");
    }

    #[test]
    fn an_unknown_value_lists_the_known_ones() {
        let text = diagnose("runtime = \"gevent\"\n");
        assert!(text.contains("x.toml:1:11: runtime: "), "{text}");
        assert!(text.contains("fix: use one of: tokio, async-std, glommio"), "{text}");
    }

    #[test]
    fn a_wrong_type_names_its_key() {
        let text = diagnose("domains = [\"a\", 7]\n");
        assert!(text.contains("x.toml:1:17: domains[1]: invalid type"), "{text}");
        assert!(text.contains("fix: write it in quotes"), "{text}");
        let text = diagnose("[registrar]\nexpires_min_s = \"x\"\n");
        assert!(text.contains("x.toml:2:17: registrar.expires_min_s: "), "{text}");
        assert!(text.contains("fix: write a whole number, without quotes"), "{text}");
    }

    #[test]
    fn a_semantic_mistake_points_at_its_value() {
        let text = diagnose("\n[[listen]]\naddress = \"udp:0.0.0.0:5060\"\n");
        assert!(text.contains("x.toml:3:11: listen[0].address: "), "{text}");
        assert!(text.contains("fix: add advertise"), "{text}");
    }

    #[test]
    fn broken_syntax_has_a_line() {
        let text = diagnose("domains = [\n");
        assert!(text.contains("x.toml:"), "{text}");
        assert!(text.contains("fix: "), "{text}");
    }

    #[test]
    fn a_good_file_is_fine() {
        assert_eq!(diagnose("domains = [\"example.test\"]\n"), "fine");
    }
}
