//! The few edits that services make. What they do not concern stays byte for byte.

use core::net::IpAddr;

use super::line::{Line, lines};
use super::{Direction, Media, Sdp};

/// Edits give a new description; who sends one in place of another raises its version with
/// [`Sdp::with_next_version`] (RFC 3264 section 8).
impl Sdp<'_> {
    /// The same with this direction for the session and all media: with `Inactive` or `SendOnly`,
    /// it puts on hold who gets it.
    ///
    /// ```
    /// use sip_proto::message::body::{Direction, Sdp};
    ///
    /// let text = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nm=audio 9 RTP/AVP 0\r\n";
    /// let held = Sdp::parse(text)?.with_direction(Direction::SendOnly);
    /// assert_eq!(held, [&text[..], b"a=sendonly\r\n"].concat());
    /// assert!(Sdp::parse(&held)?.is_on_hold());
    /// # Ok::<(), sip_proto::ParseError>(())
    /// ```
    #[must_use]
    pub fn with_direction(&self, direction: Direction) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.text.len() + 16);
        let attribute = format!("a={direction}\r\n");
        // What is not said for the session is said for each of its media.
        let mut is_said = true;
        for line in lines(self.text) {
            if line.kind == b'm' {
                if !is_said {
                    put_new_line(&mut out, &attribute);
                }
                is_said = self.direction.is_some();
            }
            if line.kind == b'a' && Direction::from_attribute(line.value).is_some() {
                // Another one further down in the same section would be the same again.
                put_new_line(&mut out, &attribute);
                is_said = true;
            } else {
                out.extend_from_slice(self.raw(line));
            }
        }
        if !is_said {
            put_new_line(&mut out, &attribute);
        }
        out
    }

    /// The same with the stream at `index`, counted from 0, received at this address and port;
    /// `None` if there are not so many.
    ///
    /// ```
    /// use sip_proto::message::body::Sdp;
    ///
    /// let text = b"v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 4000/2 RTP/AVP 0\r\na=ptime:20\r\n";
    /// let relayed = Sdp::parse(text)?.with_media_address(0, "192.0.2.9".parse().unwrap(), 6000);
    /// let expected = b"v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 6000/2 RTP/AVP 0\r\n\
    ///                  c=IN IP4 192.0.2.9\r\na=ptime:20\r\n";
    /// assert_eq!(relayed.as_deref(), Some(&expected[..]));
    /// # Ok::<(), sip_proto::ParseError>(())
    /// ```
    #[must_use]
    pub fn with_media_address(&self, index: usize, address: IpAddr, port: u16) -> Option<Vec<u8>> {
        let kind = if address.is_ipv4() { "IP4" } else { "IP6" };
        let connection = format!("c=IN {kind} {address}\r\n");
        let mut out = Vec::with_capacity(self.text.len() + 64);
        let mut streams = 0;
        let mut is_placed = true;
        for line in lines(self.text) {
            let in_stream = streams == index + 1;
            // RFC 8866 section 5: the c= stands after m= and i=, before all else.
            if in_stream && !is_placed && line.kind != b'i' {
                put_new_line(&mut out, &connection);
                is_placed = true;
            }
            match line.kind {
                b'm' => {
                    streams += 1;
                    if streams == index + 1 {
                        is_placed = false;
                        self.put_media_line(&mut out, line, port);
                        continue;
                    }
                }
                b'c' if in_stream => continue,
                _ => {}
            }
            out.extend_from_slice(self.raw(line));
        }
        if !is_placed {
            put_new_line(&mut out, &connection);
        }
        (streams > index).then_some(out)
    }

    /// The same with the next version number in its `o=`; unchanged where there is none to be read.
    ///
    /// ```
    /// use sip_proto::message::body::Sdp;
    ///
    /// let next = Sdp::parse(b"v=0\r\no=- 5 9 IN IP4 192.0.2.1\r\n")?.with_next_version();
    /// assert_eq!(next, b"v=0\r\no=- 5 10 IN IP4 192.0.2.1\r\n");
    /// # Ok::<(), sip_proto::ParseError>(())
    /// ```
    #[must_use]
    pub fn with_next_version(&self) -> Vec<u8> {
        let version = self.origin().map(|origin| origin.version).unwrap_or_default();
        let number = core::str::from_utf8(version).ok().and_then(|text| text.parse::<u64>().ok());
        let line = lines(self.text).find(|line| line.kind == b'o');
        let (Some(next), Some(line)) = (number.and_then(|number| number.checked_add(1)), line)
        else {
            return self.text.to_vec();
        };
        let mut words = line.value.splitn(4, |byte| *byte == b' ');
        let parts = [words.next(), words.next(), words.next(), words.next()];
        let [Some(username), Some(session_id), Some(_), Some(rest)] = parts else {
            return self.text.to_vec();
        };
        let next = next.to_string();
        let value = [username, session_id, next.as_bytes(), rest].join(&b' ');
        let (before, after) = (&self.text[..line.start], &self.text[line.end..]);
        [before, b"o=", &value, self.line_end(line), after].concat()
    }

    fn put_media_line(&self, out: &mut Vec<u8>, line: Line<'_>, port: u16) {
        // `Sdp::parse` read it.
        let Some(media) = Media::parse(line.value) else { return };
        let count = match media.port_count {
            1 => String::new(),
            count => format!("/{count}"),
        };
        let Media { kind, protocol, formats, .. } = media;
        let text = format!("m={kind} {port}{count} {protocol} {formats}");
        out.extend_from_slice(text.trim_ascii_end().as_bytes());
        out.extend_from_slice(self.line_end(line));
    }

    /// A line with its end.
    fn raw(&self, line: Line<'_>) -> &[u8] {
        self.text.get(line.start..line.end).unwrap_or_default()
    }

    /// How a line ends.
    fn line_end(&self, line: Line<'_>) -> &[u8] {
        let raw = self.raw(line);
        let len = if raw.ends_with(b"\r\n") { 2 } else { usize::from(raw.ends_with(b"\n")) };
        raw.get(raw.len() - len..).unwrap_or_default()
    }
}

/// A line after a last one that may lack its end.
fn put_new_line(out: &mut Vec<u8>, line: &str) {
    if !out.ends_with(b"\n") {
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(line.as_bytes());
}
