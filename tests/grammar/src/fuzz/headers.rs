//! Typed header values.

use core::fmt::{Debug, Display};

use sip_proto::ParseError;
use sip_proto::message::headers::{
    Accept, AcceptContact, AcceptEncoding, AcceptLanguage, AcceptResourcePriority, AlertInfo,
    Allow, AllowEvents, AnswerMode, AuthenticationInfo, Authorization, CSeq, CallId, CallInfo,
    Contact, ContentDisposition, ContentEncoding, ContentLanguage, ContentLength, ContentType,
    Date, Diversion, ErrorInfo, Event, Expires, FeatureCaps, FlowTimer, From, Geolocation,
    HistoryInfo, Identity, IdentityInfo, InReplyTo, InfoPackage, Join, MaxBreadth, MaxForwards,
    MimeVersion, MinExpires, MinSe, Organization, PAccessNetworkInfo, PAssertedIdentity,
    PAssertedService, PAssociatedUri, PCalledPartyId, PChargingFunctionAddresses, PChargingVector,
    PEarlyMedia, PPreferredIdentity, PPreferredService, PProfileKey, PServedUser, PUserDatabase,
    PVisitedNetworkId, Path, Priority, Privacy, ProxyAuthenticate, ProxyAuthorization,
    ProxyRequire, RAck, RSeq, Reason, RecordRoute, RecvInfo, ReferSub, ReferTo, ReferredBy,
    RejectContact, Replaces, ReplyTo, RequestDisposition, Require, ResourcePriority, RetryAfter,
    Route, SecurityClient, SecurityServer, SecurityVerify, Server, ServiceRoute, SessionExpires,
    SessionId, SipETag, SipIfMatch, Subject, SubscriptionState, Supported, TargetDialog, Timestamp,
    To, TypedHeader, Unsupported, UserAgent, UserToUser, Via, Warning, WwwAuthenticate,
};

/// Makes the list of types: for each its name and what to do with a value.
macro_rules! types {
    ($($name:ident),* $(,)?) => {
        const TYPES: &[(&str, fn(&[u8]))] =
            &[$((stringify!($name), |value| check(value, $name::parse(value), |text, parsed| {
                assert_eq!($name::parse(text).as_ref(), Ok(parsed), "{parsed} is written");
            }))),*];
    };
}

// A new type goes at the end, so that the corpus keeps its meaning.
types! {
    Allow, CSeq, CallId, Contact, ContentLength, ContentType, Expires, From, MaxForwards, Path,
    ProxyRequire, RecordRoute, Require, Route, Supported, To, Unsupported, Via, Accept,
    AcceptEncoding, AcceptLanguage, AlertInfo, AuthenticationInfo, Authorization, CallInfo,
    ContentDisposition, ContentEncoding, ContentLanguage, Date, ErrorInfo, InReplyTo, MimeVersion,
    MinExpires, Organization, Priority, ProxyAuthenticate, ProxyAuthorization, ReplyTo,
    RetryAfter, Server, Subject, Timestamp, UserAgent, Warning, WwwAuthenticate, AnswerMode,
    AcceptContact, FeatureCaps, RejectContact, PChargingFunctionAddresses, PChargingVector,
    FlowTimer, MaxBreadth, Join, Replaces, TargetDialog, Diversion, HistoryInfo, AllowEvents,
    Event, SubscriptionState, PAssertedIdentity, PAssociatedUri, PCalledPartyId,
    PPreferredIdentity, PProfileKey, PServedUser, ServiceRoute, Identity, InfoPackage, RecvInfo,
    Geolocation, IdentityInfo, PUserDatabase, PAccessNetworkInfo, PVisitedNetworkId, Privacy,
    Reason, ReferSub, ReferTo, ReferredBy, RAck, RSeq, AcceptResourcePriority, ResourcePriority,
    SecurityClient, SecurityServer, SecurityVerify, PAssertedService, PPreferredService,
    SessionId, MinSe, SessionExpires, UserToUser, PEarlyMedia, RequestDisposition, SipETag,
    SipIfMatch,
}

/// Two bytes that choose the header, and a value of it.
///
/// What parses parses again, to the same, from what it writes.
pub fn headers(data: &[u8]) {
    let [high, low, value @ ..] = data else { return };
    // Not the remainder: a longer list must leave the corpus its meaning.
    if let Some((_, check)) = TYPES.get(usize::from(u16::from_be_bytes([*high, *low]))) {
        check(value);
    }
}

fn check<T: Debug + Display>(
    value: &[u8],
    parsed: Result<T, ParseError>,
    read_again: impl Fn(&[u8], &T),
) {
    match parsed {
        Ok(parsed) => {
            let text = parsed.to_string();
            let _ = format!("{parsed:?}");
            // What is not UTF-8 cannot come out of `Display`.
            if core::str::from_utf8(value).is_ok() {
                read_again(text.as_bytes(), &parsed);
            }
        }
        Err(error) => assert!(error.offset <= value.len(), "{error}"),
    }
}
