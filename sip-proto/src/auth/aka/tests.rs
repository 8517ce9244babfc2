//! A card and its home network, and the numbers that were published.

use super::super::tests::hex;
use super::super::{Algorithm, DigestInput, Ha1, Qop};
use super::*;

/// Test set 1 of 3GPP TS 35.208.
fn milenage() -> Milenage {
    Milenage::from_op(
        hex("465b5ce8b199b49faa5f0a2ee238a6bc"),
        hex("cdc202d5123e20f62b6d676ac72cb318"),
    )
}

const RAND: &str = "23553cbe9637a89d218ae64dae47bf35";
const AUTN: &str = "55f328b43577b9b94a9ffac354dfafb3";
const SQN: u64 = 0xff9b_b4d0_b607;

#[test]
fn the_card_answers_the_published_challenge_once() {
    let mut card = Usim::new(milenage(), SQN - 32);
    let keys = card.answer(&hex(RAND), &hex(AUTN)).expect("it is the home network");
    assert_eq!(keys.res, hex("a54211d5e3ba50bf"));
    assert_eq!(keys.password(PasswordKind::AkaV1, HashFunction::Md5), keys.res);
    assert_eq!(card.sqn(), SQN);
    let again = card.answer(&hex(RAND), &hex(AUTN));
    assert!(matches!(again, Err(UsimError::Synchronisation(_))), "{again:?}");
}

/// RFC 3310 sections 3.2 and 3.3 with the numbers of test set 1: the nonce is RAND and AUTN in
/// base64, the password the bytes of RES.
#[test]
fn a_digest_of_akav1() {
    let nonce = b"I1U8vpY3qJ0hiuZNrke/NVXzKLQ1d7m5Sp/6w1Tfr7M=";
    let (rand, autn) = parse_nonce(nonce).expect("RAND and AUTN");
    assert_eq!((rand, autn), (hex(RAND), hex(AUTN)));
    let keys = Usim::new(milenage(), SQN - 32).answer(&rand, &autn).expect("an answer");
    let digest = |password: &[u8]| {
        let ha1 = Ha1::new(HashFunction::Md5, b"user1_private@home1.net", b"home1.net", password);
        let input = DigestInput {
            algorithm: Algorithm::AKA_V1_MD5,
            nonce,
            cnonce: b"0a4f113b",
            nc: b"00000001",
            qop: Some(Qop::Auth),
            uri: b"sip:registrar.home1.net",
        };
        input.response(&ha1, b"REGISTER", b"").to_string()
    };
    assert_eq!(digest(&keys.res), "2270cb4cb14eeb9dd8475baa18da0439");
    assert_eq!(digest(b""), "b30c3c8ffb74c9ff48e4372837eff0bb", "with an AUTS: no password");
}

/// RFC 4169 section 3. The number is from an HMAC-MD5 of another make.
#[test]
fn a_password_of_akav2() {
    let keys = milenage().f2345(&hex(RAND));
    let password = keys.password(PasswordKind::AkaV2, HashFunction::Md5);
    assert_eq!(String::from_utf8(password).as_deref(), Ok("shzt3q8CWaZnCAWqs3WmEQ=="));
}

#[test]
fn a_network_without_the_key_is_refused() {
    let mut card = Usim::new(milenage(), 0);
    let mut other = AuthenticationCenter::new(Milenage::new([9; 16], [9; 16]), [0; 2], 0);
    let vector = other.vector([1; 16]);
    assert_eq!(card.answer(&vector.rand, &vector.autn), Err(UsimError::Mac));
    for bit in 0..128 {
        let mut autn: [u8; 16] = hex(AUTN);
        autn[bit / 8] ^= 1 << (bit % 8);
        let forged = Usim::new(milenage(), SQN - 32).answer(&hex(RAND), &autn);
        assert_eq!(forged, Err(UsimError::Mac), "{bit}");
    }
}

#[test]
fn a_forged_resynchronisation_changes_nothing() {
    let mut center = AuthenticationCenter::new(milenage(), [0x80, 0], 1000);
    let mut card = Usim::new(milenage(), 5000);
    let vector = center.vector([1; 16]);
    let Err(UsimError::Synchronisation(auts)) = card.answer(&vector.rand, &vector.autn) else {
        panic!("it is out of step");
    };
    for byte in 0..14 {
        let mut forged = auts;
        forged.0[byte] ^= 1;
        let before = center.sqn();
        assert!(!center.resynchronise(&vector.rand, &forged));
        assert_eq!(center.sqn(), before);
    }
    assert!(!center.resynchronise(&[2; 16], &auts), "for another challenge");
    assert!(center.resynchronise(&vector.rand, &auts));
    assert_eq!(center.sqn(), card.sqn());
    let vector = center.vector([3; 16]);
    assert!(card.answer(&vector.rand, &vector.autn).is_ok());
}

#[test]
fn auts_and_nonces_as_text() {
    let auts = Auts([7; 14]);
    assert_eq!(Auts::parse(auts.to_string().as_bytes()), Some(auts));
    for text in ["", "AAAA", "!", &"A".repeat(10_000), &format!("{auts}AAAA")] {
        assert_eq!(Auts::parse(text.as_bytes()), None, "{text}");
    }
    for text in ["", "AAAA", "!", &"A".repeat(10_000)] {
        assert_eq!(parse_nonce(text.as_bytes()), None, "{text}");
    }
}
