//! What the application asks for.

use bytes::Bytes;

use super::clients::ClientEvent;
use super::sending::{Departure, Path, Way};
use super::{ClientId, Command, Delivery, Endpoint, NextHop, TransactionError};
use crate::Request;
use crate::message::Method;
use crate::transaction::stateless_branch;
use crate::transport::push_via;

impl Endpoint {
    pub(super) fn handle_command(&mut self, command: Command) {
        match command {
            Command::Request { id, request, next_hop } => self.request(id, request, &next_hop),
            Command::Cancel { id, reason } => self.cancel(id, reason),
            Command::Respond { id, response } => self.respond(id, response),
            Command::SendRequest { request, next_hop } => self.send_request(request, &next_hop),
            Command::Abandon { id } => self.abandon_server(id),
            Command::SendResponse { response } => self.send_response_statelessly(&response),
            Command::Terminate { id } => {
                self.turn_back(id);
                if let Some(key) = self.client_ids.get(&id).copied() {
                    self.end_client(key);
                }
            }
        }
    }

    fn request(&mut self, id: ClientId, request: Request, next_hop: &NextHop) {
        // The id is that of a transaction that lives on: only the new one has failed.
        if self.client_ids.contains_key(&id) || self.journeys.awaits(id) {
            let error = TransactionError::Misuse;
            return self.deliver(Delivery::ClientFailed { id, error });
        }
        match self.may_start(&request).and_then(|()| self.depart(&request, next_hop)) {
            Ok(Way::Known(departure)) => self.start_client(id, request, departure, None),
            Ok(Way::Wanted(wanted)) => self.seek(id, request, wanted),
            Err(error) => self.fail_request(id, error),
        }
    }

    /// An ACK has no transaction, and a CANCEL shares that of its INVITE.
    fn may_start(&self, request: &Request) -> Result<(), TransactionError> {
        if matches!(request.method(), Method::Ack | Method::Cancel) {
            return Err(TransactionError::Misuse);
        }
        if self.clients.len() + self.journeys.waiting()
            >= self.config.limits.client_transactions_max
        {
            return Err(TransactionError::Limit);
        }
        if !self.budget.has_room(request.encoded_len()) {
            return Err(TransactionError::Limit);
        }
        Ok(())
    }

    /// Who cancels wants no other server to ring.
    fn cancel(&mut self, id: ClientId, reason: Option<Bytes>) {
        if self.turn_back(id) {
            return self.fail_request(id, TransactionError::Cancelled);
        }
        if let Some(key) = self.client_ids.get(&id).copied() {
            self.stay(key);
            self.drive_client(key, ClientEvent::Cancel { reason });
        }
    }

    fn send_request(&mut self, request: Request, next_hop: &NextHop) {
        match self.depart(&request, next_hop) {
            Ok(Way::Known(departure)) => self.send_statelessly(request, departure),
            Ok(Way::Wanted(wanted)) => self.seek_statelessly(request, wanted),
            Err(_) => {}
        }
    }

    pub(super) fn send_statelessly(&mut self, mut request: Request, departure: Departure) {
        let branch = stateless_branch(&request, &self.secrets);
        if let (Path::Stream { connection }, Some(instead)) = (departure.path, departure.instead) {
            self.keep_until_connected(connection, request.clone(), *instead);
        }
        push_via(&mut request, departure.transport, departure.sent_by, branch.as_str());
        let bytes = request.to_bytes();
        self.transmit(None, departure.path, bytes);
    }
}
