//! Via (RFC 3261 section 20.42, RFC 3581).

use core::fmt;

use nom::bytes::complete::tag_no_case;

use super::super::host::{host, ipv6};
use super::super::lexer::{Fault, Parsed, is_lws, number, separator, sws, token, token_str, whole};
use super::super::params::params_with;
use super::super::{HeaderName, Host, Params};
use super::TypedHeader;
use crate::{ParseError, ParseErrorKind, TransportKind};

/// One hop: where a response goes next.
///
/// ```
/// use sip_proto::message::{TypedHeader, Via};
///
/// let via = Via::parse(b"SIP/2.0/UDP pc33.example.com:5066;branch=z9hG4bK77;rport").unwrap();
/// assert_eq!(via.branch(), Some(&b"z9hG4bK77"[..]));
/// assert_eq!(via.port, Some(5066));
/// assert_eq!(via.rport(), Some(None));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Via<'a> {
    /// The transport token, as written; see [`Via::transport_kind`].
    pub transport: &'a str,
    /// The host of sent-by.
    pub host: Host<'a>,
    /// The port of sent-by.
    pub port: Option<u16>,
    /// Everything after it.
    pub params: Params<'a>,
    noted: Noted<'a>,
}

/// The parameters that every element on the path asks for, met while they were checked. The value,
/// if there is one, of the first that has the name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Noted<'a> {
    branch: Option<Option<&'a [u8]>>,
    received: Option<Option<&'a [u8]>>,
    rport: Option<Option<&'a [u8]>>,
}

impl<'a> Noted<'a> {
    #[inline]
    fn note(&mut self, name: &[u8], value: Option<&'a [u8]>) {
        let place = match name.len() {
            5 if name.eq_ignore_ascii_case(b"rport") => &mut self.rport,
            6 if name.eq_ignore_ascii_case(b"branch") => &mut self.branch,
            8 if name.eq_ignore_ascii_case(b"received") => &mut self.received,
            _ => return,
        };
        place.get_or_insert(value);
    }
}

impl<'a> Via<'a> {
    /// The `branch` parameter.
    #[must_use]
    pub const fn branch(&self) -> Option<&'a [u8]> {
        match self.noted.branch {
            Some(branch) => branch,
            None => None,
        }
    }

    /// Host and port of who sent the request.
    #[must_use]
    pub const fn sent_by(&self) -> (Host<'a>, Option<u16>) {
        (self.host, self.port)
    }

    /// The `received` parameter (RFC 3261 section 18.2.1), where it is an address. An IPv6 address
    /// counts with and without brackets (RFC 5118 section 4.5).
    #[must_use]
    pub fn received(&self) -> Option<core::net::IpAddr> {
        let value = self.noted.received.flatten()?;
        match host(value) {
            Ok(([], Host::V4(address))) => Some(address.into()),
            Ok(([], Host::V6(address))) => Some(address.into()),
            _ => ipv6(value).map(Into::into),
        }
    }

    /// The `rport` parameter (RFC 3581): `Some(None)` where it asks, `Some(Some(port))` where it
    /// was answered. A value that is no port reads as `Some(None)`.
    #[must_use]
    pub fn rport(&self) -> Option<Option<u16>> {
        let value = self.noted.rport?;
        Some(value.and_then(|value| whole(value, ParseErrorKind::Value, number).ok()))
    }

    /// The `maddr` parameter.
    #[must_use]
    pub fn maddr(&self) -> Option<&'a [u8]> {
        self.params.value("maddr")
    }

    /// The transport, if it is one of ours.
    #[must_use]
    pub fn transport_kind(&self) -> Option<TransportKind> {
        TransportKind::from_token(self.transport.as_bytes())
    }
}

impl<'a> TypedHeader<'a> for Via<'a> {
    const NAME: HeaderName = HeaderName::Via;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, via)
    }
}

/// ```abnf
/// via-parm       =  sent-protocol LWS sent-by *( SEMI via-params )
/// sent-protocol  =  protocol-name SLASH protocol-version SLASH transport
/// sent-by        =  host [ COLON port ]
/// ```
/// The protocol must be SIP; another version than 2.0 does not matter, because a request of that
/// version is still owed a 505.
fn via(input: &[u8]) -> Parsed<'_, Via<'_>> {
    let (rest, ()) = protocol(sws(input))?;
    let (rest, transport) = token_str(rest)?;
    if !rest.first().is_some_and(|byte| is_lws(*byte)) {
        return Fault::at(rest);
    }
    let (rest, host) = host(sws(rest))?;
    let (rest, port) = match separator(b':')(rest) {
        Ok((rest, ())) => {
            let (rest, port) = number(rest)?;
            (rest, Some(port))
        }
        Err(_) => (rest, None),
    };
    let mut noted = Noted::default();
    let (rest, params) = params_with(rest, |name, value| noted.note(name, value))?;
    Ok((rest, Via { transport, host, port, params, noted }))
}

#[inline]
fn protocol(input: &[u8]) -> Parsed<'_, ()> {
    if let Some(rest) = input.strip_prefix(b"SIP/2.0/") {
        return Ok((sws(rest), ()));
    }
    let (rest, _) = tag_no_case("SIP")(input)?;
    let (rest, ()) = separator(b'/')(rest)?;
    let (rest, _) = token(rest)?;
    separator(b'/')(rest)
}

impl fmt::Display for Via<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}", self.transport, self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        if !self.params.is_empty() {
            write!(f, ";{}", self.params)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_via() {
        let table = [
            ("SIP/2.0/UDP a.example", "UDP", "a.example", None, ""),
            (
                "SIP/2.0/TCP a.example:5066;branch=z9hG4bK1",
                "TCP",
                "a.example",
                Some(5066),
                "branch=z9hG4bK1",
            ),
            (
                "sip / 2.0\r\n / udp\r\n 192.0.2.2 : 70 ;\tbranch = 3",
                "udp",
                "192.0.2.2",
                Some(70),
                "branch = 3",
            ),
            (
                "SIP/2.0/UNKNOWN [2001:db8::9:1]:6050;received=2001:db8::9:255",
                "UNKNOWN",
                "[2001:db8::9:1]",
                Some(6050),
                "received=2001:db8::9:255",
            ),
            ("SIP/2.0/TLS-SCTP h;hidden;x=\"a,;b\" ", "TLS-SCTP", "h", None, "hidden;x=\"a,;b\""),
        ];
        for (value, transport, host, port, params) in table {
            let via = Via::parse(value.as_bytes()).unwrap_or_else(|e| panic!("{value}: {e}"));
            assert_eq!(via.transport, transport);
            assert_eq!(via.host.to_string(), host);
            assert_eq!(via.port, port);
            assert_eq!(via.params.as_bytes(), params.as_bytes());
            let written = via.to_string();
            assert_eq!(Via::parse(written.as_bytes()), Ok(via), "{written}");
        }
    }

    #[test]
    fn what_is_no_via() {
        for (value, offset) in [
            ("", 0),
            ("SIP/2.0/UDP", 11),
            ("SIP/2.0/UDPa.example:1", 20),
            ("SIP//UDP a", 4),
            ("HTTP/2.0/UDP a", 0),
            ("SIP/2.0/ a", 10),
            ("SIP/2.0/UDP a:65536", 14),
            ("SIP/2.0/UDP a:", 14),
            ("SIP/2.0/UDP a b", 14),
            ("SIP/2.0/UDP 192.0.2.15;;", 23),
            ("SIP/2.0/UDP ::1", 12),
            ("SIP/2.0/UDP a;branch=", 21),
            ("SIP/2.0/UDP a, b", 13),
        ] {
            let error = Via::parse(value.as_bytes()).expect_err(value);
            assert_eq!((error.kind, error.offset), (ParseErrorKind::Value, offset), "{value}");
        }
    }

    #[test]
    fn received_and_rport() {
        let via = |params: &str| {
            let value = format!("SIP/2.0/UDP a;{params}");
            let via = Via::parse(value.as_bytes()).unwrap();
            (via.received().map(|address| address.to_string()), via.rport())
        };
        assert_eq!(via("received=192.0.2.1;rport=9"), (Some("192.0.2.1".into()), Some(Some(9))));
        assert_eq!(via("received=2001:db8::1;rport"), (Some("2001:db8::1".into()), Some(None)));
        assert_eq!(via("received=[2001:db8::1]"), (Some("2001:db8::1".into()), None));
        assert_eq!(via("received=x;rport=99999"), (None, Some(None)));
    }
}
