//! From, To, Contact, Route, Record-Route: an address with parameters.

use super::cursor::{Cursor, Param, all, is_token, is_wsp};
use super::uri::{Uri, uri};
use super::{Leniency, Reading};

/// A name-addr or an addr-spec, and what follows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// As it stands, with quotes where it has them.
    pub display: Option<Vec<u8>>,
    /// The URI as it stands.
    pub uri_text: Vec<u8>,
    /// The URI.
    pub uri: Uri,
    /// The header's parameters.
    pub params: Vec<Param>,
}

/// `( name-addr / addr-spec ) *( SEMI generic-param )`
#[must_use]
pub fn address(raw: &[u8], reading: Reading) -> Option<Address> {
    all(raw, reading, read)
}

/// `STAR / contact-param`: `Some(None)` for the star.
#[must_use]
pub fn contact(raw: &[u8], reading: Reading) -> Option<Option<Address>> {
    match all(raw, reading, |cursor| cursor.byte(b'*')) {
        Some(()) => Some(None),
        None => address(raw, reading).map(Some),
    }
}

fn read(cursor: &mut Cursor<'_>) -> Option<Address> {
    let mut ahead = cursor.clone();
    let (display, uri_text) = match name_addr(&mut ahead) {
        Some(found) => {
            *cursor = ahead;
            found
        }
        // RFC 3261 section 20: without angle brackets, no comma, semicolon or question mark.
        None => (None, cursor.some(|byte| !is_wsp(byte) && !b",;?<>\"".contains(&byte))?.to_vec()),
    };
    let uri = uri(&uri_text, cursor.reading)?;
    let params = cursor.params()?;
    Some(Address { display, uri_text, uri, params })
}

/// ```abnf
/// name-addr     =  [ display-name ] LAQUOT addr-spec RAQUOT
/// display-name  =  *(token LWS)/ quoted-string
/// LAQUOT        =  SWS "<"
/// RAQUOT        =  ">" SWS
/// ```
fn name_addr(cursor: &mut Cursor<'_>) -> Option<(Option<Vec<u8>>, Vec<u8>)> {
    let display = display_name(cursor)?;
    cursor.sws();
    cursor.byte(b'<')?;
    let uri = cursor.some(|byte| byte != b'>')?.to_vec();
    cursor.byte(b'>')?;
    Some((display, uri))
}

fn display_name(cursor: &mut Cursor<'_>) -> Option<Option<Vec<u8>>> {
    if let Some(quoted) = cursor.quoted_string() {
        return Some(Some(quoted.to_vec()));
    }
    let start = cursor.text;
    if cursor.allows(Leniency::DisplayName) {
        let name = cursor.run(|byte| is_token(byte) || is_wsp(byte) || byte > 0x7f);
        return Some(Some(name.trim_ascii_end().to_vec()).filter(|name| !name.is_empty()));
    }
    loop {
        let before = cursor.text;
        if cursor.token().is_none() {
            break;
        }
        if cursor.lws().is_none() {
            cursor.text = before;
            break;
        }
    }
    let name = start[..start.len() - cursor.text.len()].trim_ascii_end();
    Some(Some(name.to_vec()).filter(|name| !name.is_empty()))
}
