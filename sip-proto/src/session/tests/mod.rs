//! Sessions alone (`caller`, `callee`), two of them joined so that a test reads like the figures of
//! the RFCs (`ladder`), two on a wire that loses, repeats and reorders (`lossy`), and the rest.

mod callee;
mod caller;
mod hostile;
mod ladder;
mod limits;
mod lossy;
mod pair;
mod replacing;
mod storing;
mod timers;

use super::{
    Action, ClientToken, Description, EndReason, InviteSession, ServerToken, SessionConfig,
    SessionEvent,
};
use crate::{HeaderName, Method, Request, Response, Rng, Seed, StatusCode};

const SDP: &str = "v=0\r\n";

fn rng(seed: u64) -> Rng {
    Seed::from_u64(seed).rng()
}

fn status(code: u16) -> StatusCode {
    StatusCode::new(code).unwrap()
}

/// Alice's INVITE, without an offer.
fn bare_invite() -> Request {
    Request::builder(Method::Invite, "sip:bob@biloxi.example")
        .from("<sip:alice@atlanta.example>;tag=alice")
        .to("<sip:bob@biloxi.example>")
        .call_id("call")
        .cseq(1)
        .build()
}

fn invite() -> Request {
    let mut invite = bare_invite();
    invite.set_body("application/sdp", SDP);
    invite
}

fn alice() -> SessionConfig {
    SessionConfig::new("<sip:alice@192.0.2.4>")
}

fn bob() -> SessionConfig {
    SessionConfig::new("<sip:bob@192.0.2.8>")
}

/// A session that calls, its INVITE's token, and the INVITE as it was sent.
fn calling(config: SessionConfig, invite: Request) -> (InviteSession, ClientToken, Request) {
    let mut session = InviteSession::call(config, invite, rng(1)).unwrap();
    let Some(Action::Request { token, request }) = session.poll_action() else {
        panic!("an INVITE is sent")
    };
    (session, token, request)
}

/// The answer of the fork `tag` to `request`, with a Contact.
fn answer(request: &Request, code: u16, tag: &str) -> Response {
    let mut response = Response::to(request, status(code));
    response.set_to_tag(tag);
    response.push_back(HeaderName::Contact, format!("<sip:{tag}@192.0.2.8>"));
    response
}

fn with_sdp(mut response: Response) -> Response {
    response.set_body("application/sdp", SDP);
    response
}

/// What a session wants done, one word or two for each.
fn actions(session: &mut InviteSession) -> Vec<String> {
    std::iter::from_fn(|| session.poll_action()).map(|action| show(&action)).collect()
}

fn show(action: &Action) -> String {
    match action {
        Action::Request { request, .. } | Action::Ack { request } => {
            request.method().as_str().to_owned()
        }
        Action::Cancel { .. } => "CANCEL".to_owned(),
        Action::Respond { response, .. } => response.status().as_u16().to_string(),
        Action::Event(event) => show_event(event),
    }
}

fn show_event(event: &SessionEvent) -> String {
    let with = |text: &str, description: &Option<Description>| match description {
        None => text.to_owned(),
        Some(Description::Offer) => format!("{text}+offer"),
        Some(Description::Answer) => format!("{text}+answer"),
        Some(Description::Repeated) => format!("{text}+repeated"),
    };
    match event {
        SessionEvent::Progress { response, description, .. } => {
            with(&format!("progress {}", response.status().as_u16()), description)
        }
        SessionEvent::Answered { description, .. } => with("answered", description),
        SessionEvent::Received { request, description, .. } => {
            with(&format!("received {}", request.method()), description)
        }
        SessionEvent::Cancelled { .. } => "cancelled".to_owned(),
        SessionEvent::Acknowledged { description, .. } => with("acknowledged", description),
        SessionEvent::ProvisionalAcknowledged { description, .. } => with("pracked", description),
        SessionEvent::Refreshed => "refreshed".to_owned(),
        SessionEvent::Responded { response, description, .. } => {
            with(&format!("responded {}", response.status().as_u16()), description)
        }
        SessionEvent::Failed { failure, .. } => format!("failed: {failure}"),
        SessionEvent::Challenged { response, .. } => {
            format!("challenged {}", response.status().as_u16())
        }
        SessionEvent::Ended(reason) => format!("ended: {}", show_reason(reason)),
    }
}

fn show_reason(reason: &EndReason) -> String {
    match reason {
        EndReason::LocalHangup => "here".to_owned(),
        EndReason::RemoteHangup { .. } => "there".to_owned(),
        EndReason::Rejected { response } => format!("rejected {}", response.status().as_u16()),
        EndReason::Refused(status) => format!("refused {}", status.as_u16()),
        EndReason::NoAck => "no ACK".to_owned(),
        EndReason::NoPrack => "no PRACK".to_owned(),
        EndReason::Expired => "expired".to_owned(),
        EndReason::Gone(status) => format!("gone {}", status.as_u16()),
        EndReason::Failed(failure) => failure.to_string(),
        EndReason::BadOffer(error) => error.to_string(),
        EndReason::Unusable => "unusable".to_owned(),
    }
}

/// A session that rings, with the INVITE as it came.
fn ringing(config: SessionConfig, invite: &Request) -> InviteSession {
    let mut session =
        InviteSession::incoming(config, ServerToken(1), invite.clone(), rng(2)).unwrap();
    assert_eq!(actions(&mut session).len(), 1, "it is offered to the user");
    session
}

/// A request of Alice's within the dialog of `session`, which was called.
fn in_dialog(session: &InviteSession, method: Method, cseq: u32) -> Request {
    let dialog = session.dialogs().next().unwrap();
    Request::builder(method, "sip:bob@192.0.2.8")
        .from("<sip:alice@atlanta.example>;tag=alice")
        .to(dialog.local())
        .call_id("call")
        .cseq(cseq)
        .build()
}
