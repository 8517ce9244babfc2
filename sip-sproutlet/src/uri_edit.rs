//! URIs with parts taken out.

use bytes::{BufMut, Bytes, BytesMut};
use sip_proto::message::Uri;

/// `uri` without the parameters called `names` (in lower case) and, if `port` says so, without its
/// port. Everything else stays as it is.
pub(crate) fn without(uri: &Uri<'_>, names: &[&str], port: bool) -> Bytes {
    let raw = uri.as_bytes();
    let params = uri.params().as_bytes();
    // The parameters are a part of the URI, so both ends are within it.
    let (params_start, params_end) = if params.is_empty() {
        let end = raw.iter().position(|byte| *byte == b'?').unwrap_or(raw.len());
        (end, end)
    } else {
        let start = params.as_ptr() as usize - raw.as_ptr() as usize;
        (start.saturating_sub(1), start + params.len())
    };
    let mut out = BytesMut::with_capacity(raw.len());
    let head = raw.get(..params_start).unwrap_or(raw);
    out.put_slice(if port { without_port(head, uri.port()) } else { head });
    for (name, value) in uri.params().iter() {
        if names.iter().any(|unwanted| name.eq_ignore_ascii_case(unwanted.as_bytes())) {
            continue;
        }
        out.put_u8(b';');
        out.put_slice(name);
        if let Some(value) = value {
            out.put_u8(b'=');
            out.put_slice(value);
        }
    }
    out.put_slice(raw.get(params_end..).unwrap_or_default());
    out.freeze()
}

fn without_port(head: &[u8], port: Option<u16>) -> &[u8] {
    let end = head.iter().rposition(|byte| *byte == b':').filter(|_| port.is_some());
    end.and_then(|end| head.get(..end)).unwrap_or(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_port_are_taken_out() {
        let table = [
            ("sip:a@b:5070;maddr=1.2.3.4;transport=tcp;x=y?h=v", true, "sip:a@b;x=y?h=v"),
            ("sip:a@b:5070;lr", false, "sip:a@b:5070;lr"),
            ("sip:a@b?h=v", true, "sip:a@b?h=v"),
            ("sip:a@[::1]:5070;MADDR=x", true, "sip:a@[::1]"),
            ("sip:a:pw@b", true, "sip:a:pw@b"),
        ];
        for (uri, port, expected) in table {
            let parsed = Uri::parse(uri.as_bytes()).expect("a URI");
            let edited = without(&parsed, &["maddr", "transport"], port);
            assert_eq!(edited, expected, "{uri}");
        }
    }
}
