//! The callee's part of a call.

use core::time::Duration;

use sip_proto::message::HeaderName;
use sip_proto::{Command, Instant, Request, Response, ServerId, StatusCode};

use super::caller::{hang_up_after, sdp};
use super::dialog::{Dialog, DialogKey};
use super::{Alarm, Phone};
use crate::node::Note;
use crate::plan::{Answer, CallPlan, Side, millis};

/// An INVITE that rings here.
#[derive(Debug)]
pub(super) struct Incoming {
    invite: Request,
    to_tag: String,
    script: CallPlan,
}

impl Phone {
    pub(super) fn ring(&mut self, now: Instant, id: ServerId, mut invite: Request) {
        let script = call_number(&invite).and_then(|call| self.script.answers.get(&call)).cloned();
        let Some(script) = script.filter(|_| !self.stopped) else {
            return self.respond(now, id, &invite, StatusCode::TEMPORARILY_UNAVAILABLE);
        };
        invite.detach();
        let after = millis(script.ring_ms + self.script.phone.slow_ms);
        let incoming = Incoming { invite, to_tag: self.rng.token(10), script };
        let ringing = self.response_to(&incoming, StatusCode::RINGING);
        self.incoming.insert(id, incoming);
        self.command(now, Command::Respond { id, response: ringing });
        self.alarms.set(now + after, Alarm::Answer(id));
    }

    pub(super) fn answer(&mut self, now: Instant, id: ServerId) {
        match self.incoming.get(&id).map(|incoming| incoming.script.answer) {
            Some(Answer::Accept) => self.accept(now, id),
            Some(Answer::Busy) => self.decline(now, id, StatusCode::BUSY_HERE),
            Some(Answer::Ignore) | None => {}
        }
    }

    fn accept(&mut self, now: Instant, id: ServerId) {
        let Some(incoming) = self.incoming.remove(&id) else {
            return;
        };
        let mut ok = self.response_to(&incoming, StatusCode::OK);
        ok.set_body("application/sdp", sdp(&self.script.phone.name));
        let Some(dialog) = Dialog::of_callee(&incoming.invite, id, &ok) else {
            return self.respond(now, id, &incoming.invite, StatusCode::BAD_REQUEST);
        };
        let Some(key) = DialogKey::of_answer(&ok) else {
            return;
        };
        self.dialogs.insert(key.clone(), dialog);
        self.command(now, Command::Respond { id, response: ok });
        let t1 = self.timing.t1;
        self.alarms.set(now + t1, Alarm::Retransmit { dialog: key.clone(), interval: t1 });
        self.alarms.set(now + 64 * t1, Alarm::GiveUpAck(key));
    }

    /// Ends an INVITE that rings here with `status`.
    pub(super) fn decline(&mut self, now: Instant, id: ServerId, status: StatusCode) {
        if let Some(incoming) = self.incoming.remove(&id) {
            let response = self.response_to(&incoming, status);
            self.command(now, Command::Respond { id, response });
            self.alarms.retain(|alarm| !matches!(alarm, Alarm::Answer(it) if *it == id));
        }
    }

    /// The 2xx again, at intervals that double up to T2, until its ACK comes
    /// (RFC 3261 section 13.3.1.4).
    pub(super) fn retransmit_answer(&mut self, now: Instant, key: &DialogKey, interval: Duration) {
        let Some((id, response)) =
            self.dialogs.get(key).and_then(|dialog| dialog.unacknowledged.clone())
        else {
            return;
        };
        self.command(now, Command::Respond { id, response });
        let interval = (2 * interval).min(self.timing.t2);
        self.alarms.set(now + interval, Alarm::Retransmit { dialog: key.clone(), interval });
    }

    /// No ACK in 64*T1: the dialog is confirmed all the same, and ended
    /// (RFC 3261 section 13.3.1.4).
    pub(super) fn give_up_ack(&mut self, now: Instant, key: &DialogKey) {
        if let Some(dialog) = self.dialogs.get_mut(key)
            && dialog.unacknowledged.take().is_some()
        {
            let call_id = String::from_utf8_lossy(key.call_id()).into_owned();
            self.note(Note::Unacknowledged { call_id });
            self.hang_up(now, key);
        }
    }

    pub(super) fn handle_ack(&mut self, now: Instant, ack: &Request) {
        let Some(key) = DialogKey::of_request(ack) else {
            return;
        };
        let Some(dialog) = self.dialogs.get_mut(&key) else {
            return;
        };
        if dialog.unacknowledged.take().is_none() {
            return;
        }
        self.alarms.retain(|alarm| match alarm {
            Alarm::Retransmit { dialog, .. } | Alarm::GiveUpAck(dialog) => dialog != &key,
            _ => true,
        });
        let script = call_number(ack).and_then(|call| self.script.answers.get(&call));
        if let Some(script) = script {
            let after = hang_up_after(script, Side::Callee);
            self.alarms.set(now + after, Alarm::HangUp(key));
        }
    }

    fn response_to(&self, incoming: &Incoming, status: StatusCode) -> Response {
        let mut response = Response::to(&incoming.invite, status);
        response.set_to_tag(&incoming.to_tag);
        if status.as_u16() < 300 {
            response.push_back(HeaderName::Contact, self.contact());
        }
        response
    }
}

/// The call's number in the plan: the Call-ID begins with `call-NUMBER-`.
fn call_number(request: &Request) -> Option<u32> {
    let call_id = core::str::from_utf8(request.call_id().ok()?).ok()?;
    call_id.strip_prefix("call-")?.split('-').next()?.parse().ok()
}
