//! Answers without a transaction: they cost no memory, and a retransmission gets the same again
//! (RFC 3261 section 8.2.7).

use super::Endpoint;
use super::intake::Arrival;
use super::sending::Path;
use crate::message::{CSeq, From, HeaderName, Message, To, Via};
use crate::transaction::host_bytes;
use crate::transport::ResponseRoute;
use crate::{Event, Output, Request, Response, StatusCode};

/// How long a client that is turned away is asked to stay away.
const RETRY_AFTER_S: &str = "5";

const TAG_LABEL: &str = "to-tag";
/// 64 bits in hexadecimal.
const TAG_CHARS: usize = 16;

impl Endpoint {
    /// Sends a response along `route`, with a To tag that is the same for each retransmission.
    pub(super) fn answer_statelessly(&mut self, route: ResponseRoute, mut response: Response) {
        if needs_tag(&response) {
            let tag = self.stateless_tag(&response);
            response.set_to_tag(&tag);
        }
        let path = match route {
            ResponseRoute::Datagram { socket, destination, source } => {
                Path::Datagram { socket, destination, source }
            }
            // No transaction, no second connection.
            ResponseRoute::Stream { connection, .. } => Path::Stream { connection },
        };
        let bytes = response.to_bytes();
        self.transmit(None, path, bytes);
    }

    /// Turns a request away.
    pub(super) fn turn_away(
        &mut self,
        arrival: &Arrival,
        route: ResponseRoute,
        response: Response,
    ) {
        let (source, status) = (arrival.source.remote, response.status().as_u16());
        self.answer_statelessly(route, response);
        self.push(Output::Event(Event::Rejected { source, status }));
    }

    /// Turns a request away for now.
    pub(super) fn turn_away_for_now(
        &mut self,
        arrival: &Arrival,
        route: ResponseRoute,
        request: &Request,
    ) {
        let mut response = Response::to(request, StatusCode::SERVICE_UNAVAILABLE);
        response.set(HeaderName::RetryAfter, RETRY_AFTER_S);
        self.turn_away(arrival, route, response);
    }

    fn stateless_tag(&self, response: &Message) -> String {
        format!("{:016x}", self.secrets.mac(TAG_LABEL, &identity(response)))
    }

    /// Whether an ACK is for a stateless answer of ours: nobody else knows of it.
    pub(super) fn acknowledges_stateless(&self, ack: &Request) -> bool {
        let tag = ack.require::<To<'_>>().ok().and_then(|to| to.tag());
        let tag = tag.filter(|tag| tag.len() == TAG_CHARS);
        let tag = tag.and_then(|tag| core::str::from_utf8(tag).ok());
        tag.and_then(|tag| u64::from_str_radix(tag, 16).ok())
            .is_some_and(|tag| self.secrets.verify(TAG_LABEL, &identity(ack), tag, u64::MAX))
    }
}

/// What a request, the responses to it and the ACK to those have in common and no other request
/// has (RFC 3261 section 17.1.1.3). Of a header that cannot be read, nothing.
fn identity(message: &Message) -> Vec<u8> {
    let mut identity = Vec::with_capacity(128);
    let mut add = |field: &[u8]| {
        // The length before each field: no two lists of fields run together to the same bytes.
        identity.extend_from_slice(&(field.len() as u64).to_le_bytes());
        identity.extend_from_slice(field);
    };
    if let Ok(via) = message.require::<Via<'_>>() {
        add(via.branch().unwrap_or_default());
        add(&host_bytes(&via.host));
        add(&via.port.unwrap_or_default().to_le_bytes());
    }
    add(message.value(&HeaderName::CallId).unwrap_or_default());
    add(&message.require::<CSeq>().map_or(0, |cseq| cseq.number).to_le_bytes());
    let from = message.require::<From<'_>>().ok();
    add(from.and_then(|from| from.tag()).unwrap_or_default());
    identity
}

/// Whether a response lacks the To tag that all but a 100 must have (RFC 3261 section 8.2.6.2).
pub(super) fn needs_tag(response: &Response) -> bool {
    response.status() != StatusCode::TRYING
        && response.require::<To<'_>>().is_ok_and(|to| to.tag().is_none())
}
