//! Properties that hold for every extension header: what it is written as reads as itself.

use proptest::prelude::*;

use super::*;

/// Each type with heads that its grammar allows before parameters.
macro_rules! with_every_header {
    ($do:ident $($arg:expr),*) => {
        with_every_header!(@ $do ($($arg),*)
            AcceptContact ["*"] AnswerMode ["Auto"] Diversion ["<sip:a@b>"] Event ["a.b"]
            FeatureCaps ["*"] Geolocation ["<cid:a@b>"] HistoryInfo ["\"A\" <sip:a@b?x=y>"]
            Identity ["a.b.c;info=<cid:a>"] IdentityInfo ["<https://a>"] InfoPackage ["P"]
            Join ["a@b;to-tag=1;from-tag=2"] MinSe ["90"] PAccessNetworkInfo ["ADSL"]
            PAssertedIdentity ["tel:+1"] PAssociatedUri ["<sip:a@b>"] PCalledPartyId ["A <sip:a@b>"]
            PChargingFunctionAddresses ["ccf=a"] PChargingVector ["icid-value=\"a\""]
            PPreferredIdentity ["sip:a@b"] PProfileKey ["sip:a@b"] PServedUser ["<sip:a@b>"]
            PUserDatabase ["<aaa://a>"] PVisitedNetworkId ["\"a, b\""] Reason ["SIP"]
            RecvInfo ["P"] ReferSub ["true"] ReferTo ["<sip:a@b>"] ReferredBy ["sip:a@b"]
            RejectContact ["*"] Replaces ["a@b;to-tag=1;from-tag=2"] SecurityClient ["tls"]
            SecurityServer ["tls"] SecurityVerify ["tls"] ServiceRoute ["<sip:a@b;lr>"]
            SessionExpires ["1800"] SessionId ["00000000000000000000000000000000"]
            SubscriptionState ["active"] TargetDialog ["a@b;local-tag=1;remote-tag=2"]
            UserToUser ["56a390"]
        )
    };
    (@ $do:ident $args:tt $($name:ident [$head:literal])*) => {
        $($do!($name $head $args);)*
    };
}

macro_rules! without_parameters {
    ($do:ident $args:tt) => {
        $do!(AcceptResourcePriority "wps.0" $args);
        $do!(AllowEvents "a.b" $args);
        $do!(FlowTimer "60" $args);
        $do!(MaxBreadth "60" $args);
        $do!(PAssertedService "urn:urn-7:a" $args);
        $do!(PEarlyMedia "gated" $args);
        $do!(PPreferredService "urn:urn-7:a" $args);
        $do!(Privacy "id;none" $args);
        $do!(RAck "1 2 INVITE" $args);
        $do!(RSeq "1" $args);
        $do!(RequestDisposition "fork" $args);
        $do!(ResourcePriority "wps.0" $args);
        $do!(SipETag "a" $args);
        $do!(SipIfMatch "a" $args);
    };
}

/// A head with a tail of parameters reads, and comes back as it was written.
macro_rules! accepted {
    ($name:ident $head:literal ($tail:expr)) => {{
        let text = format!("{}{}", $head, $tail);
        let parsed = $name::parse(text.as_bytes());
        let parsed = parsed.unwrap_or_else(|error| panic!("{} {text:?}: {error}", $name::NAME));
        let written = parsed.to_string();
        assert_eq!($name::parse(written.as_bytes()), Ok(parsed), "{text:?}");
    }};
}

/// Whatever reads comes back; an error is inside the text.
macro_rules! any_text {
    ($name:ident $head:literal ($text:expr)) => {{
        for text in [$text.to_string(), format!("{}{}", $head, $text)] {
            match $name::parse(text.as_bytes()) {
                Ok(parsed) => {
                    let written = parsed.to_string();
                    assert_eq!($name::parse(written.as_bytes()), Ok(parsed), "{text:?}");
                }
                Err(error) => assert!(error.offset <= text.len(), "{text:?}: {error:?}"),
            }
        }
    }};
}

/// No byte makes a parser panic.
macro_rules! any_bytes {
    ($name:ident $head:literal ($bytes:expr)) => {{
        let mut value = $head.as_bytes().to_vec();
        value.extend_from_slice($bytes);
        for value in [$bytes, &value[..]] {
            if let Err(error) = $name::parse(value) {
                assert!(error.offset <= value.len());
            }
        }
    }};
}

fn space() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "", "", " ", "\t", "\r\n ", "  "]).prop_map(str::to_string)
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9.!%*_+`'~-]{1,8}",
        "[0-9]{1,24}",
        "\"([ -!#-\\[\\]-~\u{e4}\u{20ac}]|\\\\[ -~]){0,8}\"",
        Just("[2001:db8::1]".to_string()),
    ]
}

fn name() -> impl Strategy<Value = String> {
    // Not the tags of a dialog, which must not be there twice.
    const KNOWN: [&str; 12] = [
        "require",
        "refresher",
        "cause",
        "text",
        "reason",
        "expires",
        "retry-after",
        "q",
        "index",
        "cid",
        "id",
        "+sip.instance",
    ];
    prop_oneof![prop::sample::select(KNOWN.to_vec()).prop_map(str::to_string), "x[a-z-]{0,6}"]
}

/// `*( SEMI generic-param )`, spaced in all ways that are allowed.
fn tail() -> impl Strategy<Value = String> {
    let value = prop::option::of((space(), space(), value()));
    let param = (space(), space(), name(), value).prop_map(|(before, after, name, value)| {
        let value = value
            .map_or_else(String::new, |(before, after, value)| format!("{before}={after}{value}"));
        format!("{before};{after}{name}{value}")
    });
    (prop::collection::vec(param, 0..5), space()).prop_map(|(params, end)| params.concat() + &end)
}

/// Pieces of grammar in no order.
fn pieces() -> impl Strategy<Value = String> {
    const PIECES: [&str; 30] = [
        "<",
        ">",
        "\"",
        "\\",
        ";",
        "=",
        ",",
        ".",
        " ",
        "\r\n ",
        "*",
        "#",
        "!",
        "1",
        "a",
        "@",
        "sip:a@b",
        "<sip:a@b>",
        "\"x\"",
        ";a=b",
        "tag",
        ";info=<a:b>",
        "urn:urn-7:",
        "\u{e4}",
        ";to-tag=1",
        ";from-tag=2",
        ";local-tag=3",
        ";remote-tag=4",
        "icid-value=1",
        "true",
    ];
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..12)
        .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn parameters_of_any_shape_come_back(tail in tail()) {
        with_every_header!(accepted tail);
    }

    #[test]
    fn what_reads_comes_back(text in pieces()) {
        with_every_header!(any_text text);
        without_parameters!(any_text (text));
    }

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        with_every_header!(any_bytes &bytes[..]);
        without_parameters!(any_bytes (&bytes[..]));
    }
}
