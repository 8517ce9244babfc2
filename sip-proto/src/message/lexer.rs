//! The lexical ground of RFC 3261 section 25.1: byte classes and the smallest parsers.

use memchr::{memchr, memchr2};
use nom::IResult;

use crate::{ParseError, ParseErrorKind};

/// What a parser over a part of a message returns.
pub(super) type Parsed<'a, T> = IResult<&'a [u8], T, Fault>;

/// Where a parser failed: how many bytes were left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    left: usize,
}

impl Fault {
    /// Fails at the start of `rest`.
    pub(super) const fn at<T>(rest: &[u8]) -> Parsed<'_, T> {
        Err(nom::Err::Error(Self { left: rest.len() }))
    }

    /// How many bytes were left.
    pub(super) const fn left_of(error: &nom::Err<Self>) -> usize {
        match error {
            nom::Err::Error(fault) | nom::Err::Failure(fault) => fault.left,
            nom::Err::Incomplete(_) => 0,
        }
    }
}

impl<'a> nom::error::ParseError<&'a [u8]> for Fault {
    fn from_error_kind(input: &'a [u8], _: nom::error::ErrorKind) -> Self {
        Self { left: input.len() }
    }

    fn append(_: &'a [u8], _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }
}

/// Runs `parser` over the whole of `input`: what is left over is an error too.
#[inline]
pub(super) fn whole<'a, T>(
    input: &'a [u8],
    kind: ParseErrorKind,
    parser: impl FnOnce(&'a [u8]) -> Parsed<'a, T>,
) -> Result<T, ParseError> {
    let left = match parser(input) {
        Ok(([], value)) => return Ok(value),
        Ok((rest, _)) => rest.len(),
        Err(error) => Fault::left_of(&error),
    };
    Err(ParseError { kind, offset: input.len() - left })
}

/// A set of bytes: one bit of the table.
pub(super) type Class = u16;

pub(super) const TOKEN: Class = 1;
const UNRESERVED: Class = 1 << 1;
pub(super) const USER: Class = 1 << 2;
pub(super) const PASSWORD: Class = 1 << 3;
pub(super) const PARAM: Class = 1 << 4;
pub(super) const URI_HEADER: Class = 1 << 5;
pub(super) const URIC: Class = 1 << 6;
pub(super) const LABEL: Class = 1 << 7;
pub(super) const VALUE: Class = 1 << 8;
pub(super) const VISIBLE: Class = 1 << 9;
pub(super) const SCHEME: Class = 1 << 10;
pub(super) const DISPLAY: Class = 1 << 11;
pub(super) const ANGLES: Class = 1 << 12;
pub(super) const BARE: Class = 1 << 13;
pub(super) const PLAIN: Class = 1 << 14;

/// ```abnf
/// alphanum       = ALPHA / DIGIT
/// token          = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~" )
/// unreserved     = alphanum / mark
/// mark           = "-" / "_" / "." / "!" / "~" / "*" / "'" / "(" / ")"
/// user           = 1*( unreserved / escaped / user-unreserved )
/// user-unreserved= "&" / "=" / "+" / "$" / "," / ";" / "?" / "/"
/// password       = *( unreserved / escaped / "&" / "=" / "+" / "$" / "," )
/// paramchar      = param-unreserved / unreserved / escaped
/// param-unreserved = "[" / "]" / "/" / ":" / "&" / "+" / "$"
/// hname          = 1*( hnv-unreserved / unreserved / escaped )
/// hnv-unreserved = "[" / "]" / "/" / "?" / ":" / "+" / "$"
/// uric           = reserved / unreserved / escaped
/// reserved       = ";" / "/" / "?" / ":" / "@" / "&" / "=" / "+" / "$" / ","
/// domainlabel    = alphanum / "-"          ; and "_", which real host names have
/// scheme         = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
/// gen-value      = token / host / quoted-string
/// ```
/// `escaped` is not in a class: [`escaped`] checks it. VALUE is what may stand in a parameter
/// value outside quotes, also in those that extensions define; VISIBLE is all but space and
/// controls; DISPLAY is a token, UTF-8 or white
/// space; ANGLES is what may stand in `<>`, and BARE in an address without them; PLAIN is what
/// neither ends nor divides a parameter.
static CLASSES: [Class; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = class_of(byte as u8) | address_class_of(byte as u8) | plain_of(byte as u8);
        byte += 1;
    }
    classes
};

const fn class_of(byte: u8) -> Class {
    let any_uri = USER | PASSWORD | PARAM | URI_HEADER | URIC;
    match byte {
        b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
            TOKEN | UNRESERVED | any_uri | LABEL | SCHEME | VALUE | VISIBLE | DISPLAY
        }
        b'-' => TOKEN | UNRESERVED | any_uri | LABEL | SCHEME | VALUE | VISIBLE | DISPLAY,
        b'.' => TOKEN | UNRESERVED | any_uri | SCHEME | VALUE | VISIBLE | DISPLAY,
        b'_' => TOKEN | UNRESERVED | any_uri | LABEL | VALUE | VISIBLE | DISPLAY,
        b'!' | b'~' | b'*' | b'\'' => TOKEN | UNRESERVED | any_uri | VALUE | VISIBLE | DISPLAY,
        b'(' | b')' => UNRESERVED | any_uri | VALUE | VISIBLE,
        b'+' => TOKEN | any_uri | SCHEME | VALUE | VISIBLE | DISPLAY,
        b'%' | b'`' => TOKEN | VALUE | VISIBLE | DISPLAY,
        b'$' => any_uri | VALUE | VISIBLE,
        b'&' => USER | PASSWORD | PARAM | URIC | VALUE | VISIBLE,
        b'=' => USER | PASSWORD | URIC | VALUE | VISIBLE,
        b',' => USER | PASSWORD | URIC | VISIBLE,
        b';' => USER | URIC | VISIBLE,
        b'?' => USER | URI_HEADER | URIC | VALUE | VISIBLE,
        b'/' => USER | PARAM | URI_HEADER | URIC | VALUE | VISIBLE,
        b':' => PARAM | URI_HEADER | URIC | VALUE | VISIBLE,
        b'[' | b']' => PARAM | URI_HEADER | URIC | VALUE | VISIBLE,
        b'@' => URIC | VALUE | VISIBLE,
        b'#' | b'^' | b'{' | b'|' | b'}' => VALUE | VISIBLE,
        b'"' | b'<' | b'>' | b'\\' => VISIBLE,
        0x80..=0xff => VALUE | VISIBLE | DISPLAY,
        b' ' | b'\t' | b'\r' | b'\n' => DISPLAY,
        0..=b' ' | 0x7f => 0,
    }
}

const fn address_class_of(byte: u8) -> Class {
    match byte {
        0..=b' ' | 0x7f | b'<' | b'>' | b'"' => 0,
        b';' | b',' | b'?' => ANGLES,
        _ => ANGLES | BARE,
    }
}

const fn plain_of(byte: u8) -> Class {
    match byte {
        b';' | b'=' | b'"' | b' ' | b'\t' | b'\r' | b'\n' => 0,
        _ => PLAIN,
    }
}

#[inline]
fn classes(byte: u8) -> Class {
    CLASSES[usize::from(byte)]
}

#[inline]
fn is(byte: u8, class: Class) -> bool {
    classes(byte) & class != 0
}

/// How many bytes at the start of `input` are in `class`.
#[inline]
pub(super) fn run(input: &[u8], class: Class) -> usize {
    let mut rest = input;
    // Four at a time: most runs are longer.
    while let Some(([a, b, c, d], tail)) = rest.split_first_chunk() {
        if classes(*a) & classes(*b) & classes(*c) & classes(*d) & class == 0 {
            break;
        }
        rest = tail;
    }
    while let [first, tail @ ..] = rest
        && is(*first, class)
    {
        rest = tail;
    }
    input.len() - rest.len()
}

/// The bytes of `class` at the start of `input`: at least one.
#[inline]
pub(super) fn some(class: Class) -> impl Fn(&[u8]) -> Parsed<'_, &[u8]> {
    move |input| match run(input, class) {
        0 => Fault::at(input),
        length => Ok((&input[length..], &input[..length])),
    }
}

macro_rules! predicates {
    ($($name:ident $class:ident;)*) => {
        $(#[inline] pub(super) fn $name(byte: u8) -> bool { is(byte, $class) })*
    };
}

predicates! {
    is_token TOKEN;
    is_label LABEL;
    is_unreserved UNRESERVED;
    is_display DISPLAY;
    is_value VALUE;
    is_visible VISIBLE;
    is_in_angles ANGLES;
}

/// White space, or a part of a fold. In a value that was split from a message, CR and LF are
/// always parts of a fold.
#[inline]
pub(super) const fn is_lws(byte: u8) -> bool {
    // Almost every byte is greater.
    byte <= b' ' && matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// ```abnf
/// LWS  = [*WSP CRLF] 1*WSP
/// SWS  = [LWS]
/// ```
#[inline]
pub(super) fn sws(input: &[u8]) -> &[u8] {
    let mut rest = input;
    while let [first, tail @ ..] = rest
        && is_lws(*first)
    {
        rest = tail;
    }
    rest
}

/// Without white space at either end.
#[inline]
pub(super) fn trim(input: &[u8]) -> &[u8] {
    trim_end(sws(input))
}

/// Without white space at the end.
#[inline]
pub(super) fn trim_end(input: &[u8]) -> &[u8] {
    let mut rest = input;
    while let [head @ .., last] = rest {
        if !is_lws(*last) {
            break;
        }
        rest = head;
    }
    rest
}

/// `byte` with white space on both sides: SLASH, EQUAL, SEMI, COLON ...
#[inline]
pub(super) fn separator(byte: u8) -> impl Fn(&[u8]) -> Parsed<'_, ()> {
    move |input| match sws(input) {
        [first, rest @ ..] if *first == byte => Ok((sws(rest), ())),
        rest => Fault::at(rest),
    }
}

#[inline]
pub(super) fn token(input: &[u8]) -> Parsed<'_, &[u8]> {
    some(TOKEN)(input)
}

/// A token as text.
#[inline]
pub(super) fn token_str(input: &[u8]) -> Parsed<'_, &str> {
    let (rest, token) = token(input)?;
    // A token is ASCII.
    Ok((rest, core::str::from_utf8(token).unwrap_or_default()))
}

/// With its quotes. Any byte may stand inside, as RFC 4475 section 3.1.1.2 shows.
///
/// ```abnf
/// quoted-string  =  SWS DQUOTE *(qdtext / quoted-pair ) DQUOTE
/// quoted-pair    =  "\" (%x00-09 / %x0B-0C / %x0E-7F)
/// ```
#[inline]
pub(super) fn quoted_string(input: &[u8]) -> Parsed<'_, &[u8]> {
    let [b'"', ..] = input else {
        return Fault::at(input);
    };
    match quoted_end(input, 1) {
        Some(end) => Ok((&input[end..], &input[..end])),
        None => Fault::at(input),
    }
}

/// The index after the closing quote of a string whose content starts at `start`.
pub(super) fn quoted_end(input: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        let found = at + memchr2(b'"', b'\\', input.get(at..)?)?;
        if input[found] == b'"' {
            return Some(found + 1);
        }
        at = found + 2;
    }
}

/// One or more digits, as a number that `T` holds.
#[inline]
pub(super) fn number<T: TryFrom<u64>>(input: &[u8]) -> Parsed<'_, T> {
    let mut value = 0_u64;
    let mut length = 0;
    for &byte in input {
        if !byte.is_ascii_digit() {
            break;
        }
        value = match value.checked_mul(10).and_then(|v| v.checked_add(u64::from(byte - b'0'))) {
            Some(value) => value,
            None => return Fault::at(input),
        };
        length += 1;
    }
    match T::try_from(value) {
        Ok(value) if length > 0 => Ok((&input[length..], value)),
        _ => Fault::at(input),
    }
}

/// Bytes of a class or escapes, possibly none.
///
/// ```abnf
/// escaped  =  "%" HEXDIG HEXDIG
/// ```
#[inline]
pub(super) fn escaped(class: Class) -> impl Fn(&[u8]) -> Parsed<'_, &[u8]> {
    move |input| {
        let mut rest = input;
        loop {
            rest = &rest[run(rest, class)..];
            match rest {
                [b'%', high, low, tail @ ..]
                    if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
                {
                    rest = tail;
                }
                [b'%', ..] => return Fault::at(rest),
                _ => return Ok((rest, &input[..input.len() - rest.len()])),
            }
        }
    }
}

/// The byte that an escape at the start of `input` stands for.
pub(super) fn unescape(input: &[u8]) -> Option<u8> {
    let [b'%', high, low, ..] = input else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()
}

/// Where the first `byte` is, in a text where it is expected soon: for a few bytes, calling `memchr`
/// costs more than looking.
#[inline]
pub(super) fn find_soon(input: &[u8], byte: u8) -> Option<usize> {
    const LOW: u64 = u64::from_le_bytes([1; 8]);
    let mut rest = input;
    while let Some((chunk, tail)) = rest.split_first_chunk() {
        // A byte that is equal becomes zero, which alone borrows from its upper bit.
        let difference = u64::from_le_bytes(*chunk) ^ (LOW * u64::from(byte));
        let hits = difference.wrapping_sub(LOW) & !difference & (LOW << 7);
        if hits != 0 {
            return Some(input.len() - rest.len() + hits.trailing_zeros() as usize / 8);
        }
        rest = tail;
    }
    rest.iter().position(|it| *it == byte).map(|at| input.len() - rest.len() + at)
}

/// Where the first CR or LF is, and what follows from there.
#[inline(always)]
pub(super) fn line_break(input: &[u8]) -> (usize, &[u8]) {
    const LOW: u64 = u64::from_le_bytes([1; 8]);
    const BEYOND: u64 = LOW * (b'\r' as u64 + 1);
    let mut rest = input;
    while let Some((chunk, tail)) = rest.split_first_chunk() {
        let word = u64::from_le_bytes(*chunk);
        // The upper bit of each byte that is CR or below, up to the first; maybe of some after it.
        let hits = word.wrapping_sub(BEYOND) & !word & (LOW << 7);
        if hits == 0 {
            rest = tail;
            continue;
        }
        rest = &rest[hits.trailing_zeros() as usize / 8..];
        match rest {
            // A tab, or another control character.
            [first, after @ ..] if !matches!(first, b'\r' | b'\n') => rest = after,
            _ => return (input.len() - rest.len(), rest),
        }
    }
    while let [first, after @ ..] = rest
        && !matches!(first, b'\r' | b'\n')
    {
        rest = after;
    }
    (input.len() - rest.len(), rest)
}

/// Whether neither CR nor LF is in `input`. Where there is a control character, it must be looked at
/// closely.
#[inline]
pub(super) fn is_unbroken(input: &[u8]) -> bool {
    const LOW: u64 = u64::from_le_bytes([1; 8]);
    const BEYOND: u64 = LOW * (b'\r' as u64 + 1);
    // As in `line_break`: the upper bit of at least one byte, if one is CR or below.
    let hits = |chunk: &[u8; 8]| {
        let word = u64::from_le_bytes(*chunk);
        word.wrapping_sub(BEYOND) & !word & (LOW << 7)
    };
    let may_break = match input.last_chunk() {
        Some(last) => {
            let (chunks, _) = input.as_chunks();
            chunks.iter().fold(hits(last), |found, chunk| found | hits(chunk)) != 0
        }
        None => input.iter().any(|byte| *byte <= b'\r'),
    };
    !may_break || line_break(input).1.is_empty()
}

/// The parts before and after the first `byte`.
#[inline]
pub(super) fn cut(input: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr(byte, input)?;
    Some((&input[..at], &input[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_those_of_the_grammar() {
        for byte in 0..=255_u8 {
            let expected = byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte);
            assert_eq!(is_token(byte), expected, "{byte:#04x}");
            let unreserved = byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte);
            assert_eq!(is_unreserved(byte), unreserved, "{byte:#04x}");
            assert_eq!(is(byte, USER), unreserved || b"&=+$,;?/".contains(&byte), "{byte:#04x}");
            assert_eq!(is(byte, PASSWORD), unreserved || b"&=+$,".contains(&byte), "{byte:#04x}");
            assert_eq!(is(byte, PARAM), unreserved || b"[]/:&+$".contains(&byte), "{byte:#04x}");
            assert_eq!(
                is(byte, URI_HEADER),
                unreserved || b"[]/?:+$".contains(&byte),
                "{byte:#04x}"
            );
            assert_eq!(
                is(byte, URIC),
                unreserved || b";/?:@&=+$,[]".contains(&byte),
                "{byte:#04x}"
            );
            assert_eq!(is(byte, VISIBLE), byte > b' ' && byte != 0x7f, "{byte:#04x}");
        }
    }

    #[test]
    fn searches_find_the_first() {
        for length in 0..40 {
            for at in 0..=length {
                let mut text = vec![b'x'; length];
                text.extend_from_slice(b"\t\x00\xff\x80:\r\n: ");
                text.insert(at, b'\t');
                let naive = |wanted: &[u8]| text.iter().position(|byte| wanted.contains(byte));
                assert_eq!(find_soon(&text, b':'), naive(b":"));
                assert_eq!(line_break(&text).0, naive(b"\r\n").unwrap_or(text.len()));
                text[at] = b'\n';
                assert_eq!(line_break(&text), (at, &text[at..]));
                assert!(is_unbroken(&text[..at]) && !is_unbroken(&text[..=at]));
                text[at] = b':';
                assert_eq!(find_soon(&text, b':'), Some(at));
                assert_eq!(find_soon(&text[..at], b':'), None);
                assert_eq!(line_break(&text[..at]), (at, &[][..]));
            }
        }
    }

    #[test]
    fn numbers_end_at_the_first_other_byte_and_must_fit() {
        assert_eq!(number::<u16>(b"65535;"), Ok((&b";"[..], 65535)));
        assert_eq!(number::<u32>(b"00000007"), Ok((&b""[..], 7)));
        for bad in [&b""[..], b"x", b"-1", b"65536", b"99999999999999999999999999"] {
            assert!(number::<u16>(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn quoted_strings_end_at_the_first_unescaped_quote() {
        let table: &[(&[u8], Option<&[u8]>)] = &[
            (br#""a b" x"#, Some(br#""a b""#)),
            (br#""a\"b""#, Some(br#""a\"b""#)),
            (br#""\\""#, Some(br#""\\""#)),
            (br#""""#, Some(br#""""#)),
            (br#""open"#, None),
            (br#""open\"#, None),
            (br#""open\""#, None),
            (b"bare", None),
            (b"", None),
        ];
        for (input, expected) in table {
            assert_eq!(quoted_string(input).ok().map(|(_, value)| value), *expected);
        }
    }

    #[test]
    fn escapes_are_a_percent_and_two_digits() {
        assert_eq!(escaped(USER)(b"a%4Ab@"), Ok((&b"@"[..], &b"a%4Ab"[..])));
        for bad in [&b"a%"[..], b"%4", b"%zz", b"%4g"] {
            assert!(escaped(USER)(bad).is_err());
        }
        assert_eq!(unescape(b"%00x"), Some(0));
        assert_eq!(unescape(b"%Ff"), Some(255));
        assert_eq!(unescape(b"%+1"), None);
    }
}
