//! What stands in bodies: several parts, SIP messages and parts of them, session descriptions.
//!
//! Nothing here is read unless asked for: to a proxy, a body is bytes.
//!
//! ```
//! use sip_proto::message::body::{MultipartBuilder, Sdp};
//! use sip_proto::{Limits, Method, Request};
//!
//! let sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n\
//!            m=audio 49170 RTP/AVP 0\r\na=sendonly\r\n";
//! let (content_type, body) = MultipartBuilder::new("mixed", "boundary1")
//!     .part("application/sdp", sdp)
//!     .part("text/plain", "hello")
//!     .build()?;
//! let request =
//!     Request::builder(Method::Invite, "sip:b@b.example").body(&content_type, body).build();
//!
//! // The session description, wherever in the body it is.
//! let limits = Limits::default();
//! let found = request.body_of_type("application", "sdp", &limits)?.expect("there is one");
//! let session = Sdp::parse(&found)?;
//! assert!(session.is_on_hold());
//! assert_eq!(session.media().next().map(|media| media.port), Some(49170));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod access;
mod boundary;
mod content_id;
mod multipart;
mod part;
mod sdp;
mod sipfrag;
#[cfg(test)]
mod tests;
mod writer;

pub use multipart::Multipart;
pub use part::Part;
pub use sdp::{Connection, Direction, Media, Origin, Sdp};
pub use sipfrag::SipFrag;
pub use writer::{InvalidBoundary, MultipartBuilder};
