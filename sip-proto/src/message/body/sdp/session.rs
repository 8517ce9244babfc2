//! [`Sdp`]: the session as a whole.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;

use super::line::{attribute, lines, words};
use super::{Direction, Media};
use crate::error::Escaped;
use crate::{ParseError, ParseErrorKind};

/// A session description that was looked through once; reading it allocates nothing.
///
/// ```
/// use sip_proto::message::body::{Direction, Sdp};
///
/// let sdp = Sdp::parse(
///     b"v=0\r\no=jdoe 2890844526 7 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\n\
///       t=0 0\r\na=recvonly\r\nm=audio 49170 RTP/AVP 0 8\r\nm=video 51372 RTP/AVP 99\r\n\
///       c=IN IP6 2001:db8::2\r\na=sendrecv\r\n",
/// )?;
/// assert_eq!(sdp.origin().map(|origin| origin.version), Some(&b"7"[..]));
/// let media: Vec<_> = sdp.media().collect();
/// assert_eq!((media[0].kind, media[0].port, media[0].formats), ("audio", 49170, "0 8"));
/// assert_eq!(media[0].direction(), Direction::RecvOnly);
/// assert_eq!(media[1].direction(), Direction::SendRecv);
/// assert_eq!(media[1].connection().and_then(|c| c.ip()), Some("2001:db8::2".parse().unwrap()));
/// # Ok::<(), sip_proto::ParseError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Sdp<'a> {
    pub(super) text: &'a [u8],
    /// Where the first `m=` line is, or the end.
    pub(super) media_start: usize,
    pub(super) direction: Option<Direction>,
    pub(super) connection: Option<Connection<'a>>,
    origin: Option<Origin<'a>>,
}

/// Who described the session (RFC 8866 section 5.2).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Origin<'a> {
    /// A login name, or `-`.
    pub username: &'a [u8],
    /// The session's number.
    pub session_id: &'a [u8],
    /// The number of this version of it: one more with each change (RFC 3264 section 8).
    pub version: &'a [u8],
    /// Where its describer is.
    pub address: &'a [u8],
}

/// Where media go (RFC 8866 section 5.7).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Connection<'a> {
    /// The address: IPv4, IPv6 or a name; for multicast with `/ttl/count`.
    pub address: &'a [u8],
}

impl Connection<'_> {
    /// The address, if it is one and no name.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        let bare = self.address.split(|byte| *byte == b'/').next()?;
        let text = core::str::from_utf8(bare).ok()?;
        let v4 = Ipv4Addr::from_str(text).map(IpAddr::V4);
        v4.or_else(|_| Ipv6Addr::from_str(text).map(IpAddr::V6)).ok()
    }
}

impl fmt::Debug for Connection<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({})", Escaped(self.address))
    }
}

impl fmt::Debug for Origin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin")
            .field("username", &format_args!("{}", Escaped(self.username)))
            .field("session_id", &format_args!("{}", Escaped(self.session_id)))
            .field("version", &format_args!("{}", Escaped(self.version)))
            .field("address", &format_args!("{}", Escaped(self.address)))
            .finish()
    }
}

/// Its lines.
impl fmt::Debug for Sdp<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_tuple("Sdp");
        for line in self.text.split(|byte| *byte == b'\n') {
            shown.field(&format_args!("{}", Escaped(line.trim_ascii_end())));
        }
        shown.finish()
    }
}

/// ```abnf
/// connection-field  =  "c=" nettype SP addrtype SP connection-address
/// ```
pub(super) fn connection(value: &[u8]) -> Option<Connection<'_>> {
    let address = words(value).nth(2).filter(|address| !address.is_empty())?;
    Some(Connection { address })
}

/// ```abnf
/// origin-field  =  "o=" username SP sess-id SP sess-version SP nettype SP addrtype SP
///                  unicast-address
/// ```
fn origin(value: &[u8]) -> Option<Origin<'_>> {
    let mut words = words(value);
    let (username, session_id, version) = (words.next()?, words.next()?, words.next()?);
    Some(Origin { username, session_id, version, address: words.nth(2)? })
}

impl<'a> Sdp<'a> {
    /// Looks through a description. It is tolerant: mandatory lines may be missing, lines may end
    /// with LF, and lines of unknown types are passed over.
    ///
    /// # Errors
    ///
    /// `Sdp` where the first line is not `v=0`, a line is not `<letter>=...`, or an `m=` line
    /// cannot be read; the offset is that of the line.
    pub fn parse(text: &'a [u8]) -> Result<Self, ParseError> {
        let fail = |offset| ParseError { kind: ParseErrorKind::Sdp, offset };
        let mut sdp =
            Self { text, media_start: text.len(), direction: None, connection: None, origin: None };
        let mut found = lines(text);
        if found.next().is_none_or(|line| (line.kind, line.value) != (b'v', b"0")) {
            return Err(fail(0));
        }
        for line in found {
            let in_session = sdp.media_start == text.len();
            match line.kind {
                b'm' => {
                    Media::parse(line.value).ok_or_else(|| fail(line.start))?;
                    sdp.media_start = sdp.media_start.min(line.start);
                }
                b'o' if in_session => sdp.origin = sdp.origin.or_else(|| origin(line.value)),
                b'c' if in_session => {
                    sdp.connection = sdp.connection.or_else(|| connection(line.value));
                }
                b'a' if in_session => {
                    let direction = Direction::from_attribute(line.value);
                    sdp.direction = sdp.direction.or(direction);
                }
                0 if !line.value.is_empty() => return Err(fail(line.start)),
                _ => {}
            }
        }
        Ok(sdp)
    }

    /// As it stands.
    #[must_use]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.text
    }

    /// Its `o=`, if it can be read.
    #[must_use]
    pub const fn origin(&self) -> Option<Origin<'a>> {
        self.origin
    }

    /// Its `c=` for all media that have none of their own.
    #[must_use]
    pub const fn connection(&self) -> Option<Connection<'a>> {
        self.connection
    }

    /// Its direction for all media that have none of their own.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction.unwrap_or_default()
    }

    /// The attributes of the session, each with its value if it has one.
    pub fn attributes(&self) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> + use<'a> {
        let session = self.text.get(..self.media_start).unwrap_or_default();
        lines(session).filter(|line| line.kind == b'a').map(|line| attribute(line.value))
    }

    /// Each `m=` with what belongs to it, in order.
    pub fn media(&self) -> impl Iterator<Item = Media<'a>> + use<'a> {
        let sdp = *self;
        let text = self.text;
        let mut starts = lines(text).filter(|line| line.kind == b'm').peekable();
        core::iter::from_fn(move || {
            let line = starts.next()?;
            let end = starts.peek().map_or(text.len(), |next| next.start);
            let section = text.get(line.end..end).unwrap_or_default();
            // `Sdp::parse` read it.
            Some(Media::parse(line.value)?.within(&sdp, section))
        })
    }

    /// Whether who gets this is put on hold: all media that are in use are (RFC 3264 section 8.4).
    #[must_use]
    pub fn is_on_hold(&self) -> bool {
        let mut used = self.media().filter(|media| !media.is_rejected()).peekable();
        used.peek().is_some() && used.all(|media| media.is_on_hold())
    }
}
