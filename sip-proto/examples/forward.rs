//! What a proxy does to a request and to its response, by hand (RFC 3261 sections 16.6 and 16.7).
//!
//! ```text
//! cargo run -p sip-proto --example forward
//! ```
#![allow(clippy::disallowed_macros, reason = "an example is a program of its own: it prints")]

use std::error::Error;

use sip_proto::message::{HeaderName, MaxForwards, RecordRoute, TypedHeader, Via};
use sip_proto::{Limits, Request, Response, Seed, SipMessage, StatusCode};

const INVITE: &str = "INVITE sip:bob@biloxi.example SIP/2.0\r\n\
    v:SIP/2.0/UDP   192.0.2.4:5060 ;branch=z9hG4bK1\r\n\
    Max-Forwards: 70\r\n\
    Route: <sip:proxy.example;lr>\r\n\
    From: <sip:alice@atlanta.example>;tag=1928\r\n\
    To: <sip:bob@biloxi.example>\r\n\
    Call-ID: a84b4c76e66710\r\n\
    CSeq: 1 INVITE\r\n\
    X-Unknown:  is   left alone\r\n\
    Content-Length: 0\r\n\r\n";

fn main() -> Result<(), Box<dyn Error>> {
    let SipMessage::Request(request) = SipMessage::parse(INVITE.into(), &Limits::default())? else {
        return Err("it starts with a method".into());
    };
    request.validate()?;
    let mut rng = Seed::from_u64(7).rng();

    // Both forks share the request as it came; each has its own edits.
    let first = fork(&request, "sip:bob@192.0.2.7", &rng.branch())?;
    let second = fork(&request, "sip:bob@192.0.2.8", &rng.branch())?;
    println!("{first}{second}");
    assert_eq!(request.to_bytes(), INVITE);

    // The callee answers; on the way back the proxy takes its own Via off.
    let mut answer = Response::to(&second, StatusCode::RINGING);
    answer.set_to_tag(&rng.tag());
    let own = answer.pop_front(&HeaderName::Via).ok_or("a Via")?;
    println!("taken off: {}", String::from_utf8_lossy(&own));
    println!("{answer}");
    let next: Via<'_> = answer.require()?;
    println!("goes to {} at port {}", next.host, next.port.unwrap_or(5060));
    Ok(())
}

fn fork(request: &Request, target: &str, branch: &str) -> Result<Request, Box<dyn Error>> {
    let hops = request.header::<MaxForwards>()?.map_or(70, |MaxForwards(hops)| hops);
    let hops = hops.checked_sub(1).ok_or("483 Too Many Hops")?;
    let mut fork = request.clone();
    fork.set_uri(target.to_owned());
    fork.set_typed(&MaxForwards(hops));
    fork.pop_front(&HeaderName::Route);
    fork.push_front_typed(&RecordRoute::parse(b"<sip:proxy.example;lr>")?);
    let via = format!("SIP/2.0/UDP proxy.example;branch={branch}");
    fork.push_front(HeaderName::Via, via);
    Ok(fork)
}
