//! From bytes to requests and responses, and what is owed for those that are neither.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;

use super::{Endpoint, Source};
use crate::message::{CSeq, Message, MessageFault, Method, SipMessage, Via};
use crate::transport::{FlowId, ResponseRoute, read_stun, stamp_top_via};
use crate::{DropReason, Event, Output, ParseError, Request, SocketId, TransportKind};

/// Where a message came from, and where the answer to it starts from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrival {
    pub(super) source: Source,
    /// Which local address a datagram was seen to arrive at.
    pub(super) datagram_local: Option<IpAddr>,
}

impl Arrival {
    /// Makes a message that will be kept independent of the buffer it came in. What came over a
    /// stream was cut out of it into storage of its own.
    pub(super) fn own(&self, message: &mut Message) {
        match self.source.flow {
            FlowId::Datagram { .. } => message.detach(),
            FlowId::Stream { .. } => {}
        }
    }

    /// Where responses go, by the topmost Via of a request or of its answer.
    pub(super) fn response_route(&self, via: Option<&Via<'_>>) -> ResponseRoute {
        let Source { transport, remote, .. } = self.source;
        match self.source.flow {
            FlowId::Datagram { socket, peer } => {
                ResponseRoute::datagram(via, socket, peer, self.datagram_local)
            }
            FlowId::Stream { connection } => {
                ResponseRoute::stream(via, connection, transport, remote)
            }
        }
    }
}

impl Endpoint {
    pub(super) fn handle_datagram(
        &mut self,
        socket: SocketId,
        remote: SocketAddr,
        local: SocketAddr,
        datagram_local: Option<IpAddr>,
        data: Bytes,
    ) {
        if data.iter().all(|byte| matches!(byte, b'\r' | b'\n' | b'\0')) {
            return self.report_drop(remote, DropReason::KeepAlive);
        }
        if let Some(stun) = read_stun(&data, remote) {
            return self.handle_stun(stun, (socket, datagram_local), remote);
        }
        let flow = FlowId::Datagram { socket, peer: remote };
        let source = Source { transport: TransportKind::Udp, remote, local, flow };
        self.handle_message(&Arrival { source, datagram_local }, data);
    }

    pub(super) fn handle_message(&mut self, arrival: &Arrival, bytes: Bytes) {
        match SipMessage::parse(bytes.clone(), &self.config.limits) {
            Ok(message) if self.config.stateless => self.handle_statelessly(arrival, message),
            Ok(SipMessage::Request(request)) => self.handle_request(arrival, request),
            Ok(SipMessage::Response(response)) => self.handle_response(arrival, response),
            Err(error) => self.reject_unparsable(arrival, &bytes, &error),
        }
    }

    /// Answers what is recognisably a request, as far as its headers can be read; drops the rest.
    pub(super) fn reject_unparsable(
        &mut self,
        arrival: &Arrival,
        bytes: &Bytes,
        error: &ParseError,
    ) {
        let remote = arrival.source.remote;
        let salvaged = Request::salvage(bytes, error).filter(|response| {
            // An ACK is never answered (RFC 3261 section 17).
            !matches!(response.require::<CSeq>(), Ok(CSeq { method: Method::Ack, .. }))
        });
        let Some(mut response) = salvaged else {
            return self.report_drop(remote, DropReason::Malformed(error.kind));
        };
        let via = response.header::<Via<'_>>().ok().flatten();
        let route = arrival.response_route(via.as_ref());
        stamp_top_via(&mut response, remote);
        self.turn_away(arrival, route, response);
    }

    /// Tells the sender of a parsed request what is wrong with it, where that can be told.
    pub(super) fn reject(
        &mut self,
        arrival: &Arrival,
        route: ResponseRoute,
        request: &Request,
        fault: &MessageFault,
    ) {
        match fault.status() {
            Some(status) if *request.method() != Method::Ack => {
                let mut response = crate::Response::to(request, status);
                response.set_reason(fault.to_string());
                self.turn_away(arrival, route, response);
            }
            Some(_) | None => {
                let reason = DropReason::Malformed(fault.kind());
                self.report_drop(arrival.source.remote, reason);
            }
        }
    }

    pub(super) fn report_drop(&mut self, source: SocketAddr, reason: DropReason) {
        self.push(Output::Event(Event::Dropped { source, reason }));
    }
}
