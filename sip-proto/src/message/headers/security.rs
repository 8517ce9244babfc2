//! Security-Client, Security-Server and Security-Verify (RFC 3329).

use std::borrow::Cow;

use super::super::lexer::token_str;
use super::extension::{text_param, token_param, with_params};
use super::qvalue::qvalue;

with_params! {
    /// A mechanism that a client offers (RFC 3329 section 2.2).
    ///
    /// ```abnf
    /// security-client   =  "Security-Client" HCOLON sec-mechanism *(COMMA sec-mechanism)
    /// sec-mechanism     =  mechanism-name *(SEMI mech-parameters)
    /// mechanism-name    =  "digest" / "tls" / "ipsec-ike" / "ipsec-man" / token
    /// mech-parameters   =  preference / digest-algorithm / digest-qop / digest-verify / extension
    /// preference        =  "q" EQUAL qvalue
    /// digest-algorithm  =  "d-alg" EQUAL token
    /// digest-qop        =  "d-qop" EQUAL token
    /// digest-verify     =  "d-ver" EQUAL LDQUOT 32LHEX RDQUOT
    /// extension         =  generic-param
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::SecurityClient;
    ///
    /// let offer = SecurityClient::parse(
    ///     b"ipsec-3gpp; alg=hmac-md5-96; spi-c=98765432; spi-s=3929102; port-c=5057; port-s=5061",
    /// ).unwrap();
    /// assert_eq!(offer.mechanism, "ipsec-3gpp");
    /// assert_eq!(offer.params.value("spi-c"), Some(&b"98765432"[..]));
    /// ```
    SecurityClient<'a> {
        /// Its name.
        mechanism: &'a str = token_str
    }

    /// A mechanism that a server supports (RFC 3329 section 2.2).
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::SecurityServer;
    ///
    /// let support = SecurityServer::parse(b"ipsec-ike;q=0.1").unwrap();
    /// assert_eq!(support.preference(), Some(100));
    /// ```
    SecurityServer<'a> {
        /// Its name.
        mechanism: &'a str = token_str
    }

    /// What a client heard that the server supports (RFC 3329 section 2.2).
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::SecurityVerify;
    ///
    /// assert_eq!(SecurityVerify::parse(b"tls;q=0.2").unwrap().mechanism, "tls");
    /// ```
    SecurityVerify<'a> {
        /// Its name.
        mechanism: &'a str = token_str
    }
}

macro_rules! mechanisms {
    ($($name:ident)*) => {$(
        impl<'a> $name<'a> {
            /// The `q` parameter in thousandths, 0 to 1000; `None` if absent or malformed.
            #[must_use]
            pub fn preference(&self) -> Option<u16> {
                qvalue(self.params.value("q")?)
            }

            /// The algorithm of digest authentication: `d-alg`.
            #[must_use]
            pub fn digest_algorithm(&self) -> Option<&'a str> {
                token_param(&self.params, "d-alg")
            }

            /// The quality of protection of digest authentication: `d-qop`.
            #[must_use]
            pub fn digest_qop(&self) -> Option<&'a str> {
                token_param(&self.params, "d-qop")
            }

            /// The digest over what the server supports, 32 hexadecimal digits without quotes:
            /// `d-ver`.
            #[must_use]
            pub fn digest_verify(&self) -> Option<Cow<'a, [u8]>> {
                text_param(&self.params, "d-ver")
            }
        }
    )*};
}

mechanisms! { SecurityClient SecurityServer SecurityVerify }

#[cfg(test)]
mod tests {
    use super::super::TypedHeader;
    use super::super::extension::check;
    use super::*;

    #[test]
    fn forms() {
        let good = ["tls", "digest ; d-alg = MD5;d-qop=auth ;q=1.000", "x;y=\"z\""];
        let bad = [("", 0), (";q=1", 0), ("tls;", 4), ("tls;q=", 6), ("tls, digest", 3)];
        check::<SecurityClient<'_>>(&good, &bad);
        check::<SecurityServer<'_>>(&good, &bad);
        check::<SecurityVerify<'_>>(&good, &bad);
    }

    #[test]
    fn parameters() {
        let mechanism = SecurityVerify::parse(
            b"digest;D-Alg=SHA-256;d-qop=auth-int;d-ver=\"0123456789abcdef0123456789abcdef\";q=2",
        )
        .unwrap();
        assert_eq!(mechanism.digest_algorithm(), Some("SHA-256"));
        assert_eq!(mechanism.digest_qop(), Some("auth-int"));
        let verify = mechanism.digest_verify();
        assert_eq!(verify.as_deref(), Some(&b"0123456789abcdef0123456789abcdef"[..]));
        assert_eq!(mechanism.preference(), None, "2 is no qvalue");
    }
}
