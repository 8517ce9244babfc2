//! RFC 4475 and RFC 5118, section by section, in messages of our own: each makes the trouble that its
//! section describes, and gets what the section says. What is for a transaction or its user to
//! judge is in `tests/ladders/torture.rs`; what is for a proxy or a registrar, with those.

mod application;
mod invalid;
mod ipv6;
mod valid;

use super::super::{HeaderName, Response};
use super::*;
use application as app;
use invalid as bad;

/// What the message layer makes of each section.
const RFC_4475: [(&str, fn()); 49] = [
    ("3.1.1.1", valid::liberties_of_the_grammar),
    ("3.1.1.2", valid::unusual_but_valid_bytes),
    ("3.1.1.3", valid::escapes_are_left_as_they_are),
    ("3.1.1.4", valid::escaped_nulls_end_nothing),
    ("3.1.1.5", valid::percent_is_no_escape_in_a_method_or_a_name),
    ("3.1.1.6", valid::no_space_before_the_angle),
    ("3.1.1.7", valid::long_values_are_only_long),
    ("3.1.1.8", valid::octets_after_the_body_are_dropped),
    ("3.1.1.9", valid::semicolons_may_be_in_a_user),
    ("3.1.1.10", valid::any_transport_may_be_in_a_via),
    ("3.1.1.11", valid::binary_in_a_multipart_body),
    ("3.1.1.12", valid::any_reason_phrase),
    ("3.1.1.13", valid::no_reason_phrase),
    ("3.1.2.1", bad::extraneous_separators),
    ("3.1.2.2", bad::a_length_beyond_the_datagram),
    ("3.1.2.3", bad::a_negative_length),
    ("3.1.2.4", bad::overlarge_numbers_in_a_request),
    ("3.1.2.5", bad::overlarge_numbers_in_a_response),
    ("3.1.2.6", bad::an_unterminated_quote),
    ("3.1.2.7", bad::angles_around_the_request_uri),
    ("3.1.2.8", bad::white_space_in_the_request_uri),
    ("3.1.2.9", bad::two_spaces_in_the_request_line),
    ("3.1.2.10", bad::spaces_after_the_request_line),
    ("3.1.2.11", bad::headers_in_the_request_uri),
    ("3.1.2.12", bad::a_date_in_another_time_zone),
    ("3.1.2.13", bad::a_question_mark_without_angles),
    ("3.1.2.14", bad::spaces_in_an_addr_spec),
    ("3.1.2.15", bad::separators_in_a_display_name),
    ("3.1.2.16", bad::an_unknown_version),
    ("3.1.2.17", bad::another_method_in_cseq),
    ("3.1.2.18", bad::an_unknown_method_and_another_in_cseq),
    ("3.1.2.19", bad::an_overlarge_status_code),
    ("3.2.1", app::a_branch_that_is_only_the_cookie),
    ("3.3.1", app::missing_mandatory_headers),
    ("3.3.2", app::an_unknown_scheme),
    ("3.3.3", app::a_known_scheme_of_no_use),
    ("3.3.4", app::other_schemes_in_headers),
    ("3.3.5", app::extensions_that_nobody_has),
    ("3.3.6", app::an_unknown_content_type),
    ("3.3.7", app::an_unknown_authorization_scheme),
    ("3.3.8", app::repeated_single_headers),
    ("3.3.9", app::two_lengths),
    ("3.3.10", app::a_broadcast_address_in_a_via),
    ("3.3.11", app::no_hops_left),
    ("3.3.12", app::a_parameter_of_the_contact),
    ("3.3.13", app::a_parameter_of_the_uri),
    ("3.3.14", app::an_escaped_header_in_a_contact),
    ("3.3.15", app::no_content_type_that_suits),
    ("3.4.1", app::rfc_2543_syntax),
];

const RFC_5118: [(&str, fn()); 10] = [
    ("4.1", ipv6::a_reference),
    ("4.2", ipv6::no_brackets),
    ("4.3", ipv6::a_port_inside_the_brackets),
    ("4.4", ipv6::a_port_outside_the_brackets),
    ("4.5", ipv6::received_with_and_without_brackets),
    ("4.6", ipv6::in_a_body),
    ("4.7", ipv6::beside_ipv4_in_headers),
    ("4.8", ipv6::beside_ipv4_in_a_body),
    ("4.9", ipv6::mapped_ipv4),
    ("4.10", ipv6::three_colons),
];

#[test]
fn every_section_has_its_vector() {
    let count =
        |chapter: &'static str, last: usize| (1..=last).map(move |n| format!("{chapter}.{n}"));
    let chapters = [("3.1.1", 13), ("3.1.2", 19), ("3.2", 1), ("3.3", 15), ("3.4", 1)];
    let expected = chapters.iter().flat_map(|(chapter, last)| count(chapter, *last));
    assert!(RFC_4475.iter().map(|(section, _)| (*section).to_owned()).eq(expected));
    assert!(RFC_5118.iter().map(|(section, _)| (*section).to_owned()).eq(count("4", 10)));
}

#[test]
fn every_section_gets_what_it_says() {
    for (_, vector) in RFC_4475.into_iter().chain(RFC_5118) {
        vector();
    }
}

/// A request for `method` with all that is mandatory, and `extra`.
fn complete(method: &str, uri: &str, extra: &[&str]) -> String {
    let start = format!("{method} {uri} SIP/2.0");
    let cseq = format!("CSeq: 8 {method}");
    let head = [&start, VIA, FROM, TO, CALL_ID, &cseq, "Max-Forwards: 70"];
    lines(&head.iter().chain(extra).copied().collect::<Vec<_>>())
}

const VIA: &str = "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw";
const FROM: &str = "From: <sip:caller@example.net>;tag=134161461246";
const TO: &str = "To: <sip:user@example.com>";
const CALL_ID: &str = "Call-ID: torture@192.0.2.1";

/// What is wrong with a message that does not parse, and the answer that it is owed.
#[track_caller]
fn refused(text: impl AsRef<[u8]>) -> (ParseErrorKind, Option<u16>) {
    let bytes = Bytes::copy_from_slice(text.as_ref());
    let error = parse(&bytes).expect_err("parsed");
    let answer = Request::salvage(&bytes, &error);
    (error.kind, answer.map(|answer: Response| answer.status().as_u16()))
}
