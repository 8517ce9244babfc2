//! RFC 4475 section 3.1.2: invalid messages. A value that is wrong where nobody need read it does not
//! spoil the message: its type refuses it, when somebody does.

use super::super::super::headers::Date;
use super::super::super::{CSeq, Contact, Expires, From, MaxForwards, To, TypedHeader, Via};
use super::*;

#[track_caller]
fn no_value<'a, H: TypedHeader<'a>>(value: &'a str) {
    let parsed = H::parse(value.as_bytes()).map(|_| ());
    assert_eq!(parsed.map_err(|error| error.kind), Err(ParseErrorKind::Value), "{value}");
}

/// RFC 4475 section 3.1.2.1
pub(super) fn extraneous_separators() {
    no_value::<Via<'_>>("SIP/2.0/UDP 192.0.2.15;;");
    no_value::<Contact<'_>>("\"Joe\" <sip:joe@example.org>;;;;");
    let message =
        request(complete("INVITE", "sip:user@example.com", &["Via: SIP/2.0/UDP h;;,;,,"]));
    let hops: Vec<_> = message.header_list::<Via<'_>>().map(|via| via.is_ok()).collect();
    assert_eq!((hops[0], hops[1..].contains(&true)), (true, false));
}

/// RFC 4475 section 3.1.2.2
pub(super) fn a_length_beyond_the_datagram() {
    let text = complete("INVITE", "sip:user@example.com", &["Content-Length: 9999"]);
    assert_eq!(refused(text + "v=0\r\n"), (ParseErrorKind::ContentLength, Some(400)));
}

/// RFC 4475 section 3.1.2.3
pub(super) fn a_negative_length() {
    for length in ["-999", "five", "", "1e3", "+1"] {
        let length = format!("Content-Length: {length}");
        let text = complete("INVITE", "sip:user@example.com", &[&length]);
        assert_eq!(refused(text), (ParseErrorKind::ContentLength, Some(400)), "{length}");
    }
}

/// RFC 4475 section 3.1.2.4
pub(super) fn overlarge_numbers_in_a_request() {
    no_value::<CSeq>("36893488147419103232 REGISTER");
    no_value::<MaxForwards>("300");
    no_value::<Expires>("10000000000000000000000000000");
    let contact = Contact::parse(b"<sip:user@host>;expires=280297596632815").unwrap();
    assert_eq!(contact.expires_secs(), Some(Ok(u32::MAX)), "no error: the registrar shortens it");
}

/// RFC 4475 section 3.1.2.5: a transaction discards the response for its CSeq.
pub(super) fn overlarge_numbers_in_a_response() {
    let message = response(lines(&[
        "SIP/2.0 503 Service Unavailable",
        "CSeq: 9292394834772304023312 OPTIONS",
        "Retry-After: 949302838503028349304023988",
        "Warning: 1812 overture \"In Progress\"",
    ]));
    assert!(message.require::<CSeq>().is_err());
}

/// RFC 4475 section 3.1.2.6
pub(super) fn an_unterminated_quote() {
    no_value::<To<'_>>("\"Mr. J. User <sip:j.user@example.com>");
}

/// RFC 4475 section 3.1.2.7
pub(super) fn angles_around_the_request_uri() {
    let message = request(complete("INVITE", "<sip:user@example.com>", &[]));
    assert_eq!(message.uri().unwrap_err().kind, ParseErrorKind::Uri);
}

/// RFC 4475 section 3.1.2.8
pub(super) fn white_space_in_the_request_uri() {
    let text = complete("INVITE", "sip:user@example.com; lr", &[]);
    assert_eq!(refused(text), (ParseErrorKind::StartLine, Some(400)));
}

/// RFC 4475 section 3.1.2.9
pub(super) fn two_spaces_in_the_request_line() {
    for line in ["INVITE  sip:u@h SIP/2.0", "INVITE sip:u@h  SIP/2.0"] {
        let text = lines(&[line, VIA, FROM, TO, CALL_ID, "CSeq: 8 INVITE"]);
        assert_eq!(refused(text), (ParseErrorKind::StartLine, Some(400)), "{line}");
    }
}

/// RFC 4475 section 3.1.2.10
pub(super) fn spaces_after_the_request_line() {
    let text = lines(&["OPTIONS sip:u@h SIP/2.0  ", VIA, FROM, TO, CALL_ID, "CSeq: 8 OPTIONS"]);
    assert_eq!(refused(text), (ParseErrorKind::StartLine, Some(400)));
}

/// RFC 4475 section 3.1.2.11: whoever reads the URI sees that it has headers, and may refuse it.
pub(super) fn headers_in_the_request_uri() {
    let text = complete("INVITE", "sip:user@example.com?Route=%3Csip:example.com%3E", &[]);
    let message = request(text);
    let headers = message.uri().unwrap().headers_raw();
    assert_eq!(headers, Some(&b"Route=%3Csip:example.com%3E"[..]));
    assert_eq!(message.count(&HeaderName::Route), 0);
}

/// RFC 4475 section 3.1.2.12: only who needs the date minds.
pub(super) fn a_date_in_another_time_zone() {
    let date = "Fri, 01 Jan 2010 16:00:00 EST";
    let message = request(complete("INVITE", "sip:user@example.com", &[&format!("Date: {date}")]));
    assert!(message.header::<Date>().is_err());
    assert_eq!(message.value(&HeaderName::Date), Some(date.as_bytes()));
}

/// RFC 4475 section 3.1.2.13
pub(super) fn a_question_mark_without_angles() {
    no_value::<Contact<'_>>("sip:user@example.com?Route=%3Csip:sip.example.com%3E");
}

/// RFC 4475 section 3.1.2.14
pub(super) fn spaces_in_an_addr_spec() {
    no_value::<To<'_>>("\"Watson, Thomas\" < sip:t.watson@example.org >");
}

/// RFC 4475 section 3.1.2.15
pub(super) fn separators_in_a_display_name() {
    no_value::<From<'_>>("Bell, Alexander <sip:a.g.bell@example.com>;tag=43");
}

/// RFC 4475 section 3.1.2.16: 505, though the Via has that version too.
pub(super) fn an_unknown_version() {
    let via = "Via: SIP/7.0/UDP c.example.com;branch=z9hG4bKkdjuw";
    let text = lines(&["OPTIONS sip:u@h SIP/7.0", via, FROM, TO, CALL_ID, "CSeq: 1 OPTIONS"]);
    assert_eq!(refused(text), (ParseErrorKind::Version, Some(505)));
}

/// RFC 4475 section 3.1.2.17: the transaction layer answers 400.
pub(super) fn another_method_in_cseq() {
    let text = complete("OPTIONS", "sip:user@example.com", &[]).replace("8 OPTIONS", "8 INVITE");
    let message = request(text);
    assert_ne!(message.require::<CSeq>().unwrap().method, *message.method());
}

/// RFC 4475 section 3.1.2.18: 400 there too; 501 would do as well.
pub(super) fn an_unknown_method_and_another_in_cseq() {
    let text = complete("NEWMETHOD", "sip:user@example.com", &[]).replace("8 NEWM", "8 INVITE M");
    let message = request(text);
    assert!(message.require::<CSeq>().is_err());
    assert_eq!(message.method().as_str(), "NEWMETHOD");
}

/// RFC 4475 section 3.1.2.19: discarded, and not taken for what is left of it in 32 bits.
pub(super) fn an_overlarge_status_code() {
    for code in ["4294967301", "4294967496", "099", "700", "2000"] {
        let text = lines(&[&format!("SIP/2.0 {code} better not"), VIA, FROM, TO, CALL_ID]);
        assert_eq!(refused(text), (ParseErrorKind::StartLine, None), "{code}");
    }
}
