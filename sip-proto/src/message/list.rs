//! Comma-separated header values (RFC 3261 section 7.3.1).

use memchr::{memchr, memchr3};
use smallvec::SmallVec;

use super::lexer::{quoted_end, trim};

/// The elements of one field value, trimmed. Commas inside quotes or `<>` do not separate. A value
/// of white space has no elements.
#[derive(Clone, Debug)]
pub(super) struct Elements<'a> {
    rest: Option<&'a [u8]>,
    split: bool,
}

impl<'a> Elements<'a> {
    /// Of a list if `split`, else the value as its only element.
    pub(super) fn new(value: &'a [u8], split: bool) -> Self {
        Self { rest: Some(value).filter(|value| !split || !trim(value).is_empty()), split }
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let value = self.rest?;
        let end = if self.split { element_end(value) } else { value.len() };
        self.rest = value.get(end + 1..);
        Some(trim(&value[..end]))
    }
}

/// The same elements, the last one first.
#[derive(Clone, Debug)]
pub(super) struct ElementsBack<'a> {
    rest: Option<&'a [u8]>,
    /// Where the commas are that separate what is left.
    commas: SmallVec<[usize; 8]>,
}

impl<'a> ElementsBack<'a> {
    /// As [`Elements::new`]. Looks through `value` once.
    pub(super) fn new(value: &'a [u8], split: bool) -> Self {
        let mut commas = SmallVec::new();
        let mut start = 0;
        let next = |start: usize| {
            let end = start + element_end(&value[start..]);
            Some(end).filter(|end| split && *end < value.len())
        };
        while let Some(end) = next(start) {
            commas.push(end);
            start = end + 1;
        }
        Self { rest: Some(value).filter(|value| !split || !trim(value).is_empty()), commas }
    }
}

impl<'a> Iterator for ElementsBack<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let value = self.rest?;
        match self.commas.pop() {
            Some(comma) => {
                self.rest = Some(&value[..comma]);
                Some(trim(&value[comma + 1..]))
            }
            None => self.rest.take().map(trim),
        }
    }
}

/// Where the first element of `value` ends: at a comma, or at the end of `value`.
#[inline]
pub(super) fn element_end(value: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = value.get(at..).and_then(|rest| memchr3(b',', b'<', b'"', rest)) {
        let special = at + found;
        let after = match value[special] {
            b',' => return special,
            b'<' => memchr(b'>', &value[special..]).map(|closing| special + closing + 1),
            _ => quoted_end(value, special + 1),
        };
        match after {
            Some(after) => at = after,
            None => break,
        }
    }
    value.len()
}

/// Where the last element of `value` starts, after its comma; 0 if there is only one.
pub(super) fn last_element_start(value: &[u8]) -> usize {
    let mut start = 0;
    loop {
        let end = start + element_end(&value[start..]);
        if end == value.len() {
            return start;
        }
        start = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(value: &str) -> Vec<&str> {
        Elements::new(value.as_bytes(), true)
            .map(|element| core::str::from_utf8(element).unwrap())
            .collect()
    }

    #[test]
    fn commas_separate_outside_quotes_and_angles() {
        let table: &[(&str, &[&str])] = &[
            ("", &[]),
            (" \r\n ", &[]),
            ("a", &["a"]),
            ("a,b", &["a", "b"]),
            (" a ,\r\n\tb ", &["a", "b"]),
            ("a,,b,", &["a", "", "b", ""]),
            (r#""x, y" <sip:a>,<sip:b,c>;d"#, &[r#""x, y" <sip:a>"#, "<sip:b,c>;d"]),
            (r#""x\", y" <sip:a>,b"#, &[r#""x\", y" <sip:a>"#, "b"]),
            (r#""open, b"#, &[r#""open, b"#]),
            (r#"<sip:a;x="b>,c"#, &[r#"<sip:a;x="b>"#, "c"]),
            ("<open, b", &["<open, b"]),
        ];
        for (value, expected) in table {
            assert_eq!(elements(value), *expected, "{value:?}");
            let last = trim(&value.as_bytes()[last_element_start(value.as_bytes())..]);
            assert_eq!(last, expected.last().unwrap_or(&"").as_bytes());
            let mut backwards: Vec<&[u8]> = ElementsBack::new(value.as_bytes(), true).collect();
            backwards.reverse();
            let expected: Vec<&[u8]> = expected.iter().map(|it| it.as_bytes()).collect();
            assert_eq!(backwards, expected);
        }
    }
}
