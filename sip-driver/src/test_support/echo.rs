//! A machine that echoes what it hears and does what datagrams starting with `!` tell it.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::Sender;
use std::time::Duration;

use bytes::Bytes;
use sip_proto::{
    CloseReason, ConnectionId, Input, Instant, Machine, Output, PeerIdentity, SocketId, Transmit,
    TransmitError, TransportKind, UnixTime,
};

use crate::{App, Start};

/// Chunks of what `!write` writes.
const CHUNK_BYTES: usize = 64 * 1024;

/// Echoes datagrams to their source and stream bytes to their connection.
///
/// Commands, as text in a datagram:
///
/// | | |
/// | --- | --- |
/// | `!arm MS` | arm the timer |
/// | `!ask` | ask the application; send `answered` when it does |
/// | `!close` | close the newest connection |
/// | `!cpu` | say how much CPU time this thread has used |
/// | `!dial ADDR` | dial |
/// | `!dial-tls ADDR NAME` | dial over TLS, where somebody must be that |
/// | `!forge` | use ids that do not exist |
/// | `!hold` | never say that draining is over |
/// | `!open SOCKET ADDR` | open a socket |
/// | `!send ADDR` | send a datagram |
/// | `!write BYTES` | write to the newest connection |
#[derive(Debug)]
pub struct Echo {
    outputs: VecDeque<Output<Observed>>,
    armed: Option<Instant>,
    holds: bool,
    dialled: u64,
    newest: ConnectionId,
}

/// What [`Echo`] hands up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants of Input, as they came in")]
pub enum Observed {
    Opened(SocketId, SocketAddr),
    Accepted(ConnectionId, SocketAddr),
    Connected(ConnectionId),
    /// The peer of a connection that was just opened proved to be these domains.
    Proved(Vec<String>),
    Flushed(usize),
    Closed(ConnectionId, CloseReason),
    TransmitFailed(SocketId, SocketAddr, TransmitError),
    Clock(UnixTime),
    /// The timer fired so much after its time.
    Fired(Duration),
    /// Nanoseconds of CPU time.
    Cpu(u64),
    Asked(Question),
}

/// Who asked, where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "plain")]
pub struct Question {
    pub socket: SocketId,
    pub from: SocketAddr,
}

/// Passes on what the machine hands up; answers its questions.
#[derive(Clone, Debug)]
pub struct Reporter(pub Sender<Observed>);

impl App<Echo> for Reporter {
    fn handle_output(&mut self, _: Instant, out: Observed, inbox: &mut Vec<Question>) {
        if let Observed::Asked(question) = out {
            inbox.push(question);
        }
        // Nobody listens any more once the check is over.
        let _ = self.0.send(out);
    }
}

impl Echo {
    /// A machine; for the builder that adapters take.
    #[must_use]
    pub fn new(_: Start) -> Self {
        Self {
            outputs: VecDeque::new(),
            armed: None,
            holds: false,
            dialled: 0,
            newest: ConnectionId::dialled(0),
        }
    }

    fn say(&mut self, observed: Observed) {
        self.outputs.push_back(Output::App(observed));
    }

    fn say_proved(&mut self, PeerIdentity { domains }: PeerIdentity) {
        if !domains.is_empty() {
            self.say(Observed::Proved(domains));
        }
    }

    fn send(&mut self, socket: SocketId, to: SocketAddr, source: Option<IpAddr>, data: Bytes) {
        let transmit = Transmit { socket, destination: to, source, data };
        self.outputs.push_back(Output::Transmit(transmit));
    }

    fn obey(&mut self, now: Instant, socket: SocketId, from: SocketAddr, command: &str) {
        let words: Vec<&str> = command.split_whitespace().collect();
        match words[..] {
            ["arm", millis] => self.armed = Some(now + Duration::from_millis(number(millis))),
            ["ask"] => self.say(Observed::Asked(Question { socket, from })),
            ["close"] => self.outputs.push_back(Output::Close { connection: self.newest }),
            ["cpu"] => self.say(Observed::Cpu(thread_cpu_ns())),
            ["dial", peer] => self.dial(TransportKind::Tcp, peer, None),
            ["dial-tls", peer, name] => {
                self.dial(TransportKind::Tls, peer, Some(name.to_owned()));
            }
            ["forge"] => self.forge(from),
            ["hold"] => self.holds = true,
            ["open", id, local] => self.outputs.push_back(Output::Open {
                socket: SocketId(number(id) as u32),
                local: local.parse().expect("an address"),
            }),
            ["shut", id] => {
                let socket = SocketId(number(id) as u32);
                self.outputs.push_back(Output::CloseSocket { socket });
            }
            ["send", to] => {
                self.send(socket, to.parse().expect("an address"), None, Bytes::from_static(b"x"));
            }
            ["write", bytes] => self.write(number(bytes) as usize),
            _ => panic!("no such command: {command}"),
        }
    }

    fn dial(&mut self, transport: TransportKind, peer: &str, server_name: Option<String>) {
        self.newest = ConnectionId::dialled(self.dialled);
        self.dialled += 1;
        let (connection, peer) = (self.newest, peer.parse().expect("an address"));
        self.outputs.push_back(Output::Connect { connection, transport, peer, server_name });
    }

    fn write(&mut self, mut bytes: usize) {
        while bytes > 0 {
            let data = Bytes::from(vec![b'w'; bytes.min(CHUNK_BYTES)]);
            bytes -= data.len();
            self.outputs.push_back(Output::Write { connection: self.newest, data });
        }
    }

    fn forge(&mut self, from: SocketAddr) {
        for connection in [ConnectionId::dialled(999), ConnectionId::accepted(999)] {
            let data = Bytes::from_static(b"forged");
            self.outputs.push_back(Output::Write { connection, data });
            self.outputs.push_back(Output::Close { connection });
        }
        self.outputs.push_back(Output::Open { socket: SocketId(0), local: from });
        self.send(SocketId(999), from, None, Bytes::from_static(b"forged"));
        self.send(SocketId(1), from, None, Bytes::from_static(b"a listener sends no datagrams"));
    }
}

impl Machine for Echo {
    type In = Question;
    type Out = Observed;

    fn handle_input(&mut self, now: Instant, input: Input<Question>) {
        match input {
            Input::Timeout => {
                if let Some(at) = self.armed.take_if(|at| *at <= now) {
                    self.say(Observed::Fired(now - at));
                }
            }
            Input::Datagram { socket, source, local, data } => match data.strip_prefix(b"!") {
                Some(command) => {
                    let command = String::from_utf8_lossy(command).into_owned();
                    self.obey(now, socket, source, &command);
                }
                None => self.send(socket, source, local, data),
            },
            Input::Opened { socket, local, .. } => self.say(Observed::Opened(socket, local)),
            Input::Accepted { connection, local, identity, .. } => {
                self.newest = connection;
                self.say(Observed::Accepted(connection, local));
                self.say_proved(identity);
            }
            Input::Connected { connection, identity, .. } => {
                self.say(Observed::Connected(connection));
                self.say_proved(identity);
            }
            Input::Received { connection, data } => {
                self.outputs.push_back(Output::Write { connection, data });
            }
            Input::Flushed { queued_bytes, .. } => self.say(Observed::Flushed(queued_bytes)),
            Input::Closed { connection, reason } => {
                self.say(Observed::Closed(connection, reason));
            }
            Input::TransmitFailed { socket, destination, error } => {
                self.say(Observed::TransmitFailed(socket, destination, error));
            }
            Input::Drain if self.holds => {}
            Input::Drain => self.outputs.push_back(Output::Drained),
            Input::App(Question { socket, from }) => {
                self.send(socket, from, None, Bytes::from_static(b"answered"));
            }
            Input::Clock(unix) => self.say(Observed::Clock(unix)),
            Input::Forwarded(_) | Input::Secrets(_) => {}
        }
    }

    fn poll_output(&mut self) -> Option<Output<Observed>> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.armed
    }
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}

/// CPU time of the calling thread, as the scheduler counted it.
fn thread_cpu_ns() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    number(stat.split_whitespace().next().expect("three numbers"))
}
