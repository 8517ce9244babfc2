//! The host of a URI or of a Via.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::FromStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use memchr::memmem;
use nom::bytes::complete::take_while1;

use super::base::put_number;
use super::lexer::{Fault, Parsed, is_label};

/// A host: an address or a name. Names compare case-insensitively.
#[derive(Clone, Copy, Debug)]
pub enum Host<'a> {
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// An IPv6 address; in brackets on the wire.
    V6(Ipv6Addr),
    /// A domain name, as written.
    Name(&'a str),
}

impl Host<'_> {
    /// The address, unless it is a name.
    #[must_use]
    pub const fn ip(&self) -> Option<IpAddr> {
        match *self {
            Self::V4(address) => Some(IpAddr::V4(address)),
            Self::V6(address) => Some(IpAddr::V6(address)),
            Self::Name(_) => None,
        }
    }

    /// Appends what it displays as, without the detour over text for what every message has.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::V4(address) => {
                let [a, b, c, d] = address.octets();
                put_number(out, a);
                for octet in [b, c, d] {
                    out.push(b'.');
                    put_number(out, octet);
                }
            }
            Self::V6(_) => out.extend_from_slice(self.to_string().as_bytes()),
            Self::Name(name) => out.extend_from_slice(name.as_bytes()),
        }
    }
}

/// ```abnf
/// host           =  hostname / IPv4address / IPv6reference
/// hostname       =  *( domainlabel "." ) toplabel [ "." ]
/// IPv6reference  =  "[" IPv6address "]"
/// ```
/// A name whose last label is a number is no name: it would be taken for an address elsewhere.
pub(super) fn host(input: &[u8]) -> Parsed<'_, Host<'_>> {
    if let [b'[', rest @ ..] = input {
        let (rest, inside) =
            take_while1(|byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'))(rest)?;
        return match (rest, ipv6(inside)) {
            ([b']', rest @ ..], Some(address)) => Ok((rest, Host::V6(address))),
            _ => Fault::at(input),
        };
    }
    let Some((length, ends_in_number)) = labels(input) else {
        return Fault::at(input);
    };
    let (name, rest) = input.split_at(length);
    let host = if ends_in_number { ipv4(name).map(Host::V4) } else { text(name).map(Host::Name) };
    match host {
        Some(host) => Ok((rest, host)),
        None => Fault::at(input),
    }
}

/// How long the labels with dots between them at the start of `input` are, and whether the last one
/// is a number. `None` if one is empty.
fn labels(input: &[u8]) -> Option<(usize, bool)> {
    let mut before = b'.';
    let mut length = 0;
    for &byte in input {
        // Most bytes are letters.
        if !is_label(byte) {
            match (byte, before) {
                (b'.', b'.') => return None,
                (b'.', _) => {}
                _ => break,
            }
        }
        before = byte;
        length += 1;
    }
    let name = &input[..length];
    // A dot after the last label belongs to the name.
    let [.., last] = name.strip_suffix(b".").unwrap_or(name) else {
        return None;
    };
    Some((length, last.is_ascii_digit() && ends_in_number(name)))
}

fn ends_in_number(name: &[u8]) -> bool {
    let name = name.strip_suffix(b".").unwrap_or(name);
    name.rsplit(|byte| *byte == b'.')
        .next()
        .is_some_and(|label| label.iter().all(u8::is_ascii_digit))
}

fn text(name: &[u8]) -> Option<&str> {
    // The class is ASCII.
    core::str::from_utf8(name).ok()
}

/// Four numbers without leading zeros, as `Ipv4Addr` reads them, without the detour over text.
fn ipv4(name: &[u8]) -> Option<Ipv4Addr> {
    let (a, rest) = octet(name)?;
    let (b, rest) = octet(rest.strip_prefix(b".")?)?;
    let (c, rest) = octet(rest.strip_prefix(b".")?)?;
    let (d, rest) = octet(rest.strip_prefix(b".")?)?;
    rest.is_empty().then(|| Ipv4Addr::new(a, b, c, d))
}

fn octet(input: &[u8]) -> Option<(u8, &[u8])> {
    let digit = |at: usize| {
        let digit = input.get(at)?.wrapping_sub(b'0');
        (digit <= 9).then_some(u16::from(digit))
    };
    let first = digit(0)?;
    let (value, length) = match (digit(1), digit(2)) {
        (None, _) => (first, 1),
        (Some(_), _) if first == 0 => return None,
        (Some(second), None) => (first * 10 + second, 2),
        (Some(second), Some(third)) => (first * 100 + second * 10 + third, 3),
    };
    Some((u8::try_from(value).ok()?, &input[length..]))
}

/// Also in the form with three colons before an IPv4 part, that the grammar of RFC 3261 allows by
/// mistake (RFC 5118 section 4.10).
pub(super) fn ipv6(inside: &[u8]) -> Option<Ipv6Addr> {
    let text = core::str::from_utf8(inside).ok()?;
    Ipv6Addr::from_str(text).ok().or_else(|| {
        memmem::find(inside, b":::")?;
        Ipv6Addr::from_str(&text.replacen(":::", "::", 1)).ok()
    })
}

impl PartialEq for Host<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::V4(a), Self::V4(b)) => a == b,
            (Self::V6(a), Self::V6(b)) => a == b,
            (Self::Name(a), Self::Name(b)) => a.eq_ignore_ascii_case(b),
            _ => false,
        }
    }
}

impl Eq for Host<'_> {}

impl Hash for Host<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::V4(address) => address.hash(state),
            Self::V6(address) => address.hash(state),
            Self::Name(name) => {
                for byte in name.bytes() {
                    byte.to_ascii_lowercase().hash(state);
                }
            }
        }
    }
}

impl From<IpAddr> for Host<'_> {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(address),
        }
    }
}

impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => write!(f, "{address}"),
            Self::V6(address) => write!(f, "[{address}]"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_what_follows_them() {
        let table = [
            ("a.example", "a.example", ""),
            ("EXAMPLE.com.;x", "EXAMPLE.com.", ";x"),
            ("host_1-b:5060", "host_1-b", ":5060"),
            ("192.0.2.1:5060", "192.0.2.1", ":5060"),
            ("[2001:DB8::1]:5060", "[2001:db8::1]", ":5060"),
            ("[::ffff:192.0.2.1]", "[::ffff:192.0.2.1]", ""),
            // RFC 5118 section 4.10
            ("[2001:db8:::192.0.2.1]", "[2001:db8::c000:201]", ""),
            ("3com", "3com", ""),
        ];
        for (input, shown, rest) in table {
            let (left, host) = host(input.as_bytes()).unwrap();
            assert_eq!((host.to_string().as_str(), left), (shown, rest.as_bytes()), "{input}");
            let mut put = Vec::new();
            host.put(&mut put);
            assert_eq!(put, shown.as_bytes(), "{input}");
        }
    }

    #[test]
    fn what_is_no_host() {
        for input in [
            "",
            ".",
            "..",
            ".a",
            "a..b",
            "300.1.1.1",
            "1.2.3",
            "1.2.3.4.5",
            "12",
            "01.2.3.4",
            "[::1",
            "[]",
            "[1.2.3.4]",
            "[::g]",
            "[::1%eth0]",
            "[2001:db8:::::1]",
            "\u{e4}.example",
        ] {
            assert!(!matches!(host(input.as_bytes()), Ok(([], _))), "{input} was taken for a host");
        }
    }

    #[test]
    fn names_compare_in_any_case() {
        assert_eq!(Host::Name("Example.COM"), Host::Name("example.com"));
        assert_ne!(Host::Name("192.0.2.1"), Host::V4(Ipv4Addr::new(192, 0, 2, 1)));
    }
}
