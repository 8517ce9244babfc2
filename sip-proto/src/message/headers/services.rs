//! P-Asserted-Service and P-Preferred-Service (RFC 6050).

use core::fmt;

use nom::bytes::complete::tag_no_case;

use super::super::HeaderName;
use super::super::lexer::{Fault, Parsed, whole};
use super::TypedHeader;
use super::extension::padded;
use crate::{ParseError, ParseErrorKind};

macro_rules! services {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name<'a>(pub &'a str);

        impl<'a> $name<'a> {
            /// The service without `urn:urn-7:`, as `3gpp-service.ims.icsi.mmtel`.
            #[must_use]
            pub fn service(&self) -> &'a str {
                self.0.get(PREFIX.len()..).unwrap_or_default()
            }
        }

        impl<'a> TypedHeader<'a> for $name<'a> {
            const NAME: HeaderName = HeaderName::$name;

            fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
                whole(value, ParseErrorKind::Value, padded(service_id)).map(Self)
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0)
            }
        }
    )*};
}

services! {
    /// The service that a trusted network says a request is for (RFC 6050 section 4.1).
    ///
    /// ```abnf
    /// PAssertedService-value  =  Service-ID *(COMMA Service-ID)
    /// Service-ID              =  "urn:urn-7:" urn-service-id
    /// urn-service-id          =  top-level *("." sub-service-id)
    /// top-level               =  let-dig [ *26let-dig ]
    /// sub-service-id          =  let-dig [ *let-dig ]
    /// let-dig                 =  ALPHA / DIGIT / "-"
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::PAssertedService;
    ///
    /// let service = PAssertedService::parse(b"urn:urn-7:3gpp-service.ims.icsi.mmtel").unwrap();
    /// assert_eq!(service.service(), "3gpp-service.ims.icsi.mmtel");
    /// ```
    PAssertedService;
    /// The service that a user would like to be asserted (RFC 6050 section 4.2).
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::PPreferredService;
    ///
    /// assert!(PPreferredService::parse(b"urn:urn-7:3gpp-service.exampletelephony").is_ok());
    /// assert!(PPreferredService::parse(b"urn:service:sos").is_err());
    /// ```
    PPreferredService;
}

const PREFIX: &str = "urn:urn-7:";
const TOP_LEVEL_BYTES_MAX: usize = 27;

fn service_id(input: &[u8]) -> Parsed<'_, &str> {
    let (top, _) = tag_no_case(PREFIX)(input)?;
    let (mut rest, ()) = label(top)?;
    if top.len() - rest.len() > TOP_LEVEL_BYTES_MAX {
        return Fault::at(&top[TOP_LEVEL_BYTES_MAX..]);
    }
    while let [b'.', tail @ ..] = rest {
        (rest, _) = label(tail)?;
    }
    // Its parts are ASCII.
    let text = core::str::from_utf8(&input[..input.len() - rest.len()]);
    Ok((rest, text.unwrap_or_default()))
}

fn label(input: &[u8]) -> Parsed<'_, ()> {
    let is_let_dig = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'-';
    match input.iter().take_while(is_let_dig).count() {
        0 => Fault::at(input),
        length => Ok((&input[length..], ())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::extension::check;
    use super::*;

    #[test]
    fn forms() {
        let good = ["urn:urn-7:a", " URN:Urn-7:3gpp-service.ims.icsi.mmtel ", "urn:urn-7:-.1"];
        let bad = [
            ("", 0),
            ("urn:urn-7:", 10),
            ("urn:urn-7:a.", 12),
            ("urn:urn-7:a..b", 12),
            ("urn:urn-7:a_b", 11),
            ("urn:urn-7:a;b", 11),
            ("urn:urn-8:a", 0),
            ("urn:urn-7:123456789012345678901234567x", 37),
        ];
        check::<PAssertedService<'_>>(&good, &bad);
        check::<PPreferredService<'_>>(&good, &bad);
        check::<PAssertedService<'_>>(&["urn:urn-7:123456789012345678901234567.x"], &[]);
    }
}
