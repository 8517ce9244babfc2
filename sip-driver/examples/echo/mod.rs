//! A tiny machine that sends every datagram back, shared by the adapters' examples.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::error::Error;
use std::net::{SocketAddr, UdpSocket};
use std::thread::spawn;
use std::time::{Duration, Instant as StdInstant};

use sip_driver::{App, DriverConfig, Listen, Sockets, StopHandle, StopSignal, stop_channel};
use sip_proto::{Input, Instant, Machine, Output, Transmit, TransportKind};

/// Sends every datagram back. It has no timers and nothing above it.
#[derive(Default)]
pub(crate) struct Echo {
    outputs: VecDeque<Output<Infallible>>,
}

impl Machine for Echo {
    type In = Infallible;
    type Out = Infallible;

    fn handle_input(&mut self, _: Instant, input: Input<Infallible>) {
        match input {
            Input::Datagram { socket, source, local, data } => {
                let transmit = Transmit { socket, destination: source, source: local, data };
                self.outputs.push_back(Output::Transmit(transmit));
            }
            Input::Drain => self.outputs.push_back(Output::Drained),
            Input::Timeout
            | Input::Opened { .. }
            | Input::Accepted { .. }
            | Input::Connected { .. }
            | Input::Received { .. }
            | Input::Flushed { .. }
            | Input::Closed { .. }
            | Input::TransmitFailed { .. }
            | Input::Forwarded(_)
            | Input::Clock(_)
            | Input::Secrets(_) => {}
            Input::App(never) => match never {},
        }
    }

    fn poll_output(&mut self) -> Option<Output<Infallible>> {
        self.outputs.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }
}

/// Performs the effects of [`Echo`]: it has none.
pub(crate) struct NoEffects;

impl App<Echo> for NoEffects {
    fn handle_output(&mut self, _: Instant, out: Infallible, _: &mut Vec<Infallible>) {
        match out {}
    }
}

/// Binds a socket; with `--demo`, also starts a peer that talks to it and then stops it.
pub(crate) fn set_up() -> Result<(Sockets, StopSignal), Box<dyn Error>> {
    let demo = std::env::args().any(|argument| argument == "--demo");
    let port = if demo { 0 } else { 7007 };
    let listen = vec![Listen::new(TransportKind::Udp, SocketAddr::from(([127, 0, 0, 1], port)))];
    let sockets = Sockets::bind(DriverConfig { listen, ..DriverConfig::default() })?;
    let (_, address) = sockets.local()[0];
    println!("echoing on udp {address}");
    let (stop, signal) = stop_channel()?;
    if demo {
        spawn(move || {
            if let Err(error) = talk_to(address) {
                eprintln!("no echo: {error}");
            }
            StopHandle::drain(&stop);
        });
    }
    Ok((sockets, signal))
}

fn talk_to(server: SocketAddr) -> std::io::Result<()> {
    let peer = UdpSocket::bind("127.0.0.1:0")?;
    peer.set_read_timeout(Some(Duration::from_millis(500)))?;
    for text in ["one", "two", "three"] {
        let sent = StdInstant::now();
        peer.send_to(text.as_bytes(), server)?;
        let mut echo = [0; 16];
        let (len, _) = peer.recv_from(&mut echo)?;
        println!("{} came back in {:?}", String::from_utf8_lossy(&echo[..len]), sent.elapsed());
    }
    Ok(())
}
