//! Responses: whose they are, if they are ours at all.

use super::Endpoint;
use super::clients::{ClientEvent, Expected};
use super::intake::Arrival;
use crate::message::{CSeq, HeaderName, Via};
use crate::slab::SlabKey;
use crate::transaction::BranchToken;
use crate::transport::sent_by_is;
use crate::{DropReason, HeaderError, ParseErrorKind, Response};

impl Endpoint {
    /// A response belongs to the client transaction that its branch names, if the branch is sealed
    /// by us, the sent-by is what we wrote (RFC 3261 section 18.1.2), and the method is that of
    /// the request (section 17.1.3). What belongs nowhere is dropped, not forwarded (RFC 6026
    /// section 7.3).
    pub(super) fn handle_response(&mut self, arrival: &Arrival, mut response: Response) {
        match self.match_response(&response) {
            Ok((key, Expected::Request)) => {
                response.remove_front(&HeaderName::Via);
                arrival.own(&mut response);
                self.drive_client_response(key, response, arrival.source);
            }
            Ok((key, Expected::Cancel)) => self.drive_cancel(key, ClientEvent::Response(&response)),
            Ok((_, Expected::Nothing)) => {
                self.report_drop(arrival.source.remote, DropReason::StrayResponse);
            }
            Err(reason) => self.report_drop(arrival.source.remote, reason),
        }
    }

    fn match_response(&self, response: &Response) -> Result<(SlabKey, Expected), DropReason> {
        let malformed = |error: HeaderError| DropReason::Malformed(error.kind);
        let via = response.require::<Via<'_>>().map_err(malformed)?;
        let cseq = response.require::<CSeq>().map_err(malformed)?;
        let branch = via.branch().ok_or(DropReason::Malformed(ParseErrorKind::Cardinality))?;
        let token = BranchToken::decode(branch, &self.secrets).ok_or(DropReason::ForgedBranch)?;
        if token.shard != self.config.shard {
            return Err(DropReason::StrayResponse);
        }
        let key = SlabKey { index: token.slot, generation: token.generation };
        let client = self.clients.get(key).ok_or(DropReason::StrayResponse)?;
        let (transport, sent_by) = client.sender();
        if !sent_by_is(&via, transport, sent_by) {
            return Err(DropReason::ForgedBranch);
        }
        Ok((key, client.expects(&cseq.method)))
    }
}
