//! What a request is to us: new, a retransmission, an ACK, a CANCEL.

use super::intake::Arrival;
use super::servers::ServerEvent;
use super::{Delivery, Endpoint};
use crate::message::{HeaderName, Method, To, Via};
use crate::transaction::ServerKey;
use crate::transport::{FlowId, ResponseRoute, stamp};
use crate::{DropReason, Request, Response, StatusCode};

impl Endpoint {
    pub(super) fn handle_request(&mut self, arrival: &Arrival, mut request: Request) {
        // All that the topmost Via says is read once.
        let via = match request.require::<Via<'_>>() {
            Ok(via) => via,
            Err(error) => {
                let reason = DropReason::Malformed(error.kind);
                return self.report_drop(arrival.source.remote, reason);
            }
        };
        let key = self.keys.branch_key(&via, request.method());
        let fault = request.validate_below_via().err();
        // A retransmission is answered with what was made of the first: it needs no stamp.
        if fault.is_none() && *request.method() != Method::Ack && self.is_repeated(key) {
            return;
        }
        if let FlowId::Stream { connection } = arrival.source.flow
            && fault.is_none()
            && via.params.has("alias")
        {
            let port = via.port.unwrap_or_else(|| arrival.source.transport.default_port());
            self.connections.alias(connection, port);
        }
        let route = arrival.response_route(Some(&via));
        if let Some(stamped) = stamp(&via, arrival.source.remote) {
            request.replace_front(HeaderName::Via, stamped);
        }
        match fault {
            Some(fault) => self.reject(arrival, route, &request, &fault),
            None => self.handle_valid_request(arrival, route, request, key),
        }
    }

    /// Whether a request with this key was here before; its transaction then hears of it.
    fn is_repeated(&mut self, key: Option<ServerKey>) -> bool {
        let server = key.and_then(|key| self.server_keys.get(&key).copied());
        if let Some(server) = server {
            self.drive_server(server, ServerEvent::Request);
        }
        server.is_some()
    }

    /// A request whose topmost Via is stamped; the key is that of its branch, if that is unique.
    fn handle_valid_request(
        &mut self,
        arrival: &Arrival,
        route: ResponseRoute,
        request: Request,
        key: Option<ServerKey>,
    ) {
        // Of what has no unique branch after the stamp, so that the key is the same for the request
        // and for what is made of it.
        let key = match key.map_or_else(|| self.keys.server_key(&request), Ok) {
            Ok(key) => key,
            Err(error) => {
                return self.report_drop(arrival.source.remote, DropReason::Malformed(error.kind));
            }
        };
        match request.method() {
            Method::Ack => self.handle_ack(arrival, request, key),
            _ if self.is_repeated(Some(key)) => {}
            Method::Cancel => self.handle_cancel(arrival, route, request, key),
            _ => self.handle_new_request(arrival, route, request, key),
        }
    }

    fn handle_new_request(
        &mut self,
        arrival: &Arrival,
        route: ResponseRoute,
        mut request: Request,
        key: ServerKey,
    ) {
        if self.drain.refuses() && !is_in_dialog(&request) || !self.has_room_for(&request) {
            return self.turn_away_for_now(arrival, route, &request);
        }
        let merged = match self.config.merged_requests {
            true => self.keys.merged_key(&request).ok().flatten(),
            false => None,
        };
        if merged.is_some_and(|merged| self.merged_keys.contains_key(&merged)) {
            let response = Response::to(&request, StatusCode::LOOP_DETECTED);
            return self.turn_away(arrival, route, response);
        }
        arrival.own(&mut request);
        let id = self.start_server(route, &request, key, merged);
        self.deliver(Delivery::Request { id, request, source: arrival.source });
    }

    /// Whether `request` may have a server transaction.
    fn has_room_for(&self, request: &Request) -> bool {
        self.servers.len() < self.config.limits.server_transactions_max
            && self.budget.has_room(request.held_bytes())
    }

    /// An ACK belongs to a non-2xx answer of ours, with or without a transaction, and ends there,
    /// or to a 2xx, and goes up (RFC 3261 section 17.1.1.3).
    fn handle_ack(&mut self, arrival: &Arrival, mut request: Request, key: ServerKey) {
        let passes = match self.server_keys.get(&key).copied() {
            Some(server) if !self.is_answered(server) => {
                return self.report_drop(arrival.source.remote, DropReason::StrayAck);
            }
            Some(server) => self.drive_server(server, ServerEvent::Ack),
            None => !self.acknowledges_stateless(&request),
        };
        if passes {
            arrival.own(&mut request);
            self.deliver(Delivery::Ack { request, source: arrival.source });
        }
    }

    /// A CANCEL is answered here, hop by hop (RFC 3261 section 9.2); the 200 has the To tag of the
    /// INVITE's own responses. In a transaction of its own, so that a retransmission gets the same
    /// answer also when the INVITE's is over; without one where there is no room for it.
    fn handle_cancel(
        &mut self,
        arrival: &Arrival,
        route: ResponseRoute,
        mut request: Request,
        key: ServerKey,
    ) {
        let invite = self.keys.cancelled_key(&request).ok();
        let invite = invite.and_then(|key| self.server_keys.get(&key).copied());
        let Some(invite) = invite else {
            let response = Response::to(&request, StatusCode::CALL_DOES_NOT_EXIST);
            return self.answer_statelessly(route, response);
        };
        let mut response = Response::to(&request, StatusCode::OK);
        if super::stateless::needs_tag(&response)
            && let Some(tag) = self.server_tag(invite)
        {
            response.set_to_tag(&tag);
        }
        arrival.own(&mut request);
        if self.has_room_for(&request) {
            let id = self.start_own_server(route, &request, key);
            self.respond(id, response);
        } else {
            self.answer_statelessly(route, response);
        }
        if let Some(id) = self.cancel_server(invite) {
            self.deliver(Delivery::Cancel { id, request });
        }
    }
}

fn is_in_dialog(request: &Request) -> bool {
    request.require::<To<'_>>().is_ok_and(|to| to.tag().is_some())
}
