//! SIP messages: parsing, reading, editing, writing (RFC 3261 sections 7, 19, 20, 25).
//!
//! A message is an immutable base, the bytes it came as with the place of every header field, and
//! the edits made since. Parsing is one pass that copies nothing and allocates once; values are
//! parsed when asked for, into views that borrow; a clone copies the edits only; what nobody
//! touched leaves byte for byte as it came.
//!
//! # Parse and inspect
//!
//! ```
//! use sip_proto::message::{Contact, From, HeaderName, Host, Via};
//! use sip_proto::{Limits, Method, SipMessage};
//!
//! let datagram = "INVITE sip:bob@biloxi.example SIP/2.0\r\n\
//!     Via: SIP/2.0/UDP pc33.atlanta.example;branch=z9hG4bK776;rport\r\n\
//!     f: Alice <sip:alice@atlanta.example>;tag=1928\r\n\
//!     To: Bob <sip:bob@biloxi.example>\r\n\
//!     Call-ID: a84b4c76e66710\r\n\
//!     CSeq: 314159 INVITE\r\n\
//!     Contact: <sip:alice@192.0.2.4>;q=0.5\r\n\r\n";
//! let SipMessage::Request(request) = SipMessage::parse(datagram.into(), &Limits::default())? else {
//!     panic!("it starts with a method");
//! };
//! assert_eq!(*request.method(), Method::Invite);
//! assert_eq!(request.uri()?.host(), Some(Host::Name("biloxi.example")));
//!
//! // Typed: parsed now, borrowed from the message.
//! let via: Via<'_> = request.require()?;
//! assert_eq!(via.branch(), Some(&b"z9hG4bK776"[..]));
//! let from: From<'_> = request.require()?;
//! assert_eq!(from.tag(), Some(&b"1928"[..]));
//! let contact: Option<Contact<'_>> = request.header()?;
//! assert_eq!(contact.and_then(|contact| contact.q()), Some(500));
//!
//! // Raw: any header, in wire order.
//! assert_eq!(request.value(&HeaderName::CSeq), Some(&b"314159 INVITE"[..]));
//! assert_eq!(request.iter().count(), 6);
//! # Ok::<(), sip_proto::ParseError>(())
//! ```
//!
//! # Edit and forward
//!
//! As a proxy does (RFC 3261 section 16.6); each fork has its own edits, all share the base.
//!
//! ```
//! use sip_proto::message::{HeaderName, MaxForwards};
//! use sip_proto::{Limits, SipMessage};
//!
//! let datagram = "INVITE sip:bob@biloxi.example SIP/2.0\r\n\
//!     v:SIP/2.0/UDP   a.example\r\n\
//!     max-forwards: 70\r\n\
//!     Route: <sip:proxy.example;lr>\r\n\
//!     X-Unknown:  left  alone\r\n\
//!     l: 0\r\n\r\n";
//! let SipMessage::Request(request) = SipMessage::parse(datagram.into(), &Limits::default())? else {
//!     panic!("it starts with a method");
//! };
//! let MaxForwards(hops) = request.require()?;
//! let mut fork = request.clone();
//! fork.set_uri("sip:bob@192.0.2.7");
//! fork.set(HeaderName::MaxForwards, (hops - 1).to_string());
//! fork.pop_front(&HeaderName::Route);
//! fork.push_front(HeaderName::Via, "SIP/2.0/UDP proxy.example;branch=z9hG4bK1");
//! assert_eq!(
//!     fork.to_bytes(),
//!     "INVITE sip:bob@192.0.2.7 SIP/2.0\r\n\
//!      Via: SIP/2.0/UDP proxy.example;branch=z9hG4bK1\r\n\
//!      v:SIP/2.0/UDP   a.example\r\n\
//!      max-forwards: 69\r\n\
//!      X-Unknown:  left  alone\r\n\
//!      l: 0\r\n\r\n"
//! );
//! assert_eq!(request.to_bytes(), datagram);
//! # Ok::<(), sip_proto::ParseError>(())
//! ```
//!
//! # Build and answer
//!
//! ```
//! use sip_proto::message::{HeaderName, To};
//! use sip_proto::{Method, Request, Response, StatusCode};
//!
//! let request = Request::builder(Method::Invite, "sip:bob@biloxi.example")
//!     .header(HeaderName::Via, "SIP/2.0/TCP pc33.atlanta.example;branch=z9hG4bK776")
//!     .from("<sip:alice@atlanta.example>;tag=1928")
//!     .to("<sip:bob@biloxi.example>")
//!     .call_id("a84b4c76e66710")
//!     .cseq(1)
//!     .body("application/sdp", "v=0\r\n")
//!     .build();
//! let mut ringing = Response::to(&request, StatusCode::RINGING);
//! ringing.set_to_tag("314159");
//! assert_eq!(ringing.require::<To<'_>>()?.tag(), Some(&b"314159"[..]));
//! # Ok::<(), sip_proto::ParseError>(())
//! ```

mod base;
mod builder;
mod edit;
mod fields;
mod headers;
mod host;
mod lexer;
mod list;
mod method;
mod name;
mod name_addr;
mod overlay;
mod params;
mod parse;
mod request;
mod response;
mod salvage;
mod scratch;
mod sip_message;
mod start_line;
mod status;
#[cfg(test)]
mod tests;
mod uri;
mod view;
mod write;

pub use builder::{RequestBuilder, ResponseBuilder};
pub use fields::Message;
pub use headers::{
    Allow, CSeq, CallId, Contact, ContentLength, ContentType, Expires, From, MaxForwards, Path,
    ProxyRequire, RecordRoute, Require, Route, Supported, To, TypedHeader, Unsupported, Via,
};
pub use host::Host;
pub use method::Method;
pub use name::HeaderName;
pub use name_addr::NameAddr;
pub use params::Params;
pub(crate) use parse::header_content_length;
pub use request::Request;
pub use response::Response;
pub use scratch::ParseScratch;
pub use sip_message::SipMessage;
pub use status::StatusCode;
pub use uri::{Scheme, Uri};
pub use view::Header;
