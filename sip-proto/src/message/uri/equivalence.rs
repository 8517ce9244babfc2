//! When two URIs name the same (RFC 3261 section 19.1.4, RFC 3966 section 4, RFC 8141 section 3).

use core::cmp::Ordering;

use smallvec::SmallVec;

use super::super::lexer::{cut, unescape};
use super::normal::{compare_ignoring_case, equal, equal_ignoring_case};
use super::tel::digits;
use super::{Scheme, Uri};

type Pair<'a> = (&'a [u8], Option<&'a [u8]>);
type Pairs<'a> = SmallVec<[Pair<'a>; 8]>;

/// Present in one URI only, these make it another (RFC 3261 section 19.1.4); `transport` because
/// "a URI omitting any component with a default value will not match a URI explicitly containing
/// that component with its default value".
const SIGNIFICANT: [&[u8]; 5] = [b"user", b"ttl", b"method", b"maddr", b"transport"];

pub(super) fn equivalent(a: &Uri<'_>, b: &Uri<'_>) -> bool {
    match (a.scheme, b.scheme) {
        (Scheme::Sip, Scheme::Sip) | (Scheme::Sips, Scheme::Sips) => sip(a, b),
        (Scheme::Tel, Scheme::Tel) => tel(a, b),
        (Scheme::Other(x), Scheme::Other(y)) => match (a.urn(), b.urn()) {
            (Some(a), Some(b)) => urn(a, b),
            _ => x.eq_ignore_ascii_case(y) && a.opaque == b.opaque,
        },
        _ => false,
    }
}

fn sip(a: &Uri<'_>, b: &Uri<'_>) -> bool {
    a.host() == b.host()
        && a.port() == b.port()
        && optional(a.user(), b.user(), equal)
        && optional(a.password(), b.password(), equal)
        && params_match(a, b)
        && header_pairs(a) == header_pairs(b)
}

fn optional(a: Option<&[u8]>, b: Option<&[u8]>, same: fn(&[u8], &[u8]) -> bool) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => same(a, b),
        (None, None) => true,
        _ => false,
    }
}

/// A parameter in both must have the same value; one in a single URI must not be significant.
fn params_match(a: &Uri<'_>, b: &Uri<'_>) -> bool {
    merge(&param_pairs(a), &param_pairs(b), |a, b| match (a, b) {
        (Some(a), Some(b)) => optional(a.1, b.1, equal_ignoring_case),
        (Some(lone), None) | (None, Some(lone)) => {
            !SIGNIFICANT.iter().any(|name| equal_ignoring_case(lone.0, name))
        }
        (None, None) => true,
    })
}

/// Calls `each` with the pairs of the same name, or with a lone one, until it says no.
fn merge<'a>(
    a: &[Pair<'a>],
    b: &[Pair<'a>],
    each: impl Fn(Option<&Pair<'a>>, Option<&Pair<'a>>) -> bool,
) -> bool {
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    loop {
        let order = match (a.peek(), b.peek()) {
            (None, None) => return true,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(a), Some(b)) => compare_ignoring_case(a.0, b.0),
        };
        let left = if order.is_le() { a.next() } else { None };
        let right = if order.is_ge() { b.next() } else { None };
        if !each(left, right) {
            return false;
        }
    }
}

/// Sorted by name; of two with the same name, the first.
fn param_pairs<'a>(uri: &Uri<'a>) -> Pairs<'a> {
    let mut pairs: Pairs<'a> = uri.params.iter().collect();
    pairs.sort_by(|a, b| compare_ignoring_case(a.0, b.0));
    pairs.dedup_by(|b, a| equal_ignoring_case(a.0, b.0));
    pairs
}

/// The headers in an order of their own: "URI header components are never ignored".
fn header_pairs<'a>(uri: &Uri<'a>) -> Headers<'a> {
    let mut pairs: Pairs<'a> = uri
        .headers
        .into_iter()
        .flat_map(|raw| raw.split(|byte| *byte == b'&'))
        .map(|pair| cut(pair, b'=').map_or((pair, None), |(name, value)| (name, Some(value))))
        .collect();
    pairs.sort_by(compare_pairs);
    Headers(pairs)
}

fn compare_pairs(a: &Pair<'_>, b: &Pair<'_>) -> Ordering {
    compare_ignoring_case(a.0, b.0)
        .then_with(|| compare_ignoring_case(a.1.unwrap_or_default(), b.1.unwrap_or_default()))
}

/// Field values are case-insensitive unless stated otherwise (RFC 3261 section 7.3.1).
struct Headers<'a>(Pairs<'a>);

impl PartialEq for Headers<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self.0.iter().zip(&other.0).all(|(a, b)| compare_pairs(a, b).is_eq())
    }
}

/// RFC 3966 section 4: visual separators do not count, letters compare in any case, and every
/// parameter must be in both, in any order.
fn tel(a: &Uri<'_>, b: &Uri<'_>) -> bool {
    let (a_params, b_params) = (param_pairs(a), param_pairs(b));
    digits(number(a)).eq(digits(number(b)))
        && merge(&a_params, &b_params, |a, b| match (a, b) {
            (Some(a), Some(b)) => optional(a.1, b.1, tel_value(a.0)),
            _ => false,
        })
}

/// What stands before the parameters.
fn number<'a>(uri: &Uri<'a>) -> &'a [u8] {
    cut(uri.opaque, b';').map_or(uri.opaque, |(number, _)| number)
}

/// How two values of the parameter `name` compare: visual separators in extensions and in the
/// contexts that are numbers do not count.
fn tel_value(name: &[u8]) -> fn(&[u8], &[u8]) -> bool {
    if equal_ignoring_case(name, b"ext") {
        |a, b| digits(a).eq(digits(b))
    } else if equal_ignoring_case(name, b"phone-context") {
        |a, b| match (a, b) {
            ([b'+', ..], [b'+', ..]) => digits(a).eq(digits(b)),
            _ => equal_ignoring_case(a, b),
        }
    } else {
        equal_ignoring_case
    }
}

/// RFC 8141 section 3.1: namespaces and the digits of escapes compare in any case, the rest byte
/// for byte; what follows a `?` does not count. UUIDs are hexadecimal (RFC 9562 section 4) and
/// compare in any case.
fn urn(a: (&[u8], &[u8]), b: (&[u8], &[u8])) -> bool {
    let same_name = if a.0.eq_ignore_ascii_case(b"uuid") {
        a.1.eq_ignore_ascii_case(b.1)
    } else {
        pieces(a.1).eq(pieces(b.1))
    };
    a.0.eq_ignore_ascii_case(b.0) && same_name
}

/// Bytes, and escapes that are not undone. An escape is never equal to a byte.
fn pieces(name: &[u8]) -> impl Iterator<Item = (bool, u8)> {
    let mut rest = name;
    core::iter::from_fn(move || {
        let (&first, tail) = rest.split_first()?;
        let (piece, after) = match unescape(rest) {
            // An escape is three bytes.
            Some(byte) => ((true, byte), &rest[3..]),
            None => ((false, first), tail),
        };
        rest = after;
        Some(piece)
    })
}
