//! URIs with parts taken out.

use bytes::{BufMut, Bytes, BytesMut};
use sip_proto::Request;
use sip_proto::message::Uri;

/// Takes out of the Request-URI what is not allowed there.
pub(crate) fn clean_request_uri(request: &mut Request) {
    // Most have no such thing, and need no parsing to see it.
    if request.uri_bytes().iter().any(|byte| matches!(byte, b';' | b'?')) {
        let uri = Bytes::copy_from_slice(request.uri_bytes());
        let clean = as_request_uri(uri.clone());
        if clean != uri {
            request.set_uri(clean);
        }
    }
}

/// A URI as a Request-URI: without headers and `method`, which are not allowed there
/// (RFC 3261 sections 16.6, step 2, and 19.1.1).
pub(crate) fn as_request_uri(contact: Bytes) -> Bytes {
    match Uri::parse(&contact) {
        Ok(uri) if uri.headers_raw().is_some() || uri.params().has("method") => {
            let headers_bytes = uri.headers_raw().map_or(0, |headers| headers.len() + 1);
            let stripped = without(&uri, &["method"], false);
            stripped.slice(..stripped.len().saturating_sub(headers_bytes))
        }
        Ok(_) | Err(_) => contact,
    }
}

/// `uri` without the parameters called `names` (in lower case) and, if `port` says so, without its
/// port. Everything else stays as it is.
pub(crate) fn without(uri: &Uri<'_>, names: &[&str], port: bool) -> Bytes {
    let raw = uri.as_bytes();
    // From its end, a URI is "?headers", ";params" and the rest.
    let headers_bytes = uri.headers_raw().map_or(0, |headers| headers.len() + 1);
    let params_bytes = uri.params().as_bytes().len() + usize::from(!uri.params().is_empty());
    let params_end = raw.len().saturating_sub(headers_bytes);
    let params_start = params_end.saturating_sub(params_bytes);
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
    fn what_a_request_uri_may_not_have_is_taken_out_of_a_contact() {
        let table = [
            ("sip:a@b;method=INVITE;x?Subject=y", "sip:a@b;x"),
            ("sip:a@b?h=v", "sip:a@b"),
            ("sip:a@b;x=y", "sip:a@b;x=y"),
            ("sip:a?b@c", "sip:a?b@c"),
            ("sip:a?b@c;method=x?h=v", "sip:a?b@c"),
        ];
        for (contact, expected) in table {
            assert_eq!(as_request_uri(Bytes::from_static(contact.as_bytes())), expected);
        }
    }

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
