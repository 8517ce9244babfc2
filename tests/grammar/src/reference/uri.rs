//! URIs.

use super::cursor::{Cursor, Param, is_unreserved};
use super::{Leniency, Reading, host};

/// A URI.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uri {
    /// In lower case.
    pub scheme: String,
    /// Escapes and all.
    pub user: Option<Vec<u8>>,
    /// Escapes and all.
    pub password: Option<Vec<u8>>,
    /// In canonical form; none unless it is a SIP or SIPS URI.
    pub host: Option<String>,
    /// Where it is written.
    pub port: Option<u64>,
    /// Of a SIP, SIPS or tel URI.
    pub params: Vec<Param>,
    /// What stands after the `?` of a SIP or SIPS URI.
    pub headers: Option<Vec<u8>>,
}

/// `SIP-URI / SIPS-URI / absoluteURI`, and RFC 3966 for tel.
#[must_use]
pub fn uri(raw: &[u8], reading: Reading) -> Option<Uri> {
    let mut cursor = Cursor::new(raw, reading);
    let uri = read(&mut cursor)?;
    cursor.is_at_end().then_some(uri)
}

fn read(cursor: &mut Cursor<'_>) -> Option<Uri> {
    // scheme  =  ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
    let scheme = cursor.some(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))?;
    if !scheme[0].is_ascii_alphabetic() {
        return None;
    }
    cursor.byte(b':')?;
    let scheme = String::from_utf8_lossy(scheme).to_ascii_lowercase();
    match scheme.as_str() {
        "sip" | "sips" => sip(scheme, cursor),
        "tel" => tel(scheme, cursor),
        _ => {
            // hier-part and opaque-part together allow anything made of
            // uric  =  reserved / unreserved / escaped
            let brackets = cursor.allows(Leniency::BracketsInUri);
            let is_uric = |byte| is_unreserved(byte) || b";/?:@&=+$,".contains(&byte);
            cursor.some_escaped(|byte| is_uric(byte) || brackets && b"[]".contains(&byte))?;
            Some(Uri { scheme, ..Uri::default() })
        }
    }
}

/// ```abnf
/// SIP-URI   =  "sip:" [ userinfo ] hostport uri-parameters [ headers ]
/// userinfo  =  ( user / telephone-subscriber ) [ ":" password ] "@"
/// hostport  =  host [ ":" port ]
/// ```
fn sip(scheme: String, cursor: &mut Cursor<'_>) -> Option<Uri> {
    let mut uri = Uri { scheme, ..Uri::default() };
    let mut ahead = cursor.clone();
    if let Some((user, password)) = userinfo(&mut ahead) {
        (uri.user, uri.password) = (Some(user), password);
        *cursor = ahead;
    }
    uri.host = Some(host::host(cursor)?);
    if cursor.byte(b':').is_some() {
        uri.port = Some(cursor.number(u64::from(u16::MAX))?);
    }
    uri.params = params(cursor)?;
    if cursor.byte(b'?').is_some() {
        uri.headers = Some(headers(cursor)?);
    }
    Some(uri)
}

/// ```abnf
/// user             =  1*( unreserved / escaped / user-unreserved )
/// user-unreserved  =  "&" / "=" / "+" / "$" / "," / ";" / "?" / "/"
/// password         =  *( unreserved / escaped / "&" / "=" / "+" / "$" / "," )
/// ```
/// A telephone-subscriber is made of the same, but for brackets and colons in its parameters, which
/// RFC 3261 section 19.1.1 has escaped.
fn userinfo(cursor: &mut Cursor<'_>) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    let user = cursor.some_escaped(|byte| is_unreserved(byte) || b"&=+$,;?/".contains(&byte))?;
    let mut password = None;
    if cursor.byte(b':').is_some() {
        let found = cursor.escaped_run(|byte| is_unreserved(byte) || b"&=+$,".contains(&byte));
        password = Some(found.to_vec());
    }
    cursor.byte(b'@')?;
    Some((user.to_vec(), password))
}

/// ```abnf
/// uri-parameters  =  *( ";" uri-parameter)
/// other-param     =  pname [ "=" pvalue ]
/// paramchar       =  param-unreserved / unreserved / escaped
/// ```
fn params(cursor: &mut Cursor<'_>) -> Option<Vec<Param>> {
    let is_param = |byte| is_unreserved(byte) || b"[]/:&+$".contains(&byte);
    let mut params = Vec::new();
    while cursor.byte(b';').is_some() {
        let name = cursor.some_escaped(is_param)?.to_vec();
        let value = match cursor.byte(b'=') {
            Some(()) => Some(cursor.some_escaped(is_param)?.to_vec()),
            None => None,
        };
        params.push((name, value));
    }
    Some(params)
}

/// ```abnf
/// headers         =  "?" header *( "&" header )
/// header          =  hname "=" hvalue
/// hnv-unreserved  =  "[" / "]" / "/" / "?" / ":" / "+" / "$"
/// ```
fn headers(cursor: &mut Cursor<'_>) -> Option<Vec<u8>> {
    let start = cursor.text;
    let is_header = |byte| is_unreserved(byte) || b"[]/?:+$".contains(&byte);
    loop {
        cursor.some_escaped(is_header)?;
        cursor.byte(b'=')?;
        cursor.escaped_run(is_header);
        if cursor.byte(b'&').is_none() {
            return Some(start[..start.len() - cursor.text.len()].to_vec());
        }
    }
}

/// ```abnf
/// global-number-digits  =  "+" *phonedigit DIGIT *phonedigit
/// local-number-digits   =  *phonedigit-hex ( HEXDIG / "*" / "#" ) *phonedigit-hex
/// parameter             =  ";" pname [ "=" pvalue ]
/// pname                 =  1*( alphanum / "-" )
/// ```
fn tel(scheme: String, cursor: &mut Cursor<'_>) -> Option<Uri> {
    let is_global = cursor.byte(b'+').is_some();
    let is_digit = |byte: &u8| match is_global {
        true => byte.is_ascii_digit(),
        false => byte.is_ascii_hexdigit() || b"*#".contains(byte),
    };
    if cursor.allows(Leniency::TelNumber) {
        let is_uric = |byte| is_unreserved(byte) || b"/?:@&=+$,[]".contains(&byte);
        // A number that is only "+" has it read already.
        let number = cursor.escaped_run(is_uric);
        if number.is_empty() && !is_global {
            return None;
        }
    } else {
        let digits = cursor.run(|byte| is_digit(&byte) || b"-.()".contains(&byte));
        if !digits.iter().any(is_digit) {
            return None;
        }
    }
    let params = params(cursor)?;
    let is_name = |name: &Vec<u8>| {
        cursor.allows(Leniency::TelParameterName)
            || name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    let is_context = |name: &Vec<u8>| name.eq_ignore_ascii_case(b"phone-context");
    let has_context = params.iter().any(|(name, _)| is_context(name));
    let is_complete = is_global || has_context || cursor.allows(Leniency::TelWithoutContext);
    (is_complete && params.iter().all(|(name, _)| is_name(name))).then_some(Uri {
        scheme,
        params,
        ..Uri::default()
    })
}
