//! How overload is controlled (RFC 7339 section 4.2).

use core::fmt;

/// What the number in `oc` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverloadAlgorithm {
    /// How many per cent of the requests not to send (RFC 7339 section 7). Everybody can it.
    Loss,
    /// How many requests to send in a second (RFC 7415).
    Rate,
}

impl OverloadAlgorithm {
    /// The one that a token of `oc-algo` names.
    #[must_use]
    pub const fn parse(token: &[u8]) -> Option<Self> {
        match token {
            token if token.eq_ignore_ascii_case(b"loss") => Some(Self::Loss),
            token if token.eq_ignore_ascii_case(b"rate") => Some(Self::Rate),
            _ => None,
        }
    }

    /// Its token.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Loss => "loss",
            Self::Rate => "rate",
        }
    }
}

impl fmt::Display for OverloadAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
