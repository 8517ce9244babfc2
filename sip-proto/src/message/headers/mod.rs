//! Typed headers, one file each: views of a value, parsed on demand.
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

mod addresses;
mod answer_mode;
mod auth_params;
mod authentication_info;
mod call_id;
mod caller_preferences;
mod challenge;
mod charging;
mod contact;
mod content_type;
mod counts;
mod credentials;
mod cseq;
mod dialog_ids;
mod diverted;
mod events;
mod extension;
mod features;
mod identities;
mod identity;
mod info_package;
mod locations;
mod networks;
mod numbers;
mod privacy;
mod reason;
mod refer;
mod reliability;
mod resource_priority;
#[cfg(test)]
mod round_trip;
mod security;
mod services;
mod session_id;
mod session_timer;
mod tokens;
mod user_to_user;
mod via;
mod words;

pub use addresses::{From, Path, RecordRoute, Route, To};
pub use answer_mode::AnswerMode;
pub use auth_params::AuthParams;
pub use authentication_info::AuthenticationInfo;
pub use call_id::CallId;
pub use caller_preferences::{AcceptContact, FeatureCaps, RejectContact};
pub use challenge::{Challenge, ProxyAuthenticate, WwwAuthenticate};
pub use charging::{PChargingFunctionAddresses, PChargingVector};
pub use contact::Contact;
pub use content_type::ContentType;
pub use counts::{FlowTimer, MaxBreadth};
pub use credentials::{Authorization, Credentials, ProxyAuthorization};
pub use cseq::CSeq;
pub use dialog_ids::{Join, Replaces, TargetDialog};
pub use diverted::{Diversion, HistoryInfo};
pub use events::{AllowEvents, Event, SubscriptionState};
pub use features::{Feature, FeatureTags, FeatureValue, TagMatch, TagValue};
pub use identities::{
    PAssertedIdentity, PAssociatedUri, PCalledPartyId, PPreferredIdentity, PProfileKey,
    PServedUser, RegistrationState, ServiceRoute, SessionCase,
};
pub use identity::{Identity, IdentityPassport};
pub use info_package::{InfoPackage, RecvInfo};
pub use locations::{Geolocation, IdentityInfo, PUserDatabase};
pub use networks::{PAccessNetworkInfo, PVisitedNetworkId};
pub use numbers::{ContentLength, Expires, MaxForwards};
pub use privacy::Privacy;
pub use reason::Reason;
pub use refer::{ReferSub, ReferTo, ReferredBy};
pub use reliability::{RAck, RSeq};
pub use resource_priority::{AcceptResourcePriority, ResourcePriority};
pub use security::{SecurityClient, SecurityServer, SecurityVerify};
pub use services::{PAssertedService, PPreferredService};
pub use session_id::SessionId;
pub use session_timer::{MinSe, Refresher, SessionExpires};
pub use tokens::{Allow, ProxyRequire, Require, Supported, Unsupported};
pub use user_to_user::UserToUser;
pub use via::Via;
pub use words::{PEarlyMedia, RequestDisposition, SipETag, SipIfMatch};

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
