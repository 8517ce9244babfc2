//! What an application hears of whole exchanges.

use super::*;
use crate::HeaderName;
use crate::stack::SendError;

/// Only what starts a transaction is answered by itself here.
fn ok(method: &Method) -> Option<StatusCode> {
    (*method != Method::Cancel).then_some(StatusCode::OK)
}

fn ringing(method: &Method) -> Option<StatusCode> {
    (*method == Method::Invite).then_some(StatusCode::RINGING)
}

#[test]
fn a_request_is_answered() {
    let mut wire = Wire::new(2);
    wire.act(1, |core, _| core.answer = Some(ok));
    let key = wire.act(0, |_, cx| cx.send(request(Method::Options, 0, 1)));
    let Ok(Some(Key::Client(key))) = key else { panic!("a key: {key:?}") };
    assert_eq!(wire.heard(0), ["200 (OPTIONS)"]);
    let (response, answered) = &wire.stacks[0].core().responses[0];
    assert_eq!(answered.as_ref(), Some(&key));
    assert!(!response.has(&HeaderName::Via), "our own is removed");
    let (_, asked) = &wire.stacks[1].core().requests[0];
    let asked = asked.as_ref().expect("a key").to_string();
    assert_eq!(wire.heard(1), [format!("OPTIONS ({asked})")]);
    assert!(asked.starts_with("z9hG4bK") && asked.ends_with("|OPTIONS|192.0.2.1:5060"), "{asked}");
    assert_eq!((wire.stacks[0].keys(), wire.stacks[1].keys()), (1, 1));
    wire.run_out();
    assert_eq!((wire.stacks[0].keys(), wire.stacks[1].keys()), (0, 0));
}

/// RFC 3261 section 13.2.2.4: the ACK to a 2xx is the application's, and has no transaction.
#[test]
fn a_call_is_set_up_and_ended() {
    let mut wire = Wire::new(2);
    wire.act(1, |core, _| core.answer = Some(ok));
    wire.act(0, |_, cx| cx.send(request(Method::Invite, 0, 1))).expect("a call");
    let tagged = wire.stacks[0].core().responses[0].0.value(&HeaderName::To);
    let tagged = String::from_utf8(tagged.expect("a To").to_vec()).expect("text");
    let next = |method, cseq| {
        let builder = Request::builder(method, format!("sip:{}", address(1)));
        let builder = builder.from(format!("<sip:n0@{}>;tag=1", address(0))).to(&tagged);
        builder.call_id("call").cseq(cseq).build()
    };
    assert_eq!(wire.act(0, |_, cx| cx.send(next(Method::Ack, 1))), Ok(None));
    assert_eq!(wire.heard(1).last(), Some(&"ACK (no key)"));
    wire.act(0, |_, cx| cx.send(next(Method::Bye, 2))).expect("the end of it");
    assert_eq!(wire.heard(0), ["200 (INVITE)", "200 (BYE)"]);
}

/// RFC 3261 section 9: who cancels and who is cancelled each deal with one key only.
#[test]
fn a_call_is_cancelled() {
    let mut wire = Wire::new(2);
    wire.act(1, |core, _| core.answer = Some(ringing));
    let key = wire.act(0, |_, cx| cx.send_to(request(Method::Invite, 0, 1), via(1)));
    let key = key.expect("a call").expect("a key");
    wire.act(0, |_, cx| cx.cancel(&key, Some("SIP;cause=200".into())));
    let callee = wire.stacks[1].core();
    let [(invite, invited), (cancel, cancelled)] = callee.requests.as_slice() else {
        panic!("an INVITE and its CANCEL: {:?}", wire.heard(1));
    };
    assert_eq!(*cancel.method(), Method::Cancel);
    assert_eq!(cancel.value(&HeaderName::Reason), Some(&b"SIP;cause=200"[..]));
    assert_eq!(cancelled, invited, "the key is the INVITE's");
    let invite = invite.clone();
    wire.act(1, |_, cx| cx.reply(&invite, StatusCode::REQUEST_TERMINATED)).expect("unanswered");
    assert_eq!(wire.heard(0), ["180 (INVITE)", "487 (INVITE)"]);
}

#[test]
fn what_cannot_be_sent_is_refused_with_a_reason() {
    let mut wire = Wire::new(2);
    let cancel = request(Method::Cancel, 0, 1);
    assert_eq!(wire.act(0, |_, cx| cx.send(cancel)), Err(SendError::Cancel));
    let mut untagged = request(Method::Options, 0, 1);
    untagged.set(HeaderName::From, "<sip:n0@192.0.2.1>");
    let refused = wire.act(0, |_, cx| cx.send(untagged)).expect_err("no tag");
    assert_eq!(refused.to_string(), "malformed message: From Without Tag");
    let mut stray = request(Method::Options, 0, 1);
    stray.push_front(HeaderName::Via, "SIP/2.0/UDP host;branch=z9hG4bK1");
    let stray = Response::to(&stray, StatusCode::OK);
    assert_eq!(wire.act(0, |_, cx| cx.send(stray)), Err(SendError::NoTransaction));
    assert_eq!((wire.stacks[0].keys(), wire.stacks[0].endpoint().counts().timers), (0, 0));
}

#[test]
fn nobody_answers() {
    let mut wire = Wire::new(2);
    wire.up = false;
    wire.act(0, |_, cx| cx.send(request(Method::Options, 0, 1))).expect("it leaves");
    wire.run_out();
    assert_eq!(wire.heard(0), ["timed out (OPTIONS)"]);
    assert_eq!(wire.stacks[0].keys(), 0);
}

#[test]
fn a_terminated_transaction_is_not_heard_of() {
    let mut wire = Wire::new(2);
    let key = wire.act(0, |_, cx| cx.send(request(Method::Invite, 0, 1)));
    let key = key.expect("a call").expect("a key");
    let (invite, invited) = wire.stacks[1].core().requests[0].clone();
    // Over, and over again; and by the printed key.
    for _ in 0..2 {
        let key: Key = key.to_string().parse().expect("a printed key");
        let now = wire.now;
        wire.stacks[0].terminate(now, &key);
        let key = Key::from(invited.clone().expect("an INVITE has a key"));
        wire.stacks[1].terminate(now, &key);
    }
    let answer = wire.act(1, |_, cx| cx.reply(&invite, StatusCode::OK));
    assert_eq!(answer, Err(SendError::NoTransaction));
    for stack in &wire.stacks {
        let counts = stack.endpoint().counts();
        assert_eq!(
            (counts.client_transactions, counts.server_transactions, stack.keys()),
            (0, 0, 0)
        );
    }
    assert_eq!(wire.heard(0), [""; 0]);
}

#[test]
fn the_program_around_asks_and_is_told() {
    let mut wire = Wire::new(2);
    wire.act(1, |core, _| core.answer = Some(ok));
    let now = wire.now;
    wire.stacks[0].handle_input(now, Input::App(request(Method::Options, 0, 1)));
    wire.settle();
    assert_eq!(wire.told, ["true"]);
    assert_eq!(wire.heard(0), ["200 (OPTIONS)"]);
}

#[test]
fn an_alarm_goes_off_once() {
    let mut wire = Wire::new(1);
    wire.act(0, |_, cx| cx.set_alarm(Some(Instant::from_secs(5))));
    wire.act(0, |_, cx| cx.set_alarm(Some(Instant::from_secs(7))));
    wire.run_out();
    assert_eq!(wire.heard(0), ["alarm at 7 s"]);
}
