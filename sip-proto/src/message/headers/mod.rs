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
//!
//! | what about | headers |
//! | --- | --- |
//! | the transaction and the dialog | [`Via`] [`From`] [`To`] [`CallId`] [`CSeq`] [`MaxForwards`] [`MaxBreadth`] [`Contact`] [`Route`] [`RecordRoute`] [`Replaces`] [`Join`] [`TargetDialog`] [`InReplyTo`] [`SessionId`] |
//! | registering | [`Path`] [`ServiceRoute`] [`Expires`] [`MinExpires`] [`FlowTimer`] [`PAssociatedUri`] |
//! | what is understood and wanted | [`Allow`] [`Supported`] [`Require`] [`ProxyRequire`] [`Unsupported`] [`Accept`] [`AcceptEncoding`] [`AcceptLanguage`] [`AcceptContact`] [`RejectContact`] [`RequestDisposition`] [`FeatureCaps`] [`AnswerMode`] |
//! | bodies | [`ContentType`] [`ContentLength`] [`ContentDisposition`] [`ContentEncoding`] [`ContentLanguage`] [`MimeVersion`] |
//! | proving who one is | [`WwwAuthenticate`] [`Authorization`] [`ProxyAuthenticate`] [`ProxyAuthorization`] [`AuthenticationInfo`] [`Identity`] [`IdentityInfo`] [`SecurityClient`] [`SecurityServer`] [`SecurityVerify`] |
//! | identities, and hiding them | [`PAssertedIdentity`] [`PPreferredIdentity`] [`PCalledPartyId`] [`PProfileKey`] [`PServedUser`] [`ReplyTo`] [`Privacy`] |
//! | where a request has been, and why | [`HistoryInfo`] [`Diversion`] [`Reason`] [`ReferredBy`] |
//! | events and referring | [`Event`] [`AllowEvents`] [`SubscriptionState`] [`SipETag`] [`SipIfMatch`] [`ReferTo`] [`ReferSub`] [`InfoPackage`] [`RecvInfo`] |
//! | sessions and reliable responses | [`SessionExpires`] [`MinSe`] [`RSeq`] [`RAck`] [`PEarlyMedia`] [`UserToUser`] |
//! | networks and charging | [`PAccessNetworkInfo`] [`PVisitedNetworkId`] [`PChargingVector`] [`PChargingFunctionAddresses`] [`PUserDatabase`] [`PAssertedService`] [`PPreferredService`] [`Geolocation`] [`ResourcePriority`] [`AcceptResourcePriority`] |
//! | for people | [`AlertInfo`] [`CallInfo`] [`ErrorInfo`] [`Subject`] [`Organization`] [`Priority`] [`Date`] [`Timestamp`] [`RetryAfter`] [`Warning`] [`Server`] [`UserAgent`] |
//!
//! Names are those of the RFCs. `None` is what a parameter reads as that is absent or malformed,
//! unless its accessor says otherwise; `q` is in thousandths; numbers of seconds end in `_secs`. A
//! field `params` holds every parameter, known or not. `text` is without quotes, escapes and folds.

mod accept;
mod addresses;
mod answer_mode;
mod auth_params;
mod authentication_info;
mod call_id;
mod caller_preferences;
mod challenge;
mod charging;
mod comment;
mod contact;
mod contact_params;
mod content_disposition;
mod content_type;
mod counts;
mod credentials;
mod cseq;
mod date;
mod dialog_ids;
mod diverted;
mod events;
mod extension;
mod features;
mod identities;
mod identity;
mod info;
mod info_package;
mod language;
mod locations;
mod mime_version;
mod networks;
mod numbers;
mod privacy;
mod products;
mod qvalue;
mod reason;
mod refer;
mod reliability;
mod resource_priority;
mod retry_after;
#[cfg(test)]
mod round_trip;
mod security;
mod services;
mod session_id;
mod session_timer;
mod text;
mod timestamp;
mod tokens;
mod user_to_user;
mod via;
mod via_params;
mod warning;
mod words;

pub use accept::{Accept, AcceptEncoding};
pub use addresses::{From, Path, RecordRoute, ReplyTo, Route, To};
pub use answer_mode::AnswerMode;
pub use auth_params::AuthParams;
pub use authentication_info::AuthenticationInfo;
pub use call_id::{CallId, InReplyTo};
pub use caller_preferences::{AcceptContact, FeatureCaps, RejectContact};
pub use challenge::{Challenge, ProxyAuthenticate, WwwAuthenticate};
pub use charging::{PChargingFunctionAddresses, PChargingVector};
pub use contact::Contact;
pub use content_disposition::ContentDisposition;
pub use content_type::ContentType;
pub use counts::{FlowTimer, MaxBreadth};
pub use credentials::{Authorization, Credentials, ProxyAuthorization};
pub use cseq::CSeq;
pub use date::Date;
pub use dialog_ids::{Join, Replaces, TargetDialog};
pub use diverted::{Diversion, HistoryInfo};
pub use events::{AllowEvents, Event, SubscriptionState};
pub use features::{Feature, FeatureTags, FeatureValue, TagMatch, TagValue};
pub use identities::{
    PAssertedIdentity, PAssociatedUri, PCalledPartyId, PPreferredIdentity, PProfileKey,
    PServedUser, RegistrationState, ServiceRoute, SessionCase,
};
pub use identity::{Identity, IdentityPassport};
pub use info::{AlertInfo, CallInfo, ErrorInfo};
pub use info_package::{InfoPackage, RecvInfo};
pub use language::{AcceptLanguage, ContentLanguage};
pub use locations::{Geolocation, IdentityInfo, PUserDatabase};
pub use mime_version::MimeVersion;
pub use networks::{PAccessNetworkInfo, PVisitedNetworkId};
pub use numbers::{ContentLength, Expires, MaxForwards, MinExpires};
pub use privacy::Privacy;
pub use products::{Products, Server, ServerVal, UserAgent};
pub use reason::Reason;
pub use refer::{ReferSub, ReferTo, ReferredBy};
pub use reliability::{RAck, RSeq};
pub use resource_priority::{AcceptResourcePriority, ResourcePriority};
pub use retry_after::RetryAfter;
pub use security::{SecurityClient, SecurityServer, SecurityVerify};
pub use services::{PAssertedService, PPreferredService};
pub use session_id::SessionId;
pub use session_timer::{MinSe, Refresher, SessionExpires};
pub use text::{Organization, Subject};
pub use timestamp::{Decimal, Timestamp};
pub use tokens::{Allow, ContentEncoding, Priority, ProxyRequire, Require, Supported, Unsupported};
pub use user_to_user::UserToUser;
pub use via::Via;
pub use warning::Warning;
pub use words::{PEarlyMedia, RequestDisposition, SipETag, SipIfMatch};

use core::fmt;

use super::HeaderName;
use crate::ParseError;

/// A header value as a typed view that borrows from the message. It displays as it is written on
/// the wire, which is how [`Message::set_typed`](super::Message::set_typed) and its kin write it.
pub trait TypedHeader<'a>: Sized + fmt::Display {
    /// Which header.
    const NAME: HeaderName;

    /// Parses one value: for a list header, one element.
    ///
    /// # Errors
    ///
    /// Where `value` does not follow the header's grammar; the offset counts from its start.
    fn parse(value: &'a [u8]) -> Result<Self, ParseError>;
}
