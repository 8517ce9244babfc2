//! Info-Package and Recv-Info (RFC 6086).

use super::super::lexer::token_str;
use super::extension::with_params;

with_params! {
    /// What the body of an INFO is about (RFC 6086).
    ///
    /// ```abnf
    /// Info-Package        =  "Info-Package" HCOLON Info-package-type
    /// Info-package-type   =  Info-package-name *( SEMI Info-package-param )
    /// Info-package-name   =  token
    /// Info-package-param  =  generic-param
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::InfoPackage;
    ///
    /// assert_eq!(InfoPackage::parse(b"infoDtmf").unwrap().package, "infoDtmf");
    /// ```
    InfoPackage<'a> {
        /// Its name, compared byte by byte.
        package: &'a str = token_str
    }

    /// A package that somebody is willing to get (RFC 6086). The list may be empty: to
    /// want none is said so.
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::RecvInfo;
    ///
    /// let package = RecvInfo::parse(b"foo;rate=10").unwrap();
    /// assert_eq!(package.params.value("rate"), Some(&b"10"[..]));
    /// ```
    RecvInfo<'a> {
        /// Its name, compared byte by byte.
        package: &'a str = token_str
    }
}

#[cfg(test)]
mod tests {
    use super::super::extension::check;
    use super::*;

    #[test]
    fn forms() {
        let good = ["nil", " P ; a = b;c=\"d,e\" "];
        let bad = [("", 0), (";a", 0), ("P;", 2), ("P, R", 1), ("P R", 2), ("\"P\"", 0)];
        check::<InfoPackage<'_>>(&good, &bad);
        check::<RecvInfo<'_>>(&good, &bad);
    }
}
