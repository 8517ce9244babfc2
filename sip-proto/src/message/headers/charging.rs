//! P-Charging-Vector and P-Charging-Function-Addresses (RFC 7315): parameters and nothing else.

use core::fmt;
use std::borrow::Cow;

use super::super::lexer::{Fault, Parsed, sws, trim, whole};
use super::super::params::generic_params;
use super::super::quoted::{between_quotes, unquoted};
use super::super::{HeaderName, Params};
use super::TypedHeader;
use super::extension::text_param;
use crate::{ParseError, ParseErrorKind};

/// What ties the charging records of one session together (RFC 7315 section 5.6).
///
/// ```abnf
/// P-Charging-Vector     =  "P-Charging-Vector" HCOLON icid-value *(SEMI charge-params)
/// charge-params         =  icid-gen-addr / orig-ioi / term-ioi / transit-ioi
///                          / related-icid / related-icid-gen-addr / generic-param
/// icid-value            =  "icid-value" EQUAL gen-value
/// icid-gen-addr         =  "icid-generated-at" EQUAL host
/// orig-ioi              =  "orig-ioi" EQUAL gen-value
/// term-ioi              =  "term-ioi" EQUAL gen-value
/// transit-ioi           =  "transit-ioi" EQUAL transit-ioi-list
/// related-icid          =  "related-icid" EQUAL gen-value
/// related-icid-gen-addr =  "related-icid-generated-at" EQUAL host
/// ```
///
/// The `icid-value` must be there; it may also stand after others.
///
/// ```
/// use sip_proto::message::TypedHeader;
/// use sip_proto::message::headers::PChargingVector;
///
/// let vector = PChargingVector::parse(
///     b"icid-value=\"1234bc9876e\"; icid-generated-at=192.0.6.8; orig-ioi=home1.net",
/// ).unwrap();
/// assert_eq!(*vector.icid(), *b"1234bc9876e");
/// assert_eq!(vector.icid_generated_at().as_deref(), Some(&b"192.0.6.8"[..]));
/// assert_eq!(vector.term_ioi(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PChargingVector<'a> {
    /// All of it.
    pub params: Params<'a>,
}

/// Where charging records go (RFC 7315 section 5.5).
///
/// ```abnf
/// P-Charging-Addr     =  "P-Charging-Function-Addresses" HCOLON charge-addr-params
///                        *(SEMI charge-addr-params)
/// charge-addr-params  =  ccf / ecf / ccf-2 / ecf-2 / generic-param
/// ccf                 =  "ccf" EQUAL gen-value
/// ecf                 =  "ecf" EQUAL gen-value
/// ```
///
/// ```
/// use sip_proto::message::TypedHeader;
/// use sip_proto::message::headers::PChargingFunctionAddresses;
///
/// let addresses = PChargingFunctionAddresses::parse(b"ccf=192.1.1.1; ccf=192.1.1.2; ecf=e.example")
///     .unwrap();
/// let collect: Vec<_> = addresses.all("ccf").collect();
/// assert_eq!(collect, [&b"192.1.1.1"[..], b"192.1.1.2"]);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PChargingFunctionAddresses<'a> {
    /// All of it.
    pub params: Params<'a>,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $method:ident $param:literal;)*) => {
        impl<'a> PChargingVector<'a> {$(
            $(#[$doc])*
            #[must_use]
            pub fn $method(&self) -> Option<Cow<'a, [u8]>> {
                text_param(&self.params, $param)
            }
        )*}
    };
}

texts! {
    /// The host that made the charging identity, without quotes.
    icid_generated_at "icid-generated-at";
    /// The operator that the session comes from, without quotes.
    orig_ioi "orig-ioi";
    /// The operator that the session goes to, without quotes.
    term_ioi "term-ioi";
    /// The charging identity of a session that this one is related to, without quotes.
    related_icid "related-icid";
    /// The host that made the related identity, without quotes.
    related_icid_generated_at "related-icid-generated-at";
}

impl<'a> PChargingVector<'a> {
    /// The charging identity, without quotes. Empty only where the value was not parsed but made
    /// by hand without it.
    #[must_use]
    pub fn icid(&self) -> Cow<'a, [u8]> {
        text_param(&self.params, "icid-value").unwrap_or_default()
    }

    /// The operators in between, in order, each a name and a place as `example.net.1`, or `void`.
    pub fn transit_iois(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let list = self.params.value("transit-ioi").map(between_quotes).unwrap_or_default();
        list.split(|byte| *byte == b',').map(trim).filter(|ioi| !ioi.is_empty())
    }
}

impl<'a> PChargingFunctionAddresses<'a> {
    /// The addresses under `name`, as they stand, in order: `ccf` of charging collection functions,
    /// `ecf` of event charging functions, `ccf-2` and `ecf-2` of the second ones.
    pub fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n> {
        self.params
            .iter()
            .filter(move |(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .filter_map(|(_, value)| value)
    }

    /// The first address under `name`, without quotes.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.params.value(name).map(unquoted)
    }
}

impl<'a> TypedHeader<'a> for PChargingVector<'a> {
    const NAME: HeaderName = HeaderName::PChargingVector;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, |input| {
            let (rest, params) = only_params(input)?;
            match params.value("icid-value") {
                Some(_) => Ok((rest, Self { params })),
                None => Fault::at(rest),
            }
        })
    }
}

impl<'a> TypedHeader<'a> for PChargingFunctionAddresses<'a> {
    const NAME: HeaderName = HeaderName::PChargingFunctionAddresses;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, only_params).map(|params| Self { params })
    }
}

fn only_params(input: &[u8]) -> Parsed<'_, Params<'_>> {
    generic_params(sws(input))
}

impl fmt::Display for PChargingVector<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.params.fmt(f)
    }
}

impl fmt::Display for PChargingFunctionAddresses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.params.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::super::extension::check;
    use super::*;

    #[test]
    fn vectors() {
        check::<PChargingVector<'_>>(
            &[
                "icid-value=1234",
                " ICID-Value = \"a b\" ; icid-generated-at=[2001:db8::1];x ",
                "orig-ioi=a;icid-value=1",
            ],
            &[("", 0), ("orig-ioi=home1.net", 18), ("icid-value", 10), ("icid-value=1;", 13)],
        );
        let vector = PChargingVector::parse(
            b"icid-value=1;transit-ioi=\"a.net.1, void,b.net.2\";term-ioi=\"\";related-icid=2;\
              related-icid-generated-at=h",
        )
        .unwrap();
        let transit: Vec<_> = vector.transit_iois().collect();
        assert_eq!(transit, [&b"a.net.1"[..], b"void", b"b.net.2"]);
        assert_eq!(vector.term_ioi().as_deref(), Some(&b""[..]));
        assert_eq!(vector.related_icid().as_deref(), Some(&b"2"[..]));
        assert_eq!(vector.related_icid_generated_at().as_deref(), Some(&b"h"[..]));
        assert_eq!(PChargingVector::parse(b"icid-value=1").unwrap().transit_iois().count(), 0);
    }

    #[test]
    fn addresses() {
        check::<PChargingFunctionAddresses<'_>>(
            &["ccf=[2001:db8::1]", "ecf=a;ECF-2=\"aaa://b\";x"],
            &[("", 0), (";", 0), ("ccf=", 4), ("ccf=a,ecf=b", 5)],
        );
        let addresses = PChargingFunctionAddresses::parse(b"ecf=a;CCF=\"b\";ecf=c;ecf").unwrap();
        assert_eq!(addresses.first("ccf").as_deref(), Some(&b"b"[..]));
        assert_eq!(addresses.first("ccf-2"), None);
        assert_eq!(addresses.all("ecf").count(), 2);
    }
}
