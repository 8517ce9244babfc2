//! A caller and a callee, each an application of three callbacks, on whatever runtime.

use std::net::SocketAddr;

use sip_proto::dialog::Dialog;
use sip_proto::stack::{ClientKey, Context, Key, ServerKey};
use sip_proto::{Core, HeaderName, Method, Request, Response, StatusCode, TransactionError};

type Cx<'a> = Context<'a, String>;

/// Calls, and hangs up as soon as it is answered.
pub(crate) struct Caller {
    pub(crate) here: SocketAddr,
    pub(crate) there: SocketAddr,
    pub(crate) invite: Option<Request>,
}

impl Caller {
    /// Acknowledges the 2xx (RFC 3261 section 13.2.2.4), and ends the call it set up.
    fn hang_up(&mut self, ok: &Response, cx: &mut Cx<'_>) {
        let Some(mut dialog) = self.invite.as_ref().and_then(|it| Dialog::uac(it, ok).ok()) else {
            return cx.tell("an answer to nothing".to_owned());
        };
        let _ = cx.send(dialog.ack(1).build());
        let _ = cx.send(dialog.request(Method::Bye).build());
    }
}

impl Core for Caller {
    type In = ();
    type Out = String;

    fn receive_request(&mut self, request: Request, key: Option<ServerKey>, cx: &mut Cx<'_>) {
        if key.is_some() {
            let _ = cx.reply(&request, StatusCode::CALL_DOES_NOT_EXIST);
        }
    }

    fn receive_response(&mut self, response: Response, key: Option<ClientKey>, cx: &mut Cx<'_>) {
        let status = response.status();
        match key.as_ref().map(ClientKey::method) {
            Some(Method::Invite) if status.is_success() => self.hang_up(&response, cx),
            Some(_) if status.is_final() => cx.tell(format!("the call ended with {status}")),
            _ => {}
        }
    }

    fn receive_error(&mut self, reason: TransactionError, key: Key, cx: &mut Cx<'_>) {
        cx.tell(format!("{key}: {reason}"));
    }

    fn receive_ask(&mut self, (): (), cx: &mut Cx<'_>) {
        let tag = cx.rng().tag();
        let call_id = cx.rng().call_id("");
        let invite = Request::builder(Method::Invite, format!("sip:bob@{}", self.there))
            .from(format!("<sip:alice@{}>;tag={tag}", self.here))
            .to(format!("<sip:bob@{}>", self.there))
            .call_id(call_id)
            .cseq(1)
            .contact(format!("<sip:alice@{}>", self.here))
            .build();
        let _ = cx.send(invite.clone());
        self.invite = Some(invite);
    }
}

/// Rings, and answers at once.
pub(crate) struct Callee {
    pub(crate) here: SocketAddr,
}

impl Core for Callee {
    type In = ();
    type Out = String;

    fn receive_request(&mut self, request: Request, key: Option<ServerKey>, cx: &mut Cx<'_>) {
        cx.tell(format!(
            "{} from {}",
            request.method(),
            cx.source().map_or(self.here, |it| it.remote)
        ));
        match request.method() {
            Method::Invite => {
                let tag = cx.rng().tag();
                for status in [StatusCode::RINGING, StatusCode::OK] {
                    let mut response = Response::to(&request, status);
                    response.set_to_tag(&tag);
                    response.push_back(HeaderName::Contact, format!("<sip:bob@{}>", self.here));
                    let _ = cx.send(response);
                }
            }
            Method::Bye => drop(cx.reply(&request, StatusCode::OK)),
            Method::Ack | Method::Cancel => {}
            _ if key.is_some() => drop(cx.reply(&request, StatusCode::METHOD_NOT_ALLOWED)),
            _ => {}
        }
    }

    fn receive_response(&mut self, _: Response, _: Option<ClientKey>, _: &mut Cx<'_>) {}

    fn receive_error(&mut self, reason: TransactionError, key: Key, cx: &mut Cx<'_>) {
        cx.tell(format!("{key}: {reason}"));
    }
}
