//! Service-Route and the P- headers that name a party: a name-addr under different names.

use super::addresses::addresses;
use super::extension::token_param;

addresses! {
    /// A hop between a user's registrar and the services on its requests (RFC 3608).
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::ServiceRoute;
    ///
    /// let hop = ServiceRoute::parse(b"<sip:HSP.HOME.EXAMPLE;lr>").unwrap();
    /// assert!(hop.parsed_uri().unwrap().is_lr());
    /// ```
    ServiceRoute angles;
    /// Who a trusted network says sent a message (RFC 3325 section 9.1). Two at most: a SIP or SIPS
    /// URI and a tel URI.
    ///
    /// The grammar has no parameters after the address; those that real peers send are kept in
    /// `params`.
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::PAssertedIdentity;
    ///
    /// let identity = PAssertedIdentity::parse(b"\"Cullen Jennings\" <sip:fluffy@c.example>").unwrap();
    /// assert_eq!(identity.uri, b"sip:fluffy@c.example");
    /// let identity = PAssertedIdentity::parse(b"tel:+14085264000").unwrap();
    /// assert!(!identity.parsed_uri().unwrap().is_sip());
    /// ```
    PAssertedIdentity any_form;
    /// Who a user would like to be asserted as (RFC 3325 section 9.2); read as
    /// [`PAssertedIdentity`] is.
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::PPreferredIdentity;
    ///
    /// let identity = PPreferredIdentity::parse(b"<sip:fluffy@c.example>").unwrap();
    /// assert_eq!(identity.uri, b"sip:fluffy@c.example");
    /// ```
    PPreferredIdentity any_form;
    /// Another address of a user that registered (RFC 7315 section 4.1).
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::PAssociatedUri;
    ///
    /// let uri = PAssociatedUri::parse(b"<sip:user2@example.com>").unwrap();
    /// assert_eq!(uri.uri, b"sip:user2@example.com");
    /// assert!(PAssociatedUri::parse(b"sip:user2@example.com").is_err());
    /// ```
    PAssociatedUri angles;
    /// The address that a request came for, before it was retargeted to a contact (RFC 7315
    /// section 4.2).
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::PCalledPartyId;
    ///
    /// let called = PCalledPartyId::parse(b"<sip:user1-business@example.com>").unwrap();
    /// assert_eq!(called.uri, b"sip:user1-business@example.com");
    /// ```
    PCalledPartyId angles;
    /// The user on whose behalf services are run (RFC 5502, RFC 8498).
    ///
    /// ```abnf
    /// P-Served-User             =  "P-Served-User" HCOLON PServedUser-value
    ///                              *(SEMI served-user-param)
    /// PServedUser-value         =  name-addr / addr-spec
    /// served-user-param         =  sessioncase-param / registration-state-param
    ///                              / orig-cdiv-param / generic-param
    /// sessioncase-param         =  "sescase" EQUAL "orig" / "term"
    /// registration-state-param  =  "regstate" EQUAL "unreg" / "reg"
    /// orig-cdiv-param           =  "orig-cdiv"
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::{PServedUser, RegistrationState, SessionCase};
    ///
    /// let served = PServedUser::parse(b"<sip:u@example.com>;sescase=term;regstate=unreg").unwrap();
    /// assert_eq!(served.session_case(), Some(SessionCase::Terminating));
    /// assert_eq!(served.registration_state(), Some(RegistrationState::Unregistered));
    /// ```
    PServedUser any_form;
    /// The key of the profile that applies to a wildcarded public service (RFC 5002).
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::PProfileKey;
    ///
    /// let key = PProfileKey::parse(b"<sip:chatroom-!.*!@example.com>").unwrap();
    /// assert_eq!(key.uri, b"sip:chatroom-!.*!@example.com");
    /// ```
    PProfileKey any_form;
}

/// Whether services run for who calls or for who is called (RFC 5502, RFC 8498).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionCase {
    /// `sescase=orig`: for who calls.
    Originating,
    /// `orig-cdiv`: for who was called and diverted the call (RFC 8498).
    OriginatingAfterDiversion,
    /// `sescase=term`: for who is called.
    Terminating,
}

/// Whether the served user is registered (RFC 5502).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegistrationState {
    /// `regstate=reg`
    Registered,
    /// `regstate=unreg`
    Unregistered,
}

impl PServedUser<'_> {
    /// On which side services run; `None` if it does not say, or says something else. Next to
    /// `orig-cdiv` no `sescase` counts: RFC 8498 allows none.
    #[must_use]
    pub fn session_case(&self) -> Option<SessionCase> {
        if self.params.has("orig-cdiv") {
            return Some(SessionCase::OriginatingAfterDiversion);
        }
        let case = token_param(&self.params, "sescase")?;
        if case.eq_ignore_ascii_case("orig") {
            Some(SessionCase::Originating)
        } else if case.eq_ignore_ascii_case("term") {
            Some(SessionCase::Terminating)
        } else {
            None
        }
    }

    /// Whether the user is registered; `None` if it does not say, or says something else.
    #[must_use]
    pub fn registration_state(&self) -> Option<RegistrationState> {
        let state = token_param(&self.params, "regstate")?;
        if state.eq_ignore_ascii_case("reg") {
            Some(RegistrationState::Registered)
        } else if state.eq_ignore_ascii_case("unreg") {
            Some(RegistrationState::Unregistered)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::TypedHeader;
    use super::super::extension::check;
    use super::*;

    #[test]
    fn with_angle_brackets_only() {
        let good = ["<sip:a@b;lr>", " \"A, B\" <sip:a@b> ; x = y ", "A B <tel:+1>;z"];
        let bad = [("", 0), ("sip:a@b", 3), ("<sip:a@b", 8), ("<sip:a@b>;", 10), ("<sip:a@b>,", 9)];
        check::<ServiceRoute<'_>>(&good, &bad);
        check::<PAssociatedUri<'_>>(&good, &bad);
        check::<PCalledPartyId<'_>>(&good, &bad);
    }

    #[test]
    fn with_angle_brackets_or_without() {
        let good = ["sip:a@b", "tel:+14085264000", "\"A\" <sip:a@b;user=phone>", "sip:a@b;x=\"y\""];
        let bad = [("", 0), ("bob", 3), ("sip:a@b x", 8), ("<sip:a@b>;=", 10)];
        check::<PAssertedIdentity<'_>>(&good, &bad);
        check::<PPreferredIdentity<'_>>(&good, &bad);
        check::<PServedUser<'_>>(&good, &bad);
        check::<PProfileKey<'_>>(&good, &bad);
    }

    #[test]
    fn served_users() {
        let served = |params: &str| {
            let text = format!("<sip:u@example.com>{params}");
            let served = PServedUser::parse(text.as_bytes()).unwrap();
            (served.session_case(), served.registration_state())
        };
        assert_eq!(served(""), (None, None));
        assert_eq!(
            served(";SesCase=ORIG;regstate=reg"),
            (Some(SessionCase::Originating), Some(RegistrationState::Registered))
        );
        assert_eq!(
            served(";orig-cdiv;regstate=unreg"),
            (Some(SessionCase::OriginatingAfterDiversion), Some(RegistrationState::Unregistered))
        );
        assert_eq!(served(";sescase=both;regstate"), (None, None));
    }
}
