//! What is due.

use super::accepted::Overdue;
use super::action::{Action, EndReason, ServerToken};
use super::leg::Retry;
use super::payload::{Payload, Reply};
use super::reliable::Unacknowledged;
use super::session_timer::TimerDue;
use super::state::{InviteSession, Stage};
use crate::{Instant, StatusCode};

impl InviteSession {
    /// Does what is due; too early, nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.answered.retain(|it| now < it.until);
        self.resend_success(now);
        self.resend_provisional(now);
        self.send_retries(now);
        match self.timer.as_mut().and_then(|timer| timer.handle_timeout(now)) {
            Some(TimerDue::Refresh) => self.refresh(now),
            Some(TimerDue::Expired) => {
                self.send_bye(Payload::none());
                self.end(EndReason::Expired);
            }
            None => {}
        }
    }

    fn send_retries(&mut self, now: Instant) {
        let retries = core::mem::take(&mut self.retries);
        let (due, later): (Vec<Retry>, Vec<Retry>) =
            retries.into_iter().partition(|it| it.at <= now);
        self.retries = later;
        for retry in due {
            self.handle_retry(now, retry.draft);
        }
    }

    fn resend_success(&mut self, now: Instant) {
        let t2 = self.config.timing.t2;
        let mut gives_up = false;
        for accepted in &mut self.accepted {
            match accepted.handle_timeout(now, t2) {
                Some(Overdue::Resend(response)) => {
                    self.actions.push_back(Action::Respond { id: accepted.id, response });
                }
                Some(Overdue::GiveUp) => gives_up = true,
                None => {}
            }
        }
        if gives_up {
            // RFC 3261 section 13.3.1.4
            self.send_bye(Payload::none());
            self.end(EndReason::NoAck);
        }
    }

    fn resend_provisional(&mut self, now: Instant) {
        let Some((id, sender)) = &mut self.reliable else { return };
        let id = *id;
        match sender.handle_timeout(now) {
            Some(Unacknowledged::Resend(response)) => {
                self.actions.push_back(Action::Respond { id, response });
            }
            Some(Unacknowledged::GiveUp) => self.give_up_provisional(now, id),
            None => {}
        }
    }

    /// RFC 3262 section 3: the INVITE is rejected with a 5xx.
    fn give_up_provisional(&mut self, now: Instant, id: ServerToken) {
        self.held = None;
        if matches!(self.stage, Stage::Ringing { id: first } if first == id) {
            self.refuse_unacknowledged(id);
        } else {
            // It may have been answered meanwhile.
            let _ = self.respond(now, id, Reply::new(StatusCode::SERVER_TIMEOUT));
        }
    }
}
