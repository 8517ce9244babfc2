//! P-Access-Network-Info and P-Visited-Network-ID (RFC 7315, RFC 7913).

use std::borrow::Cow;

use super::super::lexer::token_str;
use super::super::quoted::unquoted;
use super::extension::{text_param, token_or_quoted, with_params};

with_params! {
    /// By which network a user is reached, and where in it (RFC 7315 section 5.4, RFC 7913).
    ///
    /// ```abnf
    /// P-Access-Network-Info  =  "P-Access-Network-Info" HCOLON
    ///                           access-net-spec *(COMMA access-net-spec)
    /// access-net-spec        =  (access-type / access-class) *(SEMI access-info)
    /// access-type            =  "IEEE-802.11" / "3GPP-E-UTRAN-FDD" / "ADSL" / ... / token
    /// access-info            =  cgi-3gpp / utran-cell-id-3gpp / dsl-location / np / ...
    ///                           / generic-param
    /// np                     =  "network-provided"
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::PAccessNetworkInfo;
    ///
    /// let access = PAccessNetworkInfo::parse(
    ///     b"3GPP-UTRAN-TDD; utran-cell-id-3gpp=\"234151D0FCE11\"; network-provided",
    /// ).unwrap();
    /// assert_eq!(access.access_type, "3GPP-UTRAN-TDD");
    /// assert_eq!(access.info("utran-cell-id-3gpp").as_deref(), Some(&b"234151D0FCE11"[..]));
    /// assert!(access.is_network_provided());
    /// ```
    PAccessNetworkInfo<'a> {
        /// The access type or class, as written.
        access_type: &'a str = token_str
    }

    /// A network that a user visits (RFC 7315 section 5.3).
    ///
    /// ```abnf
    /// P-Visited-Network-ID  =  "P-Visited-Network-ID" HCOLON vnetwork-spec *(COMMA vnetwork-spec)
    /// vnetwork-spec         =  (token / quoted-string) *(SEMI vnetwork-param)
    /// vnetwork-param        =  generic-param
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::PVisitedNetworkId;
    ///
    /// let visited = PVisitedNetworkId::parse(b"\"Visited network number 1\"").unwrap();
    /// assert_eq!(*visited.text(), *b"Visited network number 1");
    /// ```
    PVisitedNetworkId<'a> {
        /// The network as it stands, with quotes where it has them.
        network: &'a [u8] = token_or_quoted
    }
}

impl<'a> PAccessNetworkInfo<'a> {
    /// What is said about the access under `name`, without quotes.
    #[must_use]
    pub fn info(&self, name: &str) -> Option<Cow<'a, [u8]>> {
        text_param(&self.params, name)
    }

    /// Whether the network says so, not the user.
    #[must_use]
    pub fn is_network_provided(&self) -> bool {
        self.params.has("network-provided")
    }
}

impl<'a> PVisitedNetworkId<'a> {
    /// The network, without quotes and quoted pairs.
    #[must_use]
    pub fn text(&self) -> Cow<'a, [u8]> {
        unquoted(self.network)
    }
}

#[cfg(test)]
mod tests {
    use super::super::TypedHeader;
    use super::super::extension::check;
    use super::*;

    #[test]
    fn access_networks() {
        check::<PAccessNetworkInfo<'_>>(
            &[
                "IEEE-802.11",
                "3GPP-E-UTRAN-FDD ; utran-cell-id-3gpp = 26201b5a0afc87c00",
                "ADSL;dsl-location=\"a;b,c\";network-provided",
                "GSTN;gstn-location=\"x\";local-time-zone=\"UTC+01:00\"",
            ],
            &[("", 0), (";a", 0), ("ADSL;", 5), ("ADSL;a=", 7), ("ADSL, VDSL", 4), ("\"x\"", 0)],
        );
        assert!(!PAccessNetworkInfo::parse(b"ADSL;np").unwrap().is_network_provided());
    }

    #[test]
    fn visited_networks() {
        check::<PVisitedNetworkId<'_>>(
            &["other.net", "\"a \\\"b\\\", c\" ; d = e"],
            &[("", 0), ("\"a", 0), ("a b", 2), ("a;", 2)],
        );
        let visited = PVisitedNetworkId::parse(br#""a \"b\"""#).unwrap();
        assert_eq!(*visited.text(), *br#"a "b""#);
    }
}
