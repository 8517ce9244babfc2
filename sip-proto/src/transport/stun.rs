//! STUN on the SIP port: as much of RFC 5389 as the keep-alive of RFC 5626 section 4.4.2 needs.

use std::net::{IpAddr, SocketAddr};

use bytes::{BufMut, Bytes, BytesMut};

const HEADER_LEN: usize = 20;
const COOKIE: u32 = 0x2112_A442;
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_SUCCESS: u16 = 0x0101;
const BINDING_ERROR: u16 = 0x0111;
const ERROR_CODE: u16 = 0x0009;
const UNKNOWN_ATTRIBUTES: u16 = 0x000A;
const XOR_MAPPED_ADDRESS: u16 = 0x0020;
/// Attributes from here on may be passed over by who does not know them (section 15).
const OPTIONAL: u16 = 0x8000;
/// MAPPED-ADDRESS, USERNAME, MESSAGE-INTEGRITY, REALM and NONCE: RFC 5626 section 4.4.2 asks for no
/// credentials, and who sends them anyhow is served without.
const PASSED_OVER: [u16; 5] = [0x0001, 0x0006, 0x0008, 0x0014, 0x0015];
/// More are not named to who sent them. An answer is never longer than 84 bytes.
const UNKNOWN_MAX: usize = 16;
const UNKNOWN_REASON: &[u8; 17] = b"Unknown Attribute";

/// What a STUN message asks of us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stun {
    /// To be sent back to where it came from.
    Answer(Bytes),
    /// Nothing: it is broken, or no binding request.
    Refused,
}

/// A datagram from `source` as STUN; `None` if it is none. No SIP message begins with two bits that
/// are zero, and has the magic cookie where STUN has it (RFC 5389 section 8).
pub(crate) fn read_stun(data: &[u8], source: SocketAddr) -> Option<Stun> {
    let (header, attributes) = data.split_first_chunk::<HEADER_LEN>()?;
    let [t0, t1, l0, l1, c0, c1, c2, c3, transaction @ ..] = *header;
    if t0 & 0xC0 != 0 || u32::from_be_bytes([c0, c1, c2, c3]) != COOKIE {
        return None;
    }
    let is_request = u16::from_be_bytes([t0, t1]) == BINDING_REQUEST;
    let is_whole = usize::from(u16::from_be_bytes([l0, l1])) == attributes.len();
    let unknown = if is_request && is_whole { unknown(attributes) } else { None };
    Some(match unknown.as_deref() {
        None => Stun::Refused,
        Some([]) => Stun::Answer(success(&transaction, source)),
        Some(unknown) => Stun::Answer(error(&transaction, unknown)),
    })
}

/// The attributes that have to be understood and are not; `None` if they are broken.
fn unknown(mut attributes: &[u8]) -> Option<Vec<u16>> {
    let mut unknown = Vec::new();
    while let Some(([k0, k1, l0, l1], rest)) = attributes.split_first_chunk::<4>() {
        let kind = u16::from_be_bytes([*k0, *k1]);
        let padded = usize::from(u16::from_be_bytes([*l0, *l1])).next_multiple_of(4);
        attributes = rest.get(padded..)?;
        let is_known = kind >= OPTIONAL || PASSED_OVER.contains(&kind);
        if !is_known && unknown.len() < UNKNOWN_MAX {
            unknown.push(kind);
        }
    }
    attributes.is_empty().then_some(unknown)
}

/// Where the request came from, hidden from NATs that rewrite addresses (section 15.2).
fn success(transaction: &[u8; 12], source: SocketAddr) -> Bytes {
    let mut value = BytesMut::with_capacity(20);
    let ip = source.ip().to_canonical();
    value.put_u16(if ip.is_ipv4() { 1 } else { 2 });
    value.put_u16(source.port() ^ (COOKIE >> 16) as u16);
    match ip {
        IpAddr::V4(ip) => value.put_u32(u32::from(ip) ^ COOKIE),
        IpAddr::V6(ip) => {
            let mut mask = [0; 16];
            mask[..4].copy_from_slice(&COOKIE.to_be_bytes());
            mask[4..].copy_from_slice(transaction);
            value.put_u128(u128::from(ip) ^ u128::from_be_bytes(mask));
        }
    }
    message(BINDING_SUCCESS, transaction, &[(XOR_MAPPED_ADDRESS, &value)])
}

/// 420 (Unknown Attribute), section 7.3.1.
fn error(transaction: &[u8; 12], unknown: &[u16]) -> Bytes {
    let mut code = vec![0, 0, 4, 20];
    code.extend_from_slice(UNKNOWN_REASON);
    let kinds: Vec<u8> = unknown.iter().flat_map(|kind| kind.to_be_bytes()).collect();
    let attributes = [(ERROR_CODE, code.as_slice()), (UNKNOWN_ATTRIBUTES, kinds.as_slice())];
    message(BINDING_ERROR, transaction, &attributes)
}

/// The attributes are ours, and short.
fn message(kind: u16, transaction: &[u8; 12], attributes: &[(u16, &[u8])]) -> Bytes {
    let len: usize = attributes.iter().map(|(_, value)| 4 + value.len().next_multiple_of(4)).sum();
    let mut out = BytesMut::with_capacity(HEADER_LEN + len);
    out.put_u16(kind);
    out.put_u16(len as u16);
    out.put_u32(COOKIE);
    out.put_slice(transaction);
    for (kind, value) in attributes {
        out.put_u16(*kind);
        out.put_u16(value.len() as u16);
        out.put_slice(value);
        out.put_bytes(0, value.len().next_multiple_of(4) - value.len());
    }
    out.freeze()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The transaction id of RFC 5769 sections 2.2 and 2.3.
    const TRANSACTION: [u8; 12] =
        [0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae];

    fn request(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        message(BINDING_REQUEST, &TRANSACTION, attributes).to_vec()
    }

    fn answer(data: &[u8], source: &str) -> Vec<u8> {
        match read_stun(data, source.parse().expect("an address")) {
            Some(Stun::Answer(answer)) => answer.to_vec(),
            other => panic!("an answer is expected, not {other:?}"),
        }
    }

    /// The XOR-MAPPED-ADDRESS of the sample responses in RFC 5769.
    #[test]
    fn the_answer_says_where_the_request_came_from() {
        let v4 = answer(&request(&[]), "192.0.2.1:32853");
        assert_eq!(v4[..4], [1, 1, 0, 12]);
        assert_eq!(v4[8..20], TRANSACTION);
        assert_eq!(v4[20..], [0, 0x20, 0, 8, 0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43]);
        assert_eq!(answer(&request(&[]), "[::ffff:192.0.2.1]:32853"), v4);
        let v6 = answer(&request(&[]), "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
        let expected = [
            0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25, 0xf4, 0xb5, 0xbe, 0xd2,
            0xb9, 0xd9,
        ];
        assert_eq!(v6[20..28], [0, 0x20, 0, 20, 0, 2, 0xa1, 0x47]);
        assert_eq!(v6[28..], expected);
    }

    /// RFC 5389 section 7.3.1: what must be understood and is not is named; the rest is passed over.
    #[test]
    fn attributes_are_passed_over_or_named() {
        let harmless: [(u16, &[u8]); 2] = [(0x8022, b"a client"), (0x0006, b"bob")];
        assert_eq!(answer(&request(&harmless), "192.0.2.1:1").len(), 32);
        let refused = answer(&request(&[(0x0003, &[0; 4]), (0x0025, b"")]), "192.0.2.1:1");
        assert_eq!(refused[..2], [0x01, 0x11]);
        assert_eq!(refused[20..28], [0, 9, 0, 21, 0, 0, 4, 20]);
        assert!(refused.ends_with(&[0, 0x0A, 0, 4, 0, 3, 0, 0x25]));
    }

    #[test]
    fn what_is_no_binding_request_is_refused() {
        let source = SocketAddr::from(([192, 0, 2, 1], 1));
        let mut longer = request(&[]);
        longer.push(0);
        let mut overrun = request(&[(0x8022, b"abcd")]);
        overrun[23] = 5;
        let response = message(BINDING_SUCCESS, &TRANSACTION, &[]).to_vec();
        for data in [longer, overrun, response] {
            assert_eq!(read_stun(&data, source), Some(Stun::Refused), "{data:?}");
        }
        let mut without_cookie = request(&[]);
        without_cookie[4] = 0;
        for data in [without_cookie, b"OPTIONS sip:a@b SIP/2.0\r\n".to_vec(), vec![0; 19]] {
            assert_eq!(read_stun(&data, source), None, "{data:?}");
        }
    }

    proptest! {
        /// Whatever follows the header: no panic, and no answer longer than 84 bytes.
        #[test]
        fn no_answer_is_long(
            rest in proptest::collection::vec(any::<u8>(), 0..2_000),
            honest in any::<bool>(),
        ) {
            let mut data = request(&[]);
            data.extend_from_slice(&rest);
            if honest {
                data[2..4].copy_from_slice(&(rest.len() as u16).to_be_bytes());
            }
            let source = SocketAddr::from(([192, 0, 2, 1], 1));
            if let Some(Stun::Answer(answer)) = read_stun(&data, source) {
                prop_assert!(answer.len() <= 84 && answer.len() <= data.len() + 68);
            }
        }

        /// The same for many well-formed attributes.
        #[test]
        fn many_attributes_make_no_long_answer(
            kinds in proptest::collection::vec(any::<u16>(), 0..400),
        ) {
            let attributes: Vec<(u16, &[u8])> = kinds.iter().map(|kind| (*kind, &b""[..])).collect();
            let answer = answer(&request(&attributes), "[2001:db8::1]:1");
            prop_assert!(answer.len() <= 84);
        }
    }
}
