//! [`Core`]: what an application writes.

use super::{ClientKey, Context, Key, ServerKey};
use crate::{Request, Response, TransactionError};

/// An application on a [`Stack`](super::Stack): three callbacks.
///
/// A callback acts through its [`Context`], and what it asks for happens once it has returned: so
/// no callback is ever entered while another runs. For a run that can be repeated, it takes time
/// and randomness from there too, and does no I/O.
pub trait Core {
    /// What the program around the stack asks of the application; `()` for a mere "begin".
    type In;
    /// What the application tells the program around the stack.
    type Out;

    /// A request arrived. With a key it is to be answered: by [`Context::send`] of a response to
    /// it, now or later. Without one it is not: an ACK to a 2xx, or a request to a
    /// [stateless](crate::EndpointConfig::stateless) stack.
    ///
    /// A CANCEL comes with the key of the INVITE that it cancels, if that has no final answer
    /// yet. It is answered already; the INVITE is to be, with 487 (RFC 3261 section 9.2). A CANCEL
    /// of nothing, or one too late, never comes here.
    fn receive_request(
        &mut self,
        request: Request,
        key: Option<ServerKey>,
        cx: &mut Context<'_, Self::Out>,
    );

    /// A response arrived, to the transaction `key`; without one, to a
    /// [stateless](crate::EndpointConfig::stateless) stack. Our own Via is removed.
    fn receive_response(
        &mut self,
        response: Response,
        key: Option<ClientKey>,
        cx: &mut Context<'_, Self::Out>,
    );

    /// A transaction failed: a client transaction without a final response, and it is over; a
    /// server transaction because its response could not be sent or was not acknowledged.
    fn receive_error(
        &mut self,
        reason: TransactionError,
        key: Key,
        cx: &mut Context<'_, Self::Out>,
    );

    /// The program around the stack asks for something.
    fn receive_ask(&mut self, ask: Self::In, cx: &mut Context<'_, Self::Out>) {
        let _ = (ask, cx);
    }

    /// The time of [`Context::set_alarm`] has come.
    fn receive_alarm(&mut self, cx: &mut Context<'_, Self::Out>) {
        let _ = cx;
    }
}
