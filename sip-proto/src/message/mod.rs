//! Bytes to messages and back.
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
pub use sip_message::SipMessage;
pub use status::StatusCode;
pub use uri::{Scheme, Uri};
pub use view::Header;
