//! Parses messages and shows what is in them, or where they are wrong.
//!
//! ```text
//! cargo run -p sip-proto --example parse_message
//! ```
#![allow(clippy::disallowed_macros, reason = "an example is a program of its own: it prints")]

use std::fmt;

use sip_proto::message::{From, HeaderName, To, TypedHeader, Via};
use sip_proto::{Limits, Message, ParseError, SipMessage};

const REGISTER: &str = "REGISTER sip:registrar.example SIP/2.0\r\n\
    v: SIP/2.0/UDP 192.0.2.4:5060;branch=z9hG4bKnashds7;rport\r\n\
    From: Bob <sip:bob@example.com>;tag=456248\r\n\
    To: Bob <sip:bob@example.com>\r\n\
    Call-ID: 843817637684230@998sdasdh09\r\n\
    CSeq: 1826 REGISTER\r\n\
    Contact: <sip:bob@192.0.2.4>;expires=7200\r\n\
    Content-Length: 0\r\n\r\n";

fn main() {
    show(REGISTER);
    show(&REGISTER.replace("CSeq:", "CSeq"));
    show(&REGISTER.replace(":5060;", ":5060;;"));
    show(&REGISTER.replace("SIP/2.0\r\nv", "SIP/3.0\r\nv"));
}

fn show(text: &str) {
    match SipMessage::parse(text.to_owned().into(), &Limits::default()) {
        Ok(message) => {
            match &message {
                SipMessage::Request(request) => {
                    println!("request {} to {}", request.method(), text_of(request.uri_bytes()));
                }
                SipMessage::Response(response) => println!("response {}", response.status()),
            }
            for header in message.headers().iter() {
                println!("  {}: {}", header.name, text_of(header.value));
            }
            show_typed::<Via<'_>>(message.headers());
            show_typed::<From<'_>>(message.headers());
            show_typed::<To<'_>>(message.headers());
        }
        Err(error) => {
            println!("no SIP message:");
            point_at(text.as_bytes(), error);
        }
    }
    println!();
}

/// The first header of a type, or where its value is wrong.
fn show_typed<'a, H: TypedHeader<'a> + fmt::Debug>(message: &'a Message) {
    let name: HeaderName = H::NAME;
    for element in message.list(&name) {
        match H::parse(element) {
            Ok(header) => println!("  {header:?}"),
            Err(error) => {
                println!("  bad {name}:");
                point_at(element, error);
            }
        }
    }
}

/// The line that holds the error, with a caret under it.
fn point_at(text: &[u8], error: ParseError) {
    let (before, after) = text.split_at(error.offset);
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end =
        after.iter().position(|byte| *byte == b'\r').map_or(text.len(), |at| error.offset + at);
    println!("    {}", text_of(&text[start..end]));
    println!("    {}^ {}", " ".repeat(text_of(&before[start..]).chars().count()), error.kind);
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
