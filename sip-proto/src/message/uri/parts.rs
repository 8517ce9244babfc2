//! The parts of a URI as what they mean: without escapes, or named by an extension.

use std::borrow::Cow;

use memchr::memchr;

use super::super::lexer::{cut, unescape};
use super::{Scheme, Uri};

impl<'a> Uri<'a> {
    /// The user of a SIP URI, each escape the byte it stands for.
    ///
    /// ```
    /// use sip_proto::message::Uri;
    ///
    /// let uri = Uri::parse(b"sip:sips%3Auser%40example.com@example.net").unwrap();
    /// assert_eq!(uri.plain_user().as_deref(), Some(&b"sips:user@example.com"[..]));
    /// ```
    #[must_use]
    pub fn plain_user(&self) -> Option<Cow<'a, [u8]>> {
        self.user().map(unescaped)
    }

    /// The password of a SIP URI, each escape the byte it stands for.
    #[must_use]
    pub fn plain_password(&self) -> Option<Cow<'a, [u8]>> {
        self.password().map(unescaped)
    }

    /// The value of the parameter `name`, each escape the byte it stands for.
    #[must_use]
    pub fn plain_param(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        self.param(name).flatten().map(unescaped)
    }

    /// The headers that a SIP URI asks for, in order, each escape the byte it stands for. Which of
    /// them to honour, and that `body` is none, is in RFC 3261 section 19.1.5.
    ///
    /// ```
    /// use sip_proto::message::Uri;
    ///
    /// let uri = Uri::parse(b"sip:a@b.example?subject=project%20x&Priority=urgent&body=").unwrap();
    /// let headers: Vec<_> = uri.headers().collect();
    /// assert_eq!(headers[0], (b"subject"[..].into(), b"project x"[..].into()));
    /// assert_eq!(headers[1], (b"Priority"[..].into(), b"urgent"[..].into()));
    /// assert_eq!(headers[2], (b"body"[..].into(), b""[..].into()));
    /// ```
    pub fn headers(&self) -> impl Iterator<Item = (Cow<'a, [u8]>, Cow<'a, [u8]>)> + use<'a> {
        self.headers_raw()
            .into_iter()
            .flat_map(|raw| raw.split(|byte| *byte == b'&'))
            .filter_map(|header| cut(header, b'='))
            .map(|(name, value)| (unescaped(name), unescaped(value)))
    }

    /// Whether a request to it must come over the flow of its registration (RFC 5626 section 4.3).
    #[must_use]
    pub fn is_ob(&self) -> bool {
        self.param("ob").is_some()
    }

    /// The `gr` parameter of a GRUU (RFC 5627): `Some(None)` for a temporary one.
    #[must_use]
    pub fn gr(&self) -> Option<Option<&'a [u8]>> {
        self.param("gr")
    }

    /// Namespace and name of a URN (RFC 8141 section 2), `None` for another URI: of
    /// `urn:uuid:f81d4fae`, `uuid` and `f81d4fae`. What follows a `?` or `#` is not part of it.
    ///
    /// ```
    /// use sip_proto::message::Uri;
    ///
    /// let uri = Uri::parse(b"URN:service:sos.fire").unwrap();
    /// assert_eq!(uri.urn(), Some((&b"service"[..], &b"sos.fire"[..])));
    /// assert_eq!(Uri::parse(b"urn:service").unwrap().urn(), None);
    /// ```
    #[must_use]
    pub fn urn(&self) -> Option<(&'a [u8], &'a [u8])> {
        let (namespace, name) = cut(self.opaque_of("urn")?, b':')?;
        let name = cut(name, b'?').map_or(name, |(name, _)| name);
        (!namespace.is_empty() && !name.is_empty()).then_some((namespace, name))
    }

    /// The Content-ID that a cid URL names, without escapes and without the `<>` of the header
    /// (RFC 2392 section 2); `None` for another URI.
    ///
    /// ```
    /// use sip_proto::message::Uri;
    ///
    /// let uri = Uri::parse(b"cid:foo4%25foo1@bar.example").unwrap();
    /// assert_eq!(uri.content_id().as_deref(), Some(&b"foo4%foo1@bar.example"[..]));
    /// ```
    #[must_use]
    pub fn content_id(&self) -> Option<Cow<'a, [u8]>> {
        self.opaque_of("cid").map(unescaped)
    }

    fn opaque_of(&self, scheme: &str) -> Option<&'a [u8]> {
        match self.scheme {
            Scheme::Other(name) if name.eq_ignore_ascii_case(scheme) => Some(self.opaque),
            Scheme::Sip | Scheme::Sips | Scheme::Tel | Scheme::Other(_) => None,
        }
    }
}

/// Each escape the byte it stands for.
fn unescaped(component: &[u8]) -> Cow<'_, [u8]> {
    if memchr(b'%', component).is_none() {
        return Cow::Borrowed(component);
    }
    let mut plain = Vec::with_capacity(component.len());
    let mut rest = component;
    while let Some((&first, tail)) = rest.split_first() {
        match unescape(rest) {
            Some(byte) => {
                plain.push(byte);
                // An escape is three bytes.
                rest = &rest[3..];
            }
            None => {
                plain.push(first);
                rest = tail;
            }
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri<'_> {
        Uri::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn escapes_are_undone_once() {
        let escaped = uri("sip:%61%2541:p%00w@b;x=%22y%22;z");
        assert_eq!(escaped.plain_user().as_deref(), Some(&b"a%41"[..]));
        assert_eq!(escaped.plain_password().as_deref(), Some(&b"p\0w"[..]));
        assert_eq!(escaped.plain_param("X").as_deref(), Some(&b"\"y\""[..]));
        assert_eq!(escaped.plain_param("z"), None);
        assert!(matches!(uri("sip:a@b").plain_user(), Some(Cow::Borrowed(b"a"))));
    }

    #[test]
    fn only_sip_uris_have_headers() {
        assert_eq!(uri("sip:b?a=1&A=2").headers().count(), 2);
        assert_eq!(uri("sip:b").headers().count(), 0);
        assert_eq!(uri("http://b?a=1").headers().count(), 0);
        // RFC 4475 section 3.3.14
        let route = uri("sip:u@e.example?Route=%3Csip:sip.example%3E");
        assert!(route.headers().eq([(b"Route"[..].into(), b"<sip:sip.example>"[..].into())]));
    }

    #[test]
    fn flows_and_gruus() {
        assert!(uri("sip:a@b;ob").is_ob() && !uri("sip:a@b").is_ob());
        assert_eq!(uri("sip:a@b;gr=urn:uuid:1").gr(), Some(Some(&b"urn:uuid:1"[..])));
        assert_eq!((uri("sip:a@b;gr").gr(), uri("sip:a@b").gr()), (Some(None), None));
    }

    #[test]
    fn other_schemes_have_no_such_parts() {
        assert_eq!((uri("sip:b").urn(), uri("sip:b").content_id()), (None, None));
        assert_eq!(uri("urn:a:b:c?=q").urn(), Some((&b"a"[..], &b"b:c"[..])));
        for text in ["urn:a:", "urn::b", "urn:a"] {
            assert_eq!(uri(text).urn(), None, "{text}");
        }
    }
}
