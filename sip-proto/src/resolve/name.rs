//! Domain names as the resolver compares them.

use core::fmt;
use std::sync::Arc;

/// The longest name in text: 255 bytes on the wire (RFC 1035 section 2.3.4).
const NAME_CHARS_MAX: usize = 253;
const LABEL_CHARS_MAX: usize = 63;

/// A domain name: lower-case letters, digits, `-` and `_`, without the dot at the end.
///
/// What DNS could carry beyond that is no name of a SIP server, and is not taken from anybody.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DomainName(Arc<str>);

impl DomainName {
    /// A name from text in any case, with or without the dot at the end.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix('.').unwrap_or(text);
        let is_name =
            text.len() <= NAME_CHARS_MAX && text.split('.').all(|label| is_label(label.as_bytes()));
        is_name.then(|| Self(text.to_ascii_lowercase().into()))
    }

    /// A name from its labels; no label at all is the root, which a record names to say "nowhere".
    pub(crate) fn from_labels<'a>(labels: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let mut name = String::new();
        for label in labels {
            if !is_label(label) {
                return None;
            }
            if !name.is_empty() {
                name.push('.');
            }
            name.extend(label.iter().map(|byte| char::from(byte.to_ascii_lowercase())));
        }
        (name.len() <= NAME_CHARS_MAX).then(|| Self(name.into()))
    }

    /// `labels` in front of this name: `_sip._udp` before `example.com`.
    pub(crate) fn below(&self, labels: &str) -> Option<Self> {
        Self::parse(&format!("{labels}.{}", self.0))
    }

    /// This name in front of `suffix`, as a search list wants it.
    pub(crate) fn within(&self, suffix: &Self) -> Option<Self> {
        Self::parse(&format!("{}.{}", self.0, suffix.0))
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// How many dots it has.
    pub(crate) fn dots(&self) -> usize {
        self.0.bytes().filter(|byte| *byte == b'.').count()
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_label(label: &[u8]) -> bool {
    (1..=LABEL_CHARS_MAX).contains(&label.len())
        && label.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "." } else { &self.0 })
    }
}

impl fmt::Debug for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_in_any_case_and_with_or_without_the_last_dot() {
        let name = DomainName::parse("Example.COM.").expect("a name");
        assert_eq!(DomainName::parse("example.com"), Some(name.clone()));
        assert_eq!(name.below("_sip._udp").expect("short").as_str(), "_sip._udp.example.com");
        assert_eq!((name.dots(), name.is_root()), (1, false));
    }

    #[test]
    fn what_is_no_name() {
        let long_label = "a".repeat(64);
        let long_name = "a.".repeat(127) + "a";
        for text in ["", ".", "a..b", ".a", "a b", "a\\b", "\u{e4}.de", &long_label, &long_name] {
            assert_eq!(DomainName::parse(text), None, "{text}");
        }
        assert!(DomainName::parse(&"a.".repeat(126)).is_some());
        assert_eq!(DomainName::from_labels([&b"a\0b"[..]].into_iter()), None);
    }
}
