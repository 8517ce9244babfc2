//! CSeq (RFC 3261 section 20.16).

use core::fmt;

use super::super::lexer::{Fault, Parsed, is_lws, number, sws, token, whole};
use super::super::{HeaderName, Method};
use super::TypedHeader;
use crate::{ParseError, ParseErrorKind};

/// The place of a request in its dialog.
///
/// ```
/// use sip_proto::Method;
/// use sip_proto::message::{CSeq, TypedHeader};
///
/// let cseq = CSeq::parse(b"4711 INVITE").unwrap();
/// assert_eq!(cseq, CSeq { number: 4711, method: Method::Invite });
/// assert_eq!(cseq.to_string(), "4711 INVITE");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CSeq {
    /// The sequence number.
    pub number: u32,
    /// The method of the request.
    pub method: Method,
}

impl TypedHeader<'_> for CSeq {
    const NAME: HeaderName = HeaderName::CSeq;

    fn parse(value: &[u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, cseq)
    }
}

/// ```abnf
/// CSeq  =  "CSeq" HCOLON 1*DIGIT LWS Method
/// ```
/// Any number of 32 bits: the bound of RFC 3261 section 8.1.1.5, 2^31, is for requests outside a
/// dialog, and for who takes them.
fn cseq(input: &[u8]) -> Parsed<'_, CSeq> {
    let (rest, number) = number(sws(input))?;
    if !rest.first().is_some_and(|byte| is_lws(*byte)) {
        return Fault::at(rest);
    }
    let (rest, method) = token(sws(rest))?;
    Ok((sws(rest), CSeq { number, method: Method::from_bytes(method) }))
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_methods() {
        let parsed = CSeq::parse(b"\r\n 0009\r\n INVITE ").unwrap();
        assert_eq!(parsed, CSeq { number: 9, method: Method::Invite });
        assert_eq!(CSeq::parse(b"4294967295 X").unwrap().number, u32::MAX);
        for value in [
            "",
            "1",
            "1INVITE",
            "INVITE 1",
            "-1 INVITE",
            "4294967296 INVITE",
            "36893488147419103232 REGISTER",
            "1 INVITE x",
            "1 INV,ITE",
        ] {
            assert!(CSeq::parse(value.as_bytes()).is_err(), "{value}");
        }
    }
}
