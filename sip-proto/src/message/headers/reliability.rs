//! RSeq and RAck: reliable provisional responses (RFC 3262).

use core::fmt;

use super::super::lexer::{Fault, Parsed, is_lws, number, sws, whole};
use super::super::{HeaderName, Method};
use super::TypedHeader;
use super::extension::{method, padded, positive};
use crate::{ParseError, ParseErrorKind};

/// The number of a reliable provisional response, 1 to 2^32-1 (RFC 3262 section 7.1).
///
/// ```
/// use sip_proto::message::TypedHeader;
/// use sip_proto::message::headers::RSeq;
///
/// assert_eq!(RSeq::parse(b"988789"), Ok(RSeq(988789)));
/// assert!(RSeq::parse(b"0").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RSeq(pub u32);

impl TypedHeader<'_> for RSeq {
    const NAME: HeaderName = HeaderName::RSeq;

    fn parse(value: &[u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, padded(positive)).map(Self)
    }
}

impl fmt::Display for RSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which reliable provisional response a PRACK acknowledges (RFC 3262 section 7.2).
///
/// ```abnf
/// RAck  =  "RAck" HCOLON response-num LWS CSeq-num LWS Method
/// ```
///
/// Numbers that 32 bits do not hold, and a response number of 0, are errors.
///
/// ```
/// use sip_proto::Method;
/// use sip_proto::message::TypedHeader;
/// use sip_proto::message::headers::RAck;
///
/// let rack = RAck::parse(b"776656 1 INVITE").unwrap();
/// assert_eq!(rack, RAck { response: 776656, cseq: 1, method: Method::Invite });
/// assert_eq!(rack.to_string(), "776656 1 INVITE");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RAck {
    /// The RSeq of the response.
    pub response: u32,
    /// The CSeq number of the response.
    pub cseq: u32,
    /// The CSeq method of the response.
    pub method: Method,
}

impl TypedHeader<'_> for RAck {
    const NAME: HeaderName = HeaderName::RAck;

    fn parse(value: &[u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, padded(rack))
    }
}

fn rack(input: &[u8]) -> Parsed<'_, RAck> {
    let (rest, response) = positive(input)?;
    let (rest, cseq) = number(gap(rest)?.0)?;
    let (rest, method) = method(gap(rest)?.0)?;
    Ok((rest, RAck { response, cseq, method }))
}

fn gap(input: &[u8]) -> Parsed<'_, ()> {
    match input {
        [byte, ..] if is_lws(*byte) => Ok((sws(input), ())),
        _ => Fault::at(input),
    }
}

impl fmt::Display for RAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.response, self.cseq, self.method)
    }
}

#[cfg(test)]
mod tests {
    use super::super::extension::check;
    use super::*;

    #[test]
    fn response_numbers() {
        check::<RSeq>(
            &["1", " 0000000000000042\r\n ", "4294967295"],
            &[("", 0), ("0", 0), ("-1", 0), ("4294967296", 0), ("1 2", 2), ("1;a", 1)],
        );
    }

    #[test]
    fn acknowledged_responses() {
        check::<RAck>(
            &["1 0 INVITE", " 1\r\n 4294967295\t Foo~ "],
            &[
                ("", 0),
                ("0 1 INVITE", 0),
                ("1", 1),
                ("1 2", 3),
                ("1 2 ", 4),
                ("1 2INVITE", 3),
                ("1 4294967296 INVITE", 2),
                ("1 2 INV ITE", 8),
                ("1 2 (", 4),
            ],
        );
    }
}
