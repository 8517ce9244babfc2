//! Accept-Contact, Reject-Contact and Feature-Caps: features after a star (RFC 3841, RFC 6809).

use core::fmt;

use super::super::lexer::{Fault, sws, whole};
use super::super::params::params;
use super::super::{HeaderName, Params};
use super::TypedHeader;
use super::extension::show_params;
use super::features::{Feature, features};
use crate::{ParseError, ParseErrorKind};

macro_rules! stars {
    ($($(#[$doc:meta])* $name:ident not $others:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $name<'a> {
            /// Everything after the star.
            pub params: Params<'a>,
        }

        impl<'a> $name<'a> {
            /// The features, in order.
            pub fn features(&self) -> impl Iterator<Item = Feature<'a>> + use<'a> {
                features(self.params, $others)
            }
        }

        impl<'a> TypedHeader<'a> for $name<'a> {
            const NAME: HeaderName = HeaderName::$name;

            fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
                whole(value, ParseErrorKind::Value, |input| match sws(input) {
                    [b'*', rest @ ..] => {
                        let (rest, params) = params(rest)?;
                        Ok((rest, Self { params }))
                    }
                    start => Fault::at(start),
                })
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("*")?;
                show_params(&self.params, f)
            }
        }
    )*};
}

stars! {
    /// What the user agent that a caller wants to reach can do (RFC 3841 section 9.2).
    ///
    /// ```abnf
    /// Accept-Contact  =  ("Accept-Contact" / "a") HCOLON ac-value *(COMMA ac-value)
    /// ac-value        =  "*" *(SEMI ac-params)
    /// ac-params       =  feature-param / req-param / explicit-param / generic-param
    /// req-param       =  "require"
    /// explicit-param  =  "explicit"
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::{AcceptContact, FeatureValue, TagMatch};
    ///
    /// let wanted = AcceptContact::parse(b"*;audio;require;methods=\"INVITE,!BYE\"").unwrap();
    /// assert!(wanted.is_required() && !wanted.is_explicit());
    /// let [audio, methods] = wanted.features().collect::<Vec<_>>()[..] else { panic!("two") };
    /// assert_eq!((audio.tag, audio.value()), ("audio", Ok(FeatureValue::Flag)));
    /// let Ok(FeatureValue::Tags(tags)) = methods.value() else { panic!("a list") };
    /// let tags: Vec<_> = tags.collect();
    /// assert_eq!(tags[0].what, TagMatch::Token("INVITE"));
    /// assert!(tags[1].is_negated);
    /// ```
    AcceptContact not &["require", "explicit"];
    /// What the user agent that a caller does not want to reach can do (RFC 3841 section 9.2).
    ///
    /// ```abnf
    /// Reject-Contact  =  ("Reject-Contact" / "j") HCOLON rc-value *(COMMA rc-value)
    /// rc-value        =  "*" *(SEMI rc-params)
    /// rc-params       =  feature-param / generic-param
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::RejectContact;
    ///
    /// let unwanted = RejectContact::parse(b"*;actor=\"msg-taker\";video").unwrap();
    /// assert_eq!(unwanted.features().count(), 2);
    /// ```
    RejectContact not &[];
    /// What an element that is no contact can do (RFC 6809).
    ///
    /// ```abnf
    /// Feature-Caps  =  "Feature-Caps" HCOLON fc-value *(COMMA fc-value)
    /// fc-value      =  "*" *(SEMI feature-cap)
    /// feature-cap   =  "+" fcap-name [EQUAL LDQUOT (fcap-value-list / fcap-string-value ) RDQUOT]
    /// ```
    ///
    /// Parameters without the `+` are kept too.
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::{FeatureCaps, FeatureValue};
    ///
    /// let caps = FeatureCaps::parse(b"*;+g.3gpp.trf=\"<sip:trf1.operator.example;lr>\"").unwrap();
    /// let trf = caps.features().next().unwrap();
    /// let uri = FeatureValue::Text(b"sip:trf1.operator.example;lr".into());
    /// assert_eq!((trf.tag, trf.value()), ("+g.3gpp.trf", Ok(uri)));
    /// ```
    FeatureCaps not &[];
}

impl AcceptContact<'_> {
    /// Whether a contact that is known not to match must not be used at all.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.params.has("require")
    }

    /// Whether a contact that says nothing of a feature does not match it.
    #[must_use]
    pub fn is_explicit(&self) -> bool {
        self.params.has("explicit")
    }
}

#[cfg(test)]
mod tests {
    use super::super::extension::check;
    use super::*;

    #[test]
    fn forms() {
        let good = ["*", " * ; audio ;require;explicit", "*;+sip.x=\"<a;b,c>\";methods=\"A,B\""];
        let bad = [
            ("", 0),
            ("audio", 0),
            ("<sip:a@b>", 0),
            ("*;", 2),
            ("*audio", 1),
            ("*;a=\"x", 4),
            ("*, *", 1),
            ("**", 1),
        ];
        check::<AcceptContact<'_>>(&good, &bad);
        check::<RejectContact<'_>>(&good, &bad);
        check::<FeatureCaps<'_>>(&good, &bad);
    }

    #[test]
    fn require_and_explicit_are_no_features_of_an_accept_contact() {
        let text = b"*;Require;video;EXPLICIT";
        let wanted = AcceptContact::parse(text).unwrap();
        assert!(wanted.is_required() && wanted.is_explicit());
        assert_eq!(wanted.features().map(|feature| feature.tag).collect::<Vec<_>>(), ["video"]);
        assert_eq!(RejectContact::parse(text).unwrap().features().count(), 3);
    }
}
