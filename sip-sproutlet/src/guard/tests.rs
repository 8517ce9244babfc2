//! Registering and calling with passwords, through the whole host.

use sip_proto::auth::{Account, Attempts, DigestClient, Unanswered};
use sip_proto::message::HeaderName;
use sip_proto::{Request, Response, Seed};

use crate::ServiceConfig;
use crate::testing::{Lower, in_dialog, register, request};

const BOB: &str = "<sip:bob@127.0.0.1:5080>";

/// Alice, Bob, and Mallory who is locked out. Alice may also call as sales.
const USERS: &str = r#"
    [[auth.users]]
    name = "alice"
    password = "wonderland"
    uris = ["sip:alice@localhost", "sip:sales@localhost"]
    [[auth.users]]
    name = "bob"
    ha1_md5 = "c0a0a1ad5f6fb093510257294057ace7"
    ha1_sha_256 = "b76a81ddf63c4c99621ccd04de997b4413ece761b7cb4450ab92bcde0de9351e"
    [[auth.users]]
    name = "mallory"
    password = "evil"
    barred = true
"#;

fn config(more: &str) -> ServiceConfig {
    let config: ServiceConfig =
        toml::from_str(&format!("{more}\n{USERS}")).expect("a configuration");
    assert_eq!(config.validate(), Ok(()));
    config
}

fn server() -> Lower {
    Lower::configured(&config(""))
}

fn phone(name: &str, password: &str) -> DigestClient {
    let mut client = DigestClient::new(&Seed::from_u64(5));
    client.add(Account::new(name, password.as_bytes()));
    client
}

/// The status of each answer to `request` and to what the phone sends next, if it does.
fn exchange(server: &mut Lower, client: &mut DigestClient, request: Request) -> Vec<u16> {
    let (mut request, mut attempts, mut statuses) = (request, Attempts::default(), Vec::new());
    loop {
        let before = server.responses.len();
        server.receive(request.clone());
        let Some(last) = server.responses.get(before..).and_then(<[Response]>::last) else {
            return statuses;
        };
        statuses.push(last.status().as_u16());
        match client.answer(&request, last, &mut attempts) {
            Ok(again) => request = again,
            Err(_) => return statuses,
        }
    }
}

fn with_bob() -> Lower {
    let mut server = server();
    assert_eq!(
        exchange(&mut server, &mut phone("bob", "builder"), register(1, &[BOB])),
        [401, 200]
    );
    server
}

/// RFC 3665 section 2.1.
#[test]
fn a_registration_with_a_password() {
    let server = with_bob();
    assert_eq!(server.last_response().count(&HeaderName::Contact), 1);
    let challenge = &server.responses[0];
    let values: Vec<_> = challenge
        .values(&HeaderName::WwwAuthenticate)
        .map(|value| String::from_utf8_lossy(value).into_owned())
        .collect();
    assert_eq!(values.len(), 2);
    assert!(values[0].contains("realm=\"localhost\"") && values[0].contains("algorithm=SHA-256"));
    assert!(values[1].contains("algorithm=MD5"));
}

/// RFC 3261 section 10.3, step 4.
#[test]
fn who_may_not_register() {
    let table = [
        ("bob", "wrong", vec![401, 401]),
        ("nobody", "builder", vec![401, 401]),
        // Right, but not Bob; and right, but locked out.
        ("alice", "wonderland", vec![401, 403]),
        ("mallory", "evil", vec![401, 403]),
    ];
    for (name, password, expected) in table {
        let mut server = server();
        let statuses = exchange(&mut server, &mut phone(name, password), register(1, &[BOB]));
        assert_eq!(statuses, expected, "{name}");
        let told = server.decisions.join("\n");
        assert!(told.contains("REGISTER gets"), "{told}");
        // Bob is as unknown as before.
        let mut stranger = request("INVITE", "sip:bob@localhost");
        stranger.set(HeaderName::From, "<sip:carol@elsewhere.example>;tag=c");
        server.receive(stranger);
        assert_eq!(server.last_response().status().as_u16(), 404);
    }
}

/// RFC 3261 section 22.3: who calls as a user of ours is asked; the proof goes no further.
#[test]
fn a_call_with_a_password() {
    let mut server = with_bob();
    let mut invite = request("INVITE", "sip:bob@localhost");
    let foreign =
        "Digest realm=\"elsewhere\", username=\"a\", nonce=\"n\", uri=\"sip:b\", response=\"00\"";
    invite.push_back(HeaderName::ProxyAuthorization, foreign);
    let mut client = phone("alice", "wonderland");
    assert_eq!(exchange(&mut server, &mut client, invite), [407, 100]);
    assert_eq!(server.clients(), 1);
    let sent = server.sent(0);
    assert_eq!(sent.uri_bytes(), b"sip:bob@127.0.0.1:5080");
    let proofs: Vec<_> = sent.values(&HeaderName::ProxyAuthorization).collect();
    assert_eq!(proofs, [foreign.as_bytes()], "only what others asked for");
}

#[test]
fn whose_calls_are_asked_for_a_password() {
    let anonymous = "<sip:anonymous@anonymous.invalid>;tag=a";
    let carol = "<sip:carol@elsewhere.example>;tag=a";
    let sales = "<sip:sales@localhost>;tag=a";
    let bob = "<sip:bob@localhost>;tag=a";
    let away = "sip:dave@127.0.0.9:5099";
    let table = [
        // A stranger calls a user of ours, but is not forwarded elsewhere, password or not.
        (carol, "sip:bob@localhost", vec![100]),
        (carol, away, vec![407, 403]),
        // Users of ours call as themselves, or as nobody.
        (sales, "sip:bob@localhost", vec![407, 100]),
        (sales, away, vec![407, 100]),
        (bob, away, vec![407, 403]),
        (anonymous, "sip:bob@localhost", vec![100]),
        (anonymous, away, vec![407, 100]),
        // The server itself is anybody's to ask.
        (sales, "sip:localhost", vec![405]),
    ];
    for (from, to, expected) in table {
        let mut server = with_bob();
        let mut invite = request("INVITE", to);
        invite.set(HeaderName::From, from);
        let mut client = phone("alice", "wonderland");
        let statuses = exchange(&mut server, &mut client, invite);
        assert_eq!(statuses, expected, "{from} to {to}");
    }
}

/// A To tag, a Route to one of our services or a name in the Request-URI is no way around it.
#[test]
fn there_is_no_way_around() {
    let away = "sip:dave@127.0.0.9:5099";
    let table = [
        (in_dialog("BYE", away), None),
        (in_dialog("INVITE", "sip:bob@localhost"), None),
        (request("INVITE", away), Some("<sip:127.0.0.1;lr;service=proxy>")),
        (request("INVITE", away), Some("<sip:127.0.0.1;lr>, <sip:proxy.localhost;lr>")),
        (request("INVITE", away), Some("<sip:127.0.0.1;lr;dialog=0123456789abcdef>")),
        (request("INVITE", away), Some("<sip:127.0.0.9:5099;lr>")),
        (request("REGISTER", away), None),
    ];
    for (mut request, route) in table {
        let mut server = with_bob();
        if let Some(route) = route {
            request.push_back(HeaderName::Route, route);
        }
        let before = server.clients();
        server.receive(request.clone());
        assert_eq!(server.last_response().status().as_u16(), 407, "{request}");
        assert_eq!(server.clients(), before);
    }
    // An ACK cannot be asked: it goes nowhere.
    let mut server = with_bob();
    server.receive_ack(in_dialog("ACK", away));
    assert_eq!((server.stateless.len(), server.clients()), (0, 0));
}

/// A stranger who rings a phone of ours is told its Record-Route, for a Call-ID of its choice: that
/// leads to the phone, and nowhere else but with what begins nothing.
#[test]
fn the_route_of_a_dialog_leads_to_its_ends_only() {
    let carol = "<sip:carol@elsewhere.example>;tag=a";
    let mut server = with_bob();
    let mut invite = request("INVITE", "sip:bob@localhost");
    invite.set(HeaderName::From, carol);
    invite.push_back(HeaderName::Contact, "<sip:carol@127.0.0.9:5099>");
    server.receive(invite);
    let route = server.sent(0).value(&HeaderName::RecordRoute).expect("a Record-Route").to_vec();
    server.answer(0, 180);
    let within = |method: &str, uri: &str| {
        let mut request = in_dialog(method, uri);
        request.set(HeaderName::From, carol);
        request.push_back(HeaderName::Route, route.clone());
        request
    };
    let (home, away) = ("sip:bob@127.0.0.1:5080", "sip:dave@127.0.0.9:5099");
    let table = [
        ("INVITE", home, true),
        ("BYE", home, true),
        ("BYE", away, true),
        ("INVITE", away, false),
        ("REFER", away, false),
        ("MESSAGE", away, false),
        ("INVITE", "sip:bob@127.0.0.1:5080;maddr=127.0.0.9", false),
    ];
    for (method, uri, is_sent) in table {
        let before = server.clients();
        server.receive(within(method, uri));
        assert_eq!(server.clients() > before, is_sent, "{method} {uri}");
        if !is_sent {
            assert_eq!(server.last_response().status().as_u16(), 407, "{method} {uri}");
        }
    }
    let mut detour = within("INVITE", home);
    detour.push_back(HeaderName::Route, "<sip:127.0.0.9:5099;lr>");
    server.receive(detour);
    assert_eq!(server.last_response().status().as_u16(), 407);
    let other = String::from_utf8(route.clone()).expect("text").replace("ends=", "ends=0.");
    let mut forged = in_dialog("INVITE", away);
    forged.push_back(HeaderName::Route, other);
    server.receive(forged);
    assert_eq!(server.last_response().status().as_u16(), 407);
    // Who proves to be a user of ours goes anywhere.
    let mut invite = within("INVITE", away);
    invite.set(HeaderName::From, "<sip:alice@localhost>;tag=a");
    assert_eq!(exchange(&mut server, &mut phone("alice", "wonderland"), invite), [407, 100]);
}

/// Names that a user takes for ours, and nobody's word for who somebody is (RFC 3325 section 5).
#[test]
fn nobody_looks_like_a_user_of_ours_unproved() {
    for from in ["<sip:alice@localhost:9>;tag=a", "<sip:alice@localhost.>;tag=a"] {
        let mut server = with_bob();
        let mut invite = request("INVITE", "sip:bob@localhost");
        invite.set(HeaderName::From, from);
        invite.push_back(HeaderName::PAssertedIdentity, "<sip:bob@localhost>");
        let mut alice = phone("alice", "wonderland");
        assert_eq!(exchange(&mut server, &mut alice, invite), [407, 100], "{from}");
        assert_eq!(server.sent(0).count(&HeaderName::PAssertedIdentity), 0);
    }
}

/// Inside a dialog that was set up through here nobody is asked on the way to a user of ours: the
/// Route proves it.
#[test]
fn inside_a_dialog_nobody_is_asked() {
    let mut server = with_bob();
    let mut client = phone("alice", "wonderland");
    assert_eq!(
        exchange(&mut server, &mut client, request("INVITE", "sip:bob@localhost")),
        [407, 100]
    );
    let route = server.sent(0).value(&HeaderName::RecordRoute).expect("a Record-Route").to_vec();
    server.answer(0, 200);
    let mut ack = in_dialog("ACK", "sip:bob@127.0.0.1:5080");
    ack.push_back(HeaderName::Route, route.clone());
    server.receive_ack(ack);
    assert_eq!(server.stateless.len(), 1);
    let mut bye = in_dialog("BYE", "sip:bob@127.0.0.1:5080");
    bye.push_back(HeaderName::Route, route);
    server.receive(bye);
    assert_eq!(server.clients(), 2);
}

/// What was overheard is of no use (RFC 7616 section 5.5).
#[test]
fn a_replay_is_asked_again() {
    let mut server = server();
    let (mut client, first) = (phone("bob", "builder"), register(1, &[BOB]));
    server.receive(first.clone());
    let challenge = server.last_response().clone();
    let proof = client.answer(&first, &challenge, &mut Attempts::default()).expect("an answer");
    server.receive(proof.clone());
    assert_eq!(server.last_response().status().as_u16(), 200);
    server.receive(proof.clone());
    let refused = server.last_response();
    assert_eq!(refused.status().as_u16(), 401);
    let value = refused.value(&HeaderName::WwwAuthenticate).expect("a challenge");
    assert!(String::from_utf8_lossy(value).contains("stale=true"));
    let why = client.answer(&proof, &challenge, &mut Attempts::default());
    assert_ne!(why.err(), Some(Unanswered::NoChallenge));
}

#[test]
fn callers_are_asked_only_if_that_is_wanted() {
    let mut server = Lower::configured(&config("[auth]\ncalls = false"));
    let mut bob = phone("bob", "builder");
    assert_eq!(exchange(&mut server, &mut bob, register(1, &[BOB])), [401, 200]);
    server.receive(request("INVITE", "sip:bob@localhost"));
    assert_eq!(server.clients(), 1);
}

/// Credentials for another URI, or with parts missing, are no client's.
#[test]
fn malformed_credentials() {
    let mut server = server();
    let mut broken = register(1, &[BOB]);
    broken.push_back(HeaderName::Authorization, "Digest realm=\"localhost\", username=\"bob\"");
    server.receive(broken);
    assert_eq!(server.last_response().status().as_u16(), 400);
}
