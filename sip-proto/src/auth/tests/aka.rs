//! Phones with SIM cards: RFC 3310 section 4, and the keys that a P-CSCF takes out.

use super::super::*;
use super::hex;
use crate::{HeaderName, Method, Request, Response, Secrets, Seed, UnixTime};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

struct Home {
    server: DigestServer,
    center: AuthenticationCenter,
    rand: u8,
}

fn milenage() -> Milenage {
    Milenage::new(hex("465b5ce8b199b49faa5f0a2ee238a6bc"), hex("cd63cb71954a9f4e48a5994e37a02baf"))
}

impl Home {
    fn new(algorithm: Algorithm) -> Self {
        let seed = Seed::from_u64(1);
        let config = DigestConfig { algorithms: vec![algorithm], ..DigestConfig::new("home1.net") };
        let server = DigestServer::new(config, Secrets::from_seed(&seed), &seed);
        Self { server, center: AuthenticationCenter::new(milenage(), [0x80, 0], 0), rand: 0 }
    }

    fn challenge(&mut self, request: &Request) -> Response {
        self.rand += 1;
        let vector = self.center.vector([self.rand; 16]);
        let algorithm = self.server.config().algorithms[0];
        self.server.challenge_aka(request, Role::UserAgent, NOW, algorithm, &vector, true)
    }

    /// The answer to a REGISTER: `None` for 200. Nothing is kept between challenge and answer.
    fn serve(&mut self, request: &Request) -> Option<Response> {
        let claim = match self.server.claim(request, Role::UserAgent) {
            Claimed::Nothing { username } => {
                assert_eq!(username.as_deref(), Some(&b"user1_private@home1.net"[..]));
                return Some(self.challenge(request));
            }
            Claimed::Credentials(claim) => claim,
            Claimed::Malformed(reason) => panic!("{reason}"),
        };
        let (rand, autn) = claim.aka().expect("an answer to a challenge of ours");
        if let Some(auts) = claim.auts() {
            assert!(self.center.resynchronise(&rand, &auts));
            return Some(self.challenge(request));
        }
        let algorithm = claim.algorithm();
        let expected = self.center.expected(&rand, &autn);
        let password = expected.password(algorithm.password, algorithm.hash);
        let user = StoredUser::new(claim.username(), "sip:user1", Credential::Password(password));
        match self.server.verify(request, &claim, Some(&user), NOW) {
            Outcome::Authenticated(who) => {
                assert_eq!(who.username, b"user1_private@home1.net");
                None
            }
            outcome => self.server.refusal(request, Role::UserAgent, &outcome, NOW),
        }
    }
}

/// The first REGISTER of a phone names its user, and proves nothing yet.
fn register() -> Request {
    Request::builder(Method::Register, "sip:registrar.home1.net")
        .header(
            HeaderName::Authorization,
            "Digest username=\"user1_private@home1.net\", realm=\"home1.net\", nonce=\"\", \
             uri=\"sip:registrar.home1.net\", response=\"\"",
        )
        .cseq(1)
        .build()
}

fn phone(card: Usim) -> DigestClient {
    let mut client = DigestClient::new(&Seed::from_u64(2));
    client.add(Account {
        realm: Some("home1.net".to_owned()),
        username: "user1_private@home1.net".to_owned(),
        secret: AccountSecret::Usim(Box::new(card)),
    });
    client
}

/// Through a P-CSCF; how many challenges it took, or why there is no answer.
fn attach(home: &mut Home, client: &mut DigestClient) -> Result<usize, Unanswered> {
    let (mut request, mut attempts) = (register(), Attempts::default());
    for challenges in 0..8 {
        let Some(mut challenge) = home.serve(&request) else { return Ok(challenges) };
        let (ik, ck) = strip_keys(&mut challenge).expect("keys for the P-CSCF");
        assert_ne!(ik, ck);
        let text = challenge.to_string();
        assert!(!text.contains("ik=") && !text.contains("ck="), "{text}");
        request = client.answer(&request, &challenge, &mut attempts)?;
        assert_eq!(request.count(&HeaderName::Authorization), 1);
    }
    panic!("it does not end");
}

/// RFC 3310 section 4.1 for AKAv1; RFC 4169 for AKAv2.
#[test]
fn a_card_registers() {
    for algorithm in [Algorithm::AKA_V1_MD5, Algorithm::AKA_V2_MD5] {
        let mut home = Home::new(algorithm);
        assert_eq!(attach(&mut home, &mut phone(Usim::new(milenage(), 0))), Ok(1));
    }
}

/// RFC 3310 section 4.2: the card is further than the home network thinks.
#[test]
fn a_card_that_is_out_of_step_registers_after_all() {
    for algorithm in [Algorithm::AKA_V1_MD5, Algorithm::AKA_V2_MD5] {
        let mut home = Home::new(algorithm);
        let mut client = phone(Usim::new(milenage(), 1 << 20));
        assert_eq!(attach(&mut home, &mut client), Ok(2));
        assert!(home.center.sqn() > 1 << 20);
    }
}

#[test]
fn a_card_does_not_answer_a_stranger() {
    let mut home = Home::new(Algorithm::AKA_V1_MD5);
    home.center = AuthenticationCenter::new(Milenage::new([1; 16], [1; 16]), [0; 2], 0);
    let refused = attach(&mut home, &mut phone(Usim::new(milenage(), 0)));
    assert_eq!(refused, Err(Unanswered::NotAuthentic));
}

/// Some phones leave the algorithm away.
#[test]
fn a_phone_that_does_not_name_the_algorithm() {
    let mut home = Home::new(Algorithm::AKA_V1_MD5);
    let request = register();
    let mut challenge = home.serve(&request).expect("a challenge");
    strip_keys(&mut challenge);
    let mut client = phone(Usim::new(milenage(), 0));
    let mut again =
        client.answer(&request, &challenge, &mut Attempts::default()).expect("an answer");
    let value = again.value(&HeaderName::Authorization).expect("credentials");
    let bare = String::from_utf8_lossy(value).replace(", algorithm=AKAv1-MD5", "");
    again.set(HeaderName::Authorization, bare);
    assert!(home.serve(&again).is_none());
}
