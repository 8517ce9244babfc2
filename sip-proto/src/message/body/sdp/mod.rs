//! Session descriptions (RFC 8866), as far as services look at them: which media, where, and in
//! which direction. What else there is stays as it is.

mod direction;
mod edit;
mod line;
mod media;
mod session;

pub use direction::Direction;
pub use media::Media;
pub use session::{Connection, Origin, Sdp};
