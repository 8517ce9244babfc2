//! How much something is preferred (RFC 3261 section 25.1).

use super::super::Params;

/// The `q` parameter in thousandths: 1000 where it is absent, `None` where it is malformed.
pub(super) fn preference(params: Params<'_>) -> Option<u16> {
    match params.get("q") {
        None => Some(1000),
        Some(value) => qvalue(value?),
    }
}

/// In thousandths, 0 to 1000.
///
/// ```abnf
/// qvalue  =  ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
/// ```
pub(super) fn qvalue(value: &[u8]) -> Option<u16> {
    let (whole, digits) = match value {
        [whole, b'.', digits @ ..] => (whole, digits),
        [whole] => (whole, &[][..]),
        _ => return None,
    };
    if digits.len() > 3 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |index: usize| digits.get(index).map_or(0, |digit| u16::from(digit - b'0'));
    let thousandths = digit(0) * 100 + digit(1) * 10 + digit(2);
    match (whole, thousandths) {
        (b'0', thousandths) => Some(thousandths),
        (b'1', 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_values_are_thousandths() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1", Some(1000)),
            ("0.", Some(0)),
            ("0.5", Some(500)),
            ("0.05", Some(50)),
            ("0.999", Some(999)),
            ("1.000", Some(1000)),
            ("1.001", None),
            ("0.1234", None),
            ("2", None),
            ("", None),
            (".5", None),
            ("0.x", None),
            ("-1", None),
        ] {
            assert_eq!(qvalue(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_said_is_preferred_fully() {
        let preference = |params: &'static [u8]| preference(Params::parse(params).unwrap());
        assert_eq!(preference(b""), Some(1000));
        assert_eq!(preference(b"level=1;Q=0.2"), Some(200));
        assert_eq!(preference(b"q"), None);
        assert_eq!(preference(b"q=2"), None);
    }
}
