use proptest::prelude::*;

use super::super::{Direction, Sdp};
use crate::ParseErrorKind;

const OFFER: &str = "v=0\r\no=alice 2890844526 2890844526 IN IP4 host.example\r\ns=-\r\n\
    c=IN IP4 192.0.2.1\r\nb=AS:64\r\nt=0 0\r\na=group:BUNDLE 1 2\r\n\
    m=audio 49170 RTP/AVP 0 96\r\ni=speech\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:96 opus/48000/2\r\n\
    m=video 0 RTP/AVP 31\r\na=inactive\r\n\
    m=image 5004/2 udptl t38\r\nc=IN IP6 2001:db8::9\r\na=sendonly\r\n";

fn sdp(text: &str) -> Sdp<'_> {
    Sdp::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

#[test]
fn what_services_ask() {
    let offer = sdp(OFFER);
    let origin = offer.origin().unwrap();
    assert_eq!((origin.username, origin.address), (&b"alice"[..], &b"host.example"[..]));
    let media: Vec<_> = offer.media().collect();
    assert_eq!(media.len(), 3);
    assert_eq!((media[0].kind, media[0].port, media[0].port_count), ("audio", 49_170, 1));
    assert_eq!((media[0].protocol, media[0].formats), ("RTP/AVP", "0 96"));
    assert_eq!(media[0].rtpmap("96"), Some(&b"opus/48000/2"[..]));
    assert_eq!(media[0].rtpmap("9"), None);
    assert_eq!(media[2].port_count, 2);
    let addresses: Vec<_> =
        media.iter().map(|it| it.connection().unwrap().ip().unwrap().to_string()).collect();
    assert_eq!(addresses, ["192.0.2.1", "192.0.2.1", "2001:db8::9"]);
    let directions: Vec<_> = media.iter().map(|it| it.direction()).collect();
    assert_eq!(directions, [Direction::SendRecv, Direction::Inactive, Direction::SendOnly]);
    assert!(media[1].is_rejected());
    let group = offer.attributes().find(|(name, _)| *name == b"group");
    assert_eq!(group, Some((&b"group"[..], Some(&b"BUNDLE 1 2"[..]))));
}

/// RFC 3264 section 8.4.
#[test]
fn who_is_on_hold() {
    let audio = |session: &str, media: &str| {
        format!("v=0\r\nc=IN IP4 192.0.2.1\r\n{session}m=audio 9 RTP/AVP 0\r\n{media}")
    };
    for (text, is_held) in [
        (audio("", ""), false),
        (audio("", "a=sendrecv\r\n"), false),
        (audio("", "a=recvonly\r\n"), false),
        (audio("", "a=sendonly\r\n"), true),
        (audio("", "a=inactive\r\n"), true),
        (audio("a=sendonly\r\n", ""), true),
        (audio("a=sendonly\r\n", "a=sendrecv\r\n"), false),
        (audio("", "c=IN IP4 0.0.0.0\r\n"), true),
        (audio("", "c=IN IP6 ::\r\n"), true),
        (audio("", "c=IN IP4 name.example\r\n"), false),
        // A stream that is not in use does not count, and without any nobody is held.
        (audio("", "a=sendonly\r\nm=video 0 RTP/AVP 31\r\n"), true),
        (audio("", "a=sendonly\r\nm=video 9 RTP/AVP 31\r\n"), false),
        ("v=0\r\na=inactive\r\n".to_owned(), false),
    ] {
        assert_eq!(sdp(&text).is_on_hold(), is_held, "{text}");
    }
}

#[test]
fn lines_may_end_and_be_missing_as_they_like() {
    let bare = OFFER.replace("\r\n", "\n");
    assert_eq!(sdp(bare.trim_end()).media().count(), 3);
    assert_eq!(sdp("v=0").media().count(), 0);
    assert_eq!(sdp("v=0\r\n\r\n").direction(), Direction::SendRecv);
    assert_eq!(sdp("v=0\r\nX=unknown\r\nm=audio 1 RTP/AVP").media().count(), 1);
    for (text, offset) in [
        ("", 0),
        ("o=- 1 1 IN IP4 a\r\n", 0),
        ("v=1\r\n", 0),
        ("v=0\r\nno line\r\n", 5),
        ("v=0\r\nm=audio\r\n", 5),
        ("v=0\r\nm=audio 65536 RTP/AVP 0\r\n", 5),
        ("v=0\r\nt=0 0\r\nm=audio x RTP/AVP 0\r\n", 12),
        ("v=0\r\nm= 1 RTP/AVP 0\r\n", 5),
    ] {
        let error = Sdp::parse(text.as_bytes()).expect_err(text);
        assert_eq!((error.kind, error.offset), (ParseErrorKind::Sdp, offset), "{text:?}");
    }
}

#[test]
fn a_direction_is_set_where_it_is_said() {
    let held = String::from_utf8(sdp(OFFER).with_direction(Direction::RecvOnly)).unwrap();
    let expected = OFFER
        .replace("opus/48000/2\r\n", "opus/48000/2\r\na=recvonly\r\n")
        .replace("a=inactive", "a=recvonly")
        .replace("a=sendonly", "a=recvonly");
    assert_eq!(held, expected);
    let session = "v=0\na=sendrecv\nm=audio 1 RTP/AVP 0\nm=video 2 RTP/AVP 31\na=x";
    let held = String::from_utf8(sdp(session).with_direction(Direction::Inactive)).unwrap();
    assert_eq!(held, session.replace("a=sendrecv\n", "a=inactive\r\n"));
    let open = String::from_utf8(sdp("v=0\nm=audio 1 a 0").with_direction(Direction::Inactive));
    assert_eq!(open.unwrap(), "v=0\nm=audio 1 a 0\r\na=inactive\r\n");
    assert_eq!(Direction::SendOnly.reversed().reversed(), Direction::SendOnly);
}

#[test]
fn an_address_is_put_where_the_stream_is() {
    let address = "203.0.113.7".parse().unwrap();
    let edited = |index| sdp(OFFER).with_media_address(index, address, 6000);
    let text = |index| String::from_utf8(edited(index).unwrap()).unwrap();
    assert_eq!(
        text(0),
        OFFER
            .replace("audio 49170", "audio 6000")
            .replace("i=speech\r\n", "i=speech\r\nc=IN IP4 203.0.113.7\r\n")
    );
    assert_eq!(
        text(2),
        OFFER.replace("image 5004/2", "image 6000/2").replace("IP6 2001:db8::9", "IP4 203.0.113.7")
    );
    assert_eq!(edited(3), None);
    let last = sdp("v=0\r\nm=audio 1 RTP/AVP 0").with_media_address(0, address, 2).unwrap();
    assert_eq!(last, b"v=0\r\nm=audio 2 RTP/AVP 0\r\nc=IN IP4 203.0.113.7\r\n");
}

#[test]
fn a_version_that_is_no_number_stays() {
    for (text, next) in [
        ("v=0\r\no=- 1 41 IN IP4 a\r\n", "v=0\r\no=- 1 42 IN IP4 a\r\n"),
        ("v=0\no=- 1 9 IN IP4 a", "v=0\no=- 1 10 IN IP4 a"),
        ("v=0\r\no=- 1 x IN IP4 a\r\n", "v=0\r\no=- 1 x IN IP4 a\r\n"),
        (
            "v=0\r\no=- 1 18446744073709551615 IN IP4 a\r\n",
            "v=0\r\no=- 1 18446744073709551615 IN IP4 a\r\n",
        ),
        ("v=0\r\no=- 1\r\n", "v=0\r\no=- 1\r\n"),
        ("v=0\r\n", "v=0\r\n"),
    ] {
        assert_eq!(sdp(text).with_next_version(), next.as_bytes(), "{text}");
    }
}

proptest! {
    #[test]
    fn what_parses_is_edited_and_parses_again(
        lines in "v=0\r\n((a=sendonly|a=x:y|c=IN IP4 192.0.2.1|c=IN|i=x|o=- 1 2 IN IP4 a|m=audio 4 RTP/AVP 0)\r?\n){0,9}",
        index in 0_usize..3,
    ) {
        let parsed = sdp(&lines);
        for direction in [Direction::SendOnly, Direction::Inactive] {
            let edited = parsed.with_direction(direction);
            let again = Sdp::parse(&edited).unwrap();
            prop_assert_eq!(again.media().count(), parsed.media().count());
            prop_assert!(again.media().all(|media| media.direction() == direction));
            prop_assert_eq!(again.is_on_hold(), parsed.media().count() > 0);
        }
        let address = "2001:db8::1".parse().unwrap();
        let edited = parsed.with_media_address(index, address, 77);
        prop_assert_eq!(edited.is_some(), index < parsed.media().count());
        if let Some(edited) = edited {
            let again = Sdp::parse(&edited).unwrap();
            let media = again.media().nth(index).unwrap();
            prop_assert_eq!(media.port, 77);
            prop_assert_eq!(media.connection().and_then(|it| it.ip()), Some(address));
        }
        let next = parsed.with_next_version();
        prop_assert_eq!(Sdp::parse(&next).unwrap().media().count(), parsed.media().count());
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), text in "v=0\n[a-z=: /0-9\r\n]{0,60}") {
        for input in [&bytes[..], text.as_bytes()] {
            if let Ok(parsed) = Sdp::parse(input) {
                let _ = (parsed.is_on_hold(), parsed.with_next_version());
                let _ = parsed.with_direction(Direction::SendOnly);
            }
        }
    }
}
