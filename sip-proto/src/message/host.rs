//! The host of a URI or of a Via.

use core::fmt;
use core::hash::{Hash, Hasher};
use core::str::FromStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use memchr::memmem;
use nom::bytes::complete::take_while1;

use super::lexer::{DIGIT, Fault, LABEL, Parsed, classes};

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
    host.map_or_else(|| Fault::at(input), |host| Ok((rest, host)))
}

/// How long the labels with dots between them at the start of `input` are, and whether the last one
/// is a number. `None` if one is empty.
fn labels(input: &[u8]) -> Option<(usize, bool)> {
    let (mut start, mut seen, mut before) = (0, DIGIT, 0);
    let mut at = 0;
    while let Some(&byte) = input.get(at) {
        let class = classes(byte);
        if class & LABEL != 0 {
            seen &= class;
        } else if byte != b'.' {
            break;
        } else if at == start {
            return None;
        } else {
            (start, before, seen) = (at + 1, seen, DIGIT);
        }
        at += 1;
    }
    // After a final dot the last label is the one before it.
    let last = if at == start { before } else { seen };
    (at > 0).then_some((at, last != 0))
}

fn text(name: &[u8]) -> Option<&str> {
    // The class is ASCII.
    core::str::from_utf8(name).ok()
}

/// Four numbers without leading zeros, as `Ipv4Addr` reads them, without the detour over text.
fn ipv4(name: &[u8]) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut numbers = name.split(|byte| *byte == b'.');
    for octet in &mut octets {
        *octet = number(numbers.next()?)?;
    }
    numbers.next().is_none().then(|| Ipv4Addr::from(octets))
}

fn number(digits: &[u8]) -> Option<u8> {
    if digits.len() > 3 || digits.len() > 1 && digits[0] == b'0' {
        return None;
    }
    let mut value = 0_u16;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u16::from(digit);
    }
    u8::try_from(value).ok().filter(|_| !digits.is_empty())
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
