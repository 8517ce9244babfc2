//! Refer-To, Referred-By and Refer-Sub (RFC 3515, 3892, 4488).

use std::borrow::Cow;

use super::super::lexer::{Fault, Parsed, token_str};
use super::addresses::addresses;
use super::extension::{text_param, with_params};

addresses! {
    /// What a REFER asks to be contacted (RFC 3515 section 2.1). The method to use, and headers for
    /// that request, stand in the URI.
    ///
    /// ```
    /// use sip_proto::HeaderName;
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::{ReferTo, Replaces};
    ///
    /// let refer_to = ReferTo::parse(
    ///     b"<sip:dave@denver.example?Replaces=12345%40h%3Bto-tag%3D5FFE%3Bfrom-tag%3D12>",
    /// ).unwrap();
    /// let replaces = refer_to.parsed_uri().unwrap().header(&HeaderName::Replaces).unwrap();
    /// assert_eq!(Replaces::parse(&replaces).unwrap().to_tag(), b"5FFE");
    /// ```
    ReferTo any_form;
    /// Who made somebody send a request (RFC 3892 section 3).
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::ReferredBy;
    ///
    /// let referrer = ReferredBy::parse(
    ///     b"<sip:r@ref.example>;cid=\"20398823.2UWQFN309shb3@referrer.example\"",
    /// ).unwrap();
    /// assert_eq!(referrer.uri, b"sip:r@ref.example");
    /// assert_eq!(
    ///     referrer.content_id().as_deref(),
    ///     Some(&b"20398823.2UWQFN309shb3@referrer.example"[..]),
    /// );
    /// ```
    ReferredBy any_form;
}

impl<'a> ReferredBy<'a> {
    /// The Content-ID of the body part that proves it, without quotes: the `cid` parameter.
    #[must_use]
    pub fn content_id(&self) -> Option<Cow<'a, [u8]>> {
        text_param(&self.params, "cid")
    }
}

with_params! {
    /// Whether a REFER makes a subscription (RFC 4488).
    ///
    /// ```abnf
    /// Refer-Sub        =  "Refer-Sub" HCOLON refer-sub-value *(SEMI exten)
    /// refer-sub-value  =  "true" / "false"
    /// exten            =  generic-param
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::ReferSub;
    ///
    /// assert!(!ReferSub::parse(b"false").unwrap().is_wanted);
    /// assert!(ReferSub::parse(b"no").is_err());
    /// ```
    ReferSub<'a> {
        /// `true` or `false`.
        is_wanted: bool = boolean
    }
}

fn boolean(input: &[u8]) -> Parsed<'_, bool> {
    let (rest, word) = token_str(input)?;
    if word.eq_ignore_ascii_case("true") {
        Ok((rest, true))
    } else if word.eq_ignore_ascii_case("false") {
        Ok((rest, false))
    } else {
        Fault::at(input)
    }
}

#[cfg(test)]
mod tests {
    use super::super::TypedHeader;
    use super::super::extension::check;
    use super::*;

    #[test]
    fn forms() {
        check::<ReferTo<'_>>(
            &[
                "sip:alice@atlanta.example",
                "<sip:bob@biloxi.example?Accept-Contact=sip:bobsdesk@biloxi.example>",
                "\"Carol\" <sip:carol@cleveland.example;method=SUBSCRIBE> ; x = y",
                "<http://www.ietf.example>",
            ],
            &[("", 0), ("sip:a@b?x=y", 7), ("<sip:a@b>, <sip:c@d>", 9), ("<sip:a@b", 8)],
        );
        check::<ReferredBy<'_>>(
            &["sip:r@ref.example;cid=\"2UWQFN309shb3@ref.example\"", "<sip:a@b>"],
            &[("r", 1), ("<sip:a@b>;cid=\"x", 14)],
        );
        check::<ReferSub<'_>>(
            &["true", " FALSE ; a = b "],
            &[("", 0), ("1", 0), ("true false", 5), ("true;", 5)],
        );
    }

    #[test]
    fn a_referral_without_proof_has_no_content_id() {
        assert_eq!(ReferredBy::parse(b"<sip:a@b>").unwrap().content_id(), None);
    }
}
