//! Whole exchanges between a client and a server, as RFC 3665 and RFC 7616 tell them.

use core::time::Duration;

use super::super::*;
use crate::message::headers::{Challenge, Credentials};
use crate::{HeaderName, Method, Request, Response, Secrets, Seed, UnixTime};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

/// A registrar for `biloxi.example.com`, where Bob's password is `zanzibar`.
struct Registrar {
    server: DigestServer,
    users: Vec<StoredUser>,
    role: Role,
}

impl Registrar {
    fn new(config: DigestConfig) -> Self {
        let password = Credential::Password(b"zanzibar".to_vec());
        let bob = StoredUser::new("bob", "sip:bob@biloxi.example.com", password);
        let seed = Seed::from_u64(7);
        let server = DigestServer::new(config, Secrets::from_seed(&seed), &seed);
        Self { server, users: vec![bob], role: Role::UserAgent }
    }

    /// What a request gets: who it is, or the refusal.
    fn serve(&mut self, request: &Request, now: UnixTime) -> Result<Authenticated, Response> {
        let (users, realm) = (&self.users, self.server.config().realm.clone());
        let look_up = |claim: &Claim| {
            users.iter().find(|user| {
                if claim.is_userhash() {
                    let hash = claim.algorithm().hash;
                    let name = userhash(hash, &user.username, realm.as_bytes());
                    name.as_bytes() == claim.username()
                } else {
                    user.username == claim.username()
                }
            })
        };
        self.server.check(request, self.role, now, look_up).map(|who| *who)
    }
}

fn config() -> DigestConfig {
    DigestConfig::new("biloxi.example.com")
}

fn register() -> Request {
    Request::builder(Method::Register, "sip:biloxi.example.com")
        .from("Bob <sip:bob@biloxi.example.com>;tag=a73kszlfl")
        .to("Bob <sip:bob@biloxi.example.com>")
        .call_id("1j9FpLxk3uxtm8tn@biloxi.example.com")
        .cseq(1)
        .build()
}

fn phone(password: &[u8]) -> DigestClient {
    let mut client = DigestClient::new(&Seed::from_u64(8));
    client.add(Account::new("bob", password));
    client
}

fn status(refused: &Result<Authenticated, Response>) -> u16 {
    refused.as_ref().map_or_else(|refusal| refusal.status().as_u16(), |_| 200)
}

fn challenges(response: &Response) -> Vec<Challenge<'_>> {
    response
        .values(&HeaderName::WwwAuthenticate)
        .map(|value| Challenge::parse(value).expect("a challenge"))
        .collect()
}

fn credentials(request: &Request) -> Credentials<'_> {
    let value = request.value(&HeaderName::Authorization).expect("credentials");
    Credentials::parse(value).expect("well-formed credentials")
}

/// Registers once; what the registrar says in the end.
fn attempt(
    registrar: &mut Registrar,
    client: &mut DigestClient,
    request: Request,
    now: UnixTime,
) -> (Result<Authenticated, Response>, Request, Option<Unanswered>) {
    let (mut request, mut attempts) = (request, Attempts::default());
    client.authorize(&mut request);
    for _ in 0..8 {
        let served = registrar.serve(&request, now);
        let Err(refusal) = &served else { return (served, request, None) };
        match client.answer(&request, refusal, &mut attempts) {
            Ok(again) => request = again,
            Err(why) => return (served, request, Some(why)),
        }
    }
    panic!("the exchange does not end");
}

/// RFC 3665 section 2.1: REGISTER, 401, REGISTER with credentials, 200.
#[test]
fn a_registration() {
    let (mut registrar, mut client) = (Registrar::new(config()), phone(b"zanzibar"));
    let request = register();
    let refused = registrar.serve(&request, NOW).expect_err("it has no credentials");
    assert_eq!(refused.status().as_u16(), 401);
    let offered: Vec<_> = challenges(&refused)
        .iter()
        .map(|challenge| challenge.algorithm().map(<[u8]>::to_vec))
        .collect();
    assert_eq!(offered, [Some(b"SHA-256".to_vec()), Some(b"MD5".to_vec())]);
    assert!(challenges(&refused).iter().all(|it| !it.is_stale() && it.qop().eq([b"auth"])));

    let again = client.answer(&request, &refused, &mut Attempts::default()).expect("an answer");
    assert_eq!(again.value(&HeaderName::CSeq), Some(&b"2 REGISTER"[..]));
    assert_eq!(again.call_id(), request.call_id());
    let sent = credentials(&again);
    assert_eq!(sent.algorithm(), Some(&b"SHA-256"[..]), "the stronger one");
    assert_eq!((sent.nonce_count(), sent.uri()), (Some(1), Some(&b"sip:biloxi.example.com"[..])));

    let who = registrar.serve(&again, NOW).expect("the password is right");
    assert_eq!(who.identity, "sip:bob@biloxi.example.com");
    assert_eq!(who.username, b"bob");
}

/// Every algorithm and protection, with bodies and without.
#[test]
fn every_algorithm_and_protection() {
    for name in ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"] {
        for qop in [Qop::Auth, Qop::AuthInt] {
            let algorithm = Algorithm::parse(name.as_bytes()).expect("an algorithm");
            let config = DigestConfig {
                algorithms: vec![algorithm],
                qop: vec![qop],
                userhash: true,
                charset: true,
                ..config()
            };
            let mut registrar = Registrar::new(config);
            let mut request = register();
            request.set_body("text/plain", "hello");
            let (served, last, _) = attempt(&mut registrar, &mut phone(b"zanzibar"), request, NOW);
            assert_eq!(status(&served), 200, "{name} {qop:?}");
            assert!(credentials(&last).is_userhash());
            let mut changed = last.clone();
            changed.set_body("text/plain", "HELLO");
            let refused = registrar.serve(&changed, NOW).expect_err("it is a replay at least");
            let stale = challenges(&refused)[0].is_stale();
            assert_eq!(stale, qop == Qop::Auth, "with auth-int the digest itself is wrong");
        }
    }
}

/// A client of RFC 2069 (RFC 3261 section 22.4): no qop, no nonce count; each nonce once.
#[test]
fn a_client_that_knows_no_qop() {
    let mut registrar = Registrar::new(config());
    let refused = registrar.serve(&register(), NOW).expect_err("no credentials");
    let nonce = challenges(&refused)[1].nonce().expect("a nonce").to_vec();
    let ha1 = Ha1::new(HashFunction::Md5, b"bob", b"biloxi.example.com", b"zanzibar");
    let uri = b"sip:biloxi.example.com";
    let algorithm = Algorithm::MD5;
    let input = DigestInput { algorithm, nonce: &nonce, cnonce: b"", nc: b"", qop: None, uri };
    let response = input.response(&ha1, b"REGISTER", b"");
    let mut request = register();
    request.push_back(
        HeaderName::Authorization,
        format!(
            "Digest username=\"bob\", realm=\"biloxi.example.com\", nonce=\"{}\", \
             uri=\"sip:biloxi.example.com\", response=\"{response}\"",
            String::from_utf8_lossy(&nonce)
        ),
    );
    assert_eq!(status(&registrar.serve(&request, NOW)), 200);
    let again = registrar.serve(&request, NOW).expect_err("a nonce without a count");
    assert!(challenges(&again)[0].is_stale());

    let mut strict = Registrar::new(DigestConfig { without_qop: false, ..config() });
    let refused = strict.serve(&request, NOW).expect_err("not let in");
    assert!(!challenges(&refused)[0].is_stale());
}

#[test]
fn a_wrong_password_and_an_unknown_user_look_the_same() {
    let mut registrar = Registrar::new(config());
    let (wrong, _, why) = attempt(&mut registrar, &mut phone(b"wrong"), register(), NOW);
    assert_eq!((status(&wrong), why), (401, Some(Unanswered::Refused)));
    registrar.users.clear();
    let (unknown, _, why) = attempt(&mut registrar, &mut phone(b"zanzibar"), register(), NOW);
    assert_eq!((status(&unknown), why), (401, Some(Unanswered::Refused)));
    let text = |refused: Result<Authenticated, Response>| {
        let refused = refused.expect_err("a refusal");
        let nonce =
            String::from_utf8_lossy(challenges(&refused)[0].nonce().expect("one")).into_owned();
        refused.to_string().replace(&nonce, "")
    };
    assert_eq!(text(wrong), text(unknown));
    assert_eq!(registrar.server.nonces(), 0, "strangers leave nothing behind");
}

#[test]
fn who_is_barred_must_first_prove_who_it_is() {
    let mut registrar = Registrar::new(config());
    registrar.users[0].is_barred = true;
    let (served, ..) = attempt(&mut registrar, &mut phone(b"zanzibar"), register(), NOW);
    assert_eq!(status(&served), 403);
    let (served, ..) = attempt(&mut registrar, &mut phone(b"wrong"), register(), NOW);
    assert_eq!(status(&served), 401);
}

/// RFC 7616 section 3.3: an old nonce is stale, and the client tries again by itself.
#[test]
fn an_old_nonce_is_stale() {
    let lifetime = Duration::from_secs(60);
    let mut registrar = Registrar::new(DigestConfig { nonce_lifetime: lifetime, ..config() });
    let mut client = phone(b"zanzibar");
    let (served, ..) = attempt(&mut registrar, &mut client, register(), NOW);
    assert_eq!(status(&served), 200);
    // Once more with the same nonce, and no challenge.
    let mut second = register();
    client.authorize(&mut second);
    assert_eq!(credentials(&second).nonce_count(), Some(2));
    assert_eq!(status(&registrar.serve(&second, NOW)), 200);
    // Later it is stale.
    let later = NOW.saturating_add(Duration::from_secs(61));
    let mut third = register();
    client.authorize(&mut third);
    let refused = registrar.serve(&third, later).expect_err("an old nonce");
    assert!(challenges(&refused).iter().all(Challenge::is_stale));
    let again = client.answer(&third, &refused, &mut Attempts::default()).expect("an answer");
    assert_eq!(credentials(&again).nonce_count(), Some(1));
    assert_eq!(status(&registrar.serve(&again, later)), 200);
    assert_eq!(registrar.server.nonces(), 1, "the old one is forgotten");
}

/// What was overheard lets nobody in.
#[test]
fn a_replay_is_refused() {
    let mut registrar = Registrar::new(config());
    let (served, last, _) = attempt(&mut registrar, &mut phone(b"zanzibar"), register(), NOW);
    assert_eq!(status(&served), 200);
    let refused = registrar.serve(&last, NOW).expect_err("a replay");
    assert!(challenges(&refused)[0].is_stale(), "whoever knows the password may go on");
    let mut elsewhere = last.clone();
    elsewhere.set_uri("sip:bob@biloxi.example.com");
    assert_eq!(status(&registrar.serve(&elsewhere, NOW)), 400, "credentials for another URI");
}

/// Any node with the cluster's keys takes a nonce of any other; without them it is stale.
#[test]
fn nodes_share_nonces_and_survive_a_rotation() {
    let (one, two) = (Secrets::new([1; 16]), Secrets::new([1; 16]).rotated([2; 16]));
    let node = |secrets| {
        let mut registrar = Registrar::new(config());
        registrar.server.handle_secrets(secrets);
        registrar
    };
    let refused = node(one).serve(&register(), NOW).expect_err("no credentials");
    let mut client = phone(b"zanzibar");
    let again = client.answer(&register(), &refused, &mut Attempts::default()).expect("an answer");
    assert_eq!(status(&node(two).serve(&again, NOW)), 200);
    let stranger = node(Secrets::new([3; 16])).serve(&again, NOW).expect_err("not its nonce");
    assert!(challenges(&stranger)[0].is_stale(), "the password was right");
}

/// RFC 7616 section 3.5: the server proves itself, and names the next nonce.
#[test]
fn authentication_info() {
    let (mut registrar, mut client) = (Registrar::new(config()), phone(b"zanzibar"));
    let (served, request, _) = attempt(&mut registrar, &mut client, register(), NOW);
    let who = served.expect("let in");
    let next = registrar.server.next_nonce(NOW);
    let ok = |info: String| {
        Response::builder(crate::StatusCode::OK)
            .header(HeaderName::AuthenticationInfo, info)
            .build()
    };
    let forged = ok(who.info(b"", Some("forged")).replace("rspauth=\"", "rspauth=\"0"));
    assert_eq!(client.handle_final(&request, &forged), Some(false));
    let genuine = ok(who.info(b"", Some(&next)));
    assert_eq!(client.handle_final(&request, &genuine), Some(true));
    let mut request = register();
    client.authorize(&mut request);
    assert_eq!(credentials(&request).nonce(), Some(next.as_bytes()));
    assert_eq!(credentials(&request).nonce_count(), Some(1));
    assert_eq!(status(&registrar.serve(&request, NOW)), 200);
    let silent = Response::builder(crate::StatusCode::OK).build();
    assert_eq!(client.handle_final(&request, &silent), None);
}

/// RFC 3261 section 22.3: two proxies ask one after the other; each sees a fresh nonce count.
#[test]
fn two_proxies_on_the_way() {
    let proxy = |realm: &str| {
        let mut proxy = Registrar::new(DigestConfig::new(realm));
        proxy.role = Role::Proxy;
        proxy
    };
    let (mut first, mut second) = (proxy("atlanta.example.com"), proxy("biloxi.example.com"));
    let (mut client, mut attempts) = (phone(b"zanzibar"), Attempts::default());
    let mut invite = Request::builder(Method::Invite, "sip:carol@chicago.example.com")
        .call_id("3848276298220188511@atlanta.example.com")
        .cseq(1)
        .build();
    for expected in [407, 407, 200] {
        let served = first.serve(&invite, NOW).and_then(|_| second.serve(&invite, NOW));
        assert_eq!(status(&served), expected);
        if let Err(refusal) = served {
            invite = client.answer(&invite, &refusal, &mut attempts).expect("an answer");
        }
    }
    assert_eq!(invite.count(&HeaderName::ProxyAuthorization), 2);
    assert_eq!(invite.value(&HeaderName::CSeq), Some(&b"3 INVITE"[..]));
    // The ACK carries what the INVITE was let in with (section 22.1).
    let mut ack = Request::builder(Method::Ack, "sip:carol@chicago.example.com").cseq(3).build();
    copy_credentials(&invite, &mut ack);
    assert!(
        ack.values(&HeaderName::ProxyAuthorization)
            .eq(invite.values(&HeaderName::ProxyAuthorization))
    );
    // Another call: what proxies asked for in this one is not told (section 22.3).
    let mut other = Request::builder(Method::Invite, "sip:carol@chicago.example.com")
        .call_id("another")
        .cseq(1)
        .build();
    client.authorize(&mut other);
    assert_eq!(other.count(&HeaderName::ProxyAuthorization), 0);
}
