//! Resource-Priority and Accept-Resource-Priority (RFC 4412).

use core::fmt;

use super::super::HeaderName;
use super::super::lexer::{Fault, Parsed, whole};
use super::TypedHeader;
use super::extension::{padded, token_nodot};
use crate::{ParseError, ParseErrorKind};

macro_rules! resource_values {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name<'a> {
            /// Whose priorities: `ets`, `wps`, `dsn`, `esnet` (RFC 7135) ...; in any case.
            pub namespace: &'a str,
            /// The priority in the namespace; in any case.
            pub priority: &'a str,
        }

        impl<'a> TypedHeader<'a> for $name<'a> {
            const NAME: HeaderName = HeaderName::$name;

            fn parse(value: &'a [u8]) -> Result<Self, ParseError> {
                let (namespace, priority) =
                    whole(value, ParseErrorKind::Value, padded(resource_value))?;
                Ok(Self { namespace, priority })
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}.{}", self.namespace, self.priority)
            }
        }
    )*};
}

resource_values! {
    /// How important a request is (RFC 4412 section 3.1).
    ///
    /// ```abnf
    /// Resource-Priority  =  "Resource-Priority" HCOLON r-value *(COMMA r-value)
    /// r-value            =  namespace "." r-priority
    /// namespace          =  token-nodot
    /// r-priority         =  token-nodot
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::ResourcePriority;
    ///
    /// let value = ResourcePriority::parse(b"dsn.flash-override").unwrap();
    /// assert_eq!((value.namespace, value.priority), ("dsn", "flash-override"));
    /// ```
    ResourcePriority;
    /// A priority that is understood (RFC 4412 section 3.2). The list may be empty.
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::AcceptResourcePriority;
    ///
    /// assert_eq!(AcceptResourcePriority::parse(b"wps.3").unwrap().to_string(), "wps.3");
    /// ```
    AcceptResourcePriority;
}

fn resource_value(input: &[u8]) -> Parsed<'_, (&str, &str)> {
    let (rest, namespace) = token_nodot(input)?;
    let [b'.', rest @ ..] = rest else {
        return Fault::at(rest);
    };
    let (rest, priority) = token_nodot(rest)?;
    Ok((rest, (namespace, priority)))
}

#[cfg(test)]
mod tests {
    use super::super::extension::check;
    use super::*;

    #[test]
    fn forms() {
        let good = ["wps.0", " drsn.flash-override-override ", "a!%*_+`'~.B"];
        let bad = [("", 0), ("wps", 3), ("wps.", 4), (".0", 0), ("a.b.c", 3), ("a . b", 1)];
        check::<ResourcePriority<'_>>(&good, &bad);
        check::<AcceptResourcePriority<'_>>(&good, &bad);
    }
}
