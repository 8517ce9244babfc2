//! The caller's part of a call.

use core::time::Duration;
use std::collections::BTreeMap;

use bytes::Bytes;
use sip_proto::message::{HeaderName, Method};
use sip_proto::{ClientId, Command, Instant, NextHop, Request, Response, StatusCode};

use super::dialog::{Dialog, DialogKey};
use super::{Alarm, PATIENCE, Phone, Purpose};
use crate::node::{Note, Outcome};
use crate::plan::{CallPlan, DOMAIN, Side, millis};

/// How long a caller waits before dialling again, times the attempt.
const REDIAL_AFTER: Duration = Duration::from_secs(2);
/// A side that does not hang up by its script does so this much later: its peer's BYE was lost.
pub(super) const LINGER: Duration = Duration::from_secs(120);

/// An INVITE transaction of ours.
#[derive(Debug)]
pub(super) struct Outgoing {
    call: u32,
    attempt: u32,
    cancelled: bool,
    outcome: Option<Outcome>,
    /// The ACKs sent, by dialog: a 2xx that comes again gets its ACK again.
    acks: BTreeMap<DialogKey, Request>,
}

impl Phone {
    pub(super) fn dial(&mut self, now: Instant, call: u32, attempt: u32) {
        let Some(plan) = self.script.dials.get(&call).cloned() else {
            return;
        };
        if self.stopped {
            return;
        }
        let call_id = format!("call-{call}-{attempt}@{}.{DOMAIN}", self.script.phone.name);
        self.note(Note::Dialled { call, attempt, call_id: call_id.clone() });
        let invite = self.invite(&plan, call_id);
        let id = self.start_client(now, invite, self.server_hop(), Purpose::Invite);
        let acks = BTreeMap::new();
        let new = Outgoing { call, attempt, cancelled: false, outcome: None, acks };
        self.outgoing.insert(id, new);
        if let Some(after_ms) = plan.cancel_after_ms {
            self.alarms.set(now + millis(after_ms), Alarm::Cancel(id));
        }
        self.alarms.set(now + PATIENCE, Alarm::Cancel(id));
    }

    fn invite(&mut self, plan: &CallPlan, call_id: String) -> Request {
        let from = format!("<{}>;tag={}", self.address_of_record(), self.rng.token(10));
        let callee = format!("sip:{}@{DOMAIN}", plan.to);
        Request::builder(Method::Invite, callee.clone())
            .from(from)
            .to(format!("<{callee}>"))
            .call_id(call_id)
            .cseq(1)
            .contact(self.contact())
            // Odd but legal: a proxy has to leave it exactly so.
            .header(HeaderName::Other(Bytes::from_static(b"x-Sim")), " a,\t b ;c=\"d,  e\"")
            .body("application/sdp", sdp(&self.script.phone.name))
            .build()
    }

    pub(super) fn handle_invite_response(
        &mut self,
        now: Instant,
        id: ClientId,
        response: &Response,
    ) {
        let status = response.status();
        let cancelled = self.outgoing.get(&id).is_some_and(|outgoing| outgoing.cancelled);
        if status.is_success() {
            self.handle_answered(now, id, response);
        } else if status.is_final() {
            let outcome = match status {
                StatusCode::BUSY_HERE | StatusCode::BUSY_EVERYWHERE => Outcome::Busy,
                _ if cancelled => Outcome::Cancelled,
                _ => Outcome::Failed(Some(status.as_u16())),
            };
            self.settle_attempt(now, id, outcome);
        }
    }

    fn handle_answered(&mut self, now: Instant, id: ClientId, response: &Response) {
        let (Some(key), Some(outgoing)) =
            (DialogKey::of_response(response), self.outgoing.get_mut(&id))
        else {
            return;
        };
        if let Some(ack) = outgoing.acks.get(&key).cloned() {
            return self.send_ack(now, ack);
        }
        // Only the first 2xx is the call; the phone has no use for the answer of another fork.
        let is_first = outgoing.outcome.is_none();
        let reports = is_first.then_some((outgoing.call, outgoing.attempt));
        let Some(dialog) = Dialog::of_caller(response, reports) else {
            return self.settle_attempt(now, id, Outcome::Failed(Some(response.status().as_u16())));
        };
        let ack = dialog.ack();
        outgoing.acks.insert(key.clone(), ack.clone());
        let (call, cancelled) = (outgoing.call, outgoing.cancelled);
        self.dialogs.insert(key.clone(), dialog);
        self.send_ack(now, ack);
        self.settle_attempt(now, id, Outcome::Established);
        if cancelled || !is_first || self.stopped {
            self.hang_up(now, &key);
        } else if let Some(plan) = self.script.dials.get(&call) {
            let after = hang_up_after(plan, Side::Caller);
            self.alarms.set(now + after, Alarm::HangUp(key));
        }
    }

    fn send_ack(&mut self, now: Instant, request: Request) {
        self.command(now, Command::SendRequest { request, next_hop: NextHop::ByMessage });
    }

    /// An attempt has its outcome; later ones of the same attempt are ignored.
    pub(super) fn settle_attempt(&mut self, now: Instant, id: ClientId, outcome: Outcome) {
        let Some(outgoing) = self.outgoing.get_mut(&id) else {
            return;
        };
        if outgoing.outcome.is_some() {
            return;
        }
        // Nobody answered a cancelled INVITE: it is cancelled (RFC 3261 section 9.1).
        let outcome = match outcome {
            Outcome::Failed(None) if outgoing.cancelled => Outcome::Cancelled,
            outcome => outcome,
        };
        outgoing.outcome = Some(outcome);
        let (call, attempt) = (outgoing.call, outgoing.attempt);
        self.alarms.retain(|alarm| {
            !matches!(alarm, Alarm::Cancel(it) | Alarm::GiveUpCancelled(it) if *it == id)
        });
        self.note(Note::Outcome { call, attempt, outcome });
        let redials_max = self.script.dials.get(&call).map_or(0, |plan| plan.redials_max);
        if matches!(outcome, Outcome::Failed(_)) && attempt < redials_max && !self.stopped {
            let again = Alarm::Dial { call, attempt: attempt + 1 };
            self.alarms.set(now + REDIAL_AFTER * (attempt + 1), again);
        } else {
            self.note(Note::Settled { call });
        }
    }

    pub(super) fn cancel(&mut self, now: Instant, id: ClientId) {
        let Some(outgoing) = self.outgoing.get_mut(&id) else {
            return;
        };
        if outgoing.outcome.is_some() || outgoing.cancelled {
            return;
        }
        outgoing.cancelled = true;
        self.command(now, Command::Cancel { id, reason: None });
        self.alarms.set(now + 64 * self.timing.t1, Alarm::GiveUpCancelled(id));
    }

    pub(super) fn give_up_cancelled(&mut self, now: Instant, id: ClientId) {
        let open = self.outgoing.get(&id).is_some_and(|outgoing| outgoing.outcome.is_none());
        if open {
            self.settle_attempt(now, id, Outcome::Cancelled);
            self.command(now, Command::Terminate { id });
        }
    }
}

/// When a side hangs up: by the script, or long after the other side should have.
pub(super) fn hang_up_after(plan: &CallPlan, side: Side) -> Duration {
    let talk = millis(plan.talk_ms);
    if plan.hangup == side { talk } else { talk + LINGER }
}

pub(super) fn sdp(name: &str) -> String {
    format!(
        "v=0\r\no={name} 1 1 IN IP4 10.0.1.1\r\ns=-\r\nc=IN IP4 10.0.1.1\r\nt=0 0\r\n\
         m=audio 49170 RTP/AVP 0\r\n"
    )
}
