//! Answer-Mode (RFC 5373).

use super::super::lexer::token_str;
use super::extension::with_params;

with_params! {
    /// Whether a call is answered by a person or by itself.
    ///
    /// ```abnf
    /// Answer-Mode         =  "Answer-Mode" HCOLON answer-mode-value *(SEMI answer-mode-param)
    /// answer-mode-value   =  "Manual" / "Auto" / token
    /// answer-mode-param   =  "require" / generic-param
    /// ```
    ///
    /// ```
    /// use sip_proto::message::TypedHeader;
    /// use sip_proto::message::headers::AnswerMode;
    ///
    /// let mode = AnswerMode::parse(b"Auto;require").unwrap();
    /// assert!(mode.is_auto() && mode.is_required());
    /// ```
    AnswerMode<'a> {
        /// The mode, as written.
        mode: &'a str = token_str
    }
}

impl AnswerMode<'_> {
    /// Whether the call is answered by itself.
    #[must_use]
    pub const fn is_auto(&self) -> bool {
        self.mode.eq_ignore_ascii_case("auto")
    }

    /// Whether a person answers the call.
    #[must_use]
    pub const fn is_manual(&self) -> bool {
        self.mode.eq_ignore_ascii_case("manual")
    }

    /// Whether the call is to be refused where the mode cannot be had.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.params.has("require")
    }
}

#[cfg(test)]
mod tests {
    use super::super::TypedHeader;
    use super::super::extension::check;
    use super::*;

    #[test]
    fn forms() {
        check::<AnswerMode<'_>>(
            &["Manual", " AUTO ; Require ", "later;x=y"],
            &[("", 0), (";require", 0), ("Auto;", 5), ("Auto, Manual", 4), ("\"Auto\"", 0)],
        );
        let mode = AnswerMode::parse(b"manual;x").unwrap();
        assert!(mode.is_manual() && !mode.is_auto() && !mode.is_required());
    }
}
