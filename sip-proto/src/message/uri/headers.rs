//! A header of a SIP URI by its name (RFC 3261 section 19.1.5).

use std::borrow::Cow;

use super::super::HeaderName;
use super::super::name::{OTHER, classify};
use super::Uri;

impl<'a> Uri<'a> {
    /// The value of the first header `name`, in its long or its compact form, without escapes.
    ///
    /// ```
    /// use sip_proto::HeaderName;
    /// use sip_proto::message::Uri;
    ///
    /// let uri = Uri::parse(b"sip:a@b.example?Reason=SIP%3Bcause%3D302&s=Lunch").unwrap();
    /// assert_eq!(uri.header(&HeaderName::Reason).as_deref(), Some(&b"SIP;cause=302"[..]));
    /// assert_eq!(uri.header(&HeaderName::Subject).as_deref(), Some(&b"Lunch"[..]));
    /// assert_eq!(uri.header(&HeaderName::Privacy), None);
    /// ```
    #[must_use]
    pub fn header(&self, name: &HeaderName) -> Option<Cow<'a, [u8]>> {
        self.headers().find(|(found, _)| is_named(found, name)).map(|(_, value)| value)
    }
}

fn is_named(found: &[u8], name: &HeaderName) -> bool {
    match name.id() {
        OTHER => found.eq_ignore_ascii_case(name.as_bytes()),
        id => classify(found) == id && HeaderName::from_bytes(found) == *name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_by_either_form_of_its_name() {
        let uri = Uri::parse(b"sip:a@b?X-%61=%3d%26&t=&Subject=a%20b").unwrap();
        let headers: Vec<(String, String)> = uri
            .headers()
            .map(|(name, value)| {
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                (text(&name), text(&value))
            })
            .collect();
        let expected = [("X-a", "=&"), ("t", ""), ("Subject", "a b")];
        assert_eq!(headers, expected.map(|(name, value)| (name.to_string(), value.to_string())));
        assert_eq!(uri.header(&HeaderName::from_bytes("x-A")).as_deref(), Some(&b"=&"[..]));
        assert_eq!(uri.header(&HeaderName::To).as_deref(), Some(&b""[..]));
        assert_eq!(uri.header(&HeaderName::from_bytes("X-B")), None);
        assert_eq!(Uri::parse(b"sip:a@b").unwrap().headers().count(), 0);
    }

    #[test]
    fn a_name_that_is_no_token_is_no_known_name() {
        // As wide as `Via`, and one bit away from it.
        let uri = Uri::parse(b"sip:a@b?V%49%01=x&%56ia=y").unwrap();
        assert_eq!(uri.header(&HeaderName::Via).as_deref(), Some(&b"y"[..]));
    }
}
