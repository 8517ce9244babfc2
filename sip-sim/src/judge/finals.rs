//! One final response per server transaction.

use super::aging::Aging;
use super::{Check, Complaint, Invariant, Phase, Seen, Verdict};
use crate::node::NodeId;

/// Follows every response by the transaction it answers: sender, topmost Via, method.
#[derive(Debug, Default)]
pub(crate) struct OneFinal {
    answered: Aging<(NodeId, Vec<u8>, Vec<u8>), Final>,
}

#[derive(Debug)]
struct Final {
    status: u16,
    to_tag: Vec<u8>,
}

impl Check for OneFinal {
    fn observe(&mut self, seen: &Seen<'_>) -> Verdict {
        let (Phase::Sent, Some(status), Some(hop)) =
            (seen.phase, seen.scan.status(), seen.scan.top_hop())
        else {
            return Ok(());
        };
        let transaction = [hop.sent_by, b" ", hop.branch].concat();
        let key = (seen.from, transaction, seen.scan.method().to_vec());
        let to_tag = seen.scan.tag("To").unwrap_or_default().to_vec();
        match self.answered.get(&key) {
            None if status < 200 => Ok(()),
            None => {
                self.answered.insert(seen.at, key, Final { status, to_tag });
                Ok(())
            }
            Some(earlier) => earlier.allows(status, &to_tag).then_some(()).ok_or_else(|| {
                let method = String::from_utf8_lossy(&key.2).into_owned();
                let earlier = earlier.status;
                let detail = format!("{status} to {method} after {earlier} in one transaction");
                Complaint::about(Invariant::OneFinal, seen, detail)
            }),
        }
    }
}

impl Final {
    fn allows(&self, status: u16, to_tag: &[u8]) -> bool {
        let both_succeed = self.status / 100 == 2 && status / 100 == 2;
        let is_retransmission = self.status == status && self.to_tag == to_tag;
        both_succeed || is_retransmission
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use sip_proto::Instant;

    use super::*;
    use crate::wire::Scan;

    fn verdicts(responses: &[(u16, &str)]) -> Vec<bool> {
        let mut check = OneFinal::default();
        responses
            .iter()
            .map(|(status, tag)| {
                let bytes = Bytes::from(format!(
                    "SIP/2.0 {status} X\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n\
                     To: <sip:b@x>;tag={tag}\r\nCSeq: 1 INVITE\r\n\r\n"
                ));
                let scan = Scan::new(&bytes).expect("a message");
                let seen = Seen {
                    at: Instant::ZERO,
                    phase: Phase::Sent,
                    from: NodeId(0),
                    to: None,
                    scan: &scan,
                    bytes: &bytes,
                };
                check.observe(&seen).is_ok()
            })
            .collect()
    }

    #[test]
    fn a_transaction_is_answered_once() {
        let cases: [(&[(u16, &str)], bool); 6] = [
            (&[(100, ""), (180, "x"), (486, "x"), (486, "x")], true),
            (&[(200, "x"), (200, "x"), (200, "y")], true),
            (&[(486, "x"), (487, "x")], false),
            (&[(486, "x"), (200, "y")], false),
            (&[(200, "x"), (180, "y")], false),
            (&[(486, "x"), (486, "y")], false),
        ];
        for (responses, allowed) in cases {
            assert_eq!(verdicts(responses).iter().all(|ok| *ok), allowed, "{responses:?}");
        }
    }
}
