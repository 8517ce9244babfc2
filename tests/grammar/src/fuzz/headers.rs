//! Typed header values.

use core::fmt::{Debug, Display};

use sip_proto::ParseError;
use sip_proto::message::headers::{
    Accept, AcceptEncoding, AcceptLanguage, AlertInfo, Allow, AuthenticationInfo, Authorization,
    CSeq, CallId, CallInfo, Contact, ContentDisposition, ContentEncoding, ContentLanguage,
    ContentLength, ContentType, Date, ErrorInfo, Expires, From, InReplyTo, MaxForwards,
    MimeVersion, MinExpires, Organization, Path, Priority, ProxyAuthenticate, ProxyAuthorization,
    ProxyRequire, RecordRoute, ReplyTo, Require, RetryAfter, Route, Server, Subject, Supported,
    Timestamp, To, TypedHeader, Unsupported, UserAgent, Via, Warning, WwwAuthenticate,
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
    ProxyRequire, RecordRoute, Require, Route, Supported, To, Unsupported, Via,
    Accept, AcceptEncoding, AcceptLanguage, AlertInfo, AuthenticationInfo, Authorization, CallInfo,
    ContentDisposition, ContentEncoding, ContentLanguage, Date, ErrorInfo, InReplyTo, MimeVersion,
    MinExpires, Organization, Priority, ProxyAuthenticate, ProxyAuthorization, ReplyTo, RetryAfter,
    Server, Subject, Timestamp, UserAgent, Warning, WwwAuthenticate,
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
