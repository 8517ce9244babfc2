//! [`Media`]: one stream of a session.

use core::fmt;

use memchr::memchr;

use super::line::{attribute, lines};
use super::session::connection;
use super::{Connection, Direction, Sdp};

/// One stream: an `m=` line and what belongs to it (RFC 8866 section 5.14).
#[derive(Clone, Copy)]
pub struct Media<'a> {
    /// `audio`, `video`, `image` ...
    pub kind: &'a str,
    /// Where it is received; 0 where the stream is rejected or over (RFC 3264 section 6).
    pub port: u16,
    /// How many ports, usually 1.
    pub port_count: u16,
    /// `RTP/AVP`, `UDP/TLS/RTP/SAVPF`, `udptl` ...
    pub protocol: &'a str,
    /// The formats, separated by spaces: payload types for RTP.
    pub formats: &'a str,
    /// The lines after the first.
    section: &'a [u8],
    session_direction: Option<Direction>,
    session_connection: Option<Connection<'a>>,
}

impl<'a> Media<'a> {
    /// ```abnf
    /// media-field  =  "m=" media SP port ["/" integer] SP proto 1*(SP fmt)
    /// ```
    /// The formats may be missing.
    pub(super) fn parse(value: &'a [u8]) -> Option<Self> {
        let mut words = core::str::from_utf8(value).ok()?.splitn(4, ' ');
        let (kind, ports, protocol) = (words.next()?, words.next()?, words.next()?);
        let (port, port_count) = ports.split_once('/').unwrap_or((ports, "1"));
        if kind.is_empty() || protocol.is_empty() {
            return None;
        }
        Some(Self {
            kind,
            port: port.parse().ok()?,
            port_count: port_count.parse().ok()?,
            protocol,
            formats: words.next().unwrap_or_default(),
            section: b"",
            session_direction: None,
            session_connection: None,
        })
    }

    pub(super) const fn within(self, sdp: &Sdp<'a>, section: &'a [u8]) -> Self {
        let (session_direction, session_connection) = (sdp.direction, sdp.connection);
        Self { section, session_direction, session_connection, ..self }
    }

    /// Its attributes, each with its value if it has one.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> + use<'a> {
        lines(self.section).filter(|line| line.kind == b'a').map(|line| attribute(line.value))
    }

    /// Its direction, or that of the session.
    #[must_use]
    pub fn direction(&self) -> Direction {
        let own = self.attributes().find_map(|(name, value)| match value {
            None => Direction::from_attribute(name),
            Some(_) => None,
        });
        own.or(self.session_direction).unwrap_or_default()
    }

    /// Its own `c=`, or that of the session.
    #[must_use]
    pub fn connection(&self) -> Option<Connection<'a>> {
        let own = lines(self.section).filter(|line| line.kind == b'c');
        own.map(|line| line.value).find_map(connection).or(self.session_connection)
    }

    /// Whether it is rejected or over (RFC 3264 sections 6 and 8.2).
    #[must_use]
    pub const fn is_rejected(&self) -> bool {
        self.port == 0
    }

    /// Whether its receiver shall not send: it is not received, or its address is 0.0.0.0, which
    /// RFC 2543 meant by it (RFC 3264 section 8.4).
    #[must_use]
    pub fn is_on_hold(&self) -> bool {
        let address = self.connection().and_then(|connection| connection.ip());
        !self.direction().receives() || address.is_some_and(|address| address.is_unspecified())
    }

    /// What the `rtpmap` attribute says of a format, such as `PCMU/8000`.
    #[must_use]
    pub fn rtpmap(&self, format: &str) -> Option<&'a [u8]> {
        let maps = self.attributes().filter(|(name, _)| *name == b"rtpmap");
        maps.filter_map(|(_, value)| value).find_map(|value| {
            let space = memchr(b' ', value)?;
            (&value[..space] == format.as_bytes()).then_some(&value[space + 1..])
        })
    }
}

impl fmt::Debug for Media<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Media")
            .field("kind", &self.kind)
            .field("port", &self.port)
            .field("port_count", &self.port_count)
            .field("protocol", &self.protocol)
            .field("formats", &self.formats)
            .field("direction", &self.direction())
            .field("connection", &self.connection())
            .finish_non_exhaustive()
    }
}
