//! A tiny line scanner for SIP messages.
//!
//! It judges the machines, so it shares nothing with `sip_proto::message`: plain splitting of
//! lines, no grammar, no types.

/// A message as its lines say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scan<'a> {
    pub(crate) start: Start<'a>,
    /// Names as written; values trimmed, with their folds.
    pub(crate) headers: Vec<(&'a [u8], &'a [u8])>,
    pub(crate) body: &'a [u8],
}

/// A start line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start<'a> {
    Request { method: &'a [u8] },
    Response { status: u16 },
}

/// One Via, taken apart as far as the checks need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hop<'a> {
    pub(crate) sent_by: &'a [u8],
    pub(crate) branch: &'a [u8],
}

impl<'a> Scan<'a> {
    /// `None` if it does not look like a SIP message at all.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Self> {
        let end = find(bytes, b"\r\n\r\n")?;
        let (head, body) = (&bytes[..end], &bytes[end + 4..]);
        let line_end = find(head, b"\r\n").unwrap_or(head.len());
        let start = start(&head[..line_end])?;
        let mut headers: Vec<(&[u8], &[u8])> = Vec::with_capacity(16);
        let mut rest = head.get(line_end + 2..).unwrap_or_default();
        while !rest.is_empty() {
            let field_end = field_end(rest);
            let (name, value) = split_at_byte(&rest[..field_end], b':')?;
            headers.push((name.trim_ascii(), value.trim_ascii()));
            rest = rest.get(field_end + 2..).unwrap_or_default();
        }
        Some(Self { start, headers, body })
    }

    /// Every value of the header called `name`, long or compact.
    pub(crate) fn values(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |(n, _)| is_called(n, name)).map(|(_, value)| *value)
    }

    pub(crate) fn first(&self, name: &'static str) -> Option<&'a [u8]> {
        self.values(name).next()
    }

    /// Every Via, one by one, topmost first.
    pub(crate) fn vias(&self) -> Vec<&'a [u8]> {
        self.values("Via").flat_map(|value| value.split(|b| *b == b',')).map(<[u8]>::trim_ascii).collect()
    }

    pub(crate) fn top_hop(&self) -> Option<Hop<'a>> {
        self.vias().first().and_then(|via| hop(via))
    }

    /// The sequence number and the method of the CSeq.
    pub(crate) fn cseq(&self) -> Option<(u32, &'a [u8])> {
        let (number, method) = split_at_byte(self.first("CSeq")?, b' ')?;
        Some((number_of(number)?, method.trim_ascii()))
    }

    /// The tag of a From or To.
    pub(crate) fn tag(&self, name: &'static str) -> Option<&'a [u8]> {
        let value = self.first(name)?;
        let params = value.iter().rposition(|b| *b == b'>').map_or(value, |at| &value[at..]);
        param(params, b"tag")
    }

    /// A request's method, or the one that a response is to.
    pub(crate) fn method(&self) -> &'a [u8] {
        match self.start {
            Start::Request { method } => method,
            Start::Response { .. } => self.cseq().map_or(b"", |(_, method)| method),
        }
    }

    pub(crate) const fn status(&self) -> Option<u16> {
        match self.start {
            Start::Request { .. } => None,
            Start::Response { status } => Some(status),
        }
    }
}

/// Takes a Via apart.
pub(crate) fn hop(via: &[u8]) -> Option<Hop<'_>> {
    let (_, rest) = split_at_byte(via, b' ')?;
    let sent_by = rest.split(|b| *b == b';').next()?.trim_ascii();
    Some(Hop { sent_by, branch: param(rest, b"branch")? })
}

/// A Via without what the next hop adds to it (RFC 3261 section 18.2.1, RFC 3581).
pub(crate) fn via_as_sent(via: &[u8]) -> Vec<u8> {
    let mut params = via.split(|b| *b == b';');
    let mut kept = params.next().unwrap_or_default().trim_ascii().to_vec();
    for param in params {
        let param = param.trim_ascii();
        let name = param.split(|b| *b == b'=').next().unwrap_or_default();
        if !name.eq_ignore_ascii_case(b"received") && !name.eq_ignore_ascii_case(b"rport") {
            kept.push(b';');
            kept.extend_from_slice(param);
        }
    }
    kept
}

/// The Call-ID, for things that need nothing else of a message.
pub(crate) fn call_id(bytes: &[u8]) -> Option<&[u8]> {
    for line in bytes.split(|b| *b == b'\n').skip(1) {
        if line == b"\r" {
            return None;
        }
        if let Some((name, value)) = split_at_byte(line, b':')
            && is_called(name.trim_ascii(), "Call-ID")
        {
            return Some(value.trim_ascii());
        }
    }
    None
}

/// Whether `name`, as written, means the header whose long name is `long`.
pub(crate) fn is_called(name: &[u8], long: &str) -> bool {
    if let [letter] = name {
        let compact = match long {
            "Via" => b'v',
            "From" => b'f',
            "To" => b't',
            "Call-ID" => b'i',
            "Contact" => b'm',
            "Content-Length" => b'l',
            "Content-Type" => b'c',
            _ => return false,
        };
        return letter.eq_ignore_ascii_case(&compact);
    }
    name.eq_ignore_ascii_case(long.as_bytes())
}

/// Cuts a stream into messages by Content-Length.
#[derive(Debug, Default)]
pub(crate) struct Cutter {
    pending: Vec<u8>,
}

impl Cutter {
    /// More bytes of the stream; gives the messages that are complete now.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.pending.extend_from_slice(bytes);
        let mut messages = Vec::new();
        loop {
            let keep_alive = self.pending.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            self.pending.drain(..keep_alive);
            let Some(head) = find(&self.pending, b"\r\n\r\n") else {
                return messages;
            };
            let body = Scan::new(&self.pending[..head + 4])
                .and_then(|scan| scan.first("Content-Length").and_then(number_of))
                .unwrap_or(0);
            let total = head + 4 + body as usize;
            if self.pending.len() < total {
                return messages;
            }
            messages.push(self.pending.drain(..total).collect());
        }
    }
}

fn start(line: &[u8]) -> Option<Start<'_>> {
    let mut words = line.splitn(3, |b| *b == b' ');
    let (first, second, third) = (words.next()?, words.next()?, words.next()?);
    if first == b"SIP/2.0" {
        Some(Start::Response { status: u16::try_from(number_of(second)?).ok()? })
    } else {
        (third == b"SIP/2.0").then_some(Start::Request { method: first })
    }
}

/// Where a header field ends: the first line end that no fold follows.
fn field_end(bytes: &[u8]) -> usize {
    let mut from = 0;
    while let Some(at) = find(&bytes[from..], b"\r\n") {
        let end = from + at;
        if !matches!(bytes.get(end + 2), Some(b' ' | b'\t')) {
            return end;
        }
        from = end + 2;
    }
    bytes.len()
}

fn param<'a>(value: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    value.split(|b| *b == b';').skip(1).find_map(|param| {
        let (key, value) = split_at_byte(param, b'=')?;
        key.trim_ascii().eq_ignore_ascii_case(name).then(|| value.trim_ascii())
    })
}

fn split_at_byte(bytes: &[u8], byte: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|b| *b == byte)?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

pub(crate) fn number_of(digits: &[u8]) -> Option<u32> {
    core::str::from_utf8(digits).ok()?.trim().parse().ok()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &[u8] = b"INVITE sip:b@x SIP/2.0\r\nv: SIP/2.0/UDP a:5060;branch=z9hG4bK1, \
        SIP/2.0/TCP c;branch=z9hG4bK2\r\nf: <sip:a@x;tag=no>;tag=yes\r\nSubject: one\r\n two\r\n\
        CSeq: 7 INVITE\r\ni:  id@x \r\nl: 3\r\n\r\nabc";

    #[test]
    fn a_request_is_taken_apart() {
        let scan = Scan::new(INVITE).expect("a message");
        assert_eq!(scan.start, Start::Request { method: b"INVITE" });
        assert_eq!(scan.vias().len(), 2);
        assert_eq!(scan.top_hop(), Some(Hop { sent_by: b"a:5060", branch: b"z9hG4bK1" }));
        assert_eq!(scan.cseq(), Some((7, b"INVITE".as_slice())));
        assert_eq!(scan.tag("From"), Some(b"yes".as_slice()));
        assert_eq!(scan.first("Subject"), Some(b"one\r\n two".as_slice()));
        assert_eq!(scan.body, b"abc");
        assert_eq!(call_id(INVITE), Some(b"id@x".as_slice()));
    }

    #[test]
    fn a_response_is_taken_apart() {
        let scan = Scan::new(b"SIP/2.0 180 Ringing\r\nCSeq: 1 INVITE\r\n\r\n").expect("a message");
        assert_eq!((scan.status(), scan.method()), (Some(180), b"INVITE".as_slice()));
    }

    #[test]
    fn what_a_hop_adds_to_a_via_is_taken_off() {
        let via = b"SIP/2.0/UDP a:5060;branch=z9hG4bK1;received=10.0.0.1;rport=5060";
        assert_eq!(via_as_sent(via), b"SIP/2.0/UDP a:5060;branch=z9hG4bK1");
        assert_eq!(via_as_sent(b"SIP/2.0/UDP a;rport ;branch=z"), b"SIP/2.0/UDP a;branch=z");
    }

    #[test]
    fn a_stream_is_cut_whatever_its_pieces() {
        let stream = [b"\r\n\r\n", INVITE, INVITE].concat();
        for size in [1, 3, stream.len()] {
            let mut cutter = Cutter::default();
            let messages: Vec<_> =
                stream.chunks(size).flat_map(|piece| cutter.push(piece)).collect();
            assert_eq!(messages, [INVITE, INVITE], "pieces of {size}");
        }
    }

    #[test]
    fn garbage_is_no_message() {
        for garbage in [b"".as_slice(), b"\r\n\r\n", b"hello\r\n\r\n", b"a b\r\n\r\n"] {
            assert_eq!(Scan::new(garbage), None);
        }
    }
}
