//! User-to-User (RFC 7433).

use std::borrow::Cow;

use super::super::quoted::unquoted;
use super::extension::{token_or_quoted, token_param, with_params};

with_params! {
    /// What two users tell each other with a call.
    ///
    /// ```abnf
    /// UUI         =  "User-to-User" HCOLON uui-value *(COMMA uui-value)
    /// uui-value   =  uui-data *(SEMI uui-param)
    /// uui-data    =  token / quoted-string
    /// uui-param   =  pkg-param / cont-param / enc-param / generic-param
    /// pkg-param   =  "purpose" EQUAL pkg-param-value
    /// cont-param  =  "content" EQUAL cont-param-value
    /// enc-param   =  "encoding" EQUAL enc-param-value      ; each value a token
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::UserToUser;
    ///
    /// let data = UserToUser::parse(b"56a390f3d2b7310023a2;encoding=hex;purpose=foo").unwrap();
    /// assert_eq!(*data.text(), *b"56a390f3d2b7310023a2");
    /// assert_eq!((data.encoding(), data.purpose()), (Some("hex"), Some("foo")));
    /// ```
    UserToUser<'a> {
        /// The data as they stand, with quotes where they have them.
        data: &'a [u8] = token_or_quoted
    }
}

impl<'a> UserToUser<'a> {
    /// The data without quotes and quoted pairs, still encoded.
    #[must_use]
    pub fn text(&self) -> Cow<'a, [u8]> {
        unquoted(self.data)
    }

    /// How the data are encoded: `hex`, or as the package says.
    #[must_use]
    pub fn encoding(&self) -> Option<&'a str> {
        token_param(&self.params, "encoding")
    }

    /// The package they are of: `isdn-uui` (RFC 7434) if absent.
    #[must_use]
    pub fn purpose(&self) -> Option<&'a str> {
        token_param(&self.params, "purpose")
    }

    /// What kind of data they are, as the package says.
    #[must_use]
    pub fn content(&self) -> Option<&'a str> {
        token_param(&self.params, "content")
    }
}

#[cfg(test)]
mod tests {
    use super::super::TypedHeader;
    use super::super::extension::check;
    use super::*;

    #[test]
    fn forms() {
        check::<UserToUser<'_>>(
            &["56a390", " \"a, \\\"b\\\"\" ; encoding = hex;purpose=isdn-uui;content=isdn-uui"],
            &[("", 0), (";encoding=hex", 0), ("\"a", 0), ("a b", 2), ("a,b", 1), ("a;=", 2)],
        );
        let data = UserToUser::parse(br#""a\"b";content=x"#).unwrap();
        assert_eq!(*data.text(), *br#"a"b"#);
        assert_eq!((data.content(), data.encoding(), data.purpose()), (Some("x"), None, None));
    }
}
