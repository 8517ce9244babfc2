//! Finishing what is there, and saying so once.

/// How many transactions are unfinished, and whether that still matters to somebody.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Drain {
    state: State,
    unfinished: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Serving,
    Draining,
    Drained,
}

impl Drain {
    pub(super) fn begin(&mut self) {
        if self.state == State::Serving {
            self.state = State::Draining;
        }
    }

    /// Whether new work is refused.
    pub(super) fn refuses(&self) -> bool {
        self.state != State::Serving
    }

    /// A transaction started.
    pub(super) fn started(&mut self) {
        self.unfinished += 1;
    }

    /// A transaction has its final answer, or failed: what is left of it only absorbs
    /// retransmissions, which nobody has to wait for.
    pub(super) fn finished(&mut self) {
        self.unfinished = self.unfinished.saturating_sub(1);
    }

    /// Whether everything is finished since draining began; true once.
    pub(super) fn is_due(&mut self) -> bool {
        let due = self.state == State::Draining && self.unfinished == 0;
        if due {
            self.state = State::Drained;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drained_is_said_once_after_the_last_transaction() {
        let mut drain = Drain::default();
        drain.started();
        assert!(!drain.is_due());
        drain.begin();
        assert!(drain.refuses());
        assert!(!drain.is_due());
        drain.finished();
        assert!(drain.is_due());
        drain.begin();
        assert!(!drain.is_due());
        assert!(drain.refuses());
    }
}
