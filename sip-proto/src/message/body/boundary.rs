//! The lines between the parts of a multipart body (RFC 2046 section 5.1.1).

use memchr::memmem::Finder;

/// A boundary is no longer.
const BOUNDARY_BYTES_MAX: usize = 70;

/// ```abnf
/// boundary       =  0*69bchars bcharsnospace
/// bchars         =  bcharsnospace / " "
/// bcharsnospace  =  DIGIT / ALPHA / "'" / "(" / ")" / "+" / "_" / "," / "-" / "." / "/" / ":"
///                   / "=" / "?"
/// ```
pub(super) fn is_boundary(boundary: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(byte);
    (1..=BOUNDARY_BYTES_MAX).contains(&boundary.len())
        && boundary.iter().all(is_allowed)
        && !boundary.ends_with(b" ")
}

/// A delimiter line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delimiter {
    /// Where its dashes start: after the CRLF that belongs to it.
    pub(super) start: usize,
    /// After its line.
    pub(super) end: usize,
    /// Whether it is the last one.
    pub(super) is_close: bool,
}

/// The delimiter lines of a body, up to the closing one.
pub(super) struct Delimiters<'a> {
    body: &'a [u8],
    finder: Finder<'static>,
    at: usize,
    is_done: bool,
}

impl<'a> Delimiters<'a> {
    pub(super) fn new(body: &'a [u8], boundary: &[u8]) -> Self {
        let dashed = [b"--", boundary].concat();
        Self { body, finder: Finder::new(&dashed).into_owned(), at: 0, is_done: false }
    }

    /// The delimiter whose dashes are at `start`, if that is one.
    ///
    /// ```abnf
    /// delimiter          =  CRLF "--" boundary
    /// close-delimiter    =  delimiter "--"
    /// transport-padding  =  *LWSP-char
    /// ```
    fn delimiter(&self, start: usize) -> Option<Delimiter> {
        let body = self.body;
        if start > 0 && !body.get(..start)?.ends_with(b"\r\n") {
            return None;
        }
        let after = start + self.finder.needle().len();
        let rest = body.get(after..)?;
        let is_close = rest.starts_with(b"--");
        let mut end = after + if is_close { 2 } else { 0 };
        while let Some(b' ' | b'\t') = body.get(end) {
            end += 1;
        }
        match body.get(end..)? {
            [b'\r', b'\n', ..] => Some(Delimiter { start, end: end + 2, is_close }),
            [] if is_close => Some(Delimiter { start, end, is_close }),
            _ => None,
        }
    }
}

impl Iterator for Delimiters<'_> {
    type Item = Delimiter;

    fn next(&mut self) -> Option<Delimiter> {
        while !self.is_done {
            let found = self.body.get(self.at..).and_then(|rest| self.finder.find(rest));
            let Some(start) = found.map(|found| self.at + found) else {
                self.is_done = true;
                break;
            };
            let delimiter = self.delimiter(start);
            // The CRLF of one line may be that of the next one.
            self.at = delimiter.map_or(start + 1, |delimiter| delimiter.end);
            if let Some(delimiter) = delimiter {
                self.is_done = delimiter.is_close;
                return Some(delimiter);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_of_few_characters() {
        for good in ["a", "unique-boundary-1", "gc0p4Jq0M2Yt08jU534c0p", "a b", "'()+_,-./:=?"] {
            assert!(is_boundary(good.as_bytes()), "{good}");
        }
        for bad in ["", " ", "a ", "a\"", "a\r\nb", "a;b", &"x".repeat(71)] {
            assert!(!is_boundary(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn delimiters_are_whole_lines() {
        type Found = (usize, usize, bool);
        let table: &[(&str, &[Found])] = &[
            ("--b\r\nx\r\n--b--", &[(0, 5, false), (8, 13, true)]),
            ("pre\r\n--b \t\r\n\r\n--b--\t\r\nepi", &[(5, 12, false), (14, 22, true)]),
            ("--b\r\n--b\r\n--b--\r\n", &[(0, 5, false), (5, 10, false), (10, 17, true)]),
            // Nothing follows the closing one.
            ("--b--\r\n--b\r\n", &[(0, 7, true)]),
            ("x--b\r\n--bc\r\n--b x\r\n\n--b\r\n--b-\r\n--b", &[]),
            ("", &[]),
        ];
        for (body, expected) in table {
            let found: Vec<_> = Delimiters::new(body.as_bytes(), b"b")
                .map(|delimiter| (delimiter.start, delimiter.end, delimiter.is_close))
                .collect();
            assert_eq!(found, *expected, "{body:?}");
        }
    }
}
