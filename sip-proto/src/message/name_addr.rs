//! `"Name" <uri>;params`, the form of From, To, Contact, Route and their kin.

use core::fmt;
use std::borrow::Cow;

use super::lexer::{
    ANGLES, BARE, DISPLAY, Fault, Parsed, SCHEME, is_display, quoted_string, run, some, sws, trim,
    whole,
};
use super::params::params;
use super::quoted::unquoted;
use super::{Params, Quoted, Uri};
use crate::error::debug_as_written;
use crate::{ParseError, ParseErrorKind};

/// A URI with an optional display name, and the parameters of the header it stands in.
///
/// Without `<>`, whatever follows the first `;` belongs to the header, not to the URI
/// (RFC 3261 section 20.10).
///
/// ```
/// use sip_proto::message::NameAddr;
///
/// let address = NameAddr::parse(br#""Bob \"B\"" <sip:bob@b.example;lr>;tag=7"#).unwrap();
/// assert_eq!(address.display_name().as_deref(), Some(&br#"Bob "B""#[..]));
/// assert_eq!(address.uri, b"sip:bob@b.example;lr");
/// assert_eq!(address.params.value("tag"), Some(&b"7"[..]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NameAddr<'a> {
    /// The display name as it stands, with quotes where it has them.
    pub display: Option<&'a [u8]>,
    /// The URI as it stands, without `<>`. [`NameAddr::parsed_uri`] parses it.
    pub uri: &'a [u8],
    /// The header's parameters.
    pub params: Params<'a>,
}

impl<'a> NameAddr<'a> {
    /// The address that `value` is, all of it.
    ///
    /// # Errors
    ///
    /// `Value` where `value` is not `( name-addr / addr-spec ) *( SEMI generic-param )`.
    pub fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, name_addr)
    }

    /// The URI, parsed.
    ///
    /// # Errors
    ///
    /// As [`Uri::parse`].
    pub fn parsed_uri(&self) -> Result<Uri<'a>, ParseError> {
        Uri::parse(self.uri)
    }

    /// The `tag` parameter.
    #[must_use]
    pub fn tag(&self) -> Option<&'a [u8]> {
        self.params.value("tag")
    }

    /// The display name without quotes and escapes.
    #[must_use]
    pub fn display_name(&self) -> Option<Cow<'a, [u8]>> {
        self.display.map(unquoted)
    }
}

fn name_addr(input: &[u8]) -> Parsed<'_, NameAddr<'_>> {
    let start = sws(input);
    match addr_spec(start)? {
        (rest, Some(uri)) => {
            let (rest, params) = params(rest)?;
            Ok((rest, NameAddr { display: None, uri, params }))
        }
        _ => angled(start),
    }
}

/// ```abnf
/// name-addr     =  [ display-name ] LAQUOT addr-spec RAQUOT
/// display-name  =  *(token LWS) / quoted-string
/// ```
/// The white space after the last token may be missing (RFC 4475 section 3.1.1.6), and UTF-8 may
/// stand outside quotes.
pub(super) fn angled(input: &[u8]) -> Parsed<'_, NameAddr<'_>> {
    let (rest, display) = match input {
        [b'<', ..] => (input, None),
        [b'"', ..] => {
            let (rest, display) = quoted_string(input)?;
            (sws(rest), Some(display))
        }
        _ => {
            let (rest, display) = some(DISPLAY)(input)?;
            (rest, Some(trim(display)))
        }
    };
    let [b'<', inside @ ..] = rest else {
        return Fault::at(rest);
    };
    let (rest, uri) = some(ANGLES)(inside)?;
    let [b'>', rest @ ..] = rest else {
        return Fault::at(rest);
    };
    let (rest, params) = params(rest)?;
    Ok((rest, NameAddr { display, uri, params }))
}

/// The addr-spec at the start, if what is there starts like one and not like a display name.
/// It ends where white space or the header's own parameters begin, and may hold neither comma nor
/// question mark: those need `<>` (RFC 3261 section 20.10).
fn addr_spec(input: &[u8]) -> Parsed<'_, Option<&[u8]>> {
    let scheme = run(input, SCHEME);
    if scheme == 0 || input.get(scheme) != Some(&b':') {
        return Ok((input, None));
    }
    let (rest, uri) = some(BARE)(input)?;
    Ok((rest, Some(uri)))
}

debug_as_written!(NameAddr);

/// As on the wire, always with `<>`. A display name that needs quotes and has none is quoted.
impl fmt::Display for NameAddr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = self.display.filter(|display| !display.is_empty()) {
            let text = String::from_utf8_lossy(display);
            if display[0] == b'"' || display.iter().all(|byte| is_display(*byte)) {
                write!(f, "{text} ")?;
            } else {
                write!(f, "{} ", Quoted(display))?;
            }
        }
        write!(f, "<{}>", String::from_utf8_lossy(self.uri))?;
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
    fn forms_of_an_address() {
        let table: &[(&str, Option<&str>, &str, &str)] = &[
            ("sip:a@b", None, "sip:a@b", ""),
            ("sip:a@b;tag=1", None, "sip:a@b", "tag=1"),
            ("<sip:a@b;lr>;tag=1", None, "sip:a@b;lr", "tag=1"),
            ("A B <sip:a@b>", Some("A B"), "sip:a@b", ""),
            ("caller<sip:a@b>", Some("caller"), "sip:a@b", ""),
            ("\"x;<y>\"\r\n <sip:a@b> ; tag = 2 ", Some("\"x;<y>\""), "sip:a@b", "tag = 2"),
            ("\"\" <sip:a@b>", Some("\"\""), "sip:a@b", ""),
            (" <tel:+1-201;phone-context=x>", None, "tel:+1-201;phone-context=x", ""),
            ("isbn:2983792873;x", None, "isbn:2983792873", "x"),
            ("<http://www.example.com?a,b>", None, "http://www.example.com?a,b", ""),
            ("J\u{fc}rgen <sip:j@b>", Some("J\u{fc}rgen"), "sip:j@b", ""),
            ("sip <sip:a@b>", Some("sip"), "sip:a@b", ""),
        ];
        for (value, display, uri, params) in table {
            let parsed =
                NameAddr::parse(value.as_bytes()).unwrap_or_else(|e| panic!("{value}: {e}"));
            assert_eq!(parsed.display, display.map(str::as_bytes), "{value}");
            assert_eq!(parsed.uri, uri.as_bytes(), "{value}");
            assert_eq!(parsed.params.as_bytes(), params.as_bytes(), "{value}");
            let written = parsed.to_string();
            assert_eq!(NameAddr::parse(written.as_bytes()), Ok(parsed), "{written}");
        }
    }

    #[test]
    fn what_is_no_address() {
        for value in [
            "",
            " ",
            "*",
            "bob",
            "<>",
            "<sip:a@b",
            "sip:a@b>",
            "\"open <sip:a@b>",
            "<sip:a@b> x",
            "sip:a@b?Route=c",
            "sip:a@b,sip:c@d",
            "A, B <sip:a@b>",
            "<sip:a@b>;",
            "<sip:a@b>;;x",
            "< sip:a@b >",
            "<<sip:a@b>>",
            "A \"B\" <sip:a@b>",
            "<sip:a@b>;tag=",
        ] {
            let error = NameAddr::parse(value.as_bytes()).expect_err(value);
            assert_eq!(error.kind, ParseErrorKind::Value);
            assert!(error.offset <= value.len());
        }
    }

    #[test]
    fn a_display_name_made_by_hand_is_quoted_where_it_must_be() {
        let address = |display: &'static [u8]| {
            NameAddr { display: Some(display), uri: b"sip:a@b", params: Params::EMPTY }.to_string()
        };
        assert_eq!(address(b"Bob"), "Bob <sip:a@b>");
        assert_eq!(address(b"Bell, A"), "\"Bell, A\" <sip:a@b>");
        assert_eq!(address(br#"a"b\"#), r#""a\"b\\" <sip:a@b>"#);
        assert_eq!(address(b""), "<sip:a@b>");
    }
}
