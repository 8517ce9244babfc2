//! Errors: whose fault, and where. What goes on the wire for them, the message layer knows.

mod escaped;
mod in_text;
mod parse_error;

pub(crate) use escaped::{Escaped, debug_as_written};
pub use in_text::InText;
pub use parse_error::{ParseError, ParseErrorKind};
