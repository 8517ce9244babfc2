//! Replaces and Join (RFC 3891, RFC 3911).

use super::*;
use crate::Instant;
use crate::session::{Payload, joined, replaced};

const NOW: Instant = Instant::ZERO;

fn naming(name: HeaderName, value: String) -> Request {
    Request::builder(Method::Invite, "sip:alice@192.0.2.4").header(name, value).build()
}

#[test]
fn which_dialog_may_be_replaced() {
    // RFC 3891 section 3
    let (mut calling, token, request) = calling(alice(), invite());
    calling.handle_response(NOW, token, answer(&request, 180, "bob"));
    let confirmed = caller::established(alice());
    let mut ended = caller::established(alice());
    ended.hang_up(NOW, Payload::none()).unwrap();
    let ringing = ringing(bob(), &callee::arrived());
    let bobs_tag = ringing.dialogs().next().unwrap().id().local_tag.clone();
    let bobs_tag = String::from_utf8_lossy(&bobs_tag).into_owned();
    let alices = "call;to-tag=alice;from-tag=bob".to_owned();
    let early_only = format!("{alices};early-only");
    let bobs = format!("call;to-tag={bobs_tag};from-tag=alice");
    for (session, named, expected) in [
        (&calling, &alices, Ok(Some(7))),
        (&calling, &early_only, Ok(Some(7))),
        (&confirmed, &alices, Ok(Some(7))),
        (&confirmed, &early_only, Err(StatusCode::BUSY_HERE)),
        (&ended, &alices, Err(StatusCode::DECLINE)),
        (&ringing, &bobs, Err(StatusCode::CALL_DOES_NOT_EXIST)),
        (&ringing, &alices, Err(StatusCode::CALL_DOES_NOT_EXIST)),
    ] {
        let request = naming(HeaderName::Replaces, named.clone());
        assert_eq!(replaced(&request, [(7, session)]), expected, "{named}");
        if *named != early_only {
            let request = naming(HeaderName::Join, named.clone());
            assert_eq!(joined(&request, [(7, session)]), expected, "{named}");
        }
    }
}

#[test]
fn headers_that_are_wrong() {
    let session = caller::established(alice());
    let sessions = || [((), &session)];
    let value = || "call;to-tag=alice;from-tag=bob".to_owned();
    let mut twice = naming(HeaderName::Replaces, value());
    twice.push_back(HeaderName::Replaces, value());
    let mut with_join = naming(HeaderName::Replaces, value());
    with_join.push_back(HeaderName::Join, value());
    let in_other = Request::builder(Method::Options, "sip:alice@192.0.2.4")
        .header(HeaderName::Replaces, value())
        .build();
    let broken = naming(HeaderName::Replaces, "call".to_owned());
    for request in [twice, with_join, in_other, broken] {
        assert_eq!(replaced(&request, sessions()), Err(StatusCode::BAD_REQUEST), "{request:?}");
    }
    assert_eq!(replaced(&bare_invite(), sessions()), Ok(None));
    assert_eq!(joined(&bare_invite(), sessions()), Ok(None));
}
