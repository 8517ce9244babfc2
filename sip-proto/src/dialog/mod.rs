//! Dialogs: what two user agents remember of each other between requests (RFC 3261 section 12).
//!
//! A [`Dialog`] is a value. It is made of the request and the response that established it, it
//! writes the requests that are sent within it and judges those that arrive; it sends nothing, sets
//! no timer, and can be stored and restored (it is `Serialize` and `Deserialize`).
//!
//! ```
//! use sip_proto::dialog::Dialog;
//! use sip_proto::{HeaderName, Method, Request, Response, StatusCode};
//!
//! let invite = Request::builder(Method::Invite, "sip:bob@biloxi.example")
//!     .from("<sip:alice@atlanta.example>;tag=1928")
//!     .to("<sip:bob@biloxi.example>")
//!     .call_id("a84b4c76e66710")
//!     .cseq(314159)
//!     .contact("<sip:alice@192.0.2.4>")
//!     .build();
//! let mut ok = Response::to(&invite, StatusCode::OK);
//! ok.set_to_tag("a6c85cf");
//! ok.push_back(HeaderName::RecordRoute, "<sip:p2.example;lr>, <sip:p1.example;lr>");
//! ok.push_back(HeaderName::Contact, "<sip:bob@192.0.2.8>");
//!
//! let mut dialog = Dialog::uac(&invite, &ok)?;
//! let bye = dialog.request(Method::Bye).build();
//! assert_eq!(bye.uri_bytes(), b"sip:bob@192.0.2.8");
//! assert_eq!(bye.value(&HeaderName::Route), Some(&b"<sip:p1.example;lr>"[..]));
//! assert_eq!(bye.value(&HeaderName::CSeq), Some(&b"314160 BYE"[..]));
//! # Ok::<(), sip_proto::dialog::DialogError>(())
//! ```

mod error;
mod id;
mod route_set;
mod state;
#[cfg(test)]
mod tests;
pub(crate) mod text;

pub use error::{DialogError, RequestRefused};
pub use id::DialogId;
pub use state::{Dialog, DialogRole, DialogState};
