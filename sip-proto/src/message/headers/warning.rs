//! Warning (RFC 3261 section 20.43).

use core::fmt;
use std::borrow::Cow;

use super::super::host::host;
use super::super::lexer::{Fault, Parsed, is_lws, number, quoted_string, sws, token, whole};
use super::super::quoted::unquoted;
use super::super::{HeaderName, Quoted};
use super::TypedHeader;
use crate::error::debug_as_written;
use crate::{ParseError, ParseErrorKind};

/// What went wrong, beside the status.
///
/// ```abnf
/// warning-value  =  warn-code SP warn-agent SP warn-text
/// warn-code      =  3DIGIT
/// warn-agent     =  hostport / pseudonym
/// warn-text      =  quoted-string
/// ```
///
/// ```
/// use sip_proto::message::headers::{TypedHeader, Warning};
///
/// let warning = Warning::parse(br#"307 isi.example "Session parameter 'foo' not understood""#);
/// let warning = warning.unwrap();
/// assert_eq!((warning.code, warning.agent), (307, "isi.example"));
/// assert_eq!(&*warning.text(), b"Session parameter 'foo' not understood");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Warning<'a> {
    /// Three digits: 300 to 399 in SIP.
    pub code: u16,
    /// Who warns: a host with or without a port, or a name of its own.
    pub agent: &'a str,
    /// What it says, with its quotes. A text made by hand may come without.
    pub raw_text: &'a [u8],
}

impl<'a> Warning<'a> {
    /// What it says, without quotes and escapes.
    #[must_use]
    pub fn text(&self) -> Cow<'a, [u8]> {
        unquoted(self.raw_text)
    }
}

impl<'a> TypedHeader<'a> for Warning<'a> {
    const NAME: HeaderName = HeaderName::Warning;

    fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, warning)
    }
}

fn warning(input: &[u8]) -> Parsed<'_, Warning<'_>> {
    let start = sws(input);
    let (rest, code) = number(start)?;
    if start.len() - rest.len() != 3 {
        return Fault::at(start);
    }
    let (rest, agent) = agent(space(rest)?.0)?;
    let (rest, raw_text) = quoted_string(space(rest)?.0)?;
    Ok((sws(rest), Warning { code, agent, raw_text }))
}

fn agent(input: &[u8]) -> Parsed<'_, &str> {
    let rest = match hostport(input) {
        // A pseudonym may go on where a host ends.
        Ok((rest, ())) if rest.first().is_some_and(|byte| is_lws(*byte)) => rest,
        _ => token(input)?.0,
    };
    match core::str::from_utf8(&input[..input.len() - rest.len()]) {
        Ok(agent) => Ok((rest, agent)),
        Err(_) => Fault::at(input),
    }
}

fn hostport(input: &[u8]) -> Parsed<'_, ()> {
    let (rest, _) = host(input)?;
    let [b':', rest @ ..] = rest else {
        return Ok((rest, ()));
    };
    let (rest, _) = number::<u16>(rest)?;
    Ok((rest, ()))
}

fn space(input: &[u8]) -> Parsed<'_, ()> {
    match input.first() {
        Some(byte) if is_lws(*byte) => Ok((sws(input), ())),
        _ => Fault::at(input),
    }
}

debug_as_written!(Warning);

impl fmt::Display for Warning<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03} {} ", self.code, self.agent)?;
        match quoted_string(self.raw_text) {
            Ok(([], text)) => f.write_str(&String::from_utf8_lossy(text)),
            _ => Quoted(self.raw_text).fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_agent_and_text() {
        for (value, code, agent, text, written) in [
            ("370 devnull \"Choose\"", 370, "devnull", "Choose", "370 devnull \"Choose\""),
            (
                " 399\r\n [2001:db8::1]:5060  \"a, \\\"b\\\"\" ",
                399,
                "[2001:db8::1]:5060",
                "a, \"b\"",
                "399 [2001:db8::1]:5060 \"a, \\\"b\\\"\"",
            ),
            ("001 a.example:5060 \"\"", 1, "a.example:5060", "", "001 a.example:5060 \"\""),
            ("399 host! \"J\u{fc}\"", 399, "host!", "J\u{fc}", "399 host! \"J\u{fc}\""),
            ("399 1.2.3 \"\"", 399, "1.2.3", "", "399 1.2.3 \"\""),
        ] {
            let warning =
                Warning::parse(value.as_bytes()).unwrap_or_else(|e| panic!("{value}: {e}"));
            assert_eq!((warning.code, warning.agent), (code, agent), "{value}");
            assert_eq!(&*warning.text(), text.as_bytes());
            assert_eq!(warning.to_string(), written);
            assert_eq!(Warning::parse(written.as_bytes()), Ok(warning));
        }
    }

    #[test]
    fn what_is_no_warning() {
        for (value, offset) in [
            ("", 0),
            ("39 a \"b\"", 0),
            ("3999 a \"b\"", 0),
            ("399", 3),
            ("399 a", 5),
            ("399 a b", 6),
            ("399 a:x \"b\"", 5),
            ("399 a \"b", 6),
            ("399 a \"b\" c", 10),
            ("399 \"b\"", 4),
        ] {
            let error = Warning::parse(value.as_bytes()).expect_err(value);
            assert_eq!((error.kind, error.offset), (ParseErrorKind::Value, offset), "{value}");
        }
    }

    #[test]
    fn a_text_made_by_hand_is_quoted() {
        let warning = Warning { code: 399, agent: "a", raw_text: br#"say "b""# };
        assert_eq!(warning.to_string(), r#"399 a "say \"b\"""#);
    }
}
