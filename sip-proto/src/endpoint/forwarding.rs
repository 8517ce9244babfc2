//! A stateless element's messages: up and down without transactions (RFC 3261 section 16.11).

use std::net::SocketAddr;

use super::intake::Arrival;
use super::sending::{Path, name_by_address};
use super::{Delivery, Endpoint};
use crate::message::{HeaderName, Host, SipMessage, Via};
use crate::transport::{sent_by_is, stamp_top_via, stamp_way_back};
use crate::{DropReason, HeaderError, ParseErrorKind, Request, Response, TransportKind};

impl Endpoint {
    /// Hands a message up as it came, but for the topmost Via: a request's says where it came
    /// from, and ours is off a response.
    pub(super) fn handle_statelessly(&mut self, arrival: &Arrival, message: SipMessage) {
        let source = arrival.source;
        let message = match message {
            SipMessage::Request(request) => match self.check_request(arrival, request) {
                Some(request) => SipMessage::Request(request),
                None => return,
            },
            SipMessage::Response(response) => match self.take_own_via(arrival, response) {
                Ok(response) => SipMessage::Response(response),
                Err(reason) => return self.report_drop(source.remote, reason),
            },
        };
        self.deliver(Delivery::Stateless { message, source });
    }

    fn check_request(&mut self, arrival: &Arrival, mut request: Request) -> Option<Request> {
        let remote = arrival.source.remote;
        if let Err(fault) = request.validate() {
            let route = arrival.response_route(request.header::<Via<'_>>().ok().flatten().as_ref());
            stamp_top_via(&mut request, remote);
            self.reject(arrival, route, &request, &fault);
            return None;
        }
        // With no state to remember a connection by, the message says which it was (RFC 3261
        // section 16.1).
        match arrival.source.transport.is_reliable() {
            true => stamp_way_back(&mut request, remote),
            false => stamp_top_via(&mut request, remote),
        }
        arrival.own(&mut request);
        Some(request)
    }

    /// A response is ours to forward if the topmost Via is: what has another one is dropped
    /// (RFC 3261 sections 16.11 and 18.1.2).
    fn take_own_via(
        &self,
        arrival: &Arrival,
        mut response: Response,
    ) -> Result<Response, DropReason> {
        let malformed = |error: HeaderError| DropReason::Malformed(error.kind);
        let via = response.require::<Via<'_>>().map_err(malformed)?;
        let kind = via.transport_kind();
        let kind = kind.ok_or(DropReason::Malformed(ParseErrorKind::Value))?;
        let seen = arrival.source.local.ip();
        if !self.sockets.public_addresses(seen).any(|ours| sent_by_is(&via, kind, ours)) {
            return Err(DropReason::ForgedBranch);
        }
        response.pop_front(&HeaderName::Via);
        arrival.own(&mut response);
        Ok(response)
    }

    /// [`Command::SendResponse`](super::Command::SendResponse): where the topmost Via says
    /// (RFC 3261 section 18.2.2). Over a stream, on the connection the request came over, else on
    /// a new one.
    pub(super) fn send_response_statelessly(&mut self, response: &Response) {
        let Some((transport, address)) = way_back(response) else { return };
        let path = if transport.is_reliable() {
            let open = self.connections.find(transport, address, None);
            let name = name_by_address(transport, address);
            let dial = || self.connection_to(transport, address, name.as_deref()).ok();
            let Some(connection) = open.or_else(dial) else { return };
            Path::Stream { connection }
        } else {
            let Some(socket) = self.sockets.towards(transport, address.ip()) else { return };
            Path::Datagram { socket: socket.id, destination: address, source: None }
        };
        let bytes = response.to_bytes();
        self.transmit(None, path, bytes);
    }
}

/// Where the topmost Via asks for the response, as it was stamped when the request came in.
fn way_back(response: &Response) -> Option<(TransportKind, SocketAddr)> {
    let via = response.require::<Via<'_>>().ok()?;
    let transport = via.transport_kind()?;
    let named = match via.host {
        Host::Name(_) => None,
        Host::V4(_) | Host::V6(_) => via.host.ip(),
    };
    let ip = via.received().or(named)?;
    let port = via.rport().flatten().or(via.port).unwrap_or_else(|| transport.default_port());
    Some((transport, SocketAddr::new(ip, port)))
}
