//! [`Context`]: how a callback acts.

use bytes::Bytes;
use thiserror::Error;

use super::desk::Desk;
use super::{ClientKey, Key, ServerKey};
use crate::message::MessageFault;
use crate::{
    Command, HeaderName, Instant, Method, NextHop, Request, Response, Rng, SipMessage, Source,
    StatusCode, UnixTime,
};

/// What a callback of a [`Core`](super::Core) acts through. `O` is [`Core::Out`](super::Core::Out).
#[derive(Debug)]
pub struct Context<'a, O> {
    pub(super) desk: &'a mut Desk<O>,
    pub(super) now: Instant,
    pub(super) unix: UnixTime,
    pub(super) source: Option<Source>,
}

/// Why a message was not sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SendError {
    /// A response to a transaction that is over, or never was.
    #[error("no such transaction")]
    NoTransaction,
    /// A message that is not what it must be.
    #[error("malformed message: {0}")]
    Malformed(MessageFault),
    /// A CANCEL: [`Context::cancel`] makes and sends it when it may be sent.
    #[error("a CANCEL is not sent by hand")]
    Cancel,
}

impl<O> Context<'_, O> {
    /// The time.
    #[must_use]
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// The wall clock.
    #[must_use]
    pub const fn unix_time(&self) -> UnixTime {
        self.unix
    }

    /// Randomness: tags, Call-IDs, numbers.
    pub const fn rng(&mut self) -> &mut Rng {
        &mut self.desk.rng
    }

    /// Where the message being received came from, and our own address there.
    #[must_use]
    pub const fn source(&self) -> Option<Source> {
        self.source
    }

    /// Sends a request to where it says it goes (RFC 3261 section 8.1.2), or a response in the
    /// transaction that it answers. The stack adds the Via to a request, and a To tag to a
    /// response that lacks one.
    ///
    /// The key is that of the request's new transaction or of the response's; an ACK, and whatever
    /// a stateless stack sends, has none. A request that turns out not to be sendable comes back
    /// as [`Core::receive_error`](super::Core::receive_error).
    ///
    /// # Errors
    ///
    /// [`SendError`]; nothing was sent then.
    pub fn send(&mut self, message: impl Into<SipMessage>) -> Result<Option<Key>, SendError> {
        match message.into() {
            SipMessage::Request(request) => {
                Ok(self.send_to(request, NextHop::ByMessage)?.map(Key::Client))
            }
            SipMessage::Response(response) => self.send_response(response),
        }
    }

    /// Sends a request to `next_hop`, whatever it says itself.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_to(
        &mut self,
        request: Request,
        next_hop: NextHop,
    ) -> Result<Option<ClientKey>, SendError> {
        check(&request).map_or(Ok(()), |fault| Err(SendError::Malformed(fault)))?;
        if self.desk.stateless || *request.method() == Method::Ack {
            self.desk.commands.push_back(Command::SendRequest { request, next_hop });
            return Ok(None);
        }
        if *request.method() == Method::Cancel {
            return Err(SendError::Cancel);
        }
        let key = self.desk.open_client(request.method());
        self.desk.commands.push_back(Command::Request { id: key.id(), request, next_hop });
        Ok(Some(key))
    }

    fn send_response(&mut self, response: Response) -> Result<Option<Key>, SendError> {
        response.validate().map_err(SendError::Malformed)?;
        if self.desk.stateless {
            self.desk.commands.push_back(Command::SendResponse { response });
            return Ok(None);
        }
        let key = ServerKey::of(&response).map_err(|_| SendError::NoTransaction)?;
        let id = self.desk.server_id(&key).ok_or(SendError::NoTransaction)?;
        self.desk.commands.push_back(Command::Respond { id, response });
        Ok(Some(Key::Server(key)))
    }

    /// Answers `request` with a bare `status`.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn reply(
        &mut self,
        request: &Request,
        status: StatusCode,
    ) -> Result<Option<Key>, SendError> {
        self.send(Response::to(request, status))
    }

    /// Cancels an INVITE (RFC 3261 section 9.1): the CANCEL, with `reason` as its Reason (RFC
    /// 3326), leaves once a provisional response has arrived, and not at all if a final one comes
    /// first. The INVITE's own final response, usually 487, is still to come. Does nothing for a
    /// transaction that is over, or not an INVITE's.
    pub fn cancel(&mut self, key: &ClientKey, reason: Option<Bytes>) {
        self.desk.commands.push_back(Command::Cancel { id: key.id(), reason });
    }

    /// Forgets a transaction: nothing more is heard of it, and no response is sent in it any
    /// more. Does nothing for one that is over.
    pub fn terminate(&mut self, key: &Key) {
        match key {
            Key::Client(key) if self.desk.close_client(key.id()) => {
                self.desk.commands.push_back(Command::Terminate { id: key.id() });
            }
            Key::Server(key) => {
                if let Some(id) = self.desk.server_id(key) {
                    self.desk.close_server(id);
                    self.desk.commands.push_back(Command::Abandon { id });
                }
            }
            Key::Client(_) => {}
        }
    }

    /// Tells the program around the stack.
    pub fn tell(&mut self, out: O) {
        self.desk.told.push_back(out);
    }

    /// When [`Core::receive_alarm`](super::Core::receive_alarm) is next wanted, instead of what was
    /// wanted before; `None` for never.
    pub const fn set_alarm(&mut self, at: Option<Instant>) {
        self.desk.alarm = at;
    }
}

/// What is wrong with a request: with one of ours, anything but the Via that is still to come;
/// with one that is forwarded, what would keep it from being routed.
fn check(request: &Request) -> Option<MessageFault> {
    if request.has(&HeaderName::Via) {
        return request.validate().err();
    }
    request.faults().find(|fault| *fault != MessageFault::Missing(HeaderName::Via))
}
