use super::super::{HeaderName, MaxForwards, Message, Method, StatusCode, Via};
use super::*;

const INVITE: &str = "INVITE sip:bob@b.example SIP/2.0\r\n\
    Via: SIP/2.0/UDP p1,SIP/2.0/UDP p2 , SIP/2.0/UDP p3\r\n\
    v : SIP/2.0/UDP\r\n  a.example;branch=z9hG4bKa\r\n\
    Max-Forwards:70\r\n\
    Route: <sip:us;lr>, <sip:next;lr>\r\n\
    X-Odd:  as it  was \r\n\
    subject: one\r\n two\r\n\
    X-odd: again\r\n\
    Content-Length:   4\r\n\r\nbody";

fn invite() -> Request {
    request(INVITE)
}

/// What is written must read, once parsed again, as the edited view did.
#[track_caller]
fn assert_consistent(edited: &Request) -> String {
    let bytes = edited.to_bytes();
    assert_eq!(bytes.len(), edited.encoded_len());
    let again = request(&bytes);
    assert_eq!(fields(edited), fields(&again));
    assert_eq!(edited.uri_bytes(), again.uri_bytes());
    assert_eq!(edited.method(), again.method());
    assert_eq!(edited.body(), again.body());
    let mut detached = edited.clone();
    detached.detach();
    assert_eq!(detached.to_bytes(), bytes);
    assert_eq!(fields(&detached), fields(edited));
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn texts(message: &Message, name: &HeaderName) -> Vec<String> {
    message.list(name).map(|value| String::from_utf8_lossy(value).into_owned()).collect()
}

#[test]
fn without_edits_everything_leaves_as_it_came() {
    assert_eq!(assert_consistent(&invite()), INVITE);
}

#[test]
fn forwarding_touches_only_what_it_must() {
    // RFC 3261 section 16.6
    let mut request = invite();
    let hops = request.require::<MaxForwards>().unwrap().0;
    request.set(HeaderName::MaxForwards, (hops - 1).to_string());
    request.set_uri("sip:bob@192.0.2.7");
    request.push_front(HeaderName::RecordRoute, "<sip:us;lr>");
    assert!(request.pop_front(&HeaderName::Route).is_some());
    request.push_front(HeaderName::Via, "SIP/2.0/TCP us;branch=z9hG4bKus");
    let expected = INVITE
        .replace(
            "INVITE sip:bob@b.example SIP/2.0\r\n",
            "INVITE sip:bob@192.0.2.7 SIP/2.0\r\nVia: SIP/2.0/TCP us;branch=z9hG4bKus\r\n\
             Record-Route: <sip:us;lr>\r\n",
        )
        .replace("Max-Forwards:70", "Max-Forwards:69")
        .replace("<sip:us;lr>, <sip:next;lr>", "<sip:next;lr>");
    assert_eq!(assert_consistent(&request), expected);
}

#[test]
fn a_fork_shares_the_base_and_not_the_edits() {
    let original = invite();
    let mut forks = [original.clone(), original.clone()];
    forks[0].set_uri("sip:one");
    forks[1].set_uri("sip:two");
    assert_eq!(original.to_bytes(), INVITE);
    for (fork, uri) in forks.iter().zip(["sip:one", "sip:two"]) {
        assert_eq!(assert_consistent(fork), INVITE.replace("sip:bob@b.example", uri));
    }
}

#[test]
fn via_after_via_is_popped_and_the_rest_stays() {
    let mut request = invite();
    let via = HeaderName::Via;
    let all = texts(&request, &via);
    assert_eq!(all.len(), 4);
    for left in 1..=4 {
        assert!(request.pop_front(&via).is_some());
        assert_eq!(texts(&request, &via), all[left..]);
        assert_consistent(&request);
    }
    assert_eq!(request.pop_front(&via), None);
    assert_eq!(request.header::<Via<'_>>(), Ok(None));

    let mut request = invite();
    for left in (0..4).rev() {
        assert!(request.pop_back(&via).is_some());
        assert_eq!(texts(&request, &via), all[..left]);
        assert_consistent(&request);
    }
    assert_eq!(request.pop_back(&via), None);
}

#[test]
fn the_front_of_a_list_is_replaced_in_its_place() {
    let mut request = invite();
    let stamped = "SIP/2.0/UDP p1;received=192.0.2.1";
    request.replace_front(HeaderName::Via, stamped);
    assert_eq!(
        assert_consistent(&request),
        INVITE.replace("Via: SIP/2.0/UDP p1,", &format!("Via: {stamped},"))
    );
    request.replace_front(HeaderName::Via, "SIP/2.0/UDP p0");
    request.replace_front(HeaderName::Subject, "three, four");
    request.replace_front(HeaderName::Path, "<sip:p>");
    let written = assert_consistent(&request);
    assert!(written.contains("Via: SIP/2.0/UDP p0,SIP/2.0/UDP p2 ,"), "{written}");
    assert!(written.contains("\r\nsubject: three, four\r\n"), "{written}");
    assert!(written.contains("SIP/2.0\r\nPath: <sip:p>\r\n"), "{written}");
}

#[test]
fn set_leaves_exactly_one() {
    let odd = HeaderName::from_bytes("x-odd");
    let mut request = invite();
    request.push_front(odd.clone(), "front");
    request.push_front(odd.clone(), "foremost");
    request.push_back(odd.clone(), "back");
    assert_eq!(request.count(&odd), 5);
    assert_consistent(&request);
    request.set(odd.clone(), "only");
    assert_eq!(texts(&request, &odd), ["only"]);
    assert_eq!(fields(&request)[0], ("x-odd".into(), "only".into()), "in the first one's place");
    assert_consistent(&request);

    let mut request = invite();
    request.set(odd.clone(), "only");
    assert_eq!(
        assert_consistent(&request),
        INVITE.replace("X-Odd:  as it  was ", "X-Odd:  only").replace("X-odd: again\r\n", "")
    );
    request.set(HeaderName::Expires, "5");
    assert!(assert_consistent(&request).contains("Content-Length:   4\r\nExpires: 5\r\n\r\nbody"));
}

#[test]
fn remove_counts_what_it_removed() {
    let odd = HeaderName::from_bytes("x-odd");
    let mut request = invite();
    request.push_front(odd.clone(), "1");
    request.push_back(odd.clone(), "2");
    assert_eq!(request.remove(&odd), 4);
    assert_eq!(request.remove(&odd), 0);
    assert_eq!(request.remove(&HeaderName::Via), 2);
    assert_eq!(request.remove(&HeaderName::Priority), 0);
    let written = assert_consistent(&request);
    assert!(!written.contains("dd:") && !written.contains("UDP"), "{written}");
}

#[test]
fn edits_of_edits() {
    let mut request = invite();
    request.push_front(HeaderName::Route, "<sip:x>, <sip:y>");
    request.push_back(HeaderName::Route, "<sip:z>,<sip:last>");
    request.replace_front(HeaderName::Route, "<sip:w>");
    assert!(request.pop_back(&HeaderName::Route).is_some());
    assert_eq!(
        texts(&request, &HeaderName::Route),
        ["<sip:w>", "<sip:y>", "<sip:us;lr>", "<sip:next;lr>", "<sip:z>"]
    );
    assert_consistent(&request);
    for _ in 0..3 {
        assert!(request.pop_front(&HeaderName::Route).is_some());
    }
    request.replace_front(HeaderName::Route, "<sip:n>");
    assert_eq!(texts(&request, &HeaderName::Route), ["<sip:n>", "<sip:z>"]);
    assert_consistent(&request);
}

#[test]
fn values_of_ours_cannot_smuggle_in_lines() {
    let mut request = invite();
    request.push_front(HeaderName::Subject, " a\r\nEvil: 1 ");
    request.push_back(HeaderName::from_bytes("X-A\r\nEvil"), "b\nEvil: 2");
    request.set(HeaderName::MaxForwards, "1\rEvil: 3");
    request.set_uri("sip:x\r\nEvil: 4");
    assert_eq!(request.uri_bytes(), b"sip:x  Evil: 4");
    let written = String::from_utf8(request.to_bytes().to_vec()).unwrap();
    assert!(!written.contains("\nEvil"), "{written}");
    assert!(written.contains("Subject: a  Evil: 1\r\n"), "{written}");
}

#[test]
fn content_length_follows_the_body() {
    let mut request = invite();
    for name in ["l", "Content-Length"] {
        let name = HeaderName::from_bytes(name);
        request.set(name.clone(), "99");
        request.push_front(name.clone(), "99");
        request.push_back(name.clone(), "99");
        request.replace_front(name.clone(), "99");
        assert_eq!(request.remove(&name), 0);
        assert_eq!(request.pop_front(&name), None);
        assert_eq!(request.pop_back(&name), None);
    }
    request.set_body("text/plain", "a longer body");
    assert_eq!(request.body(), "a longer body");
    let written = assert_consistent(&request);
    assert!(written.contains("Content-Length:   13\r\n"), "{written}");
    assert!(written.ends_with("Content-Type: text/plain\r\n\r\na longer body"), "{written}");
    request.set_body("", "");
    assert!(assert_consistent(&request).ends_with("Content-Length:   0\r\n\r\n"));
    assert_eq!(request.count(&HeaderName::ContentType), 0);
}

#[test]
fn a_missing_content_length_is_added() {
    for (body, length) in [("", "0"), ("123456789", "9"), ("1234567890", "10")] {
        let request = request(format!("X a:b SIP/2.0\r\nv: x\r\n\r\n{body}"));
        assert_eq!(
            request.to_bytes(),
            format!("X a:b SIP/2.0\r\nv: x\r\nContent-Length: {length}\r\n\r\n{body}")
        );
        assert_eq!(request.to_bytes().len(), request.encoded_len());
    }
}

#[test]
fn equal_content_lengths_become_one_with_a_new_body() {
    let mut request = request("X a:b SIP/2.0\r\nl: 1\r\nContent-Length: 1\r\n\r\na");
    assert_eq!(request.to_bytes(), "X a:b SIP/2.0\r\nl: 1\r\nContent-Length: 1\r\n\r\na");
    request.set_body("a/b", "bc");
    assert_eq!(request.to_bytes(), "X a:b SIP/2.0\r\nl: 2\r\nContent-Type: a/b\r\n\r\nbc");
}

#[test]
fn a_detached_message_pins_no_receive_buffer() {
    let pooled = Bytes::from(INVITE.as_bytes().to_vec());
    let Ok(SipMessage::Request(mut request)) =
        SipMessage::parse(pooled.clone(), &Limits::default())
    else {
        panic!("{INVITE}");
    };
    request.push_front(HeaderName::from_bytes("X-New"), pooled.slice(..3));
    assert_eq!(fields(&request).len(), 9);
    assert!(!pooled.is_unique());
    request.detach();
    assert!(pooled.is_unique());
    assert_eq!(request.to_bytes(), INVITE.replacen("\r\n", "\r\nX-New: INV\r\n", 1));
}

#[test]
fn a_response_drops_the_via_of_who_forwards_it() {
    let text = "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP us, SIP/2.0/UDP them\r\n\
                Via: SIP/2.0/UDP phone\r\nTo: <sip:b>\r\nl: 0\r\n\r\n";
    let mut response = response(text);
    assert!(response.pop_front(&HeaderName::Via).is_some());
    assert_eq!(response.to_bytes(), text.replace("SIP/2.0/UDP us, ", ""));
    response.set_to_tag("x");
    response.set_to_tag("y");
    assert_eq!(response.value(&HeaderName::To), Some(&b"<sip:b>;tag=x"[..]));
    assert_eq!((response.status(), response.reason()), (StatusCode::RINGING, &b"Ringing"[..]));
    assert_eq!(*invite().method(), Method::Invite);
}

#[test]
fn a_reason_phrase_gets_the_space_it_needs() {
    for line in ["SIP/2.0 180", "SIP/2.0 180 ", "sip/2.0 180 Was"] {
        let mut ringing = response(lines(&[line, "l: 0"]));
        ringing.set_reason("Changed");
        assert_eq!(ringing.to_bytes(), "SIP/2.0 180 Changed\r\nl: 0\r\n\r\n", "{line}");
        assert_eq!((ringing.reason(), ringing.encoded_len()), (&b"Changed"[..], 29));
    }
}
