//! Reliable provisional responses, both sides (RFC 3262).

use std::collections::VecDeque;

use super::config::SessionTiming;
use crate::message::Method;
use crate::message::headers::{RAck, RSeq};
use crate::transaction::Schedule;
use crate::{Instant, Response, Rng};

/// The responder's side: one response at a time is on its way, the others wait for its PRACK
/// (section 3).
#[derive(Clone, Debug)]
pub(super) struct ReliableSender {
    next: u32,
    outstanding: Option<Outstanding>,
    waiting: VecDeque<(Response, bool)>,
    /// The CSeq of the INVITE.
    cseq: u32,
    /// A final response was sent: nothing is sent again, but a PRACK still matches.
    is_stopped: bool,
}

#[derive(Clone, Debug)]
struct Outstanding {
    rseq: u32,
    response: Response,
    describes_session: bool,
    schedule: Schedule,
    deadline: Instant,
}

/// What is to be done about a reliable provisional response.
#[derive(Debug)]
pub(super) enum Unacknowledged {
    Resend(Response),
    /// No PRACK came within 64 x T1: the INVITE is to be rejected with a 5xx.
    GiveUp,
}

/// A PRACK that acknowledges nothing: 481 answers it (section 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stray;

impl ReliableSender {
    /// For the INVITE with `cseq`. The first RSeq is drawn from 1 to 2^31 - 1 (section 3).
    pub(super) fn new(cseq: u32, rng: &mut Rng) -> Self {
        let first = u32::try_from(1 + rng.below((1 << 31) - 1)).unwrap_or(1);
        Self { next: first, outstanding: None, waiting: VecDeque::new(), cseq, is_stopped: false }
    }

    /// How many wait for a PRACK, or for their turn.
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + usize::from(self.outstanding.is_some())
    }

    /// The response to send now, with its RSeq; none where it waits for its turn.
    pub(super) fn send(
        &mut self,
        now: Instant,
        response: Response,
        describes_session: bool,
        timing: &SessionTiming,
    ) -> Option<Response> {
        self.waiting.push_back((response, describes_session));
        self.send_next(now, timing)
    }

    fn send_next(&mut self, now: Instant, timing: &SessionTiming) -> Option<Response> {
        if self.outstanding.is_some() || self.is_stopped {
            return None;
        }
        let (mut response, describes_session) = self.waiting.pop_front()?;
        let rseq = self.next;
        // Section 3: one higher than the last, and never wrapped around within an INVITE.
        self.next = self.next.saturating_add(1);
        response.set_typed(&RSeq(rseq));
        self.outstanding = Some(Outstanding {
            rseq,
            response: response.clone(),
            describes_session,
            schedule: Schedule::new(now, timing.t1),
            deadline: now + timing.transaction(),
        });
        Some(response)
    }

    /// A PRACK: the response that it lets go, if one waits.
    pub(super) fn acknowledge(
        &mut self,
        now: Instant,
        rack: &RAck,
        timing: &SessionTiming,
    ) -> Result<Option<Response>, Stray> {
        let is_ours = rack.method == Method::Invite && rack.cseq == self.cseq;
        let outstanding = self.outstanding.as_ref().ok_or(Stray)?;
        if !is_ours || rack.response != outstanding.rseq {
            return Err(Stray);
        }
        self.outstanding = None;
        Ok(self.send_next(now, timing))
    }

    /// Whether a 2xx has to wait: for the PRACK to a response with a session description
    /// (section 3).
    pub(super) fn holds_success(&self) -> bool {
        let is_outstanding = self.outstanding.as_ref().is_some_and(|it| it.describes_session);
        is_outstanding || self.waiting.iter().any(|(_, describes_session)| *describes_session)
    }

    /// A final response was sent: nothing is sent again (section 3).
    pub(super) fn stop(&mut self) {
        self.is_stopped = true;
        self.waiting.clear();
    }

    pub(super) fn poll_timeout(&self) -> Option<Instant> {
        let outstanding = self.outstanding.as_ref().filter(|_| !self.is_stopped)?;
        Some(outstanding.schedule.at().min(outstanding.deadline))
    }

    /// Section 3: from T1 on, doubling without an upper limit, for 64 x T1.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Option<Unacknowledged> {
        let outstanding = self.outstanding.as_mut().filter(|_| !self.is_stopped)?;
        if now >= outstanding.deadline {
            self.stop();
            return Some(Unacknowledged::GiveUp);
        }
        let is_due = outstanding.schedule.is_due_doubling(now, core::time::Duration::MAX);
        is_due.then(|| Unacknowledged::Resend(outstanding.response.clone()))
    }
}

/// The caller's side, for one INVITE in one dialog: which responses are new (section 4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ReliableReceiver {
    last: Option<u32>,
}

impl ReliableReceiver {
    /// Whether the response is the next in order. Another is a retransmission, or came before one
    /// that is missing: neither is acknowledged.
    pub(super) fn is_next(&mut self, RSeq(rseq): RSeq) -> bool {
        let is_next = self.last.is_none_or(|last| last.checked_add(1) == Some(rseq));
        if is_next {
            self.last = Some(rseq);
        }
        is_next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Seed, StatusCode};

    const TIMING: SessionTiming = SessionTiming::DEFAULT;

    fn sender() -> ReliableSender {
        ReliableSender::new(7, &mut Seed::from_u64(3262).rng())
    }

    fn ringing() -> Response {
        Response::builder(StatusCode::RINGING).build()
    }

    fn rseq(response: &Response) -> u32 {
        response.require::<RSeq>().unwrap().0
    }

    fn rack(response: u32) -> RAck {
        RAck { response, cseq: 7, method: Method::Invite }
    }

    #[test]
    fn one_response_at_a_time_each_one_higher() {
        // RFC 3262 section 3
        let (mut sender, now) = (sender(), Instant::ZERO);
        let first = rseq(&sender.send(now, ringing(), false, &TIMING).unwrap());
        assert!((1..1 << 31).contains(&first));
        assert!(sender.send(now, ringing(), true, &TIMING).is_none());
        assert_eq!((sender.len(), sender.holds_success()), (2, true));
        let second = sender.acknowledge(now, &rack(first), &TIMING).unwrap().unwrap();
        assert_eq!(rseq(&second), first + 1);
        assert!(sender.acknowledge(now, &rack(first + 1), &TIMING).unwrap().is_none());
        assert_eq!((sender.len(), sender.holds_success()), (0, false));
    }

    #[test]
    fn a_prack_that_matches_nothing_is_a_stray() {
        let (mut sender, now) = (sender(), Instant::ZERO);
        let first = rseq(&sender.send(now, ringing(), false, &TIMING).unwrap());
        for stray in [
            rack(first + 1),
            RAck { cseq: 8, ..rack(first) },
            RAck { method: Method::Update, ..rack(first) },
        ] {
            assert_eq!(sender.acknowledge(now, &stray, &TIMING).unwrap_err(), Stray);
        }
        assert!(sender.acknowledge(now, &rack(first), &TIMING).is_ok());
        assert_eq!(sender.acknowledge(now, &rack(first), &TIMING).unwrap_err(), Stray);
    }

    #[test]
    fn sent_again_with_doubling_pauses_for_64_t1() {
        let mut sender = sender();
        let first = sender.send(Instant::ZERO, ringing(), false, &TIMING).unwrap();
        let mut sent_ms = Vec::new();
        loop {
            let now = sender.poll_timeout().unwrap();
            match sender.handle_timeout(now) {
                Some(Unacknowledged::Resend(response)) => {
                    assert_eq!(response, first);
                    sent_ms.push(now.as_millis());
                }
                Some(Unacknowledged::GiveUp) => {
                    assert_eq!(now, Instant::from_secs(32));
                    break;
                }
                None => panic!("woken at {now} for nothing"),
            }
        }
        // Without the T2 that bounds other intervals.
        assert_eq!(sent_ms, [500, 1_500, 3_500, 7_500, 15_500, 31_500]);
        assert_eq!(sender.poll_timeout(), None);
    }

    #[test]
    fn after_the_final_response_a_prack_still_matches() {
        // RFC 3262 section 3: not sent again, but be prepared for the PRACK.
        let mut sender = sender();
        let first = rseq(&sender.send(Instant::ZERO, ringing(), false, &TIMING).unwrap());
        sender.stop();
        assert_eq!(sender.poll_timeout(), None);
        assert!(sender.handle_timeout(Instant::from_secs(99)).is_none());
        assert!(sender.acknowledge(Instant::ZERO, &rack(first), &TIMING).is_ok());
    }

    #[test]
    fn the_caller_acknowledges_in_order_and_once() {
        // RFC 3262 section 4
        let mut receiver = ReliableReceiver::default();
        let answers: Vec<bool> =
            [40, 40, 42, 41, 40, 42].map(|rseq| receiver.is_next(RSeq(rseq))).to_vec();
        assert_eq!(answers, [true, false, false, true, false, true]);
        let mut at_the_end = ReliableReceiver { last: Some(u32::MAX) };
        assert!(!at_the_end.is_next(RSeq(1)));
    }
}
