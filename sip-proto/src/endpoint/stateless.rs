//! Answers without a transaction: they cost no memory, and a retransmission gets the same again
//! (RFC 3261 section 8.2.7).

use super::Endpoint;
use super::intake::Arrival;
use super::sending::Path;
use crate::message::{HeaderName, Message, To, Via};
use crate::transport::ResponseRoute;
use crate::{Request, Response, StatusCode};

/// How long a client that is turned away is asked to stay away.
const RETRY_AFTER_S: &str = "5";

impl Endpoint {
    /// Sends a response over where its request came from, with a To tag that is the same for each
    /// retransmission.
    pub(super) fn answer_statelessly(&mut self, arrival: &Arrival, mut response: Response) {
        if needs_tag(&response) {
            let tag = self.stateless_tag(&response);
            response.set_to_tag(&tag);
        }
        let via = response.header::<Via<'_>>().ok().flatten();
        let path = match arrival.response_route(via.as_ref()) {
            ResponseRoute::Datagram { socket, destination, source } => {
                Path::Datagram { socket, destination, source }
            }
            // No transaction, no second connection.
            ResponseRoute::Stream { connection, .. } => Path::Stream { connection },
        };
        let bytes = response.to_bytes();
        self.transmit(None, path, bytes);
    }

    /// Turns a request away for now.
    pub(super) fn answer_unavailable(&mut self, arrival: &Arrival, request: &Request) {
        let mut response = Response::to(request, StatusCode::SERVICE_UNAVAILABLE);
        response.set(HeaderName::RetryAfter, RETRY_AFTER_S);
        self.answer_statelessly(arrival, response);
    }

    fn stateless_tag(&self, response: &Message) -> String {
        let mut identity = Vec::new();
        for name in [HeaderName::Via, HeaderName::CallId, HeaderName::CSeq, HeaderName::From] {
            identity.extend_from_slice(response.value(&name).unwrap_or_default());
            identity.push(0);
        }
        format!("{:016x}", self.secrets.mac("to-tag", &identity))
    }
}

/// Whether a response lacks the To tag that all but a 100 must have (RFC 3261 section 8.2.6.2).
pub(super) fn needs_tag(response: &Response) -> bool {
    response.status() != StatusCode::TRYING
        && response.require::<To<'_>>().is_ok_and(|to| to.tag().is_none())
}
