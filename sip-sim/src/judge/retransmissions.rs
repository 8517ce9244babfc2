//! Requests are sent again when the RFC says, and no more often.

use core::time::Duration;

use sip_proto::Instant;

use super::aging::Aging;
use super::{Check, Complaint, Invariant, Phase, Seen, Verdict};
use crate::node::NodeId;
use crate::plan::{Knobs, millis};
use crate::wire::digest;

// Written out here once more: the judge must not take them from who it judges.
const T1: Duration = Duration::from_millis(500);
const T2: Duration = Duration::from_secs(4);
/// What Timer B and Timer F leave room for (RFC 3261 sections 17.1.1.2 and 17.1.2.2).
const INVITES_MAX: u32 = 7;
const OTHERS_MAX: u32 = 11;
/// The granularity of the machines' clock.
const TICK: Duration = Duration::from_millis(1);

/// Follows each request over datagrams by sender and branch.
#[derive(Debug)]
pub(crate) struct Retransmissions {
    sent: Aging<(NodeId, u64), Series>,
    late_max: Duration,
}

#[derive(Debug)]
struct Series {
    last_at: Instant,
    times: u32,
}

impl Retransmissions {
    pub(crate) fn new(knobs: &Knobs) -> Self {
        // The knob delays the wake-up; the machine may round each deadline up to its next tick.
        let late_max = millis(knobs.timer_late_ms_max) + 2 * TICK;
        Self { sent: Aging::default(), late_max }
    }

    fn check(&mut self, seen: &Seen<'_>, key: (NodeId, u64)) -> Result<(), String> {
        let late_max = self.late_max;
        let Some(series) = self.sent.get(&key) else {
            self.sent.insert(seen.at, key, Series { last_at: seen.at, times: 1 });
            return Ok(());
        };
        let interval = seen.at - series.last_at;
        let times = series.times;
        *series = Series { last_at: seen.at, times: times + 1 };
        if seen.streamed {
            return Err("sent again over a stream".to_owned());
        }
        let is_invite = seen.scan.method() == b"INVITE";
        let max = if is_invite { INVITES_MAX } else { OTHERS_MAX };
        if times >= max {
            return Err(format!("sent more than {max} times"));
        }
        // A wake-up that came late shortens the next interval, if deadlines count from the first.
        let on_time = |due: Duration| interval + late_max >= due && interval <= due + late_max;
        let doubled = T1 * (1 << (times - 1));
        let is_due = if is_invite {
            on_time(doubled)
        } else {
            // In the Proceeding state Timer E runs at T2 (RFC 3261 section 17.1.2.2).
            on_time(doubled.min(T2)) || on_time(T2)
        };
        is_due.then_some(()).ok_or_else(|| format!("sent again after {interval:?}, time {times}"))
    }
}

impl Check for Retransmissions {
    fn observe(&mut self, seen: &Seen<'_>) -> Verdict {
        // An ACK goes out once for each final response that comes.
        if seen.phase == Phase::Arrived
            || seen.scan.status().is_some()
            || seen.scan.method() == b"ACK"
        {
            return Ok(());
        }
        let Some(hop) = seen.scan.top_hop() else {
            return Ok(());
        };
        let key = (seen.from, digest(&[hop.branch, seen.scan.method()]));
        self.check(seen, key).map_err(|detail| {
            let method = String::from_utf8_lossy(seen.scan.method());
            let detail = format!("{method} is {detail}");
            Complaint::about(Invariant::Retransmissions, seen, detail)
        })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::wire::Scan;

    fn holds(method: &str, streamed: bool, times_ms: &[u64]) -> bool {
        let mut check = Retransmissions::new(&Knobs::default());
        let bytes = Bytes::from(format!(
            "{method} sip:b SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n\r\n"
        ));
        let scan = Scan::new(&bytes).expect("a message");
        times_ms.iter().all(|ms| {
            let (at, from) = (Instant::from_millis(*ms), NodeId(0));
            let phase = Phase::Sent;
            let seen = Seen { at, phase, from, to: None, streamed, scan: &scan, bytes: &bytes };
            check.observe(&seen).is_ok()
        })
    }

    #[test]
    fn the_instants_are_those_of_the_rfc() {
        let invites = [0, 500, 1_500, 3_500, 7_500, 15_500, 31_500];
        assert!(holds("INVITE", false, &invites));
        assert!(!holds("INVITE", false, &[0, 500, 1_000]), "not doubled");
        assert!(!holds("INVITE", false, &[0, 490]), "early");
        assert!(!holds("INVITE", false, &[0, 510]), "late");
        assert!(!holds("INVITE", true, &[0, 500]), "over a stream");
        assert!(!holds("INVITE", false, &[&invites[..], &[63_500]].concat()), "too often");

        let others = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
        assert!(holds("BYE", false, &others));
        assert!(holds("BYE", false, &[0, 500, 4_500]), "Timer E in Proceeding");
        assert!(!holds("BYE", false, &[&others[..], &[35_500]].concat()), "too often");
    }
}
