//! Reason (RFC 3326, RFC 8606).

use std::borrow::Cow;

use super::super::lexer::token_str;
use super::extension::{number_param, text_param, token_param, with_params};

with_params! {
    /// Why a request was sent, or a response; one reason of a list with one for each protocol.
    ///
    /// ```abnf
    /// Reason            =  "Reason" HCOLON reason-value *(COMMA reason-value)
    /// reason-value      =  protocol *(SEMI reason-params)
    /// protocol          =  "SIP" / "Q.850" / token
    /// reason-params     =  protocol-cause / reason-text / reason-extension
    /// protocol-cause    =  "cause" EQUAL cause
    /// cause             =  1*DIGIT
    /// reason-text       =  "text" EQUAL quoted-string
    /// reason-extension  =  generic-param
    /// ```
    ///
    /// ```
    /// use sip_proto::Request;
    /// use sip_proto::message::{HeaderName, Method};
    /// use sip_proto::message::headers::Reason;
    ///
    /// let bye = Request::builder(Method::Bye, "sip:b@b.example")
    ///     .header(HeaderName::Reason, r#"Q.850;cause=16, SIP;cause=600;text="Busy \"now\"""#)
    ///     .build();
    /// let reasons: Result<Vec<Reason<'_>>, _> = bye.header_list().collect();
    /// let [isdn, sip] = reasons.unwrap()[..] else { panic!("there are two") };
    /// assert_eq!((isdn.protocol, isdn.cause(), isdn.text()), ("Q.850", Some(16), None));
    /// assert_eq!(sip.text().as_deref(), Some(&br#"Busy "now""#[..]));
    /// ```
    Reason<'a> {
        /// Whose causes: `SIP`, `Q.850`, `preemption` (RFC 4411), `STIR` (RFC 9410) ...
        protocol: &'a str = token_str
    }
}

impl<'a> Reason<'a> {
    /// Whether the cause is one of `protocol`, in any case.
    #[must_use]
    pub const fn is_of(&self, protocol: &str) -> bool {
        self.protocol.eq_ignore_ascii_case(protocol)
    }

    /// The cause: for SIP a status code. `None` if absent, malformed or beyond 16 bits.
    #[must_use]
    pub fn cause(&self) -> Option<u16> {
        number_param(&self.params, "cause")
    }

    /// The text for people, out of its quotes; bare tokens count too, because real peers send
    /// them.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'a, [u8]>> {
        text_param(&self.params, "text")
    }

    /// Where in the telephone network a call was released (RFC 8606), as `U`, `LPN`, `LN`, `TN` or
    /// `RLN`; only with `Q.850`.
    #[must_use]
    pub fn location(&self) -> Option<&'a str> {
        token_param(&self.params, "location")
    }
}

#[cfg(test)]
mod tests {
    use super::super::TypedHeader;
    use super::super::extension::check;
    use super::*;

    #[test]
    fn forms() {
        check::<Reason<'_>>(
            &[
                "SIP",
                "SIP ;cause=200 ;text=\"Call completed elsewhere\"",
                "Q.850;cause=16;text=\"Terminated\";location=LN",
                "x;text=\"\"",
            ],
            &[("", 0), (";cause=1", 0), ("SIP;cause=", 10), ("SIP;text=\"x", 9), ("SIP x", 4)],
        );
    }

    #[test]
    fn parameters() {
        let reason = |text: &'static str| Reason::parse(text.as_bytes()).unwrap();
        assert_eq!(reason("SIP;cause=0487").cause(), Some(487));
        assert_eq!(reason("SIP;cause=65536").cause(), None);
        assert_eq!(reason("SIP;cause=busy").cause(), None);
        assert_eq!(reason("SIP;text=Busy").text().as_deref(), Some(&b"Busy"[..]));
        assert_eq!(reason("Q.850;LOCATION=RLN").location(), Some("RLN"));
        assert!(reason("sip").is_of("SIP"));
    }
}
