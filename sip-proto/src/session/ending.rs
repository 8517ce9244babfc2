//! How a session ends (RFC 3261 section 15).

use super::action::{Action, ClientToken, EndReason, SessionError, SessionEvent};
use super::leg::{Purpose, Received, Sent};
use super::payload::{Payload, Reply};
use super::state::{InviteSession, Stage};
use crate::{Instant, Method, Response, StatusCode};

impl InviteSession {
    /// Ends the session, in the way its state asks for: CANCEL while it is calling, 603 while it
    /// rings, BYE once it is established. Who was called sends no BYE before the ACK
    /// (RFC 3261 section 15): then that is waited for. `payload` goes with the BYE, as a Reason.
    ///
    /// # Errors
    ///
    /// [`SessionError::State`] where it is over.
    pub fn hang_up(&mut self, now: Instant, payload: Payload) -> Result<(), SessionError> {
        match self.stage {
            Stage::Calling { token, is_cancelled, offers } => {
                let waits = self
                    .sent
                    .iter()
                    .position(|it| it.draft.purpose == Purpose::First && it.challenge.is_some());
                if let Some(index) = waits {
                    self.sent.remove(index);
                    self.legs.clear();
                    self.end(EndReason::LocalHangup);
                } else if !is_cancelled {
                    self.stage = Stage::Calling { token, is_cancelled: true, offers };
                    self.actions.push_back(Action::Cancel { token });
                }
                Ok(())
            }
            Stage::Ringing { id } => self.respond(now, id, Reply::new(StatusCode::DECLINE)),
            Stage::Established => {
                self.send_ack(&Payload::none());
                if self.accepted.iter().any(|it| it.is_first) {
                    self.hangs_up_after_ack = true;
                } else {
                    self.send_bye(payload);
                    self.end(EndReason::LocalHangup);
                }
                Ok(())
            }
            Stage::Ended => Err(SessionError::State),
        }
    }

    /// Why a call that was cancelled is over.
    pub(super) fn cancelled_by(&mut self) -> EndReason {
        match self.left_with.take() {
            Some(request) => EndReason::RemoteHangup { request },
            None => EndReason::LocalHangup,
        }
    }

    /// Cancels a re-INVITE (RFC 3261 section 9.1). It is answered all the same: with 487, unless its
    /// answer was on its way.
    ///
    /// # Errors
    ///
    /// [`SessionError::Unknown`] where no re-INVITE of that name is pending.
    pub fn cancel(&mut self, handle: ClientToken) -> Result<(), SessionError> {
        let is_it = |it: &&Sent| {
            it.draft.handle == handle
                && it.draft.purpose == Purpose::User
                && it.draft.method == Method::Invite
                && it.challenge.is_none()
        };
        let token = self.sent.iter().find(is_it).ok_or(SessionError::Unknown)?.token;
        self.actions.push_back(Action::Cancel { token });
        Ok(())
    }

    /// The session is over: nothing is sent again, and what the other end still waits for is
    /// answered with 487 (RFC 3261 section 15.1.2).
    pub(super) fn end(&mut self, reason: EndReason) {
        if self.is_ended() {
            return;
        }
        self.stage = Stage::Ended;
        self.timer = None;
        self.held = None;
        self.reliable = None;
        self.retries.clear();
        self.accepted.clear();
        // A 2xx to an INVITE is to be acknowledged, and a BYE may be challenged, also now. An INVITE
        // that rings at the other end for ever would never be over.
        self.sent.retain(|it| match it.draft.method {
            Method::Invite => it.challenge.is_none(),
            Method::Bye => true,
            _ => false,
        });
        let invites = self.sent.iter().filter(|it| it.draft.method == Method::Invite);
        self.actions.extend(invites.map(|it| Action::Cancel { token: it.token }));
        for received in core::mem::take(&mut self.received) {
            self.terminate(&received);
        }
        self.emit(SessionEvent::Ended(reason));
    }

    /// Answers with 487.
    pub(super) fn terminate(&mut self, received: &Received) {
        let status = StatusCode::REQUEST_TERMINATED;
        let mut response = Response::to(&received.request, status);
        self.tag(&received.remote_tag, &mut response);
        self.actions.push_back(Action::Respond { id: received.id, response });
    }
}
