use super::*;

fn uri(text: &str) -> Uri<'_> {
    Uri::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn text(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap()
}

#[test]
fn parts_of_sip_uris() {
    type Row<'a> =
        (&'a str, Option<&'a str>, Option<&'a str>, &'a str, Option<u16>, &'a str, Option<&'a str>);
    let table: &[Row<'_>] = &[
        ("sip:b.example", None, None, "b.example", None, "", None),
        ("SIPS:alice@b.example:5061", Some("alice"), None, "b.example", Some(5061), "", None),
        ("sip:a:@b", Some("a"), Some(""), "b", None, "", None),
        ("sip:a:p&=+$,w@b", Some("a"), Some("p&=+$,w"), "b", None, "", None),
        ("sip:u;par=u%40x.net@b;lr", Some("u;par=u%40x.net"), None, "b", None, "lr", None),
        (
            "sip:+1-212-555;ext=1:1@gw;user=phone",
            Some("+1-212-555;ext=1"),
            Some("1"),
            "gw",
            None,
            "user=phone",
            None,
        ),
        (
            "sip:(a)&b?c/d'!~*@[2001:db8::1]:1",
            Some("(a)&b?c/d'!~*"),
            None,
            "[2001:db8::1]",
            Some(1),
            "",
            None,
        ),
        (
            "sip:192.0.2.1;transport=tcp;x=[::1]/:&+$?a=b&c=",
            None,
            None,
            "192.0.2.1",
            None,
            "transport=tcp;x=[::1]/:&+$",
            Some("a=b&c="),
        ),
        ("sip:b?to=sip:x%40y", None, None, "b", None, "", Some("to=sip:x%40y")),
    ];
    for (raw, user, password, host, port, params, headers) in table {
        let uri = uri(raw);
        assert!(uri.is_sip());
        assert_eq!(uri.user().map(text), *user, "{raw}");
        assert_eq!(uri.password().map(text), *password, "{raw}");
        assert_eq!(uri.host().map(|host| host.to_string()).as_deref(), Some(*host), "{raw}");
        assert_eq!(uri.port(), *port, "{raw}");
        assert_eq!(text(uri.params().as_bytes()), *params, "{raw}");
        assert_eq!(uri.headers_raw().map(text), *headers, "{raw}");
        assert_eq!(uri.to_string(), *raw);
    }
}

#[test]
fn other_uris_are_opaque() {
    let tel = uri("tel:+1-201-555-0123;phone-context=x;ext=9");
    assert_eq!((tel.scheme(), tel.is_sip(), tel.host()), (Scheme::Tel, false, None));
    assert_eq!(tel.param("EXT"), Some(Some(&b"9"[..])));
    let other = uri("soap.beep://192.0.2.103:3002?x@y");
    assert_eq!(other.scheme(), Scheme::Other("soap.beep"));
    assert_eq!(other.opaque(), b"//192.0.2.103:3002?x@y");
    assert_eq!((other.user(), other.port(), other.aor()), (None, None, None));
}

#[test]
fn what_is_no_uri_and_where_it_stops_being_one() {
    for (raw, offset) in [
        ("", 0),
        ("sip", 3),
        (":a", 0),
        ("1a:b", 0),
        ("<sip:a>", 0),
        ("sip:", 4),
        ("tel:", 4),
        ("sip:@b", 4),
        ("sip:a@", 6),
        ("sip:a b@c", 5),
        ("sip:a%4@b", 5),
        ("sip:a%zz@b", 5),
        ("sip:a@b@c", 7),
        ("sip:b:", 6),
        ("sip:b:99999", 6),
        ("sip:b:5060x", 10),
        ("sip:b;", 6),
        ("sip:b;;lr", 6),
        ("sip:b;x=", 8),
        ("sip:b;=x", 6),
        ("sip:b?", 6),
        ("sip:b?a", 7),
        ("sip:b?=a", 6),
        ("sip:b?a=b&", 10),
        ("sip:2001:db8::1", 4),
        ("sip:[::1", 4),
        ("sip:b c", 5),
        ("sip:b\t", 5),
        ("sip:b\u{e4}", 5),
        ("urn:a b", 5),
        ("sip:b;x=\"y\"", 8),
    ] {
        let error = Uri::parse(raw.as_bytes()).expect_err(raw);
        assert_eq!((error.kind, error.offset), (ParseErrorKind::Uri, offset), "{raw}");
    }
}

#[test]
fn params_are_found_through_escapes_and_case() {
    let uri = uri("sip:b;%6C%72;n%61me=v%61lue;Transport=TCP;maddr=192.0.2.1");
    assert!(uri.is_lr());
    assert_eq!(uri.param("name"), Some(Some(&b"v%61lue"[..])));
    assert_eq!(uri.transport(), Some(&b"TCP"[..]));
    assert_eq!(uri.maddr(), Some(&b"192.0.2.1"[..]));
    assert_eq!(uri.param("absent"), None);
}

#[test]
fn equivalence_is_that_of_rfc_3261_section_19_1_4() {
    for (a, b) in [
        ("sip:%61lice@Here.Example;transport=TCP", "sip:alice@here.example;Transport=tcp"),
        ("sip:carol@c.example", "sip:carol@c.example;newparam=5"),
        ("sip:carol@c.example;newparam=5", "sip:carol@c.example;security=on"),
        (
            "sip:c;transport=tcp;method=REGISTER?to=sip:bob%40c",
            "sip:c;method=REGISTER;transport=tcp?to=sip:bob%40c",
        ),
        (
            "sip:a@c?subject=project%20x&priority=urgent",
            "sip:a@c?priority=urgent&subject=project%20x",
        ),
        ("sip:a@c;x=1;x=2", "sip:a@c;x=1;x=2"),
        ("sip:a%3b@c", "sip:a%3B@c"),
        ("sip:a@[2001:DB8::1]", "sip:a@[2001:db8:0::1]"),
        ("tel:+1-201-555-0123", "TEL:+1(201)5550123"),
        ("tel:123;phone-context=X;ext=1", "tel:1-23;ext=1;phone-context=x"),
        ("tel:1;phone-context=+1-914;ext=5-5", "tel:1;ext=55;phone-context=+1(914)"),
        ("tel:*21%23", "tel:%2A21%23"),
        ("tel:ABC;isub=A", "tel:a-b-c;ISUB=a"),
        ("urn:x", "URN:x"),
        ("urn:service:sos", "URN:Service:sos"),
        ("urn:example:a%2Cb", "urn:EXAMPLE:a%2cb"),
        ("urn:uuid:F81D4FAE-7dec", "urn:uuid:f81d4fae-7DEC?+r"),
        ("http://a/b", "HTTP://a/b"),
    ] {
        assert!(uri(a).equivalent(&uri(b)) && uri(b).equivalent(&uri(a)), "{a} {b}");
    }
    for (a, b) in [
        ("sip:ALICE@c", "sip:alice@c"),
        ("sip:alice@c", "sips:alice@c"),
        ("sip:alice@c", "sip:c"),
        ("sip:a:p@c", "sip:a@c"),
        ("sip:a:p@c", "sip:a:P@c"),
        ("sip:bob@c", "sip:bob@c:5060"),
        ("sip:bob@c", "sip:bob@c;transport=udp"),
        ("sip:bob@c", "sip:bob@c;user=ip"),
        ("sip:bob@c", "sip:bob@c;ttl=1"),
        ("sip:bob@c", "sip:bob@c;method=INVITE"),
        ("sip:bob@c", "sip:bob@c;ma%64dr=192.0.2.1"),
        ("sip:bob@c;x=1", "sip:bob@c;x=2"),
        ("sip:bob@c;x=1", "sip:bob@c;X"),
        ("sip:bob@c", "sip:bob@c?Subject=next%20meeting"),
        ("sip:bob@c?a=1", "sip:bob@c?a=1&a=1"),
        ("sip:bob@phone.example", "sip:bob@192.0.2.4"),
        ("sip:a%3Bb@c", "sip:a;b@c"),
        ("tel:123", "tel:+123"),
        ("tel:123;ext=1", "tel:123"),
        ("tel:123;ext=1", "tel:123;ext=2"),
        ("tel:123;x=1-2", "tel:123;x=12"),
        ("tel:123;phone-context=a-b", "tel:123;phone-context=ab"),
        ("tel:123;phone-context=1", "tel:123;phone-context=+1"),
        ("urn:x", "urn:X"),
        ("urn:example:a", "urn:example:A"),
        ("urn:example:a%2Cb", "urn:example:a,b"),
        ("http://a/b", "http://A/b"),
        ("urn:x", "tel:1"),
    ] {
        assert!(!uri(a).equivalent(&uri(b)) && !uri(b).equivalent(&uri(a)), "{a} {b}");
    }
}

#[test]
fn an_address_of_record_is_canonical() {
    for (raw, aor) in [
        ("SIP:%61lice:pw@Here.Example:5070;transport=tcp?a=b", "sip:alice@here.example:5070"),
        ("sips:a%3bb%2f@B", "sips:a%3Bb%2F@b"),
        ("sip:B.example;lr", "sip:b.example"),
        ("sip:u@[2001:DB8::A]", "sip:u@[2001:db8::a]"),
    ] {
        assert_eq!(uri(raw).aor().unwrap(), aor);
        assert_eq!(uri(aor).aor().unwrap(), aor, "once is enough");
    }
}
