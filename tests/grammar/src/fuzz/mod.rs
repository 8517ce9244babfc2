//! One function for each fuzz target: any bytes in, a panic where a promise is broken.

mod differential;
mod framing;
mod headers;
mod message;
mod uri;

pub use differential::{differential, same};
pub use framing::framing;
pub use headers::headers;
pub use message::message;
pub use uri::uri;

/// A fuzz target.
pub type Target = fn(&[u8]);

/// All of them, by the name of their file in `fuzz/fuzz_targets` and folder in `fuzz/corpus`.
pub const TARGETS: [(&str, Target); 5] = [
    ("message", message),
    ("uri", uri),
    ("headers", headers),
    ("framing", framing),
    ("differential", differential),
];

/// Whether `came` starts with `written`, but for the case of the SIP version, which is always sent
/// in upper case (RFC 3261 section 7.1).
fn is_as_it_came(came: &[u8], written: &[u8]) -> bool {
    let line_end = written.iter().position(|byte| *byte == b'\n').unwrap_or_default();
    came.len() >= written.len()
        && came[..line_end].eq_ignore_ascii_case(&written[..line_end])
        && came[line_end..].starts_with(&written[line_end..])
}
