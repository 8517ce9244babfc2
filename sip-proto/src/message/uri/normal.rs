//! Escapes out of the way: what a URI's bytes mean.

use core::cmp::Ordering;

use bytes::{BufMut, Bytes, BytesMut};

use super::super::lexer::{is_unreserved, unescape};
use super::{Scheme, Uri};

/// A unit of a component: a byte, or an escape that must stay one.
///
/// RFC 3261 section 19.1.4: characters outside the reserved set are equivalent to their escape;
/// so only the escape of an unreserved character can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    Plain(u8),
    Escaped(u8),
}

/// The units of a component.
pub(super) fn units(component: &[u8]) -> impl Iterator<Item = Unit> {
    let mut rest = component;
    core::iter::from_fn(move || {
        let (&first, tail) = rest.split_first()?;
        Some(match unescape(rest) {
            Some(byte) => {
                // An escape is three bytes.
                rest = &rest[3..];
                if is_unreserved(byte) { Unit::Plain(byte) } else { Unit::Escaped(byte) }
            }
            None => {
                rest = tail;
                Unit::Plain(first)
            }
        })
    })
}

fn folded(unit: Unit) -> Unit {
    match unit {
        Unit::Plain(byte) => Unit::Plain(byte.to_ascii_lowercase()),
        escaped @ Unit::Escaped(_) => escaped,
    }
}

pub(super) fn equal(a: &[u8], b: &[u8]) -> bool {
    a == b || units(a).eq(units(b))
}

pub(super) fn equal_ignoring_case(a: &[u8], b: &[u8]) -> bool {
    compare_ignoring_case(a, b).is_eq()
}

pub(super) fn compare_ignoring_case(a: &[u8], b: &[u8]) -> Ordering {
    units(a).map(folded).cmp(units(b).map(folded))
}

/// See [`Uri::aor`].
pub(super) fn aor(uri: &Uri<'_>) -> Option<Bytes> {
    let authority = uri.authority.as_ref()?;
    let mut out = BytesMut::with_capacity(uri.raw.len());
    out.put_slice(if uri.scheme == Scheme::Sips { b"sips:" } else { b"sip:" });
    if let Some(user) = authority.user {
        for unit in units(user) {
            match unit {
                Unit::Plain(byte) => out.put_u8(byte),
                Unit::Escaped(byte) => out.put_slice(format!("%{byte:02X}").as_bytes()),
            }
        }
        out.put_u8(b'@');
    }
    let host = authority.host.to_string();
    out.put_slice(host.to_ascii_lowercase().as_bytes());
    if let Some(port) = authority.port {
        out.put_slice(format!(":{port}").as_bytes());
    }
    Some(out.freeze())
}
