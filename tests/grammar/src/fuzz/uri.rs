//! URIs.

use sip_proto::message::Uri;

/// Two URIs with a line feed between them, or one.
///
/// What parses is written as it came, is equivalent to itself, and has an address-of-record that
/// is one in canonical form. Equivalence does not depend on who is asked.
pub fn uri(data: &[u8]) {
    let (left, right) = match data.iter().position(|byte| *byte == b'\n') {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, data),
    };
    let (left, right) = (read(left), read(right));
    if let (Some(left), Some(right)) = (left, right) {
        assert_eq!(left.equivalent(&right), right.equivalent(&left), "{left} and {right}");
    }
}

fn read(raw: &[u8]) -> Option<Uri<'_>> {
    let uri = match Uri::parse(raw) {
        Ok(uri) => uri,
        Err(error) => {
            assert!(error.offset <= raw.len(), "{error}");
            return None;
        }
    };
    assert_eq!(uri.as_bytes(), raw);
    assert_eq!(uri.to_string(), String::from_utf8_lossy(raw));
    assert!(uri.equivalent(&uri), "{uri} is not itself");
    assert_eq!(uri.is_sip(), uri.host().is_some());
    let _ = (uri.scheme(), uri.user(), uri.password(), uri.port(), uri.opaque(), uri.is_lr());
    let _ = (uri.transport(), uri.maddr(), uri.headers_raw());
    for (name, value) in uri.params().iter() {
        assert!(!name.is_empty(), "{uri} has a nameless parameter");
        assert_ne!(value, Some(&b""[..]), "{uri} has an empty value");
    }
    if let Some(aor) = uri.aor() {
        let canonical = Uri::parse(&aor)
            .unwrap_or_else(|error| panic!("{uri} has the address-of-record {aor:?}: {error}"));
        assert_eq!(canonical.aor().as_ref(), Some(&aor), "of {uri}");
        assert_eq!(canonical.port(), uri.port(), "of {uri}");
        assert_eq!(canonical.host(), uri.host(), "of {uri}");
    }
    Some(uri)
}
