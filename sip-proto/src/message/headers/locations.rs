//! Geolocation, P-User-Database and Identity-Info: a URI in angle brackets.

use super::addresses::addresses;
use super::extension::token_param;

addresses! {
    /// Where a location is to be had, or found in the body (RFC 6442 section 4.1).
    ///
    /// ```abnf
    /// Geolocation-header  =  "Geolocation" HCOLON locationValue *( COMMA locationValue )
    /// locationValue       =  LAQUOT locationURI RAQUOT *(SEMI geoloc-param)
    /// geoloc-param        =  generic-param
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::Geolocation;
    ///
    /// let location = Geolocation::parse(b"<cid:target123@atlanta.example.com>").unwrap();
    /// assert_eq!(location.uri, b"cid:target123@atlanta.example.com");
    /// ```
    Geolocation brackets;
    /// The Diameter server with a user's data (RFC 4457).
    ///
    /// ```abnf
    /// P-User-Database  =  "P-User-Database" HCOLON database *( SEMI generic-param )
    /// database         =  LAQUOT DiameterURI RAQUOT
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::PUserDatabase;
    ///
    /// let database = PUserDatabase::parse(b"<aaa://host.example.com;transport=tcp>").unwrap();
    /// assert_eq!(database.uri, b"aaa://host.example.com;transport=tcp");
    /// ```
    PUserDatabase brackets;
    /// Where the certificate is that an Identity of the older kind was signed with (RFC 4474
    /// section 9, obsoleted by RFC 8224).
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::IdentityInfo;
    ///
    /// let info = IdentityInfo::parse(b"<https://example.com/a.cer>;alg=rsa-sha1").unwrap();
    /// assert_eq!(info.algorithm(), Some("rsa-sha1"));
    /// ```
    IdentityInfo brackets;
}

impl<'a> IdentityInfo<'a> {
    /// The algorithm of the signature: `rsa-sha1` if absent.
    #[must_use]
    pub fn algorithm(&self) -> Option<&'a str> {
        token_param(&self.params, "alg")
    }
}

#[cfg(test)]
mod tests {
    use super::super::extension::check;
    use super::*;

    #[test]
    fn forms() {
        let good = ["<cid:a@b>", " <https://a.example/x?y,z;w> ; a = \"b\" ", "<sip:a@b;c>;d"];
        let bad = [
            ("", 0),
            ("cid:a@b", 0),
            ("\"A\" <cid:a@b>", 0),
            ("<>", 1),
            ("<cid:a@b", 8),
            ("<cid:a@b>;", 10),
            ("<cid:a@b>, <cid:c@d>", 9),
        ];
        check::<Geolocation<'_>>(&good, &bad);
        check::<PUserDatabase<'_>>(&good, &bad);
        check::<IdentityInfo<'_>>(&good, &bad);
    }
}
