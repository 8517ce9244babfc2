//! What must hold, and what is said when it does not.

use core::fmt;

use sip_proto::Instant;

use super::Complaint;

/// What must hold in every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Invariant {
    /// A machine never panics, whatever it is fed.
    NoPanic,
    /// A machine at one instant comes to rest after bounded work.
    BoundedWork,
    /// A server transaction sends one final response, and nothing provisional after it.
    OneFinal,
    /// A forwarded request has a smaller Max-Forwards than it came with.
    MaxForwards,
    /// What the server forwards carries the Vias it came with: under the server's own in a
    /// request, without it in a response.
    ViaSymmetry,
    /// What the server has no business with leaves byte for byte as it came.
    UntouchedHeaders,
    /// CANCEL follows a provisional response.
    CancelAfterProvisional,
    /// Every INVITE that a phone sends has exactly one outcome, in time.
    OneOutcome,
    /// The outcome is one that the plan allows.
    RightOutcome,
    /// When everything is over, no node holds anything.
    Conservation,
    /// When everything is over, nobody sends anything.
    QuietEnd,
    /// After healing, every new call has the outcome it was meant to have.
    Liveness,
}

impl Invariant {
    /// What it is called on the command line and in file names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoPanic => "no-panic",
            Self::BoundedWork => "bounded-work",
            Self::OneFinal => "one-final",
            Self::MaxForwards => "max-forwards",
            Self::ViaSymmetry => "via-symmetry",
            Self::UntouchedHeaders => "untouched-headers",
            Self::CancelAfterProvisional => "cancel-after-provisional",
            Self::OneOutcome => "one-outcome",
            Self::RightOutcome => "right-outcome",
            Self::Conservation => "conservation",
            Self::QuietEnd => "quiet-end",
            Self::Liveness => "liveness",
        }
    }

    /// The rule behind it, and where it is written.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::NoPanic => "a machine never panics on what it is fed",
            Self::BoundedWork => "a machine comes to rest: work per input is bounded",
            Self::OneFinal => {
                "RFC 3261 17.2: once completed, a server transaction passes no other final response \
                 (but further 2xx to INVITE, RFC 6026 7.1) and no provisional one"
            }
            Self::MaxForwards => "RFC 3261 16.6 step 3: the proxy decrements Max-Forwards by one",
            Self::ViaSymmetry => {
                "RFC 3261 16.6 step 8, 16.7 step 3, 8.2.6.2: one Via is put on top of a request \
                 and taken off its responses; all others stay, in order"
            }
            Self::UntouchedHeaders => {
                "RFC 3261 16.6 step 1, 16.7: a proxy does not reorder, add to, modify or remove \
                 header fields it is not told to, nor the body"
            }
            Self::CancelAfterProvisional => {
                "RFC 3261 9.1: if no provisional response has been received, the CANCEL request \
                 must not be sent"
            }
            Self::OneOutcome => {
                "RFC 3261 17.1.1.2, 16.8: an INVITE ends with one final response, Timer B, or \
                 after CANCEL within 64*T1"
            }
            Self::RightOutcome => "the outcome of a call is one that its script allows",
            Self::Conservation => "at quiescence no transaction, connection or timer is left",
            Self::QuietEnd => "RFC 3261 17: every retransmission timer is bounded",
            Self::Liveness => "once the network is healed, a call has the outcome of its script",
        }
    }

    /// The exit code of a run that breaks it: 127 for a crash, 128 for a lack of liveness,
    /// 129 for a lack of correctness.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::NoPanic => 127,
            Self::BoundedWork | Self::Liveness => 128,
            Self::OneFinal
            | Self::MaxForwards
            | Self::ViaSymmetry
            | Self::UntouchedHeaders
            | Self::CancelAfterProvisional
            | Self::OneOutcome
            | Self::RightOutcome
            | Self::Conservation
            | Self::QuietEnd => 129,
        }
    }
}

impl fmt::Display for Invariant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// An invariant that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// When.
    pub at: Instant,
    /// What was seen.
    pub detail: String,
    /// In which dialogue, where it is one's.
    pub call_id: Option<String>,
}

impl Violation {
    pub(crate) fn new(at: Instant, complaint: Complaint) -> Self {
        let Complaint { invariant, detail, call_id } = complaint;
        Self { invariant, at, detail, call_id }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} is violated at {}: {}", self.invariant, self.at, self.detail)?;
        write!(f, "  rule: {}", self.invariant.rule())
    }
}
