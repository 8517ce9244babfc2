//! [`Stack`]: an endpoint and a core, as one machine.

use std::collections::VecDeque;

use super::desk::Desk;
use super::{Context, Core, Key, SendError, ServerKey};
use crate::{
    Command, Delivery, Endpoint, EndpointConfig, Input, Instant, Machine, Output, Secrets, Seed,
    SipMessage, Source, UnixTime,
};

/// How much of what the callbacks ask for is done before others get their turn: a core that sends
/// again whenever sending fails must not keep the machine for ever. The rest is done a
/// millisecond later.
const COMMANDS_PER_INPUT_MAX: usize = 1_024;
const REST: core::time::Duration = core::time::Duration::from_millis(1);

/// An application with three callbacks on an [`Endpoint`], as one [`Machine`]: any adapter
/// drives it. See the [module](super).
#[derive(Debug)]
pub struct Stack<C: Core> {
    endpoint: Endpoint,
    core: C,
    desk: Desk<C::Out>,
    outputs: VecDeque<Output<C::Out>>,
    now: Instant,
}

impl<C: Core> Stack<C> {
    /// A stack without sockets: they come as [`Input::Opened`]. See [`Endpoint::new`].
    #[must_use]
    pub fn new(
        core: C,
        config: EndpointConfig,
        seed: &Seed,
        secrets: Secrets,
        now: Instant,
        unix: UnixTime,
    ) -> Self {
        let desk = Desk::new(&seed.fork("stack"), config.stateless);
        let endpoint = Endpoint::new(config, seed, secrets, now, unix);
        Self { endpoint, core, desk, outputs: VecDeque::new(), now }
    }

    /// The application.
    #[must_use]
    pub const fn core(&self) -> &C {
        &self.core
    }

    /// The endpoint below, for its counts.
    #[must_use]
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// How many transactions have keys: never more than the endpoint has transactions.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.desk.len()
    }

    /// [`Context::send`] from outside a callback.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn send(
        &mut self,
        now: Instant,
        message: impl Into<SipMessage>,
    ) -> Result<Option<Key>, SendError> {
        self.act(now, |_, cx| cx.send(message))
    }

    /// [`Context::terminate`] from outside a callback.
    pub fn terminate(&mut self, now: Instant, key: &Key) {
        self.act(now, |_, cx| cx.terminate(key));
    }

    /// Does something to the application, which may act as in a callback.
    pub fn act<R>(
        &mut self,
        now: Instant,
        act: impl FnOnce(&mut C, &mut Context<'_, C::Out>) -> R,
    ) -> R {
        self.now = self.now.max(now);
        let result = self.call(None, act);
        self.settle();
        result
    }

    fn call<R>(
        &mut self,
        source: Option<Source>,
        act: impl FnOnce(&mut C, &mut Context<'_, C::Out>) -> R,
    ) -> R {
        let (now, unix) = (self.now, self.endpoint.unix_time());
        let result = act(&mut self.core, &mut Context { desk: &mut self.desk, now, unix, source });
        self.outputs.extend(self.desk.told.drain(..).map(Output::App));
        result
    }

    /// Moves commands down and deliveries up until both are at rest.
    fn settle(&mut self) {
        let mut commands = 0;
        loop {
            while commands < COMMANDS_PER_INPUT_MAX
                && let Some(command) = self.desk.commands.pop_front()
            {
                commands += 1;
                self.endpoint.handle_input(self.now, Input::App(command));
            }
            let Some(output) = self.endpoint.poll_output() else { return };
            match output {
                Output::App(delivery) => self.deliver(delivery),
                Output::Transmit(transmit) => self.outputs.push_back(Output::Transmit(transmit)),
                Output::Open { socket, local } => {
                    self.outputs.push_back(Output::Open { socket, local });
                }
                Output::CloseSocket { socket } => {
                    self.outputs.push_back(Output::CloseSocket { socket });
                }
                Output::Write { connection, data } => {
                    self.outputs.push_back(Output::Write { connection, data });
                }
                Output::Connect { connection, transport, peer, server_name } => {
                    let dial = Output::Connect { connection, transport, peer, server_name };
                    self.outputs.push_back(dial);
                }
                Output::Close { connection } => {
                    self.outputs.push_back(Output::Close { connection });
                }
                Output::Forward { to, item } => {
                    self.outputs.push_back(Output::Forward { to, item });
                }
                Output::Event(event) => self.outputs.push_back(Output::Event(event)),
                Output::Drained => self.outputs.push_back(Output::Drained),
            }
        }
    }

    fn deliver(&mut self, delivery: Delivery) {
        match delivery {
            Delivery::Request { id, request, source } => {
                // The endpoint has read both headers to find the transaction.
                let Ok(key) = ServerKey::of(&request) else { return };
                self.desk.open_server(key.clone(), id);
                self.call(Some(source), |core, cx| core.receive_request(request, Some(key), cx));
            }
            Delivery::Ack { request, source } => {
                self.call(Some(source), |core, cx| core.receive_request(request, None, cx));
            }
            Delivery::Cancel { id, request } => {
                if let Some(key) = self.desk.server_key(id) {
                    self.call(None, |core, cx| core.receive_request(request, Some(key), cx));
                }
            }
            Delivery::Response { id, response, source } => {
                if let Some(key) = self.desk.client_key(id) {
                    let key = Some(key);
                    self.call(Some(source), |core, cx| core.receive_response(response, key, cx));
                }
            }
            Delivery::Stateless { message, source } => {
                self.call(Some(source), |core, cx| match message {
                    SipMessage::Request(request) => core.receive_request(request, None, cx),
                    SipMessage::Response(response) => core.receive_response(response, None, cx),
                });
            }
            Delivery::ClientFailed { id, error } => {
                if let Some(key) = self.desk.client_key(id) {
                    self.call(None, |core, cx| core.receive_error(error, Key::Client(key), cx));
                }
            }
            Delivery::ServerFailed { id, error } => {
                if let Some(key) = self.desk.server_key(id) {
                    self.call(None, |core, cx| core.receive_error(error, Key::Server(key), cx));
                }
            }
            Delivery::ClientEnded { id } => {
                self.desk.close_client(id);
            }
            Delivery::ServerEnded { id } => self.desk.close_server(id),
        }
    }

    fn sound_alarm(&mut self) {
        if self.desk.alarm.is_some_and(|at| at <= self.now) {
            self.desk.alarm = None;
            self.call(None, |core, cx| core.receive_alarm(cx));
        }
    }

    fn pass_down(&mut self, input: Input<Command>) {
        self.endpoint.handle_input(self.now, input);
    }
}

impl<C: Core> Machine for Stack<C> {
    type In = C::In;
    type Out = C::Out;

    fn handle_input(&mut self, now: Instant, input: Input<C::In>) {
        self.now = self.now.max(now);
        match input {
            Input::App(ask) => self.call(None, |core, cx| core.receive_ask(ask, cx)),
            Input::Timeout => {
                self.sound_alarm();
                self.pass_down(Input::Timeout);
            }
            Input::Datagram { socket, source, local, data } => {
                self.pass_down(Input::Datagram { socket, source, local, data });
            }
            Input::Opened { socket, transport, local, advertised } => {
                self.pass_down(Input::Opened { socket, transport, local, advertised });
            }
            Input::Accepted { connection, listener, local, peer, identity } => {
                self.pass_down(Input::Accepted { connection, listener, local, peer, identity });
            }
            Input::Connected { connection, local, identity } => {
                self.pass_down(Input::Connected { connection, local, identity });
            }
            Input::Received { connection, data } => {
                self.pass_down(Input::Received { connection, data });
            }
            Input::Flushed { connection, queued_bytes } => {
                self.pass_down(Input::Flushed { connection, queued_bytes });
            }
            Input::Closed { connection, reason } => {
                self.pass_down(Input::Closed { connection, reason });
            }
            Input::TransmitFailed { socket, destination, error } => {
                self.pass_down(Input::TransmitFailed { socket, destination, error });
            }
            Input::Forwarded(item) => self.pass_down(Input::Forwarded(item)),
            Input::Clock(unix) => self.pass_down(Input::Clock(unix)),
            Input::Secrets(secrets) => self.pass_down(Input::Secrets(secrets)),
            Input::Drain => self.pass_down(Input::Drain),
        }
        self.settle();
    }

    fn poll_output(&mut self) -> Option<Output<C::Out>> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let rest = (!self.desk.commands.is_empty()).then(|| self.now + REST);
        [self.endpoint.poll_timeout(), self.desk.alarm, rest].into_iter().flatten().min()
    }
}
