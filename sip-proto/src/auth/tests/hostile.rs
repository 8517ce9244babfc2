//! Credentials and challenges that nobody honest sends, and the limits.

use proptest::prelude::*;

use super::super::*;
use crate::{HeaderName, Method, Request, Response, Secrets, Seed, StatusCode, UnixTime};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

fn server(config: DigestConfig) -> DigestServer {
    let seed = Seed::from_u64(7);
    DigestServer::new(config, Secrets::from_seed(&seed), &seed)
}

fn with(value: &str) -> Request {
    Request::builder(Method::Register, "sip:a.example")
        .header(HeaderName::Authorization, value)
        .cseq(1)
        .build()
}

/// RFC 3261 section 22.4, RFC 7616 section 3.4: what must be there, and what must fit.
#[test]
fn what_is_malformed_and_what_is_merely_not_for_us() {
    let digits = "0".repeat(64);
    let base = format!("realm=\"a\", nonce=\"n\", uri=\"sip:a.example\", response=\"{digits}\"");
    let good = format!("Digest username=\"u\", algorithm=SHA-256, {base}");
    let table = [
        (good.clone(), "claim"),
        (format!("{good}, qop=auth, nc=00000001, cnonce=\"c\""), "claim"),
        (format!("{good}, qop=\"auth\", nc=00000001, cnonce=\"c\""), "claim"),
        (format!("Digest username*=UTF-8''%c3%a4, algorithm=SHA-256, {base}"), "claim"),
        (format!("Digest algorithm=SHA-256, {base}"), "malformed"),
        (format!("{good}, qop=auth, nc=1, cnonce=\"c\""), "malformed"),
        (format!("{good}, qop=auth, cnonce=\"c\""), "malformed"),
        (format!("{good}, qop=auth, nc=00000001"), "malformed"),
        (good.replace(&digits, "xyz"), "malformed"),
        (good.replace("sip:a.example", "sip:b.example"), "malformed"),
        (good.replace("uri=", "x="), "malformed"),
        (good.replace("response=", "x="), "malformed"),
        (good.replace("nonce=", "x="), "malformed"),
        (format!("{good}, qop=auth-int, nc=00000001, cnonce=\"c\""), "nothing"),
        (format!("{good}, qop=auth-conf, nc=00000001, cnonce=\"c\""), "nothing"),
        (good.replace("SHA-256", "SHA-512-256"), "nothing"),
        (good.replace("SHA-256", "SHA-1"), "nothing"),
        (good.replace("realm=\"a\"", "realm=\"A\""), "nothing"),
        (good.replace("\"n\"", "\"\""), "nothing"),
        (good.replace(&digits, ""), "nothing"),
        ("Basic dTpw".to_owned(), "nothing"),
        ("garbage".to_owned(), "nothing"),
    ];
    let server = server(DigestConfig::new("a"));
    for (value, expected) in table {
        let found = match server.claim(&with(&value), Role::UserAgent) {
            Claimed::Nothing { .. } => "nothing",
            Claimed::Credentials(_) => "claim",
            Claimed::Malformed(_) => "malformed",
        };
        assert_eq!(found, expected, "{value}");
        let elsewhere = server.claim(&with(&value), Role::Proxy);
        assert!(matches!(elsewhere, Claimed::Nothing { username: None }), "{value}");
    }
}

#[test]
fn of_several_credentials_those_for_our_nonce_count() {
    let mut server = server(DigestConfig::new("a"));
    let digits = "0".repeat(64);
    let nonce = server.next_nonce(NOW);
    let of = |name: &str, nonce: &str| {
        format!(
            "Digest username=\"{name}\", realm=\"a\", nonce=\"{nonce}\", uri=\"sip:a.example\", \
             response=\"{digits}\", algorithm=SHA-256"
        )
    };
    let mut request = with(&of("other", "n"));
    request.push_back(HeaderName::Authorization, of("ours", &nonce));
    let Claimed::Credentials(claim) = server.claim(&request, Role::UserAgent) else {
        panic!("there are credentials");
    };
    assert_eq!(claim.username(), b"ours");
}

/// `nonces_max`: the oldest makes way, and its user is asked again.
#[test]
fn the_memory_for_nonces_is_bounded() {
    let mut server = server(DigestConfig { nonces_max: 2, ..DigestConfig::new("a") });
    let user = StoredUser::new("u", "u", Credential::Password(b"p".to_vec()));
    let mut clients = Vec::new();
    let mut register = |client: &mut DigestClient, answer: bool, second: u64| {
        let now = UnixTime::from_secs(NOW.as_secs() + second);
        let mut request = Request::builder(Method::Register, "sip:a.example").cseq(1).build();
        client.authorize(&mut request);
        if answer {
            let challenge = server.challenge(&request, Role::UserAgent, now, false);
            request =
                client.answer(&request, &challenge, &mut Attempts::default()).expect("an answer");
        }
        let Claimed::Credentials(claim) = server.claim(&request, Role::UserAgent) else {
            panic!("there are credentials");
        };
        let outcome = server.verify(&request, &claim, Some(&user), now);
        assert!(server.nonces() <= 2);
        matches!(outcome, Outcome::Authenticated(_))
    };
    for second in 0..5 {
        let mut client = DigestClient::new(&Seed::from_u64(second));
        client.add(Account::new("u", b"p"));
        assert!(register(&mut client, true, second));
        clients.push(client);
    }
    let again: Vec<bool> = clients.iter_mut().map(|it| register(it, false, 9)).collect();
    assert_eq!(again, [false, false, false, true, true], "what was forgotten is stale");
}

fn challenge(values: &[String]) -> Response {
    let mut response = Response::builder(StatusCode::UNAUTHORIZED);
    for value in values {
        response = response.header(HeaderName::WwwAuthenticate, value);
    }
    response.build()
}

fn client() -> DigestClient {
    let mut client = DigestClient::new(&Seed::from_u64(1));
    client.add(Account::new("u", b"p"));
    client
}

/// RFC 8760 section 2.4, RFC 3261 section 22.4.
#[test]
fn which_challenge_is_answered() {
    let digest = |rest: &str| format!("Digest realm=\"a\", nonce=\"n\", {rest}");
    let table: [(&[&str], Result<&str, Unanswered>); 9] = [
        (&["qop=\"auth\""], Ok("MD5")),
        (&["algorithm=MD5", "algorithm=SHA-256"], Ok("SHA-256")),
        (&["algorithm=SHA-512-256", "algorithm=SHA-256"], Ok("SHA-512-256")),
        (&["algorithm=SHA-256", "algorithm=SHA-512-256"], Ok("SHA-256")),
        (&["algorithm=SHA-3", "algorithm=MD5"], Ok("MD5")),
        (&["algorithm=AKAv1-MD5", "algorithm=MD5"], Ok("MD5")),
        (&["algorithm=SHA-3"], Err(Unanswered::Unsupported)),
        (&["qop=\"auth-conf\""], Err(Unanswered::Unsupported)),
        (&["algorithm=AKAv1-MD5"], Err(Unanswered::Unsupported)),
    ];
    let request = Request::builder(Method::Register, "sip:a.example").cseq(1).build();
    for (offered, expected) in table {
        let values: Vec<String> = offered.iter().map(|rest| digest(rest)).collect();
        let answer = client().answer(&request, &challenge(&values), &mut Attempts::default());
        let used = answer.map(|request| {
            let value = request.value(&HeaderName::Authorization).expect("credentials").to_vec();
            let text = String::from_utf8_lossy(&value).into_owned();
            text.split("algorithm=")
                .nth(1)
                .and_then(|rest| rest.split(',').next())
                .unwrap_or("MD5")
                .to_owned()
        });
        assert_eq!(used, expected.map(str::to_owned), "{offered:?}");
    }
    let config = ClientConfig { preference: Preference::Topmost, ..ClientConfig::default() };
    let mut topmost = DigestClient::with_config(config, &Seed::from_u64(1));
    topmost.add(Account::new("u", b"p"));
    let values = [digest("algorithm=MD5"), digest("algorithm=SHA-256")];
    let answer = topmost.answer(&request, &challenge(&values), &mut Attempts::default());
    assert!(answer.expect("an answer").to_string().contains("algorithm=MD5"));
}

#[test]
fn why_there_is_no_answer() {
    let request = Request::builder(Method::Register, "sip:a.example").cseq(1).build();
    let mut client = DigestClient::new(&Seed::from_u64(1));
    client.add(Account::new("u", b"p").realm("b"));
    let mut why = |value: &str| {
        let response = challenge(&[value.to_owned()]);
        client.answer(&request, &response, &mut Attempts::default()).err()
    };
    assert_eq!(why("Basic realm=\"b\""), Some(Unanswered::NoChallenge));
    assert_eq!(why("Digest nonce=\"n\""), Some(Unanswered::Unsupported), "no realm");
    assert_eq!(why("Digest realm=\"a\", nonce=\"n\""), Some(Unanswered::NoAccount));
    assert_eq!(why("Digest realm=\"b\", nonce=\"n\""), None);
}

/// `challenges_max` and `sessions_max`; and a server that is never content.
#[test]
fn a_hostile_server_is_answered_only_so_often() {
    let request = Request::builder(Method::Register, "sip:a.example").cseq(1).build();
    let mut client = client();
    let values: Vec<String> =
        (0..1000).map(|realm| format!("Digest realm=\"{realm}\", nonce=\"n\", qop=auth")).collect();
    let again =
        client.answer(&request, &challenge(&values), &mut Attempts::default()).expect("an answer");
    assert_eq!(again.count(&HeaderName::Authorization), 16);
    for host in 0..100 {
        let uri = format!("sip:{host}.example");
        let request = Request::builder(Method::Register, uri).cseq(1).build();
        let _ = client.answer(&request, &challenge(&values[..1]), &mut Attempts::default());
    }
    assert_eq!(client.sessions(), 64);

    let stale = challenge(&["Digest realm=\"a\", nonce=\"n\", stale=true, qop=auth".to_owned()]);
    let (mut attempts, mut tries, mut last) = (Attempts::default(), 0, request);
    while let Ok(again) = client.answer(&last, &stale, &mut attempts) {
        tries += 1;
        last = again;
        assert!(tries < 10);
    }
    assert_eq!(tries, 2);
}

proptest! {
    /// Whatever stands in the headers, nobody panics, and nobody is let in.
    #[test]
    fn noise(value in "[ -~]{0,200}", params in prop::collection::vec(
        ("(realm|nonce|uri|response|username|qop|nc|cnonce|algorithm|auts|userhash|stale)",
         "(\"[ !#-~]{0,40}\"|[a-zA-Z0-9-]{1,40}|\"a\"|auth|SHA-256|AKAv1-MD5)"), 1..12)) {
        let digest = params
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join(", ");
        let user = StoredUser::new("u", "u", Credential::Password(b"p".to_vec()));
        for value in [value, format!("Digest {digest}")] {
            let mut server = server(DigestConfig::new("a"));
            let request = with(&value);
            if let Claimed::Credentials(claim) = server.claim(&request, Role::UserAgent) {
                let outcome = server.verify(&request, &claim, Some(&user), NOW);
                prop_assert_eq!(outcome, Outcome::Challenge { stale: false });
            }
            let response = challenge(&[value]);
            let _ = client().answer(&request, &response, &mut Attempts::default());
            let _ = strip_keys(&mut response.clone());
        }
    }
}
