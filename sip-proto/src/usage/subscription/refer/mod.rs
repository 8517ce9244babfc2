//! The subscription that a REFER implies (RFC 3515 section 2.4, RFC 4488), both sides.
//!
//! It may share the dialog of a call (RFC 5057): so neither side keeps one, and who does hands it in.

mod referee;
mod referral;
mod referrer;

pub use referee::{Referee, RefereeConfig, RefereeEvent};
pub use referral::Referral;
pub use referrer::{Referrer, ReferrerConfig, ReferrerEvent};

/// The type of what NOTIFYs carry (RFC 3515 section 2.4.5).
const SIPFRAG: &str = "message/sipfrag;version=2.0";

/// The value of Event in the NOTIFYs of the REFER with `cseq` (RFC 3515 section 2.4.6).
fn event(cseq: u32) -> String {
    format!("refer;id={cseq}")
}
