//! Two engines back to back, and one against what is no TLS.

use proptest::prelude::*;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use sip_proto::PeerIdentity;

use super::engine::Progress;
use super::identity::domains;
use super::*;
use crate::test_support::certificates::{Authority, Subject};

/// Two ends, and what is on its way between them.
struct Pair {
    client: End,
    server: End,
}

struct End {
    engine: TlsEngine,
    /// What it said that is on its way.
    wire: Vec<u8>,
    plain: Vec<u8>,
    progress: Progress,
    error: Option<rustls::Error>,
}

impl End {
    fn new(engine: TlsEngine, wire: Vec<u8>) -> Self {
        Self { engine, wire, plain: Vec::new(), progress: Progress::default(), error: None }
    }

    fn take(&mut self, bytes: &[u8]) {
        if self.error.is_some() {
            return;
        }
        match self.engine.receive(bytes, &mut self.plain, &mut self.wire) {
            Ok(progress) => self.progress = progress,
            Err(error) => self.error = Some(error),
        }
    }
}

impl Pair {
    fn new(client: &TlsContext, name: &str, server: &TlsContext) -> Self {
        let mut wire = Vec::new();
        let config = client.client().expect("authorities");
        let client = TlsEngine::client(config, name, &mut wire).expect("a name");
        let server = TlsEngine::server(server.server().expect("a certificate")).expect("a server");
        Self { client: End::new(client, wire), server: End::new(server, Vec::new()) }
    }

    /// Carries everything both ways in pieces of `piece_bytes`, until nothing is on its way.
    fn carry(&mut self, piece_bytes: usize) {
        loop {
            let up = std::mem::take(&mut self.client.wire);
            let down = std::mem::take(&mut self.server.wire);
            if up.is_empty() && down.is_empty() {
                return;
            }
            up.chunks(piece_bytes).for_each(|piece| self.server.take(piece));
            down.chunks(piece_bytes).for_each(|piece| self.client.take(piece));
        }
    }

    fn open(&mut self) {
        self.carry(usize::MAX);
        assert!(self.client.progress.open, "{:?}", self.client.error);
        assert!(self.server.progress.open, "{:?}", self.server.error);
    }

    /// Why the handshake failed, as the client and as the server have it.
    fn fail(&mut self) -> (String, String) {
        self.carry(usize::MAX);
        let text = |error: &Option<rustls::Error>| match error {
            Some(error) => error.to_string(),
            None => "no error".to_owned(),
        };
        (text(&self.client.error), text(&self.server.error))
    }
}

fn domains_of(list: &[&str]) -> PeerIdentity {
    PeerIdentity { domains: list.iter().map(|domain| (*domain).to_owned()).collect() }
}

fn trusting(authority: &Authority) -> TlsContext {
    let authorities = Some(authority.certificate());
    TlsContext::load(&TlsConfig { authorities, ..TlsConfig::default() }).expect("good files")
}

#[test]
fn both_ends_open_talk_and_close_in_any_segmentation() {
    let authority = Authority::new();
    let context = authority.server_context();
    for piece_bytes in [1, 2, 7, 1_000, usize::MAX] {
        let mut pair = Pair::new(&context, "example.com", &context);
        pair.carry(piece_bytes);
        assert!(pair.client.progress.open && pair.server.progress.open, "{piece_bytes}");
        assert_eq!(pair.client.engine.identity(), domains_of(&["localhost", "example.com"]));
        assert_eq!(pair.server.engine.identity(), PeerIdentity::default());

        let long = vec![b'x'; 50_000];
        pair.client.engine.write(b"OPTIONS", &mut pair.client.wire);
        pair.client.engine.write(&long, &mut pair.client.wire);
        pair.server.engine.write(b"200", &mut pair.server.wire);
        pair.carry(piece_bytes);
        assert_eq!(pair.server.plain, [&b"OPTIONS"[..], &long[..]].concat());
        assert_eq!(pair.client.plain, b"200");

        pair.client.engine.close(&mut pair.client.wire);
        pair.client.engine.close(&mut pair.client.wire);
        pair.client.engine.write(b"late", &mut pair.client.wire);
        pair.carry(piece_bytes);
        assert!(pair.server.progress.ended && !pair.client.progress.ended);
        // Half closed: what the server still has to say arrives (RFC 8446 section 6.1).
        pair.server.engine.write(b"bye", &mut pair.server.wire);
        pair.server.engine.close(&mut pair.server.wire);
        pair.carry(piece_bytes);
        assert!(pair.client.progress.ended);
        assert_eq!(pair.client.plain, b"200bye");
    }
}

/// RFC 5922 section 7.
#[test]
fn what_a_certificate_proves() {
    let authority = Authority::new();
    let mut number = 0;
    let mut proves = |subject: Subject<'_>| {
        number += 1;
        let pair = authority.issue(&format!("proves-{number}"), subject);
        domains(&CertificateDer::from_pem_file(pair.certificate).expect("PEM"))
    };
    let dns = ["Proxy.Example.com", "other.example"];
    let uris = ["sip:Example.com", "sip:alice@users.example", "sips:s.example", "http://w.example"];
    assert_eq!(proves(Subject::dns(&dns)), ["proxy.example.com", "other.example"]);
    let both = Subject { uris: &uris, ..Subject::dns(&dns) };
    assert_eq!(proves(both), ["example.com"], "a sip URI without a user, then no DNS name");
    let no_domain = Subject { uris: &uris[1..], ..Subject::dns(&dns[1..]) };
    assert_eq!(proves(no_domain), ["other.example"]);
    let nothing = Subject { common_name: "cn.example", ..Subject::dns(&[]) };
    assert_eq!(proves(nothing), [""; 0], "the common name proves nothing");
}

/// RFC 5922 section 7.2 and 7.3.
#[test]
fn a_server_must_be_the_domain_that_was_meant() {
    let authority = Authority::new();
    let client = trusting(&authority);
    let uris = ["sip:example.com"];
    let table = [
        (Subject::dns(&["example.com"]), "example.com", true),
        (Subject::dns(&["example.com"]), "EXAMPLE.com.", true),
        (Subject::dns(&["example.com"]), "sip.example.com", false),
        (Subject::dns(&["*.example.com"]), "sip.example.com", false),
        (Subject { uris: &uris, ..Subject::dns(&["host.net"]) }, "example.com", true),
        (Subject { uris: &uris, ..Subject::dns(&["host.net"]) }, "host.net", false),
        (Subject { common_name: "example.com", ..Subject::dns(&[]) }, "example.com", false),
        (Subject { loopback: true, ..Subject::dns(&["x.example"]) }, "127.0.0.1", true),
        (Subject::dns(&["x.example"]), "127.0.0.1", false),
        (Subject { expired: true, ..Subject::dns(&["example.com"]) }, "example.com", false),
    ];
    for (index, (subject, name, good)) in table.into_iter().enumerate() {
        let identities = vec![authority.issue(&format!("server-{index}"), subject)];
        let config = TlsConfig { identities, ..TlsConfig::default() };
        let server = TlsContext::load(&config).expect("good files");
        let mut pair = Pair::new(&client, name, &server);
        if good {
            pair.open();
        } else {
            let (at_client, at_server) = pair.fail();
            assert!(at_client.contains("certificate"), "{subject:?} as {name}: {at_client}");
            assert!(at_server.contains("alert"), "the server is told: {at_server}");
        }
    }
}

#[test]
fn an_authority_nobody_named_is_not_trusted() {
    let [authority, other] = [Authority::new(), Authority::new()];
    let mut pair = Pair::new(&trusting(&other), "example.com", &authority.server_context());
    let (at_client, _) = pair.fail();
    assert!(at_client.contains("UnknownIssuer"), "{at_client}");
    assert!(TlsContext::default().client().is_none(), "by default nobody is trusted");
}

#[test]
fn clients_prove_themselves_where_they_must() {
    let [authority, other] = [Authority::new(), Authority::new()];
    let client = |identity| {
        let authorities = Some(authority.certificate());
        let config = TlsConfig { authorities, client_identity: identity, ..TlsConfig::default() };
        TlsContext::load(&config).expect("good files")
    };
    let anonymous = client(None);
    let known = client(Some(authority.issue("client", Subject::dns(&["peer.example"]))));
    let stranger = client(Some(other.issue("client", Subject::dns(&["peer.example"]))));
    for (client_auth, without) in
        [(ClientAuth::None, true), (ClientAuth::Request, true), (ClientAuth::Require, false)]
    {
        let config = TlsConfig { client_auth, ..authority.server() };
        let server = TlsContext::load(&config).expect("good files");
        let mut pair = Pair::new(&anonymous, "example.com", &server);
        if without {
            pair.open();
        } else {
            let (_, at_server) = pair.fail();
            assert!(at_server.contains("no certificates"), "{at_server}");
        }
        let mut pair = Pair::new(&known, "example.com", &server);
        pair.open();
        let proven: &[&str] = if client_auth == ClientAuth::None { &[] } else { &["peer.example"] };
        assert_eq!(pair.server.engine.identity(), domains_of(proven), "{client_auth:?}");
        if client_auth != ClientAuth::None {
            let (_, at_server) = Pair::new(&stranger, "example.com", &server).fail();
            assert!(at_server.contains("UnknownIssuer"), "{client_auth:?}: {at_server}");
        }
    }
}

#[test]
fn a_session_is_resumed_with_the_identity_it_had() {
    let authority = Authority::new();
    let client_identity = Some(authority.issue("client", Subject::dns(&["peer.example"])));
    let config =
        TlsConfig { client_identity, client_auth: ClientAuth::Require, ..authority.server() };
    let context = TlsContext::load(&config).expect("good files");
    let mut sizes = Vec::new();
    for _ in 0..2 {
        let mut pair = Pair::new(&context, "example.com", &context);
        sizes.push(pair.client.wire.len());
        pair.open();
        assert_eq!(pair.server.engine.identity(), domains_of(&["peer.example"]));
        // The ticket arrives with what is said first.
        pair.server.engine.write(b"200", &mut pair.server.wire);
        pair.carry(usize::MAX);
    }
    assert!(sizes[1] > sizes[0], "the second hello brings a ticket: {sizes:?}");
}

#[test]
fn the_certificate_is_chosen_by_the_name_asked_for_and_exchanged_while_connections_live() {
    let authority = Authority::new();
    let client = trusting(&authority);
    let two = ["one.example", "two.example"];
    let issue = |name: &&str| authority.issue(name, Subject::dns(&[*name]));
    let config = TlsConfig { identities: two.iter().map(issue).collect(), ..TlsConfig::default() };
    let server = TlsContext::load(&config).expect("good files");
    for name in two {
        let mut pair = Pair::new(&client, name, &server);
        pair.open();
        assert_eq!(pair.client.engine.identity(), domains_of(&[name]));
    }
    let mut old = Pair::new(&client, "one.example", &server);
    old.open();
    let _ = authority.issue("one.example", Subject::dns(&["new.example"]));
    server.reload(&config).expect("good files");
    Pair::new(&client, "new.example", &server).open();
    old.client.engine.write(b"still here", &mut old.client.wire);
    old.carry(usize::MAX);
    assert_eq!(old.server.plain, b"still here");

    std::fs::write(&config.identities[0].key, "nonsense").expect("a file");
    let error = server.reload(&config).expect_err("no key");
    assert!(matches!(error.problem, FileProblem::NoKey), "{error}");
    Pair::new(&client, "new.example", &server).open();
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let authority = Authority::new();
    let good = authority.server();
    let pair = &good.identities[0];
    let other = authority.issue("other", Subject::dns(&["other.example"]));
    let empty = authority.folder().join("empty");
    std::fs::write(&empty, "").expect("a file");
    let with = |certificate: &std::path::Path, key: &std::path::Path| TlsConfig {
        identities: vec![KeyPair { certificate: certificate.into(), key: key.into() }],
        ..TlsConfig::default()
    };
    let absent = authority.folder().join("absent");
    let authorities = |file: &std::path::Path| TlsConfig {
        authorities: Some(file.into()),
        ..TlsConfig::default()
    };
    for (config, file, said) in [
        (with(&absent, &pair.key), &absent, "cannot be read"),
        (with(&pair.certificate, &absent), &absent, "cannot be read"),
        (with(&empty, &pair.key), &empty, "no certificate"),
        (with(&pair.certificate, &empty), &empty, "no private key"),
        (with(&pair.certificate, &other.key), &other.key, "not the key of the certificate"),
        (authorities(&pair.key), &pair.key, "no certificate"),
    ] {
        let error = TlsContext::load(&config).expect_err(said);
        assert_eq!(&error.file, file, "{error}");
        assert!(error.to_string().contains(said) && !error.problem.fix().is_empty(), "{error}");
    }
    let expired = Subject { expired: true, ..Subject::dns(&["old.example"]) };
    let old = authority.issue("old", expired);
    let context = TlsContext::load(&with(&old.certificate, &old.key)).expect("a warning, no error");
    assert_eq!(context.expiries()[0].ends.as_secs(), 1_009_843_200, "the first second of 2002");
}

/// Plain SIP, HTTP or noise on a TLS port, and TLS that is cut off or meddled with.
#[test]
fn what_is_no_tls_is_refused_at_once() {
    let authority = Authority::new();
    let context = authority.server_context();
    let server = || {
        let config = context.server().expect("a certificate");
        End::new(TlsEngine::server(config).expect("a server"), Vec::new())
    };
    for noise in [
        &b"OPTIONS sip:example.com SIP/2.0\r\nVia: SIP/2.0/TLS x\r\n\r\n"[..],
        b"GET / HTTP/1.1\r\n\r\n",
        b"\0\0\0\0\0\0\0\0",
        b"\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let mut end = server();
        end.take(noise);
        assert!(end.error.is_some(), "{}", noise.escape_ascii());
    }
    let mut pair = Pair::new(&context, "example.com", &context);
    pair.open();
    pair.client.engine.write(b"OPTIONS", &mut pair.client.wire);
    if let Some(byte) = pair.client.wire.last_mut() {
        *byte ^= 1;
    }
    pair.carry(usize::MAX);
    let error = pair.server.error.expect("a wrong MAC");
    assert!(error.to_string().contains("decrypt"), "{error}");
    assert!(pair.server.plain.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Bytes that no peer should send end in an error or in waiting, never in plaintext.
    #[test]
    fn noise_does_no_harm(noise: Vec<u8>, after_hello: bool, piece_bytes in 1usize..50) {
        let authority = Authority::new();
        let context = authority.server_context();
        let mut pair = Pair::new(&context, "example.com", &context);
        if after_hello {
            let hello = std::mem::take(&mut pair.client.wire);
            pair.server.take(&hello);
        }
        noise.chunks(piece_bytes).for_each(|piece| pair.server.take(piece));
        prop_assert!(pair.server.plain.is_empty() && !pair.server.progress.open);
    }
}
