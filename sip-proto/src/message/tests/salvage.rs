use super::*;

const START: &str = "INVITE sip:b SIP/2.0";
const GOOD: [&str; 5] = [
    "Via: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b",
    "From: <sip:a>;tag=1",
    "t: <sip:b>",
    "Call-ID: 1",
    "CSeq: 1 INVITE",
];

/// The answer to a request with this start line and these lines after the good ones.
fn answer(start: &str, bad: &[&str]) -> Option<String> {
    let all: Vec<_> = [start].iter().chain(&GOOD).chain(bad).copied().collect();
    salvaged(lines(&all).as_bytes())
}

fn salvaged(text: &[u8]) -> Option<String> {
    let bytes = Bytes::copy_from_slice(text);
    let error = SipMessage::parse(bytes.clone(), &Limits::default()).expect_err("parsed");
    let answer = Request::salvage(&bytes, &error)?;
    assert_eq!(answer.status(), error.kind.status());
    response(answer.to_bytes());
    Some(String::from_utf8(answer.to_bytes().to_vec()).unwrap())
}

#[test]
fn a_broken_request_gets_the_status_of_its_fault() {
    let headers = "Via: SIP/2.0/UDP a;branch=z9hG4bK1, SIP/2.0/UDP b\r\nFrom: <sip:a>;tag=1\r\n\
                   To: <sip:b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
    let bad_request = format!("SIP/2.0 400 Bad Request\r\n{headers}");
    assert_eq!(answer(START, &["no colon"]), Some(bad_request.clone()));
    assert_eq!(answer(START, &["l: 99"]), Some(bad_request.clone()));
    assert_eq!(answer(START, &["A: lone\nLF"]), Some(bad_request.clone()));
    assert_eq!(answer("INVITE sip:b; lr SIP/2.0", &[]), Some(bad_request.clone()));
    assert_eq!(answer("\r\n\r\nINVITE  sip:b SIP/2.0", &[]), Some(bad_request));
    assert_eq!(
        answer("INVITE sip:b SIP/7.0", &[]),
        Some(format!("SIP/2.0 505 Version Not Supported\r\n{headers}"))
    );
    let long = format!("Subject: {}", "x".repeat(9_000));
    assert_eq!(
        answer(START, &[&long]),
        Some(format!("SIP/2.0 513 Message Too Large\r\n{headers}"))
    );
    // RFC 3261 section 21.4.11.
    let body = "x".repeat(Limits::default().body_bytes_max + 1);
    assert_eq!(
        answer(START, &[&format!("l: {}", body.len()), "", &body]),
        Some(format!("SIP/2.0 413 Request Entity Too Large\r\n{headers}"))
    );
}

#[test]
fn the_empty_line_may_be_what_is_missing() {
    let text = lines(&[&[START], &GOOD[..]].concat());
    let cut = &text[..text.len() - 2];
    assert!(salvaged(cut.as_bytes()).unwrap().starts_with("SIP/2.0 400 "));
}

#[test]
fn no_answer_is_owed_or_possible() {
    assert_eq!(answer("SIP/2.0 20 OK", &[]), None, "to a response");
    assert_eq!(answer("ACK sip:b SIP/2.0", &["no colon"]), None, "to an ACK");
    for missing in GOOD {
        let mut all = vec![START, "no colon"];
        all.extend(GOOD.iter().filter(|line| **line != missing));
        assert_eq!(salvaged(lines(&all).as_bytes()), None, "without {missing}");
    }
    let no_via = ["INVITE", "v: gibberish", GOOD[1], GOOD[2], GOOD[3], GOOD[4]];
    assert_eq!(salvaged(lines(&no_via).as_bytes()), None, "the top Via leads nowhere");
    let flood = format!("{}\r\nbad", vec![GOOD[0]; 300].join("\r\n"));
    assert_eq!(answer(START, &[&flood]), None, "nobody is owed a reflection of a flood");
    for garbage in [&b""[..], b"\0\0\0\0", b"\r\n\r\n", b"\xff\xfe\n\n:", b"x\n y\n z"] {
        assert_eq!(salvaged(garbage), None);
    }
}

#[test]
fn what_is_copied_is_the_first_of_each() {
    let twice = answer(START, &["From: <sip:evil>", "i: 2", "no colon"]).unwrap();
    assert!(!twice.contains("evil") && !twice.contains(": 2"), "{twice}");
}
