//! What the server may and may not do to what it forwards.

use bytes::Bytes;

use super::aging::Aging;
use super::{Check, Complaint, Invariant, Phase, Seen, Verdict};
use crate::node::NodeId;
use crate::wire::{Scan, digest, hop, is_called, number_of, via_as_sent};

/// What a proxy changes by its trade (RFC 3261 sections 16.6 and 16.7).
const TOUCHED: [&str; 6] =
    ["Via", "Max-Forwards", "Max-Breadth", "Route", "Record-Route", "Content-Length"];

/// Compares what leaves the server with what came in.
#[derive(Debug)]
pub(crate) struct Forwarding {
    server: NodeId,
    requests: Aging<Key, Bytes>,
    responses: Aging<(Key, u16, u64), Bytes>,
}

/// A transaction as RFC 3261 section 17.2.3 matches it: sent-by, branch, method.
type Key = u64;

impl Forwarding {
    pub(crate) fn new(server: NodeId) -> Self {
        Self { server, requests: Aging::default(), responses: Aging::default() }
    }

    fn request_in(&mut self, seen: &Seen<'_>) {
        if let Some(key) = seen.scan.vias().first().and_then(|via| key(via, seen.scan)) {
            self.requests.insert(seen.at, key, seen.bytes.clone());
        }
    }

    fn response_in(&mut self, seen: &Seen<'_>, status: u16) {
        if let Some(key) = seen.scan.vias().get(1).and_then(|via| key(via, seen.scan)) {
            self.responses.insert(seen.at, (key, status, to_tag(seen.scan)), seen.bytes.clone());
        }
    }

    fn request_out(&mut self, seen: &Seen<'_>) -> Verdict {
        let vias = seen.scan.vias();
        let method = seen.scan.method();
        let Some(beneath) = vias.get(1) else {
            // CANCEL and the ACK to a non-2xx are hop by hop: the server's own.
            return match method {
                b"ACK" | b"CANCEL" => Ok(()),
                _ => complain(Invariant::ViaSymmetry, seen, "a request of nobody's leaves"),
            };
        };
        let came = key(beneath, seen.scan).and_then(|key| self.requests.get(&key).cloned());
        let Some(came) = came else {
            return complain(Invariant::ViaSymmetry, seen, "the request beneath never came in");
        };
        let Some(came) = Scan::new(&came) else {
            return Ok(());
        };
        check_vias(&vias[1..], &came.vias(), seen)?;
        check_max_forwards(&came, seen)?;
        check_untouched(&came, seen)
    }

    fn response_out(&mut self, seen: &Seen<'_>, status: u16) -> Verdict {
        let vias = seen.scan.vias();
        let Some(key) = vias.first().and_then(|via| key(via, seen.scan)) else {
            return complain(Invariant::ViaSymmetry, seen, "a response without a Via leaves");
        };
        let Some(request) = self.requests.get(&key).cloned() else {
            return complain(Invariant::ViaSymmetry, seen, "it answers no request that came in");
        };
        if let Some(request) = Scan::new(&request) {
            check_vias(&vias, &request.vias(), seen)?;
        }
        let came = self.responses.get(&(key, status, to_tag(seen.scan))).cloned();
        match came.as_ref().and_then(|bytes| Scan::new(bytes)) {
            Some(came) => {
                check_vias(&vias, &came.vias()[1..], seen)?;
                check_untouched(&came, seen)
            }
            // The server's own answer.
            None => Ok(()),
        }
    }
}

impl Check for Forwarding {
    fn observe(&mut self, seen: &Seen<'_>) -> Verdict {
        match (seen.phase, seen.scan.status()) {
            (Phase::Arrived, None) if seen.to == Some(self.server) => self.request_in(seen),
            (Phase::Arrived, Some(status)) if seen.to == Some(self.server) => {
                self.response_in(seen, status);
            }
            (Phase::Sent, None) if seen.from == self.server => return self.request_out(seen),
            (Phase::Sent, Some(status)) if seen.from == self.server => {
                return self.response_out(seen, status);
            }
            (Phase::Arrived | Phase::Sent, _) => {}
        }
        Ok(())
    }
}

fn key(via: &[u8], scan: &Scan<'_>) -> Option<Key> {
    let hop = hop(via)?;
    Some(digest(&[hop.sent_by, hop.branch, scan.method()]))
}

fn to_tag(scan: &Scan<'_>) -> u64 {
    digest(&[scan.tag("To").unwrap_or_default()])
}

fn complain(invariant: Invariant, seen: &Seen<'_>, detail: &str) -> Verdict {
    let method = String::from_utf8_lossy(seen.scan.method());
    let what = seen.scan.status().map_or_else(String::new, |status| format!("{status} to "));
    Err(Complaint::about(invariant, seen, format!("{what}{method}: {detail}")))
}

fn check_vias(left: &[&[u8]], came: &[&[u8]], seen: &Seen<'_>) -> Verdict {
    let as_sent = |vias: &[&[u8]]| vias.iter().map(|via| via_as_sent(via)).collect::<Vec<_>>();
    if as_sent(left) == as_sent(came) {
        return Ok(());
    }
    let detail = format!("{} Vias came, {} left, or not the same", came.len(), left.len());
    complain(Invariant::ViaSymmetry, seen, &detail)
}

fn check_max_forwards(came: &Scan<'_>, seen: &Seen<'_>) -> Verdict {
    let of = |scan: &Scan<'_>| scan.first("Max-Forwards").and_then(number_of);
    match (of(came), of(seen.scan)) {
        (Some(came), Some(left)) if left >= came => {
            let detail = format!("Max-Forwards was {came} and is {left}");
            complain(Invariant::MaxForwards, seen, &detail)
        }
        (_, None) => complain(Invariant::MaxForwards, seen, "it has no Max-Forwards"),
        _ => Ok(()),
    }
}

fn check_untouched(came: &Scan<'_>, seen: &Seen<'_>) -> Verdict {
    let (before, after) = (untouched(came), untouched(seen.scan));
    let changed = before.iter().find(|field| !after.contains(field));
    let added = after.iter().find(|field| !before.contains(field));
    let text = |(name, value): &(&[u8], &[u8])| {
        format!("{}: {}", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
    };
    let detail = match (changed, added) {
        (Some(field), _) => format!("this did not leave as it came: {:?}", text(field)),
        (None, Some(field)) => format!("this was added: {:?}", text(field)),
        (None, None) if before != after => "the header fields changed their order".to_owned(),
        (None, None) if came.body != seen.scan.body => "the body changed".to_owned(),
        (None, None) => return Ok(()),
    };
    complain(Invariant::UntouchedHeaders, seen, &detail)
}

fn untouched<'a>(scan: &Scan<'a>) -> Vec<(&'a [u8], &'a [u8])> {
    let is_touched = |name: &[u8]| TOUCHED.iter().any(|touched| is_called(name, touched));
    scan.headers.iter().filter(|(name, _)| !is_touched(name)).copied().collect()
}

#[cfg(test)]
mod tests {
    use sip_proto::Instant;

    use super::*;

    const SERVER: NodeId = NodeId(0);
    const PHONE: NodeId = NodeId(1);

    const CAME: &str = "INVITE sip:b@x SIP/2.0\r\nVia: SIP/2.0/UDP a:5060;branch=z9hG4bK1\r\n\
        Max-Forwards: 70\r\nX-Odd:  kept   as it is\r\nCSeq: 1 INVITE\r\n\r\nbody";

    fn forward(came: &str, left: &str) -> Verdict {
        let mut check = Forwarding::new(SERVER);
        for (phase, from, to, text) in
            [(Phase::Arrived, PHONE, SERVER, came), (Phase::Sent, SERVER, PHONE, left)]
        {
            let bytes = Bytes::from(text.to_owned());
            let scan = Scan::new(&bytes).expect("a message");
            let (at, to) = (Instant::ZERO, Some(to));
            let streamed = false;
            check.observe(&Seen { at, phase, from, to, streamed, scan: &scan, bytes: &bytes })?;
        }
        Ok(())
    }

    fn left() -> String {
        CAME.replace(
            "Via: SIP/2.0/UDP a:5060;branch=z9hG4bK1",
            "Via: SIP/2.0/UDP s;branch=z9hG4bK2\r\n\
             Via: SIP/2.0/UDP a:5060;branch=z9hG4bK1;received=10.0.0.9",
        )
        .replace("Max-Forwards: 70", "Max-Forwards: 69\r\nRecord-Route: <sip:s;lr>")
    }

    #[test]
    fn a_proxy_by_the_book_passes() {
        assert_eq!(forward(CAME, &left()), Ok(()));
    }

    #[test]
    fn each_sin_is_named() {
        let cases = [
            ("Max-Forwards: 69", "Max-Forwards: 70", Invariant::MaxForwards),
            ("X-Odd:  kept   as", "X-Odd: kept as", Invariant::UntouchedHeaders),
            ("X-Odd:  kept   as it is\r\n", "", Invariant::UntouchedHeaders),
            ("\r\n\r\nbody", "\r\n\r\nBODY", Invariant::UntouchedHeaders),
            ("a:5060;branch=z9hG4bK1", "a:5061;branch=z9hG4bK1", Invariant::ViaSymmetry),
            ("Via: SIP/2.0/UDP s;branch=z9hG4bK2\r\n", "", Invariant::ViaSymmetry),
        ];
        for (right, wrong, invariant) in cases {
            let complaint = forward(CAME, &left().replace(right, wrong)).expect_err(wrong);
            assert_eq!(complaint.invariant, invariant, "{wrong:?}: {}", complaint.detail);
        }
    }
}
