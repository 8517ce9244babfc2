//! The parameters of a Contact that extensions define: instances, flows, GRUUs.

use super::super::lexer::{number, whole};
use super::super::quoted::between_quotes;
use super::Contact;
use crate::ParseErrorKind;

impl<'a> Contact<'a> {
    /// Which device registers, the URN in `+sip.instance` without quotes and `<>` (RFC 5626
    /// section 4.1); `None` if absent or not in that form.
    ///
    /// ```
    /// use sip_proto::message::{Contact, TypedHeader};
    ///
    /// let value = br#"<sip:a@192.0.2.1;ob>;reg-id=1;+sip.instance="<urn:uuid:0C67446E>""#;
    /// let contact = Contact::parse(value).unwrap();
    /// assert_eq!(contact.instance(), Some(&b"urn:uuid:0C67446E"[..]));
    /// assert_eq!(contact.reg_id(), Some(1));
    /// assert!(contact.address().unwrap().parsed_uri().unwrap().is_ob());
    /// ```
    #[must_use]
    pub fn instance(&self) -> Option<&'a [u8]> {
        match between_quotes(self.param("+sip.instance")?) {
            [b'<', urn @ .., b'>'] if !urn.is_empty() => Some(urn),
            _ => None,
        }
    }

    /// Which flow of the device it is, 1 to 2^31-1 (RFC 5626 section 4.2); `None` if absent or
    /// out of range.
    #[must_use]
    pub fn reg_id(&self) -> Option<u32> {
        let id = whole(self.param("reg-id")?, ParseErrorKind::Value, number).ok()?;
        Some(id).filter(|id| matches!(id, 1..=0x7fff_ffff))
    }

    /// The public GRUU that the registrar made (RFC 5627 section 4.2), without its quotes.
    #[must_use]
    pub fn pub_gruu(&self) -> Option<&'a [u8]> {
        self.param("pub-gruu").map(between_quotes)
    }

    /// The temporary GRUU that the registrar made (RFC 5627 section 4.2), without its quotes.
    #[must_use]
    pub fn temp_gruu(&self) -> Option<&'a [u8]> {
        self.param("temp-gruu").map(between_quotes)
    }

    fn param(&self, name: &str) -> Option<&'a [u8]> {
        self.address()?.params.value(name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::TypedHeader;
    use super::*;

    #[track_caller]
    fn contact(params: &str) -> Contact<'static> {
        Contact::parse(format!("<sip:a@b>;{params}").into_bytes().leak()).unwrap()
    }

    #[test]
    fn an_instance_is_a_urn_in_angles_and_quotes() {
        let value = "+SIP.instance=\"<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>\"";
        let urn = &b"urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"[..];
        assert_eq!(contact(value).instance(), Some(urn));
        for params in ["x", "+sip.instance", "+sip.instance=\"urn:x\"", "+sip.instance=\"<>\""] {
            assert_eq!(contact(params).instance(), None, "{params}");
        }
        assert_eq!(Contact::Star.instance(), None);
    }

    #[test]
    fn a_reg_id_has_31_bits_and_is_not_zero() {
        assert_eq!(contact("reg-id=2147483647").reg_id(), Some(0x7fff_ffff));
        for params in ["x", "reg-id", "reg-id=0", "reg-id=2147483648", "reg-id=-1", "reg-id=x"] {
            assert_eq!(contact(params).reg_id(), None, "{params}");
        }
    }

    #[test]
    fn gruus_come_out_of_their_quotes() {
        // RFC 5627 section 4.2
        let both = contact("pub-gruu=\"sip:a@b;gr=urn:x\";temp-gruu=\"sip:t1@b;gr\"");
        assert_eq!(both.pub_gruu(), Some(&b"sip:a@b;gr=urn:x"[..]));
        assert_eq!(both.temp_gruu(), Some(&b"sip:t1@b;gr"[..]));
        assert_eq!((contact("x").pub_gruu(), contact("x").temp_gruu()), (None, None));
    }
}
