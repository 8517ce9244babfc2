//! Replaces, Join and Target-Dialog: dialogs named in a header (RFC 3891, 3911, 4538).

use super::CallId;
use super::extension::{call_id, with_params};

with_params! {
    /// The dialog that a new one takes the place of (RFC 3891).
    ///
    /// ```abnf
    /// Replaces        =  "Replaces" HCOLON callid *(SEMI replaces-param)
    /// replaces-param  =  to-tag / from-tag / early-flag / generic-param
    /// to-tag          =  "to-tag" EQUAL token
    /// from-tag        =  "from-tag" EQUAL token
    /// early-flag      =  "early-only"
    /// ```
    ///
    /// Both tags must be there, each once (section 6.1).
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::Replaces;
    ///
    /// let dialog = Replaces::parse(b"98732@sip.example;from-tag=r33th4x0r;to-tag=ff87ff").unwrap();
    /// assert_eq!(dialog.call_id.0, b"98732@sip.example");
    /// assert_eq!((dialog.to_tag(), dialog.from_tag()), (&b"ff87ff"[..], &b"r33th4x0r"[..]));
    /// assert!(!dialog.is_early_only());
    /// ```
    Replaces<'a> {
        /// Its Call-ID.
        call_id: CallId<'a> = call_id, Replaces::is_complete
    }

    /// The dialog that a new one joins in a conference (RFC 3911).
    ///
    /// ```abnf
    /// Join        =  "Join" HCOLON callid *(SEMI join-param)
    /// join-param  =  to-tag / from-tag / generic-param
    /// ```
    ///
    /// Both tags must be there, each once (section 7.1).
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::Join;
    ///
    /// let dialog = Join::parse(b"12adf2f34456gs5;to-tag=12345;from-tag=54321").unwrap();
    /// assert_eq!(dialog.to_tag(), b"12345");
    /// ```
    Join<'a> {
        /// Its Call-ID.
        call_id: CallId<'a> = call_id, Join::is_complete
    }

    /// The dialog that proves who asks to be the peer in it (RFC 4538).
    ///
    /// ```abnf
    /// Target-Dialog  =  "Target-Dialog" HCOLON callid *(SEMI td-param)
    /// td-param       =  remote-param / local-param / generic-param
    /// remote-param   =  "remote-tag" EQUAL token
    /// local-param    =  "local-tag" EQUAL token
    /// ```
    ///
    /// Both tags must be there: local and remote as who sends the header sees it.
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::TargetDialog;
    ///
    /// let dialog = TargetDialog::parse(b"fa77as7dad8-sd98ajzz@host.example ;\
    ///                                    local-tag=kkaz- ;remote-tag=6544").unwrap();
    /// assert_eq!((dialog.local_tag(), dialog.remote_tag()), (&b"kkaz-"[..], &b"6544"[..]));
    /// ```
    TargetDialog<'a> {
        /// Its Call-ID.
        call_id: CallId<'a> = call_id, TargetDialog::is_complete
    }
}

macro_rules! tags {
    ($name:ident: $($(#[$doc:meta])* $method:ident $param:literal),*) => {
        #[allow(clippy::wrong_self_convention, reason = "the tags are named as the RFC names them")]
        impl<'a> $name<'a> {
            $(
                $(#[$doc])*
                /// Empty only where the value was not parsed but made by hand without it.
                #[must_use]
                pub fn $method(&self) -> &'a [u8] {
                    self.params.value($param).unwrap_or_default()
                }
            )*

            fn is_complete(&self) -> bool {
                [$($param),*].into_iter().all(|tag| {
                    let mut found = self
                        .params
                        .iter()
                        .filter(|(name, _)| name.eq_ignore_ascii_case(tag.as_bytes()));
                    matches!((found.next(), found.next()), (Some((_, Some(_))), None))
                })
            }
        }
    };
}

tags! {
    Replaces:
    /// The To tag, as who gets the header sees it: its own.
    to_tag "to-tag",
    /// The From tag, as who gets the header sees it: its peer's. `0` also stands for no tag, of a
    /// peer of RFC 2543 (section 6.1).
    from_tag "from-tag"
}

tags! {
    Join:
    /// The To tag, as who gets the header sees it: its own.
    to_tag "to-tag",
    /// The From tag, as who gets the header sees it: its peer's.
    from_tag "from-tag"
}

tags! {
    TargetDialog:
    /// The local tag of who sends the header.
    local_tag "local-tag",
    /// The remote tag of who sends the header: that of who gets it.
    remote_tag "remote-tag"
}

impl Replaces<'_> {
    /// Whether only an early dialog may be replaced.
    #[must_use]
    pub fn is_early_only(&self) -> bool {
        self.params.has("early-only")
    }
}

#[cfg(test)]
mod tests {
    use super::super::TypedHeader;
    use super::super::extension::check;
    use super::*;

    #[test]
    fn both_tags_must_be_there_once() {
        check::<Replaces<'_>>(
            &[
                "a@b;to-tag=1;from-tag=2",
                " 425928@bobster.example ;\r\n To-Tag = 7743 ;x;from-tag=6472 ;early-only",
                "a<b>:\"[]?{}@c;from-tag=0;to-tag=1",
            ],
            &[
                ("", 0),
                (";to-tag=1;from-tag=2", 0),
                ("a", 1),
                ("a;to-tag=1", 10),
                ("a;from-tag=1", 12),
                ("a;from-tag=1;to-tag", 19),
                ("a;from-tag=1;to-tag=2;to-tag=3", 30),
                ("a b;to-tag=1;from-tag=2", 2),
                ("a;to-tag=1;from-tag=", 20),
            ],
        );
        check::<Join<'_>>(&["a;to-tag=1;from-tag=2;x=y"], &[("a;to-tag=1", 10)]);
        check::<TargetDialog<'_>>(
            &["a@b;local-tag=1;remote-tag=2"],
            &[("a;to-tag=1;from-tag=2", 21), ("a;local-tag=1", 13)],
        );
    }

    #[test]
    fn early_only_is_a_flag() {
        let is_early_only =
            |text: &'static str| Replaces::parse(text.as_bytes()).unwrap().is_early_only();
        assert!(is_early_only("a;to-tag=1;Early-Only;from-tag=2"));
        assert!(!is_early_only("a;to-tag=early-only;from-tag=2"));
    }
}
