//! History-Info and Diversion: where a request has been before (RFC 7044, RFC 5806).

use std::borrow::Cow;

use super::super::HeaderName;
use super::addresses::addresses;
use super::extension::{number_param, text_param};

addresses! {
    /// One target that a request had (RFC 7044 section 5).
    ///
    /// ```abnf
    /// History-Info     =  "History-Info" HCOLON hi-entry *(COMMA hi-entry)
    /// hi-entry         =  hi-targeted-to-uri *(SEMI hi-param)
    /// hi-param         =  hi-index / hi-target-param / hi-extension
    /// hi-index         =  "index" EQUAL index-val
    /// index-val        =  number *("." number)
    /// hi-target-param  =  rc-param / mp-param / np-param     ; each "rc" / "mp" / "np" EQUAL index-val
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::{HistoryInfo, Privacy, Reason};
    ///
    /// let entry = HistoryInfo::parse(
    ///     b"<sip:bob@p4.biloxi.example?Reason=SIP%3Bcause%3D302&Privacy=history>;index=1.2;mp=1",
    /// ).unwrap();
    /// assert_eq!((entry.index(), entry.mp(), entry.rc()), (Some("1.2"), Some("1"), None));
    /// let reason = entry.reason().unwrap();
    /// assert_eq!(Reason::parse(&reason).unwrap().cause(), Some(302));
    /// assert!(Privacy::parse(&entry.privacy().unwrap()).unwrap().has("history"));
    /// ```
    HistoryInfo angles;
    /// Who diverted a request, and why (RFC 5806).
    ///
    /// ```abnf
    /// Diversion          =  "Diversion" HCOLON diversion-params *(COMMA diversion-params)
    /// diversion-params   =  name-addr *(SEMI (diversion-reason / diversion-counter
    ///                       / diversion-limit / diversion-privacy / diversion-screen
    ///                       / diversion-extension))
    /// diversion-counter  =  "counter" EQUAL 1*2DIGIT
    /// diversion-limit    =  "limit" EQUAL 1*2DIGIT
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::Diversion;
    ///
    /// let diversion = Diversion::parse(b"<tel:+19195551004>;reason=user-busy;counter=2").unwrap();
    /// assert_eq!(diversion.reason().as_deref(), Some(&b"user-busy"[..]));
    /// assert_eq!(diversion.counter(), Some(2));
    /// ```
    Diversion angles;
}

impl<'a> HistoryInfo<'a> {
    /// Its place in the tree of targets, as `1.2.1`; `None` if absent or malformed.
    #[must_use]
    pub fn index(&self) -> Option<&'a str> {
        self.index_param("index")
    }

    /// The index of the entry whose Request-URI it has, unchanged but for the contact (`rc`).
    #[must_use]
    pub fn rc(&self) -> Option<&'a str> {
        self.index_param("rc")
    }

    /// The index of the entry whose user was mapped to this other one (`mp`).
    #[must_use]
    pub fn mp(&self) -> Option<&'a str> {
        self.index_param("mp")
    }

    /// The index of the entry whose Request-URI was not changed at all (`np`).
    #[must_use]
    pub fn np(&self) -> Option<&'a str> {
        self.index_param("np")
    }

    /// Why the request was retargeted from here: the Reason in the URI, without escapes.
    #[must_use]
    pub fn reason(&self) -> Option<Cow<'a, [u8]>> {
        self.parsed_uri().ok()?.header(&HeaderName::Reason)
    }

    /// How private the entry is: the Privacy in the URI, without escapes.
    #[must_use]
    pub fn privacy(&self) -> Option<Cow<'a, [u8]>> {
        self.parsed_uri().ok()?.header(&HeaderName::Privacy)
    }

    fn index_param(&self, name: &str) -> Option<&'a str> {
        let index = core::str::from_utf8(self.params.value(name)?).ok()?;
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        index.split('.').all(is_number).then_some(index)
    }
}

impl<'a> Diversion<'a> {
    /// Why, without quotes: `unknown`, `user-busy`, `no-answer`, `unavailable`, `unconditional`,
    /// `time-of-day`, `do-not-disturb`, `deflection`, `follow-me`, `out-of-service`, `away` ...
    #[must_use]
    pub fn reason(&self) -> Option<Cow<'a, [u8]>> {
        text_param(&self.params, "reason")
    }

    /// How many diversions this one stands for, 0 to 99.
    #[must_use]
    pub fn counter(&self) -> Option<u8> {
        number_param(&self.params, "counter").filter(|counter| *counter <= 99)
    }

    /// How many diversions there may be, 0 to 99.
    #[must_use]
    pub fn limit(&self) -> Option<u8> {
        number_param(&self.params, "limit").filter(|limit| *limit <= 99)
    }

    /// What of it is private, without quotes: `full`, `name`, `uri`, `off` ...
    #[must_use]
    pub fn privacy(&self) -> Option<Cow<'a, [u8]>> {
        text_param(&self.params, "privacy")
    }

    /// Whether the diverting address was checked, without quotes: `yes`, `no` ...
    #[must_use]
    pub fn screen(&self) -> Option<Cow<'a, [u8]>> {
        text_param(&self.params, "screen")
    }
}

#[cfg(test)]
mod tests {
    use super::super::TypedHeader;
    use super::super::extension::check;
    use super::*;

    const BAD: [(&str, usize); 5] =
        [("", 0), ("sip:a@b;index=1", 3), ("<sip:a@b>;index=", 16), ("<>", 1), ("<sip:a@b> x", 10)];

    #[test]
    fn history() {
        check::<HistoryInfo<'_>>(
            &[
                "<sip:bob@example.com>;index=1",
                "\"Bob\" <sip:bob@example.com?Reason=SIP%3bcause%3d302>;index = 1.1 ;rc=1;x=\"y\"",
            ],
            &BAD,
        );
        let entry = |text: &'static str| HistoryInfo::parse(text.as_bytes()).unwrap();
        for (text, index) in [
            ("<sip:a@b>", None),
            ("<sip:a@b>;index=1.12.0", Some("1.12.0")),
            ("<sip:a@b>;index=1.", None),
            ("<sip:a@b>;index=.1", None),
            ("<sip:a@b>;index=1..2", None),
            ("<sip:a@b>;index=a", None),
            ("<sip:a@b>;index=\"1\"", None),
        ] {
            assert_eq!(entry(text).index(), index, "{text}");
        }
        assert_eq!(entry("<sip:a@b>;index=1.2;NP=1.1").np(), Some("1.1"));
        assert_eq!(entry("<tel:+1>;index=1").reason(), None);
        assert_eq!(entry("<sip:%zz>;index=1").privacy(), None);
    }

    #[test]
    fn diversions() {
        check::<Diversion<'_>>(
            &["<sip:a@b>;reason=\"out of office\";limit=5;screen=no;privacy=off", "A <tel:+1>"],
            &BAD,
        );
        let diversion =
            Diversion::parse(b"<sip:a@b>;counter=100;LIMIT=05;privacy=\"full\";screen=yes")
                .unwrap();
        assert_eq!((diversion.counter(), diversion.limit()), (None, Some(5)));
        assert_eq!(diversion.privacy().as_deref(), Some(&b"full"[..]));
        assert_eq!(diversion.screen().as_deref(), Some(&b"yes"[..]));
        assert_eq!(diversion.reason(), None);
    }
}
