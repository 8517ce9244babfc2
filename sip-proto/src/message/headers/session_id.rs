//! Session-ID (RFC 7989).

use super::super::lexer::{Fault, Parsed, whole};
use super::extension::with_params;
use crate::ParseErrorKind;

with_params! {
    /// What identifies a session end to end, through all back-to-back user agents.
    ///
    /// ```abnf
    /// session-id        =  "Session-ID" HCOLON session-id-value
    /// session-id-value  =  local-uuid *(SEMI sess-id-param)
    /// sess-id-param     =  remote-param / generic-param
    /// remote-param      =  "remote" EQUAL remote-uuid
    /// local-uuid        =  sess-uuid / nil                   ; remote-uuid the same
    /// sess-uuid         =  32(DIGIT / %x61-66)               ; lower case
    /// nil               =  32("0")
    /// ```
    ///
    /// Of the older RFC 7329 it reads every value; there is no `remote` then.
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::SessionId;
    ///
    /// let id = SessionId::parse(
    ///     b"ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000",
    /// ).unwrap();
    /// assert_eq!(id.local, "ab30317f1a784dc48ff824d0d3715d86");
    /// assert_eq!(id.remote(), Some(SessionId::NIL));
    /// ```
    SessionId<'a> {
        /// The UUID of who sends the message: 32 hexadecimal digits.
        local: &'a str = uuid
    }
}

impl<'a> SessionId<'a> {
    /// Stands for a UUID that is not known yet.
    pub const NIL: &'static str = "00000000000000000000000000000000";

    /// The UUID of the other side; `None` if absent or malformed.
    #[must_use]
    pub fn remote(&self) -> Option<&'a str> {
        whole(self.params.value("remote")?, ParseErrorKind::Value, uuid).ok()
    }
}

fn uuid(input: &[u8]) -> Parsed<'_, &str> {
    let is_digit = |byte: &&u8| matches!(**byte, b'0'..=b'9' | b'a'..=b'f');
    let length = input.iter().take_while(is_digit).count();
    match core::str::from_utf8(&input[..length]) {
        Ok(uuid) if length == SessionId::NIL.len() => Ok((&input[length..], uuid)),
        _ => Fault::at(&input[length.min(SessionId::NIL.len())..]),
    }
}

#[cfg(test)]
mod tests {
    use super::super::TypedHeader;
    use super::super::extension::check;
    use super::*;

    #[test]
    fn forms() {
        check::<SessionId<'_>>(
            &[
                "00000000000000000000000000000000",
                " ab30317f1a784dc48ff824d0d3715d86 ;x; remote = 47755a9de7794ba387653f2099600ef2",
            ],
            &[
                ("", 0),
                ("ab30317f1a784dc48ff824d0d3715d8", 31),
                ("ab30317f1a784dc48ff824d0d3715d861", 32),
                ("AB30317f1a784dc48ff824d0d3715d86", 0),
                ("ab30317f-1a784dc48ff824d0d3715d86", 8),
                ("ab30317f1a784dc48ff824d0d3715d86;remote=", 40),
            ],
        );
    }

    #[test]
    fn a_malformed_remote_is_absent() {
        let value = format!("{};remote=ABC", SessionId::NIL);
        assert_eq!(SessionId::parse(value.as_bytes()).unwrap().remote(), None);
        assert_eq!(SessionId::parse(SessionId::NIL.as_bytes()).unwrap().remote(), None);
    }
}
