//! Comments in parentheses (RFC 3261 section 25.1).

use super::super::lexer::{Fault, Parsed, is_lws};

/// What stands between the parentheses, quoted pairs and nested comments as they are.
///
/// ```abnf
/// comment  =  LPAREN *( ctext / quoted-pair / comment ) RPAREN
/// ctext    =  %x21-27 / %x2A-5B / %x5D-7E / UTF8-NONASCII / LWS
/// ```
/// Nesting is counted, so it may be as deep as the value is long.
pub(super) fn comment(input: &[u8]) -> Parsed<'_, &[u8]> {
    let [b'(', inside @ ..] = input else {
        return Fault::at(input);
    };
    let (mut at, mut depth) = (0, 1_usize);
    while let Some(&byte) = inside.get(at) {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b'\\' => at += 1,
            0..=0x1f | 0x7f if !is_lws(byte) => return Fault::at(&inside[at..]),
            _ => {}
        }
        if depth == 0 {
            return Ok((&inside[at + 1..], &inside[..at]));
        }
        at += 1;
    }
    Fault::at(&inside[inside.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_ends_with_its_own_parenthesis() {
        let table: &[(&[u8], &[u8], &[u8])] = &[
            (b"()", b"", b""),
            (b"(a b) c", b"a b", b" c"),
            (b"(a (b (c)) d)e", b"a (b (c)) d", b"e"),
            (b"(a\\)\\(\\\\)", b"a\\)\\(\\\\", b""),
            ("(\u{fc}\r\n \")".as_bytes(), "\u{fc}\r\n \"".as_bytes(), b""),
        ];
        for (input, inside, rest) in table {
            assert_eq!(comment(input), Ok((*rest, *inside)));
        }
        for input in [&b""[..], b"a", b"(", b"(a", b"((a)", b"(a\\)", b"(\\", b"(a\x00)", b")"] {
            assert!(comment(input).is_err(), "{input:?}");
        }
        let deep = [b"(".repeat(100_000), b")".repeat(100_000)].concat();
        assert_eq!(
            comment(&deep).map(|(rest, inside)| (rest.len(), inside.len())),
            Ok((0, 199_998))
        );
    }
}
