//! Typed headers, one file for each or for a family of one grammar: views of a value, parsed on
//! demand.
//!
//! ```
//! use sip_proto::message::{CSeq, Via};
//! use sip_proto::{Limits, Method, SipMessage};
//!
//! let text = "OPTIONS sip:b@b.example SIP/2.0\r\n\
//!             Via: SIP/2.0/UDP a.example;branch=z9hG4bK1, SIP/2.0/TCP c.example\r\n\
//!             CSeq: 7 OPTIONS\r\n\r\n";
//! let message = SipMessage::parse(text.into(), &Limits::default()).unwrap();
//! let cseq: CSeq = message.headers().require().unwrap();
//! assert_eq!((cseq.number, cseq.method), (7, Method::Options));
//! let hops: Vec<Via<'_>> = message.headers().header_list().collect::<Result<_, _>>().unwrap();
//! assert_eq!(hops[1].transport, "TCP");
//! ```

mod accept;
mod addresses;
mod auth_params;
mod authentication_info;
mod call_id;
mod challenge;
mod comment;
mod contact;
mod content_disposition;
mod content_type;
mod credentials;
mod cseq;
mod date;
mod info;
mod language;
mod mime_version;
mod numbers;
mod products;
mod qvalue;
mod retry_after;
mod text;
mod timestamp;
mod tokens;
mod via;
mod warning;

pub use accept::{Accept, AcceptEncoding};
pub use addresses::{From, Path, RecordRoute, ReplyTo, Route, To};
pub use auth_params::AuthParams;
pub use authentication_info::AuthenticationInfo;
pub use call_id::{CallId, InReplyTo};
pub use challenge::{Challenge, ProxyAuthenticate, WwwAuthenticate};
pub use contact::Contact;
pub use content_disposition::ContentDisposition;
pub use content_type::ContentType;
pub use credentials::{Authorization, Credentials, ProxyAuthorization};
pub use cseq::CSeq;
pub use date::Date;
pub use info::{AlertInfo, CallInfo, ErrorInfo};
pub use language::{AcceptLanguage, ContentLanguage};
pub use mime_version::MimeVersion;
pub use numbers::{ContentLength, Expires, MaxForwards, MinExpires};
pub use products::{Products, Server, ServerVal, UserAgent};
pub use retry_after::RetryAfter;
pub use text::{Organization, Subject};
pub use timestamp::{Decimal, Timestamp};
pub use tokens::{Allow, ContentEncoding, Priority, ProxyRequire, Require, Supported, Unsupported};
pub use via::Via;
pub use warning::Warning;

use super::HeaderName;
use crate::ParseError;

/// A header value as a typed view that borrows from the message.
pub trait TypedHeader<'a>: Sized {
    /// Which header.
    const NAME: HeaderName;

    /// Parses one value: for a list header, one element.
    ///
    /// # Errors
    ///
    /// Where `value` does not follow the header's grammar; the offset counts from its start.
    fn parse(value: &'a [u8]) -> Result<Self, ParseError>;
}
