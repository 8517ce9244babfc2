use super::*;

const MESSAGE: &str = "X a:b SIP/2.0\r\nSubject: 12345\r\nl: 4\r\n\r\nbody";
const HEADER_BYTES: usize = MESSAGE.len() - 4;

fn kind_with(change: impl Fn(&mut Limits)) -> Option<ParseErrorKind> {
    let mut limits = Limits::default();
    change(&mut limits);
    SipMessage::parse(Bytes::from_static(MESSAGE.as_bytes()), &limits).err().map(|e| e.kind)
}

#[test]
fn header_bytes_max() {
    assert_eq!(kind_with(|limits| limits.header_bytes_max = HEADER_BYTES), None);
    for max in 0..HEADER_BYTES {
        assert_eq!(
            kind_with(|limits| limits.header_bytes_max = max),
            Some(ParseErrorKind::HeaderBytes)
        );
    }
}

#[test]
fn header_count_max() {
    assert_eq!(kind_with(|limits| limits.header_count_max = 2), None);
    assert_eq!(kind_with(|limits| limits.header_count_max = 1), Some(ParseErrorKind::HeaderCount));
}

#[test]
fn header_value_bytes_max() {
    assert_eq!(kind_with(|limits| limits.header_value_bytes_max = 5), None);
    assert_eq!(
        kind_with(|limits| limits.header_value_bytes_max = 4),
        Some(ParseErrorKind::HeaderValueBytes)
    );
    // A name is held to 16 bits, whatever the other limits say.
    let text = format!("X a:b SIP/2.0\r\n{}: x\r\n\r\n", "n".repeat(65_536));
    let limits = Limits { header_bytes_max: 100_000, ..Limits::default() };
    let error = SipMessage::parse(text.into(), &limits).unwrap_err();
    assert_eq!(error, ParseError { kind: ParseErrorKind::HeaderValueBytes, offset: 15 });
}

#[test]
fn body_bytes_max() {
    assert_eq!(kind_with(|limits| limits.body_bytes_max = 4), None);
    assert_eq!(kind_with(|limits| limits.body_bytes_max = 3), Some(ParseErrorKind::BodyBytes));
    let limits = Limits { body_bytes_max: 3, ..Limits::default() };
    let text = "X a:b SIP/2.0\r\n\r\nbody";
    let error = SipMessage::parse(text.into(), &limits).unwrap_err();
    assert_eq!(error.kind, ParseErrorKind::BodyBytes, "also without a Content-Length");
}
