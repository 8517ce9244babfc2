//! Every typed header, with values that are nearly ones.

use core::fmt;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::headers::*;
use super::super::name::KNOWN;
use super::super::{TelephoneSubscriber, Uri};
use super::*;
use crate::HeaderName;

/// What header values are made of.
const PIECES: &[&str] = &[
    "",
    " ",
    " ",
    "\r\n ",
    "\t",
    ",",
    ";",
    "=",
    "/",
    ":",
    "@",
    ".",
    "*",
    "(",
    ")",
    "<",
    ">",
    "\"",
    "\\",
    "a",
    "b",
    "en-us",
    "q=0.5",
    "0",
    "1",
    "307",
    "Digest",
    "realm=\"a, \\\"b\\\"\"",
    "nc=00000001",
    "YQ==",
    "(c (d) \\))",
    "\"x, <y>\"",
    "<sip:a@b;c?d=e>",
    "sip:a@b",
    "SIP/2.0/UDP",
    "[::1]",
    "192.0.2.1",
    "Sat, 13 Nov 2010 23:29:00 GMT",
    "\u{fc}",
    "\u{0}",
    "application",
    "text",
    "tag=1",
    "duration=9",
    "handling=optional",
    "1.0",
    "INVITE",
    "%41",
    "'",
];

fn likely() -> impl Strategy<Value = String> {
    vec(prop::sample::select(PIECES), 0..9).prop_map(|pieces| pieces.concat())
}

#[test]
fn debug_shows_text_and_escapes_what_is_none() {
    let show = |header: &dyn fmt::Debug| format!("{header:?}");
    let parsed = CallInfo::parse(b"<http://a>;purpose=icon").unwrap();
    assert_eq!(show(&parsed), "CallInfo(<http://a>;purpose=icon)");
    assert_eq!(show(&From::parse(b"<sip:a@b>;tag=1").unwrap()), "From(<sip:a@b>;tag=1)");
    assert_eq!(show(&Reason::parse(b"SIP;cause=200").unwrap()), "Reason(SIP;cause=200)");
    let quoted = Warning { code: 399, agent: "a", raw_text: b"\x07" };
    assert_eq!(show(&quoted), r#"Warning(399 a "\u{7}")"#);
    let feature = Feature { tag: "audio", raw: Some(br#""<a>""#) };
    assert_eq!(show(&feature), r#"Feature(audio="<a>")"#);
    assert_eq!(show(&feature.value().unwrap()), "Text(a)");
    let number = TelephoneSubscriber::parse(b"7042;phone-context=+1").unwrap();
    assert_eq!(show(&number), "TelephoneSubscriber(7042;phone-context=+1)");
    assert_eq!(show(&number.phone_context()), "Some(Global(+1))");
}

/// No list of numbers, which is how a derived `Debug` shows bytes.
fn is_readable(shown: &str) -> bool {
    let is_number = |item: &str| !item.is_empty() && item.bytes().all(|b| b.is_ascii_digit());
    !shown.split('[').skip(1).any(|list| list.split(", ").next().is_some_and(is_number))
}

/// What parses is written as something that parses as the same, and shown as text.
fn check<H>(value: &'static [u8])
where
    H: TypedHeader<'static> + fmt::Display + fmt::Debug + PartialEq,
{
    match H::parse(value) {
        Ok(parsed) => {
            assert!(is_readable(&format!("{parsed:?}")), "{parsed:?}");
            let written = parsed.to_string();
            let again = H::parse(written.clone().into_bytes().leak());
            assert_eq!(again.as_ref(), Ok(&parsed), "{:?} {written:?}", H::NAME);
            assert_eq!(again.map(|again| again.to_string()), Ok(written));
        }
        Err(error) => {
            assert_eq!(error.kind, ParseErrorKind::Value);
            assert!(error.offset <= value.len(), "{:?} {error:?}", H::NAME);
        }
    }
}

macro_rules! each_header {
    ($($name:ident)*) => {
        #[allow(elided_lifetimes_in_paths, reason = "some of the types have no lifetime")]
        fn check_each(value: &'static [u8]) {
            $(check::<$name>(value);)*
        }

        #[test]
        fn every_known_header_has_a_typed_form() {
            let typed = [$($name::NAME),*];
            let untyped: Vec<_> = KNOWN.iter().filter(|name| !typed.contains(name)).collect();
            assert_eq!((untyped, typed.len()), (vec![], KNOWN.len()));
            for name in SECTION_20 {
                assert!(typed.contains(&HeaderName::from_bytes(name)), "{name}");
            }
        }
    };
}

each_header! {
    Accept AcceptContact AcceptEncoding AcceptLanguage AcceptResourcePriority AlertInfo Allow
    AllowEvents AnswerMode AuthenticationInfo Authorization CSeq CallId CallInfo Contact
    ContentDisposition ContentEncoding ContentLanguage ContentLength ContentType Date Diversion
    ErrorInfo Event Expires FeatureCaps FlowTimer From Geolocation HistoryInfo Identity
    IdentityInfo InReplyTo InfoPackage Join MaxBreadth MaxForwards MimeVersion MinExpires MinSe
    Organization PAccessNetworkInfo PAssertedIdentity PAssertedService PAssociatedUri
    PCalledPartyId PChargingFunctionAddresses PChargingVector PEarlyMedia PPreferredIdentity
    PPreferredService PProfileKey PServedUser PUserDatabase PVisitedNetworkId Path Priority
    Privacy ProxyAuthenticate ProxyAuthorization ProxyRequire RAck RSeq Reason RecordRoute
    RecvInfo ReferSub ReferTo ReferredBy RejectContact Replaces ReplyTo RequestDisposition Require
    ResourcePriority RetryAfter Route SecurityClient SecurityServer SecurityVerify Server
    ServiceRoute SessionExpires SessionId SipETag SipIfMatch Subject SubscriptionState Supported
    TargetDialog Timestamp To Unsupported UserAgent UserToUser Via Warning WwwAuthenticate
}

const SECTION_20: [&str; 44] = [
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "Alert-Info",
    "Allow",
    "Authentication-Info",
    "Authorization",
    "Call-ID",
    "Call-Info",
    "Contact",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Type",
    "CSeq",
    "Date",
    "Error-Info",
    "Expires",
    "From",
    "In-Reply-To",
    "Max-Forwards",
    "Min-Expires",
    "MIME-Version",
    "Organization",
    "Priority",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Require",
    "Record-Route",
    "Reply-To",
    "Require",
    "Retry-After",
    "Route",
    "Server",
    "Subject",
    "Supported",
    "Timestamp",
    "To",
    "Unsupported",
    "User-Agent",
    "Via",
    "Warning",
    "WWW-Authenticate",
];

proptest! {
    #[test]
    fn what_parses_is_written_as_what_it_was(value in likely()) {
        check_each(value.into_bytes().leak());
    }

    #[test]
    fn digest_parameters_are_written_as_what_they_were(
        params in vec(("[a-z*]{1,5}", "[ \t]?=( |\r\n )?", "([a-zA-Z0-9/:][a-zA-Z0-9/=:]{0,8}|\"[a-z ,=;]{0,9}\")"), 1..6),
        comma in "[ \t]?,[ \t]?",
    ) {
        let params: Vec<_> =
            params.into_iter().map(|(name, equals, value)| name + &equals + &value).collect();
        let value = format!("Digest {}", params.join(&comma));
        prop_assert_eq!(Authorization::parse(value.as_bytes()).unwrap().params.iter().count(), params.len());
        check_each(value.into_bytes().leak());
    }

    #[test]
    fn no_bytes_panic_in_any_header(bytes in vec(any::<u8>(), 0..60)) {
        macro_rules! parse_each {
            ($($name:ident)*) => {
                $(if let Err(error) = $name::parse(&bytes) {
                    prop_assert!(error.offset <= bytes.len());
                })*
            };
        }
        parse_each! {
            Accept AcceptLanguage AuthenticationInfo Authorization CallInfo Date InReplyTo
            RetryAfter Server Subject Timestamp Warning WwwAuthenticate
        }
    }

    #[test]
    fn uris_are_equivalent_both_ways_and_to_themselves(a in any_uri(), b in any_uri(), c in any_uri()) {
        let parsed = [&a, &b, &c].map(|text| Uri::parse(text.as_bytes()).unwrap());
        let [x, y, z] = &parsed;
        prop_assert!(x.equivalent(x));
        prop_assert_eq!(x.equivalent(y), y.equivalent(x));
        // Only SIP's rules are not transitive.
        if !x.is_sip() && x.equivalent(y) && y.equivalent(z) {
            prop_assert!(x.equivalent(z), "{} {} {}", a, b, c);
        }
    }

    #[test]
    fn no_text_panics_as_a_uri_or_a_number(text in "(tel:|sip:|urn:|cid:)?[-+0-9a-f*#%.;=?&@:()ext]{0,20}") {
        if let Ok(uri) = Uri::parse(text.as_bytes()) {
            prop_assert!(uri.equivalent(&uri));
            prop_assert!(uri.plain_user().is_none_or(|user| user.len() <= text.len()));
            prop_assert!(uri.headers().count() <= text.len());
            prop_assert!(uri.content_id().is_none_or(|id| id.len() <= text.len()));
            prop_assert!(uri.urn().is_none_or(|(namespace, name)| !namespace.is_empty() && !name.is_empty()));
            let _ = uri.telephone_subscriber();
        }
        match TelephoneSubscriber::parse(text.as_bytes()) {
            Ok(number) => prop_assert!(!number.digits().is_empty()),
            Err(error) => prop_assert!(error.offset <= text.len()),
        }
    }
}

/// URIs of every kind that are often equivalent.
fn any_uri() -> impl Strategy<Value = String> {
    let pick = |items: &'static [&'static str]| prop::sample::select(items);
    let tel = (
        pick(&["tel:", "TEL:"]),
        pick(&["12", "1-2", "+12", "+(1)2", "%2B12", "1%32", "*%23", "a", "A"]),
        vec(
            pick(&[
                ";ext=5",
                ";EXT=5-",
                ";phone-context=+1",
                ";phone-context=+(1)",
                ";x",
                ";x=A",
                ";X=a",
            ]),
            0..3,
        ),
    )
        .prop_map(|(scheme, number, params)| format!("{scheme}{number}{}", params.concat()));
    let urn = (
        pick(&["urn:", "URN:"]),
        pick(&["uuid:", "UUID:", "example:", "x"]),
        pick(&["a", "A", "%2c", "%2C", ",", "a?+b", "a?=c"]),
    )
        .prop_map(|(scheme, namespace, name)| format!("{scheme}{namespace}{name}"));
    let sip = (
        pick(&["sip:", "SIP:", "sips:"]),
        pick(&["", "a@", "%61@", "A@", "a:@", "a:%41@"]),
        pick(&["b", "B", "b.", "b:5060", "[::1]", "[0::1]"]),
        vec(pick(&[";x=1", ";X=%31", ";x", ";lr", ";transport=udp", ";ttl=1", ";gr"]), 0..3),
        pick(&["", "?a=b", "?A=%62", "?a=b&c=", "?c=&a=b"]),
    )
        .prop_map(|(scheme, user, host, params, headers)| {
            format!("{scheme}{user}{host}{}{headers}", params.concat())
        });
    let other = pick(&["http://a/b", "HTTP://a/b", "http://A/b", "cid:a@b", "CID:a@b"])
        .prop_map(str::to_owned);
    prop_oneof![tel, urn, sip, other]
}
