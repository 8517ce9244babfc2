//! From, To, Reply-To, Route, Record-Route and Path: a name-addr under different names.

use super::super::NameAddr;
use super::super::lexer::{Fault, sws, whole};
use super::super::name_addr::angled;
use crate::{ParseError, ParseErrorKind};

macro_rules! addresses {
    ($($(#[$doc:meta])* $name:ident $form:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $name<'a>(pub $crate::message::NameAddr<'a>);

        impl<'a> $crate::message::TypedHeader<'a> for $name<'a> {
            const NAME: $crate::HeaderName = $crate::HeaderName::$name;

            fn parse(value: &'a [u8]) -> Result<Self, $crate::ParseError> {
                super::addresses::$form(value).map(Self)
            }
        }

        impl<'a> core::ops::Deref for $name<'a> {
            type Target = $crate::message::NameAddr<'a>;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }

        $crate::error::debug_as_written!($name);

        impl core::fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}
pub(super) use addresses;

addresses! {
    /// Who a request is from (RFC 3261 section 20.20).
    ///
    /// ```
    /// use sip_proto::message::{From, TypedHeader};
    ///
    /// let from = From::parse(b"\"A. G. Bell\" <sip:agb@bell.example>;tag=a48s").unwrap();
    /// assert_eq!(from.tag(), Some(&b"a48s"[..]));
    /// assert_eq!(from.parsed_uri().unwrap().user(), Some(&b"agb"[..]));
    /// ```
    From any_form;
    /// Who a request is to (RFC 3261 section 20.39).
    ///
    /// ```
    /// use sip_proto::message::{To, TypedHeader};
    ///
    /// let to = To::parse(b"sip:carol@chicago.example").unwrap();
    /// assert_eq!(to.uri, b"sip:carol@chicago.example");
    /// assert_eq!(to.tag(), None);
    /// ```
    To any_form;
    /// Where to call back, which may be another place than From (RFC 3261 section 20.31).
    ///
    /// ```
    /// use sip_proto::message::headers::{ReplyTo, TypedHeader};
    ///
    /// let reply_to = ReplyTo::parse(b"Bob <sip:bob@biloxi.example>").unwrap();
    /// assert_eq!(reply_to.display_name().as_deref(), Some(&b"Bob"[..]));
    /// ```
    ReplyTo any_form;
    /// A hop that a request must visit (RFC 3261 section 20.34).
    ///
    /// ```
    /// use sip_proto::message::{Route, TypedHeader};
    ///
    /// let route = Route::parse(b"<sip:p1.example;lr>").unwrap();
    /// assert!(route.parsed_uri().unwrap().is_lr());
    /// assert!(Route::parse(b"sip:p1.example").is_err(), "the angle brackets are mandatory");
    /// ```
    Route angles;
    /// A proxy that stays in the dialog (RFC 3261 section 20.30).
    ///
    /// ```
    /// use sip_proto::message::{RecordRoute, TypedHeader};
    ///
    /// let hop = RecordRoute::parse(b"<sip:server10.biloxi.example;lr>").unwrap();
    /// assert_eq!(hop.to_string(), "<sip:server10.biloxi.example;lr>");
    /// ```
    RecordRoute angles;
    /// A proxy between a registrar and a phone (RFC 3327).
    ///
    /// ```
    /// use sip_proto::message::{Path, TypedHeader};
    ///
    /// let hop = Path::parse(b"<sip:P1.EXAMPLEVISITED.example;lr>").unwrap();
    /// assert!(hop.parsed_uri().unwrap().is_lr());
    /// ```
    Path angles;
}

pub(super) fn any_form(value: &[u8]) -> Result<NameAddr<'_>, ParseError> {
    NameAddr::parse(value)
}

/// ```abnf
/// route-param  =  name-addr *( SEMI rr-param )
/// ```
pub(super) fn angles(value: &[u8]) -> Result<NameAddr<'_>, ParseError> {
    whole(value, ParseErrorKind::Value, |input| angled(sws(input)))
}

/// `LAQUOT addr-spec RAQUOT *( SEMI generic-param )`: no display name.
pub(super) fn brackets(value: &[u8]) -> Result<NameAddr<'_>, ParseError> {
    whole(value, ParseErrorKind::Value, |input| match sws(input) {
        start @ [b'<', ..] => angled(start),
        start => Fault::at(start),
    })
}
