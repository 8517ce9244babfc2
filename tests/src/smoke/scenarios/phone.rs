//! A phone as a scenario scripts it: text in, text out, and the state of one dialog.

use std::net::SocketAddr;
use std::time::Duration;

use sip_proto::{HeaderName, TransportKind};

use super::SOON;
use crate::smoke::message::{Inbox, Incoming};
use crate::smoke::net::{Net, PhoneId};

/// One phone with at most one call.
pub(super) struct Phone {
    user: &'static str,
    transport: &'static str,
    id: PhoneId,
    inbox: Inbox,
    cseq: u32,
    branch: u32,
    invite: String,
    dialog: Dialog,
}

/// RFC 3261 section 12: what a request within the call needs.
#[derive(Default)]
struct Dialog {
    call_id: String,
    from: String,
    to: String,
    target: String,
    routes: Vec<String>,
}

impl Phone {
    pub(super) fn udp(net: &mut dyn Net, user: &'static str) -> Self {
        let id = net.udp_phone();
        Self::new(user, "UDP", id, Inbox::datagrams(id))
    }

    pub(super) fn tcp(net: &mut dyn Net, user: &'static str) -> Self {
        let id = net.tcp_phone();
        Self::new(user, "TCP", id, Inbox::stream(id))
    }

    /// Over TLS, WS or WSS.
    pub(super) fn secure(net: &mut dyn Net, user: &'static str, transport: TransportKind) -> Self {
        let id = net.secure_phone(transport);
        let inbox = match transport {
            TransportKind::Ws | TransportKind::Wss => Inbox::datagrams(id),
            TransportKind::Udp | TransportKind::Tcp | TransportKind::Tls => Inbox::stream(id),
        };
        Self::new(user, transport.as_str(), id, inbox)
    }

    fn new(user: &'static str, transport: &'static str, id: PhoneId, inbox: Inbox) -> Self {
        let dialog = Dialog::default();
        Self { user, transport, id, inbox, cseq: 0, branch: 0, invite: String::new(), dialog }
    }

    pub(super) const fn user(&self) -> &'static str {
        self.user
    }

    pub(super) fn address(&self, net: &dyn Net) -> SocketAddr {
        net.address(self.id)
    }

    /// The URI others reach it by.
    pub(super) fn contact(&self, net: &dyn Net) -> String {
        let transport = self.transport.to_lowercase();
        if transport.starts_with("ws") {
            // RFC 7118 section 5: a browser has no address, and `ws` names both.
            let host = format!("x{}.invalid", self.address(net).port());
            return format!("sip:{}@{host};transport=ws", self.user);
        }
        format!("sip:{}@{};transport={transport}", self.user, self.address(net))
    }

    pub(super) fn send_bytes(&self, net: &mut dyn Net, bytes: &[u8]) {
        net.send(self.id, bytes);
    }

    pub(super) fn send(&self, net: &mut dyn Net, text: &str) {
        self.send_bytes(net, text.as_bytes());
    }

    pub(super) fn receive(&mut self, net: &mut dyn Net, limit: Duration) -> Option<Incoming> {
        self.inbox.next(net, limit)
    }

    /// The next request with this method; repeated ones of other methods are passed over.
    pub(super) fn expect_request(&mut self, net: &mut dyn Net, method: &str) -> Incoming {
        self.expect(net, SOON, method, |message| {
            message.status() == 0 && message.method() == method
        })
    }

    /// The next response to this method.
    pub(super) fn expect_response(
        &mut self,
        net: &mut dyn Net,
        method: &str,
        limit: Duration,
    ) -> Incoming {
        self.expect(net, limit, method, |message| {
            message.status() != 0 && message.method() == method
        })
    }

    pub(super) fn expect_final(&mut self, net: &mut dyn Net, method: &str) -> Incoming {
        self.expect(net, SOON, method, |message| {
            message.status() >= 200 && message.method() == method
        })
    }

    /// The status of the next provisional response after 100.
    pub(super) fn expect_provisional(&mut self, net: &mut dyn Net) -> u16 {
        let found = self.expect(net, SOON, "a provisional response", |message| {
            (101..200).contains(&message.status())
        });
        found.status()
    }

    fn expect(
        &mut self,
        net: &mut dyn Net,
        limit: Duration,
        what: &str,
        fits: impl Fn(&Incoming) -> bool,
    ) -> Incoming {
        let mut passed = Vec::new();
        while let Some(message) = self.receive(net, limit) {
            if fits(&message) {
                return message;
            }
            passed.push(format!("{} {}", message.status(), message.method()));
        }
        panic!("{}: no {what} within {limit:?}; what came: {passed:?}", self.user)
    }

    /// Adds (or with 0 removes) its binding; the final answer.
    pub(super) fn register(&mut self, net: &mut dyn Net, expires_s: u32) -> Incoming {
        let text = self.register_text(net, expires_s);
        self.send(net, &text);
        self.expect_final(net, "REGISTER")
    }

    pub(super) fn register_text(&mut self, net: &dyn Net, expires_s: u32) -> String {
        let contact = format!("Contact: <{}>;expires={expires_s}\r\n", self.contact(net));
        self.out_of_dialog(net, "REGISTER", None, &contact)
    }

    /// Asks for its bindings.
    pub(super) fn query(&mut self, net: &mut dyn Net) -> Incoming {
        let text = self.out_of_dialog(net, "REGISTER", None, "");
        self.send(net, &text);
        self.expect_final(net, "REGISTER")
    }

    pub(super) fn options_text(&mut self, net: &dyn Net) -> String {
        self.out_of_dialog(net, "OPTIONS", None, "")
    }

    pub(super) fn send_invite(&mut self, net: &mut dyn Net, callee: &str) {
        let extra =
            format!("Contact: <{}>\r\nContent-Type: application/sdp\r\n", self.contact(net));
        let text = self.out_of_dialog(net, "INVITE", Some(callee), &extra);
        self.invite = text.replace("Content-Length: 0\r\n\r\n", "Content-Length: 5\r\n\r\nv=0\r\n");
        self.send(net, &self.invite.clone());
    }

    /// Sends the INVITE once more.
    pub(super) fn repeat(&self, net: &mut dyn Net) {
        self.send(net, &self.invite);
    }

    /// RFC 3261 section 9.1: the INVITE's own headers with another method.
    pub(super) fn send_cancel(&self, net: &mut dyn Net) {
        let text = self.hop_by_hop("CANCEL", None);
        self.send(net, &text);
    }

    /// RFC 3261 section 17.1.1.3.
    pub(super) fn send_ack_to_failure(&self, net: &mut dyn Net, failure: &Incoming) {
        let text = self.hop_by_hop("ACK", Some(&failure.value(&HeaderName::To)));
        self.send(net, &text);
    }

    fn hop_by_hop(&self, method: &str, to: Option<&str>) -> String {
        let head = self.invite.split("\r\n\r\n").next().unwrap_or_default();
        let mut text = head.replacen("INVITE", method, 1).replace(" INVITE", &format!(" {method}"));
        text = text
            .lines()
            .filter(|line| !line.starts_with("Content-") && !line.starts_with("Contact"))
            .map(|line| match to {
                Some(to) if line.starts_with("To:") => format!("To: {to}\r\n"),
                Some(_) | None => format!("{line}\r\n"),
            })
            .collect();
        text + "Content-Length: 0\r\n\r\n"
    }

    /// The caller's side of the dialog, from the 2xx (RFC 3261 section 12.1.2).
    pub(super) fn established(&mut self, answer: &Incoming) {
        self.dialog.to = answer.value(&HeaderName::To);
        self.dialog.target = uri_of(&answer.value(&HeaderName::Contact));
        self.dialog.routes = answer.list(&HeaderName::RecordRoute);
        self.dialog.routes.reverse();
    }

    /// The callee's side of the dialog, from the INVITE (RFC 3261 section 12.1.1).
    pub(super) fn answered(&mut self, invite: &Incoming) {
        self.dialog = Dialog {
            call_id: invite.value(&HeaderName::CallId),
            from: format!("{};tag=called", invite.value(&HeaderName::To)),
            to: invite.value(&HeaderName::From),
            target: uri_of(&invite.value(&HeaderName::Contact)),
            routes: invite.list(&HeaderName::RecordRoute),
        };
    }

    pub(super) fn send_ack(&mut self, net: &mut dyn Net) {
        let text = self.in_dialog(net, "ACK", self.cseq);
        self.send(net, &text);
    }

    pub(super) fn send_bye(&mut self, net: &mut dyn Net) {
        self.cseq += 1;
        let text = self.in_dialog(net, "BYE", self.cseq);
        self.send(net, &text);
    }

    fn in_dialog(&mut self, net: &dyn Net, method: &str, cseq: u32) -> String {
        let via = self.via(net);
        let routes: String =
            self.dialog.routes.iter().map(|route| format!("Route: {route}\r\n")).collect();
        let Dialog { call_id, from, to, target, .. } = &self.dialog;
        format!(
            "{method} {target} SIP/2.0\r\n{via}Max-Forwards: 70\r\n{routes}From: {from}\r\n\
             To: {to}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nContent-Length: 0\r\n\r\n"
        )
    }

    /// A request to the server's domain, to `callee` or about itself; INVITE starts the dialog.
    fn out_of_dialog(
        &mut self,
        net: &dyn Net,
        method: &str,
        callee: Option<&str>,
        extra: &str,
    ) -> String {
        self.cseq += 1;
        let (user, cseq, via) = (self.user, self.cseq, self.via(net));
        let domain = format!("localhost:{}", net.server().port());
        let uri = match (callee, method) {
            (Some(callee), _) => format!("sip:{callee}@{domain}"),
            (None, _) => format!("sip:{domain}"),
        };
        let to = format!("<sip:{}@{domain}>", callee.unwrap_or(user));
        let from = format!("<sip:{user}@{domain}>;tag={user}{cseq}");
        let call_id = format!("{user}-{}-{}", self.address(net).port(), method.to_lowercase());
        if method == "INVITE" {
            self.dialog.from.clone_from(&from);
            self.dialog.call_id = format!("{call_id}{cseq}");
        }
        let call_id = if method == "INVITE" { &self.dialog.call_id } else { &call_id };
        format!(
            "{method} {uri} SIP/2.0\r\n{via}Max-Forwards: 70\r\nFrom: {from}\r\nTo: {to}\r\n\
             Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n{extra}Content-Length: 0\r\n\r\n"
        )
    }

    fn via(&mut self, net: &dyn Net) -> String {
        self.branch += 1;
        let (user, branch, address) = (self.user, self.branch, self.address(net));
        format!(
            "Via: SIP/2.0/{} {address};branch=z9hG4bK{user}{}x{branch};rport\r\n",
            self.transport,
            address.port()
        )
    }
}

fn uri_of(name_addr: &str) -> String {
    let inner = name_addr.split_once('<').map_or(name_addr, |(_, rest)| rest);
    inner.split('>').next().unwrap_or_default().to_owned()
}
