//! No CANCEL before a provisional response.

use super::aging::Aging;
use super::{Check, Complaint, Invariant, Phase, Seen, Verdict};
use crate::node::NodeId;

/// Remembers which of a node's INVITEs have been answered provisionally, by branch.
#[derive(Debug, Default)]
pub(crate) struct CancelAfterProvisional {
    answered: Aging<(NodeId, Vec<u8>), ()>,
}

impl Check for CancelAfterProvisional {
    fn observe(&mut self, seen: &Seen<'_>) -> Verdict {
        let Some(hop) = seen.scan.top_hop() else {
            return Ok(());
        };
        let status = seen.scan.status();
        match (seen.phase, status, seen.to, seen.scan.method()) {
            (Phase::Arrived, Some(100..=199), Some(to), b"INVITE") => {
                self.answered.insert(seen.at, (to, hop.branch.to_vec()), ());
                Ok(())
            }
            (Phase::Sent, None, _, b"CANCEL") => {
                let key = (seen.from, hop.branch.to_vec());
                self.answered.get(&key).map(|()| ()).ok_or_else(|| {
                    let detail = "CANCEL of an INVITE without a provisional response".to_owned();
                    Complaint::about(Invariant::CancelAfterProvisional, seen, detail)
                })
            }
            _ => Ok(()),
        }
    }
}
