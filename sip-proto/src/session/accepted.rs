//! A 2xx to an INVITE on its way: sent again until the ACK (RFC 3261 section 13.3.1.4), and
//! acknowledged again as often as it arrives (section 13.2.2.4).

use core::time::Duration;

use bytes::Bytes;

use super::action::{ClientToken, ServerToken};
use super::config::SessionTiming;
use crate::transaction::Schedule;
use crate::{Instant, Request, Response};

/// A 2xx of ours that waits for its ACK.
#[derive(Clone, Debug)]
pub(super) struct Accepted {
    pub(super) id: ServerToken,
    response: Response,
    /// The CSeq that the ACK repeats.
    pub(super) cseq: u32,
    /// It answers the INVITE that began the session.
    pub(super) is_first: bool,
    schedule: Schedule,
    deadline: Instant,
}

/// What is to be done about a 2xx of ours.
#[derive(Debug)]
pub(super) enum Overdue {
    Resend(Response),
    /// No ACK came within 64 x T1: the session is to be ended with a BYE.
    GiveUp,
}

impl Accepted {
    pub(super) fn new(
        now: Instant,
        (id, cseq): (ServerToken, u32),
        is_first: bool,
        response: Response,
        timing: &SessionTiming,
    ) -> Self {
        let schedule = Schedule::new(now, timing.t1);
        Self { id, response, cseq, is_first, schedule, deadline: now + timing.transaction() }
    }

    pub(super) fn poll_timeout(&self) -> Instant {
        self.schedule.at().min(self.deadline)
    }

    /// Also over reliable transports: the 2xx travels end to end, over hops that need not be.
    pub(super) fn handle_timeout(&mut self, now: Instant, t2: Duration) -> Option<Overdue> {
        if now >= self.deadline {
            return Some(Overdue::GiveUp);
        }
        let is_due = self.schedule.is_due_doubling(now, t2);
        is_due.then(|| Overdue::Resend(self.response.clone()))
    }
}

/// What remembers how an INVITE of ours was answered with 2xx, for as long as one can come.
#[derive(Clone, Debug)]
pub(super) struct Answered {
    pub(super) token: ClientToken,
    pub(super) invite: Request,
    pub(super) cseq: u32,
    /// 64 x T1 after the first 2xx (RFC 3261 section 13.2.2.4).
    pub(super) until: Instant,
    /// For each fork by its tag: the ACK, once it was sent.
    pub(super) acks: Vec<(Bytes, Option<Request>)>,
}

impl Answered {
    /// The ACK to the 2xx of the fork with `tag`: none if there was no such 2xx, one without a
    /// request if its answer is still to come.
    pub(super) fn ack_of(&self, tag: &[u8]) -> Option<Option<&Request>> {
        self.acks.iter().find(|(of, _)| of == tag).map(|(_, ack)| ack.as_ref())
    }

    pub(super) fn acknowledge(&mut self, tag: &[u8], ack: &Request) {
        if let Some((_, kept)) = self.acks.iter_mut().find(|(of, _)| of == tag) {
            *kept = Some(ack.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StatusCode;

    #[test]
    fn the_2xx_is_sent_again_from_t1_to_t2_for_64_t1() {
        // RFC 3261 section 13.3.1.4
        let timing = SessionTiming::default();
        let response = Response::builder(StatusCode::OK).build();
        let mut accepted =
            Accepted::new(Instant::ZERO, (ServerToken(1), 1), true, response, &timing);
        let mut sent_ms = Vec::new();
        loop {
            let now = accepted.poll_timeout();
            match accepted.handle_timeout(now, timing.t2) {
                Some(Overdue::Resend(_)) => sent_ms.push(now.as_millis()),
                Some(Overdue::GiveUp) => {
                    assert_eq!(now, Instant::from_secs(32));
                    break;
                }
                None => panic!("woken at {now} for nothing"),
            }
        }
        let expected = [500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
        assert_eq!(sent_ms, expected);
    }
}
