//! The four machines under one roof: every state with every event (`tables`), every short
//! sequence of events beside a second opinion (`reference`), and two machines on a wire
//! (`ladder`).

mod ladder;
mod reference;
mod tables;

use core::time::Duration;

use bytes::Bytes;

use super::{
    Actions, Failure, InviteClient, InviteClientEvent, InviteServer, InviteServerEvent,
    NonInviteClient, NonInviteClientEvent, NonInviteServer, NonInviteServerEvent, Timing,
};
use crate::message::{HeaderName, Method};
use crate::{Instant, Request, Response, StatusCode};

const UDP: Timing = Timing {
    t1: Duration::from_millis(500),
    t2: Duration::from_secs(4),
    t4: Duration::from_secs(5),
    reliable: false,
};
const TCP: Timing = Timing { reliable: true, ..UDP };

/// Any of the four machines.
#[derive(Clone, Debug)]
enum AnyMachine {
    InviteClient(InviteClient),
    NonInviteClient(NonInviteClient),
    InviteServer(InviteServer),
    NonInviteServer(NonInviteServer),
}

/// Any event. Which machine it is for decides which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AnyEvent {
    Timer,
    Request,
    Ack,
    /// To a client: received. To a server: from its transaction user.
    Response(u16),
    TransportError,
    Cancel,
}

impl AnyMachine {
    fn invite_client(now: Instant, timing: &Timing) -> (Self, Actions) {
        let request = request(Method::Invite);
        let (machine, actions) = InviteClient::start(now, request, timing);
        (Self::InviteClient(machine), actions)
    }

    fn non_invite_client(now: Instant, timing: &Timing) -> (Self, Actions) {
        let bytes = request(Method::Options).to_bytes();
        let (machine, actions) = NonInviteClient::start(now, bytes, timing);
        (Self::NonInviteClient(machine), actions)
    }

    fn invite_server(now: Instant, _: &Timing) -> (Self, Actions) {
        let machine = InviteServer::start(now, request(Method::Invite));
        (Self::InviteServer(machine), Actions::none())
    }

    fn non_invite_server(now: Instant, timing: &Timing) -> (Self, Actions) {
        let machine = NonInviteServer::start(now, request(Method::Options), timing);
        (Self::NonInviteServer(machine), Actions::none())
    }

    fn handle(self, now: Instant, event: AnyEvent, timing: &Timing) -> (Self, Actions) {
        match self {
            Self::InviteClient(machine) => {
                let response = response(Method::Invite, event);
                let event = match event {
                    AnyEvent::Timer => InviteClientEvent::Timer,
                    AnyEvent::Response(_) => InviteClientEvent::Response(&response),
                    AnyEvent::TransportError => InviteClientEvent::TransportError,
                    AnyEvent::Cancel => InviteClientEvent::Cancel { reason: None },
                    AnyEvent::Request | AnyEvent::Ack => panic!("not for a client"),
                };
                let (machine, actions) = machine.handle(now, event, timing);
                (Self::InviteClient(machine), actions)
            }
            Self::NonInviteClient(machine) => {
                let response = response(Method::Options, event);
                let event = match event {
                    AnyEvent::Timer => NonInviteClientEvent::Timer,
                    AnyEvent::Response(_) => NonInviteClientEvent::Response(&response),
                    AnyEvent::TransportError => NonInviteClientEvent::TransportError,
                    _ => panic!("not for a non-INVITE client"),
                };
                let (machine, actions) = machine.handle(now, event, timing);
                (Self::NonInviteClient(machine), actions)
            }
            Self::InviteServer(machine) => {
                let bytes = response(Method::Invite, event).to_bytes();
                let event = match event {
                    AnyEvent::Timer => InviteServerEvent::Timer,
                    AnyEvent::Request => InviteServerEvent::Request,
                    AnyEvent::Ack => InviteServerEvent::Ack,
                    AnyEvent::Response(code) => {
                        InviteServerEvent::Respond { status: status(code), bytes }
                    }
                    AnyEvent::TransportError => InviteServerEvent::TransportError,
                    AnyEvent::Cancel => panic!("not for a server"),
                };
                let (machine, actions) = machine.handle(now, event, timing);
                (Self::InviteServer(machine), actions)
            }
            Self::NonInviteServer(machine) => {
                let bytes = response(Method::Options, event).to_bytes();
                let event = match event {
                    AnyEvent::Timer => NonInviteServerEvent::Timer,
                    AnyEvent::Request => NonInviteServerEvent::Request,
                    AnyEvent::Response(code) => {
                        NonInviteServerEvent::Respond { status: status(code), bytes }
                    }
                    AnyEvent::TransportError => NonInviteServerEvent::TransportError,
                    _ => panic!("not for a non-INVITE server"),
                };
                let (machine, actions) = machine.handle(now, event, timing);
                (Self::NonInviteServer(machine), actions)
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        match self {
            Self::InviteClient(machine) => machine.deadline(),
            Self::NonInviteClient(machine) => machine.deadline(),
            Self::InviteServer(machine) => machine.deadline(),
            Self::NonInviteServer(machine) => machine.deadline(),
        }
    }

    fn state(&self) -> &'static str {
        match self {
            Self::InviteClient(machine) => match machine {
                InviteClient::Calling { cancel: None, .. } => "Calling",
                InviteClient::Calling { cancel: Some(_), .. } => "Calling/cancel-held",
                InviteClient::Proceeding { timeout: None, .. } => "Proceeding",
                InviteClient::Proceeding { timeout: Some(_), .. } => "Proceeding/cancelled",
                InviteClient::Completed { .. } => "Completed",
                InviteClient::Accepted { .. } => "Accepted",
                InviteClient::Terminated => "Terminated",
            },
            Self::NonInviteClient(machine) => match machine {
                NonInviteClient::Trying { .. } => "Trying",
                NonInviteClient::Proceeding { .. } => "Proceeding",
                NonInviteClient::Completed { .. } => "Completed",
                NonInviteClient::Terminated => "Terminated",
            },
            Self::InviteServer(machine) => match machine {
                InviteServer::Trying { .. } => "Proceeding/silent",
                InviteServer::Proceeding { .. } => "Proceeding",
                InviteServer::Completed { .. } => "Completed",
                InviteServer::Confirmed { .. } => "Confirmed",
                InviteServer::Accepted { .. } => "Accepted",
                InviteServer::Terminated => "Terminated",
            },
            Self::NonInviteServer(machine) => match machine {
                NonInviteServer::Trying { .. } => "Trying",
                NonInviteServer::Proceeding { .. } => "Proceeding",
                NonInviteServer::Completed { response: Some(_), .. } => "Completed",
                NonInviteServer::Completed { response: None, .. } => "Completed/mute",
                NonInviteServer::Terminated => "Terminated",
            },
        }
    }
}

fn request(method: Method) -> Request {
    Request::builder(method, "sip:bob@biloxi.example")
        .header(HeaderName::Via, "SIP/2.0/UDP pc33.atlanta.example;branch=z9hG4bK776a")
        .header(HeaderName::From, "<sip:alice@atlanta.example>;tag=1928")
        .header(HeaderName::To, "<sip:bob@biloxi.example>")
        .header(HeaderName::CallId, "a84b4c76e66710")
        .cseq(1)
        .build()
}

/// The response that `event` is about; any, if it is about none.
fn response(method: Method, event: AnyEvent) -> Response {
    let code = if let AnyEvent::Response(code) = event { code } else { 200 };
    Response::to(&request(method), status(code))
}

fn status(code: u16) -> StatusCode {
    StatusCode::new(code).expect("the tests use valid codes")
}

/// The method or the status code that encoded `bytes` start with.
fn what(bytes: &Bytes) -> String {
    let text = String::from_utf8_lossy(bytes).replacen("SIP/2.0 ", "", 1);
    text.split(' ').next().unwrap_or_default().to_owned()
}

fn describe(actions: &Actions) -> String {
    let mut words = Vec::new();
    words.extend(actions.send.as_ref().map(|bytes| format!("send {}", what(bytes))));
    words.extend(actions.deliver.then(|| "deliver".to_owned()));
    words.extend(actions.cancel.as_ref().map(|cancel| format!("run {}", cancel.method().as_str())));
    words.extend(actions.failure.map(|failure| match failure {
        Failure::Timeout => "fail: timeout".to_owned(),
        Failure::Transport => "fail: transport".to_owned(),
    }));
    words.extend(actions.end.then(|| "end".to_owned()));
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}

/// A busy server holds a million of these: what a state owns is weighed here.
#[test]
fn machines_are_small() {
    for (name, bytes, bytes_max) in [
        ("InviteClient", size_of::<InviteClient>(), 200),
        ("NonInviteClient", size_of::<NonInviteClient>(), 80),
        ("InviteServer", size_of::<InviteServer>(), 120),
        ("NonInviteServer", size_of::<NonInviteServer>(), 120),
        ("Actions", size_of::<Actions>(), 48),
    ] {
        assert!(bytes <= bytes_max, "{name} has {bytes} bytes");
    }
}
