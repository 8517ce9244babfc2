//! URIs with parts taken out. Everything else stays as it is written.

use bytes::{BufMut, Bytes, BytesMut};

use super::Uri;

impl Uri<'_> {
    /// Without the parameters called `names`, in any case.
    #[must_use]
    pub fn without_params(&self, names: &[&str]) -> Bytes {
        let mut out = BytesMut::with_capacity(self.raw.len());
        out.put_slice(self.head());
        self.put_params(&mut out, names);
        if let Some(headers) = self.headers {
            out.put_u8(b'?');
            out.put_slice(headers);
        }
        out.freeze()
    }

    /// Without the parameters called `names`, in any case, and without its port.
    #[must_use]
    pub fn without_port_and_params(&self, names: &[&str]) -> Bytes {
        let head = self.head();
        let port = head.iter().rposition(|byte| *byte == b':').filter(|_| self.port().is_some());
        let kept = port.and_then(|port| head.get(..port)).unwrap_or(head);
        let edited = self.without_params(names);
        Bytes::from([kept, edited.get(head.len()..).unwrap_or_default()].concat())
    }

    /// As a Request-URI: without headers and `method`, which may not stand there
    /// (RFC 3261 sections 12.2.1.1, 16.6 step 2 and 19.1.1).
    ///
    /// ```
    /// use sip_proto::message::Uri;
    ///
    /// let contact = Uri::parse(b"sip:a@b;method=INVITE;x?Subject=y").unwrap();
    /// assert_eq!(contact.to_request_uri(), "sip:a@b;x");
    /// ```
    #[must_use]
    pub fn to_request_uri(self) -> Bytes {
        let mut out = BytesMut::with_capacity(self.raw.len());
        out.put_slice(self.head());
        self.put_params(&mut out, &["method"]);
        out.freeze()
    }

    /// Whether [`Uri::to_request_uri`] would take something out.
    #[must_use]
    pub fn is_request_uri(&self) -> bool {
        self.headers.is_none() && !self.params.has("method")
    }

    /// What stands before parameters and headers. From its end, a URI is `?headers`, `;params` and
    /// the rest.
    fn head(&self) -> &[u8] {
        let headers_bytes = self.headers.map_or(0, |headers| headers.len() + 1);
        let params_bytes = self.params.as_bytes().len() + usize::from(!self.params.is_empty());
        let len = self.raw.len().saturating_sub(headers_bytes + params_bytes);
        self.raw.get(..len).unwrap_or(self.raw)
    }

    fn put_params(&self, out: &mut BytesMut, unwanted: &[&str]) {
        for (name, value) in self.params.iter() {
            if unwanted.iter().any(|unwanted| name.eq_ignore_ascii_case(unwanted.as_bytes())) {
                continue;
            }
            out.put_u8(b';');
            out.put_slice(name);
            if let Some(value) = value {
                out.put_u8(b'=');
                out.put_slice(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_uri_may_not_have_is_taken_out_of_a_contact() {
        let table = [
            ("sip:a@b;method=INVITE;x?Subject=y", "sip:a@b;x"),
            ("sip:a@b?h=v", "sip:a@b"),
            ("sip:a@b;x=y", "sip:a@b;x=y"),
            ("sip:a?b@c", "sip:a?b@c"),
            ("sip:a?b@c;method=x?h=v", "sip:a?b@c"),
            ("tel:+1201;phone-context=x", "tel:+1201;phone-context=x"),
        ];
        for (contact, expected) in table {
            let uri = Uri::parse(contact.as_bytes()).expect("a URI");
            assert_eq!(uri.to_request_uri(), expected);
            assert_eq!(uri.is_request_uri(), contact == expected);
        }
    }

    #[test]
    fn parameters_and_port_are_taken_out() {
        let table = [
            ("sip:a@b:5070;maddr=1.2.3.4;transport=tcp;x=y?h=v", true, "sip:a@b;x=y?h=v"),
            ("sip:a@b:5070;lr", false, "sip:a@b:5070;lr"),
            ("sip:a@b?h=v", true, "sip:a@b?h=v"),
            ("sip:a@[::1]:5070;MADDR=x", true, "sip:a@[::1]"),
            ("sip:a:pw@b", true, "sip:a:pw@b"),
        ];
        for (text, port, expected) in table {
            let uri = Uri::parse(text.as_bytes()).expect("a URI");
            let names = ["maddr", "transport"];
            let edited =
                if port { uri.without_port_and_params(&names) } else { uri.without_params(&names) };
            assert_eq!(edited, expected, "{text}");
        }
    }
}
