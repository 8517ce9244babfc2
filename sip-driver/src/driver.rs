//! The turn: inputs in, outputs performed, one deadline out.

use std::os::fd::OwnedFd;
use std::time::Instant as StdInstant;

use sip_proto::{Input, Instant, Machine, Output};

use crate::clock::{Clock, Start, unix_time};
use crate::io::Io;
use crate::stop::{Stop, StopSignal};
use crate::{App, DriverError, RunSummary, Sockets};

/// Looks at the sockets before a turn ends, so that under load most turns follow each other
/// without the runtime's wait between them.
const POLLS_MAX: usize = 8;
/// Times that machine and application may answer each other before others get their turn.
const ROUNDS_MAX: usize = 64;

/// Drives one machine over non-blocking sockets; a runtime adapter supplies the waiting.
///
/// An adapter calls [`turn`](Self::turn) and does what it says: again, or again once the
/// descriptor of [`readiness`](Self::readiness) polls readable or a time has come, or return.
/// Early and spurious turns are harmless.
pub struct Driver<M: Machine, A> {
    machine: M,
    app: A,
    io: Io,
    clock: Clock,
    stop: StopSignal,
    inputs: Vec<Input<M::In>>,
    inbox: Vec<M::In>,
    /// When the machine next wants [`Input::Timeout`].
    timeout: Option<Instant>,
    next_clock: Instant,
    ending: Ending,
}

/// What to do after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Turn {
    /// Let others run, then take another turn: there is more to do.
    Again,
    /// Take another turn once the descriptor of [`Driver::readiness`] is readable, or at `until`.
    Wait {
        /// Latest time of the next turn.
        until: Option<StdInstant>,
    },
    /// The run is over.
    Done(RunSummary),
}

/// How far the end is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Not in sight.
    No,
    /// The machine finishes its work.
    Draining { until: Instant },
    /// It has; what it wrote leaves.
    Flushing { until: Instant },
}

impl<M: Machine, A: App<M>> Driver<M, A> {
    /// Builds the machine and tells it its sockets.
    ///
    /// # Errors
    /// [`DriverError`] if the system gives no entropy or no descriptors.
    pub fn start(
        sockets: Sockets,
        stop: StopSignal,
        build: impl FnOnce(Start) -> M,
        mut app: A,
    ) -> Result<Self, DriverError> {
        let clock = Clock::start();
        let mut inputs = Vec::new();
        let io = Io::new(sockets, &stop, &mut inputs)?;
        let start = Start::now(clock)?;
        let now = start.now;
        let mut machine = build(start);
        for input in inputs.drain(..) {
            machine.handle_input(now, input);
        }
        let mut inbox = Vec::new();
        app.handle_start(now, &mut inbox);
        let next_clock = now + io.config().clock_interval;
        let (timeout, ending) = (None, Ending::No);
        Ok(Self { machine, app, io, clock, stop, inputs, inbox, timeout, next_clock, ending })
    }

    /// A descriptor that polls readable while a turn has something to do.
    ///
    /// # Errors
    /// [`DriverError::System`] if the process is out of descriptors.
    pub fn readiness(&self) -> Result<OwnedFd, DriverError> {
        self.io.readiness().map_err(DriverError::system("duplicating a descriptor"))
    }

    /// Moves what can be moved, without waiting.
    ///
    /// # Errors
    /// [`DriverError::System`] if the sockets cannot be watched any further.
    pub fn turn(&mut self) -> Result<Turn, DriverError> {
        for _ in 0..POLLS_MAX {
            let now = self.clock.now();
            let any = self.io.poll(now, &self.stop, &mut self.inputs)?;
            self.observe_stop(now);
            self.observe_time(now);
            let settled = self.settle(now);
            for failure in self.io.connections().take_failures() {
                self.app.handle_handshake_failure(&failure);
            }
            if self.is_over(now) {
                return Ok(Turn::Done(self.summary()));
            }
            if settled && !any {
                let until = self.next_deadline().and_then(|at| self.clock.to_std(at));
                return Ok(Turn::Wait { until });
            }
        }
        Ok(Turn::Again)
    }

    fn observe_stop(&mut self, now: Instant) {
        match (self.stop.wanted(), self.ending) {
            (Stop::Drain, Ending::No) => {
                self.ending = Ending::Draining { until: now + self.io.config().drain_timeout };
                self.inputs.push(Input::Drain);
            }
            (Stop::Abort, _) => self.ending = Ending::Draining { until: now },
            (Stop::No | Stop::Drain, _) => {}
        }
    }

    fn observe_time(&mut self, now: Instant) {
        if self.timeout.is_some_and(|at| at <= now) {
            self.inputs.push(Input::Timeout);
        }
        if self.next_clock <= now {
            self.next_clock = now + self.io.config().clock_interval;
            self.inputs.push(Input::Clock(unix_time()));
        }
        self.io.expire(now, &mut self.inputs);
    }

    /// Feeds inputs and performs outputs until neither is left. `false` if some are.
    fn settle(&mut self, now: Instant) -> bool {
        for _ in 0..ROUNDS_MAX {
            for input in self.inputs.drain(..) {
                self.machine.handle_input(now, input);
            }
            for input in self.inbox.drain(..) {
                self.machine.handle_input(now, Input::App(input));
            }
            while let Some(output) = self.machine.poll_output() {
                self.perform(now, output);
            }
            if self.inputs.is_empty() && self.inbox.is_empty() {
                self.io.flush(&mut self.inputs);
            }
            if self.inputs.is_empty() && self.inbox.is_empty() {
                self.timeout = self.machine.poll_timeout();
                return self.timeout.is_none_or(|at| at > now);
            }
        }
        false
    }

    fn perform(&mut self, now: Instant, output: Output<M::Out>) {
        let Self { io, inputs, .. } = self;
        match output {
            Output::Transmit(transmit) => io.transmit(transmit, inputs),
            Output::Open { socket, local } => io.open(socket, local, inputs),
            Output::CloseSocket { socket } => io.close_socket(socket),
            Output::Write { connection, data } => io.connections().write(connection, data),
            Output::Connect { connection, transport, peer, server_name } => {
                io.connect(connection, (transport, peer), server_name.as_deref(), inputs);
            }
            Output::Close { connection } => io.connections().close(connection, now, inputs),
            Output::Forward { .. } => io.drop_forward(),
            Output::Event(event) => self.app.handle_event(event),
            Output::Drained => {
                if let Ending::Draining { until } = self.ending {
                    self.ending = Ending::Flushing { until };
                }
            }
            Output::App(out) => self.app.handle_output(now, out, &mut self.inbox),
        }
    }

    fn is_over(&self, now: Instant) -> bool {
        match self.ending {
            Ending::No => false,
            Ending::Draining { until } => until <= now,
            Ending::Flushing { until } => until <= now || !self.io.has_queued(),
        }
    }

    fn summary(&self) -> RunSummary {
        let drained = matches!(self.ending, Ending::Flushing { .. });
        RunSummary { drained, ..self.io.summary() }
    }

    fn next_deadline(&self) -> Option<Instant> {
        let end = match self.ending {
            Ending::No => None,
            Ending::Draining { until } | Ending::Flushing { until } => Some(until),
        };
        [self.timeout, Some(self.next_clock), self.io.next_deadline(), end]
            .into_iter()
            .flatten()
            .min()
    }
}
