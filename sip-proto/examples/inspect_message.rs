//! Shows what is in a message, what is wrong with it, and what its body says.
//!
//! ```text
//! cargo run -p sip-proto --example inspect_message            # three messages of its own
//! cargo run -p sip-proto --example inspect_message -- FILE    # one message from a file
//! ```
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "an example is a program of its own: it prints and has arguments"
)]

use std::error::Error;

use bytes::Bytes;
use sip_proto::message::body::Sdp;
use sip_proto::message::{Contact, From, TypedHeader, Via};
use sip_proto::{Limits, Message, SipMessage};

const INVITE: &str = "INVITE sip:bob@biloxi.example SIP/2.0\r\n\
    Via: SIP/2.0/UDP proxy.example;branch=z9hG4bK77, SIP/2.0/TCP 192.0.2.4;branch=z9hG4bK1\r\n\
    Max-Forwards: 69\r\n\
    From: \"Alice\" <sip:alice@atlanta.example>;tag=1928\r\n\
    To: <sip:bob@biloxi.example>\r\n\
    Call-ID: a84b4c76e66710\r\n\
    CSeq: 314159 INVITE\r\n\
    Contact: <sip:alice@192.0.2.4;transport=tcp>\r\n\
    Content-Type: application/sdp\r\n\r\n\
    v=0\r\no=- 1 1 IN IP4 192.0.2.4\r\ns=-\r\nc=IN IP4 192.0.2.4\r\nt=0 0\r\n\
    m=audio 49170 RTP/AVP 0 8\r\na=sendonly\r\n";

fn main() -> Result<(), Box<dyn Error>> {
    if let Some(path) = std::env::args().nth(1).filter(|argument| argument != "--demo") {
        return inspect(std::fs::read(path)?.into());
    }
    inspect(INVITE.into())?;
    println!();
    inspect(INVITE.replace("tag=1928", "tag=1928;;").replace("314159 INVITE", "1 ACK").into())?;
    println!();
    inspect(INVITE.replace("Call-ID:", "Call-ID").into())
}

fn inspect(bytes: Bytes) -> Result<(), Box<dyn Error>> {
    let limits = Limits::default();
    let message = match SipMessage::parse(bytes.clone(), &limits) {
        Ok(message) => message,
        Err(error) => {
            println!("no SIP message: {}", error.in_text(&bytes));
            return Ok(());
        }
    };
    println!("{message:#?}");
    let faults: Vec<_> = match &message {
        SipMessage::Request(request) => request.faults().collect(),
        SipMessage::Response(response) => response.faults().collect(),
    };
    for fault in faults {
        println!("fault: {fault}");
    }
    let headers = message.headers();
    show::<Via<'_>>(headers);
    show::<From<'_>>(headers);
    show::<Contact<'_>>(headers);
    if let Some(body) = headers.body_of_type("application", "sdp", &limits)? {
        let session = Sdp::parse(&body)?;
        for media in session.media() {
            println!("{} on port {}, {}", media.kind, media.port, media.direction());
        }
        println!("puts on hold: {}", session.is_on_hold());
    }
    Ok(())
}

/// Each header of a type, or where it is wrong.
fn show<'a, H: TypedHeader<'a>>(message: &'a Message) {
    for element in message.list(&H::NAME) {
        match H::parse(element) {
            Ok(header) => println!("{}: {header}", H::NAME),
            Err(error) => println!("{}: {}", H::NAME, error.in_text(element)),
        }
    }
}
