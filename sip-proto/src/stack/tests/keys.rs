//! Keys as text.

use proptest::prelude::*;

use super::*;
use crate::stack::KeyError;
use crate::{ClientId, HeaderName};

fn asked(via: &str) -> Request {
    let mut request = request(Method::Options, 0, 1);
    request.push_front(HeaderName::Via, via.to_owned());
    request
}

#[test]
fn the_key_of_a_request_is_that_of_its_responses() {
    for (via, expected) in [
        ("SIP/2.0/UDP Host.Example:5070;branch=z9hG4bKabc", "z9hG4bKabc|OPTIONS|host.example:5070"),
        ("SIP/2.0/TCP 192.0.2.9;branch=z9hG4bKabc;rport", "z9hG4bKabc|OPTIONS|192.0.2.9"),
        ("SIP/2.0/UDP [2001:DB8::1]:5060;branch=z9hG4bK1", "z9hG4bK1|OPTIONS|[2001:db8::1]:5060"),
    ] {
        let request = asked(via);
        let key = ServerKey::of(&request).expect("a complete request");
        assert_eq!(key.to_string(), expected);
        assert_eq!(expected.parse(), Ok(key.clone()), "{expected}");
        assert_eq!(expected.parse(), Ok(Key::Server(key.clone())));
        let mut response = Response::to(&request, StatusCode::OK);
        response.set_to_tag("9");
        assert_eq!(ServerKey::of(&response), Ok(key));
    }
}

/// RFC 3261 section 17.2.3, the second half: there the branch says nothing.
#[test]
fn without_the_cookie_the_rest_of_the_request_makes_the_key() {
    let key = |via: &str, call_id: &str| {
        let mut request = asked(via);
        request.set(HeaderName::CallId, call_id.to_owned());
        let key = ServerKey::of(&request).expect("a complete request");
        assert_eq!(ServerKey::of(&Response::to(&request, StatusCode::OK)), Ok(key.clone()));
        assert_eq!(key.to_string().parse(), Ok(key.clone()));
        key
    };
    let original = key("SIP/2.0/UDP host;branch=1", "a");
    assert!(original.branch().starts_with("rfc2543-"), "{original}");
    assert_eq!(original, key("SIP/2.0/UDP host;branch=1", "a"));
    assert_ne!(original, key("SIP/2.0/UDP host;branch=2", "a"));
    assert_ne!(original, key("SIP/2.0/UDP host", "a"));
    assert_ne!(original, key("SIP/2.0/UDP host;branch=1", "b"));
    // What could not be printed counts as no branch.
    assert!(key("SIP/2.0/UDP host;branch=\"z9hG4bK|\"", "a").branch().starts_with("rfc2543-"));
}

#[test]
fn what_is_no_key_is_said_to_be_none() {
    for text in [
        "",
        "|",
        "||",
        "own-1|INVITE",
        "own-00000000000000FF|INVITE",
        "own-00000000000000ff|",
        "z9hG4bK1|INVITE",
        "z9hG4bK1|INVITE|",
        "z9hG4bK1||host",
        "z9hG4bK1|INVITE|host;branch=2",
        "z9hG4bK1|INVITE|host:99999",
        "z9hG4bK1|IN VITE|host",
        "z9hG4bK1|INVITE|host|more",
    ] {
        assert_eq!(text.parse::<Key>(), Err(KeyError), "{text}");
    }
}

proptest! {
    #[test]
    fn any_client_key_comes_back(id: u64, method in "[A-Z]{1,12}") {
        let key = ClientKey::new(ClientId(id), Method::from_bytes(method));
        prop_assert_eq!(key.to_string().parse(), Ok(Key::Client(key)));
    }

    #[test]
    fn any_text_is_read_without_harm(text in "\\PC{0,40}") {
        if let Ok(key) = text.parse::<Key>() {
            prop_assert_eq!(key.to_string().parse(), Ok(key));
        }
    }
}
