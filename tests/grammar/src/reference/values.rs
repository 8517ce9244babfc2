//! Via, CSeq, Call-ID and the numbers.

use super::cursor::{Cursor, Param, all, is_visible, is_word};
use super::{Leniency, Reading, host};

/// One hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// As written.
    pub transport: Vec<u8>,
    /// In canonical form.
    pub host: String,
    /// Where it is written.
    pub port: Option<u64>,
    /// Everything after it.
    pub params: Vec<Param>,
}

/// ```abnf
/// via-parm       =  sent-protocol LWS sent-by *( SEMI via-params )
/// sent-protocol  =  protocol-name SLASH protocol-version SLASH transport
/// sent-by        =  host [ COLON port ]
/// ```
#[must_use]
pub fn via(raw: &[u8], reading: Reading) -> Option<Via> {
    all(raw, reading, |cursor| {
        let name = cursor.token()?;
        cursor.separator(b'/')?;
        cursor.token()?;
        cursor.separator(b'/')?;
        // Bound::OtherProtocol
        if !name.eq_ignore_ascii_case(b"SIP") {
            return None;
        }
        let transport = cursor.token()?.to_vec();
        cursor.lws()?;
        let host = host::host(cursor)?;
        let port = match cursor.separator(b':') {
            Some(()) => Some(cursor.number(u64::from(u16::MAX))?),
            None => None,
        };
        Some(Via { transport, host, port, params: cursor.params()? })
    })
}

/// `CSeq  =  "CSeq" HCOLON 1*DIGIT LWS Method`: number and method.
#[must_use]
pub fn cseq(raw: &[u8], reading: Reading) -> Option<(u64, Vec<u8>)> {
    all(raw, reading, |cursor| {
        let number = cursor.number(u64::from(u32::MAX))?;
        cursor.lws()?;
        Some((number, cursor.token()?.to_vec()))
    })
}

/// `callid  =  word [ "@" word ]`
#[must_use]
pub fn call_id(raw: &[u8], reading: Reading) -> Option<Vec<u8>> {
    all(raw, reading, |cursor| {
        if cursor.allows(Leniency::CallId) {
            return cursor.some(is_visible).map(<[u8]>::to_vec);
        }
        let start = cursor.text;
        cursor.some(is_word)?;
        if cursor.byte(b'@').is_some() {
            cursor.some(is_word)?;
        }
        Some(start[..start.len() - cursor.text.len()].to_vec())
    })
}

/// `1*DIGIT`, of `max` at most.
#[must_use]
pub fn number(raw: &[u8], max: u64) -> Option<u64> {
    all(raw, Reading::Strict, |cursor: &mut Cursor<'_>| cursor.number(max))
}
