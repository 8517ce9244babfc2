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
//! // Raw: any header, in wire order, or element by element from either end.
//! assert_eq!(request.value(&HeaderName::CSeq), Some(&b"314159 INVITE"[..]));
//! assert_eq!(request.list_rev(&HeaderName::Via).count(), 1);
//! assert_eq!(request.iter().count(), 6);
//! # Ok::<(), sip_proto::ParseError>(())
//! ```
//!
//! # Edit
//!
//! By name or by type, at either end of a list, or as a whole. Values are bytes without CRLF;
//! typed views are written as they display.
//!
//! ```
//! use sip_proto::message::{HeaderName, MaxForwards, Supported};
//! use sip_proto::{Method, Request};
//!
//! let mut request = Request::builder(Method::Invite, "sip:bob@biloxi.example")
//!     .header(HeaderName::Route, "<sip:p1.example;lr>, <sip:p2.example;lr>")
//!     .header(HeaderName::from_bytes("X-Internal"), "1")
//!     .build();
//! let popped = request.pop_front(&HeaderName::Route);
//! assert_eq!(popped.as_deref(), Some(&b"<sip:p1.example;lr>"[..]));
//! request.set_typed(&MaxForwards(16));
//! request.set_list_typed(&[Supported("100rel"), Supported("timer")]);
//! request.update_back(&HeaderName::Supported, |last| [last, b";x"].concat());
//! assert!(request.set_if_absent(HeaderName::Subject, "hello"));
//! request.retain(|header| !header.name.as_bytes().starts_with(b"X-"));
//! assert_eq!(
//!     request.to_bytes(),
//!     "INVITE sip:bob@biloxi.example SIP/2.0\r\nRoute: <sip:p2.example;lr>\r\n\
//!      Max-Forwards: 16\r\nContent-Length: 0\r\n\
//!      Supported: 100rel, timer;x\r\nSubject: hello\r\n\r\n"
//! );
//! ```
//!
//! Who comes from Sippet finds its verbs under these names:
//!
//! | `Sippet.Message` | here |
//! | --- | --- |
//! | `has_header?` | [`has`], [`count`] |
//! | `get_header`, `fetch_header` | [`header`], [`require`], [`value`], [`values`] |
//! | ... `_front`, `_back` | [`header_list`], [`header_list_rev`], [`list`], [`list_rev`] |
//! | `put_header` | [`set`], [`set_typed`], [`set_list_typed`] |
//! | `put_new_header` | [`set_if_absent`] |
//! | `put_header_front`, `_back` | [`push_front`], [`push_back`] |
//! | `update_header` | [`update`] |
//! | `update_header_front`, `_back` | [`update_front`], [`update_back`] |
//! | `get_and_update_header_front`, `_back` | [`update_front`], [`update_back`] |
//! | `pop_header_front`, `delete_header_front` | [`pop_front`] |
//! | `pop_header_back`, `delete_header_back` | [`pop_back`] |
//! | `delete_header`, `drop_headers` | [`remove`], [`retain`] |
//! | `build_request`, `build_response` | [`Request::builder`], [`Response::builder`] |
//! | `to_response` | [`Response::to`] |
//! | `create_tag`, `create_call_id` | [`Rng::tag`], [`Rng::call_id`] |
//! | `create_branch` | [`Rng::branch`] |
//! | `parse`, `to_string`, `to_iodata` | [`SipMessage::parse`], `Display`, [`Message::to_bytes`] |
//! | `valid?`, `validate` | [`Request::validate`], [`Response::validate`], [`Request::faults`] |
//!
//! Pushing and replacing have a form by type each: [`push_front_typed`](Message::push_front_typed),
//! [`replace_back_typed`](Message::replace_back_typed) and so on.
//!
//! [`Rng::tag`]: crate::Rng::tag
//! [`Rng::call_id`]: crate::Rng::call_id
//! [`Rng::branch`]: crate::Rng::branch
//! [`has`]: Message::has
//! [`count`]: Message::count
//! [`header`]: Message::header
//! [`require`]: Message::require
//! [`value`]: Message::value
//! [`values`]: Message::values
//! [`header_list`]: Message::header_list
//! [`header_list_rev`]: Message::header_list_rev
//! [`list`]: Message::list
//! [`list_rev`]: Message::list_rev
//! [`set`]: Message::set
//! [`set_typed`]: Message::set_typed
//! [`set_list_typed`]: Message::set_list_typed
//! [`set_if_absent`]: Message::set_if_absent
//! [`push_front`]: Message::push_front
//! [`push_back`]: Message::push_back
//! [`update`]: Message::update
//! [`update_front`]: Message::update_front
//! [`update_back`]: Message::update_back
//! [`pop_front`]: Message::pop_front
//! [`pop_back`]: Message::pop_back
//! [`remove`]: Message::remove
//! [`retain`]: Message::retain
//!
//! # Forward
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
//!
//! # Check
//!
//! Parsing splits; a typed read checks what it reads. Whether all is there that must be,
//! [`Request::validate`] says, and which header is wrong, [`HeaderError`]; where, with the text,
//! [`ParseError::in_text`](crate::ParseError::in_text).
//!
//! ```
//! use sip_proto::message::{CSeq, HeaderName};
//! use sip_proto::{Method, Request};
//!
//! let request = Request::builder(Method::Info, "sip:bob@biloxi.example")
//!     .header(HeaderName::Via, "SIP/2.0/UDP a.example;branch=z9hG4bK1")
//!     .from("<sip:alice@atlanta.example>;tag=1928")
//!     .to("<sip:bob@biloxi.example>")
//!     .call_id("a84b4c76e66710")
//!     .header(HeaderName::CSeq, "17 IN,FO")
//!     .build();
//! assert_eq!(request.validate().unwrap_err().to_string(), "Malformed CSeq");
//! let error = request.require::<CSeq>().unwrap_err();
//! assert_eq!(error.to_string(), "CSeq: malformed header value at byte 5");
//! assert_eq!(
//!     error.in_text(request.value(&error.name()).unwrap()).to_string(),
//!     "malformed header value at line 1, column 6\n    17 IN,FO\n         ^"
//! );
//! ```
//!
//! # Bodies
//!
//! Multipart bodies, messages in messages and session descriptions: see [`body`].

mod base;
pub mod body;
mod builder;
mod edit;
mod fields;
mod header_error;
pub mod headers;
mod host;
mod lexer;
mod list;
mod method;
mod name;
mod name_addr;
mod overlay;
mod params;
mod parse;
mod quoted;
mod request;
mod response;
mod salvage;
mod scratch;
mod show;
mod sip_message;
mod start_line;
mod status;
#[cfg(test)]
mod tests;
mod typed;
mod uri;
mod validate;
mod view;
mod write;

pub(crate) use base::put_number;
pub use builder::{RequestBuilder, ResponseBuilder};
pub use fields::Message;
pub use header_error::HeaderError;
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
pub use quoted::Quoted;
pub use request::Request;
pub use response::Response;
pub use scratch::ParseScratch;
pub use sip_message::SipMessage;
pub use status::{InvalidStatusCode, StatusCode};
pub use uri::{PhoneContext, Scheme, TelephoneSubscriber, Uri};
pub use validate::MessageFault;
pub use view::Header;
