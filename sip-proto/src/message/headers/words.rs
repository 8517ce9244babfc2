//! SIP-ETag, SIP-If-Match, P-Early-Media and Request-Disposition: tokens.

use super::tokens::tokens;

tokens! {
    /// The version of published state (RFC 3903 section 11.3.1), compared byte by byte.
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::SipETag;
    ///
    /// assert_eq!(SipETag::parse(b"dx200xyz"), Ok(SipETag("dx200xyz")));
    /// assert!(SipETag::parse(b"\"quoted\"").is_err());
    /// ```
    SipETag;
    /// The version of published state that a PUBLISH is about (RFC 3903 section 11.3.2).
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::SipIfMatch;
    ///
    /// assert_eq!(SipIfMatch::parse(b"dx200xyz"), Ok(SipIfMatch("dx200xyz")));
    /// ```
    SipIfMatch;
    /// What media may flow before an answer (RFC 5009): `sendrecv`, `sendonly`,
    /// `recvonly`, `inactive`, `gated`, `supported` or another token. The list may be empty.
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::PEarlyMedia;
    ///
    /// assert_eq!(PEarlyMedia::parse(b"supported"), Ok(PEarlyMedia("supported")));
    /// ```
    PEarlyMedia;
    /// How a caller wants a proxy to treat a request (RFC 3841 section 9.1): `proxy` or `redirect`,
    /// `cancel` or `no-cancel`, `fork` or `no-fork`, `recurse` or `no-recurse`, `parallel` or
    /// `sequential`, `queue` or `no-queue`.
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::RequestDisposition;
    ///
    /// assert_eq!(RequestDisposition::parse(b"no-fork"), Ok(RequestDisposition("no-fork")));
    /// ```
    RequestDisposition;
}

#[cfg(test)]
mod tests {
    use super::super::extension::check;
    use super::*;

    #[test]
    fn one_token_each() {
        let good = ["a", " 0-9.~ "];
        let bad = [("", 0), ("a b", 2), ("a;b", 1), ("a,b", 1), ("\"a\"", 0)];
        check::<SipETag<'_>>(&good, &bad);
        check::<SipIfMatch<'_>>(&good, &bad);
        check::<PEarlyMedia<'_>>(&good, &bad);
        check::<RequestDisposition<'_>>(&good, &bad);
    }
}
