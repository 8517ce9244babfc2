//! Content-ID and the URLs that name one (RFC 2392).

use std::borrow::Cow;

use super::super::lexer::unescape;

/// What a Content-ID must be, without its `<>`, to be the one that `id` names.
///
/// ```abnf
/// cid-url     =  "cid" ":" content-id
/// content-id  =  url-addr-spec    ; with escapes
/// ```
pub(super) fn wanted(id: &str) -> Cow<'_, [u8]> {
    let bytes = id.as_bytes();
    match bytes.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case(b"cid:") => unescaped(rest),
        _ => Cow::Borrowed(bare(bytes)),
    }
}

/// Without the `<>` around it.
pub(super) fn bare(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">")).unwrap_or(value)
}

fn unescaped(escaped: &[u8]) -> Cow<'_, [u8]> {
    if !escaped.contains(&b'%') {
        return Cow::Borrowed(escaped);
    }
    let mut plain = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let [first, tail @ ..] = rest {
        match unescape(rest) {
            Some(byte) => {
                plain.push(byte);
                // An escape is three bytes.
                rest = rest.get(3..).unwrap_or_default();
            }
            None => {
                plain.push(*first);
                rest = tail;
            }
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_unescaped_and_a_value_is_not() {
        for (id, expected) in [
            ("cid:foo4%25foo1@bar.net", "foo4%foo1@bar.net"),
            ("CID:a@b", "a@b"),
            ("<a%25@b>", "a%25@b"),
            ("a@b", "a@b"),
            ("cid:%4", "%4"),
            ("cid:", ""),
            ("", ""),
        ] {
            assert_eq!(*wanted(id), *expected.as_bytes(), "{id}");
        }
    }
}
