//! Published digests (RFC 2617, RFC 2069, RFC 7616, with their errata), and the algorithms of
//! RFC 8760 on the inputs of RFC 3261 section 22.4, from a program of another make.

use super::super::{Algorithm, DigestInput, Ha1, Qop, userhash};

struct Case {
    what: &'static str,
    algorithm: &'static str,
    username: &'static str,
    realm: &'static str,
    password: &'static str,
    method: &'static str,
    uri: &'static str,
    nonce: &'static str,
    qop: Option<Qop>,
    cnonce: &'static str,
    body: &'static str,
    ha1: &'static str,
    response: &'static str,
}

const SDP: &str = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";

#[rustfmt::skip]
const CASES: [Case; 19] = [
    Case {
        what: "RFC 2617 3.5", algorithm: "MD5",
        username: "Mufasa", realm: "testrealm@host.com", password: "Circle Of Life",
        method: "GET", uri: "/dir/index.html",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: Some(Qop::Auth), cnonce: "0a4f113b", body: "",
        ha1: "939e7578ed9e3c518a452acee763bce9",
        response: "6629fae49393a05397450978507c4ef1",
    },
    Case {
        what: "RFC 2069 2.4 (erratum; password CircleOfLife)", algorithm: "MD5",
        username: "Mufasa", realm: "testrealm@host.com", password: "CircleOfLife",
        method: "GET", uri: "/dir/index.html",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: None, cnonce: "", body: "",
        ha1: "4945ecf42b1bb868634058a845bedde8",
        response: "1949323746fe6a43ef61f9606e7febea",
    },
    Case {
        what: "RFC 7616 3.9.1", algorithm: "MD5",
        username: "Mufasa", realm: "http-auth@example.org", password: "Circle of Life",
        method: "GET", uri: "/dir/index.html",
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        qop: Some(Qop::Auth), cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", body: "",
        ha1: "3d78807defe7de2157e2b0b6573a855f",
        response: "8ca523f5e9506fed4657c9700eebdbec",
    },
    Case {
        what: "RFC 7616 3.9.1", algorithm: "SHA-256",
        username: "Mufasa", realm: "http-auth@example.org", password: "Circle of Life",
        method: "GET", uri: "/dir/index.html",
        nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        qop: Some(Qop::Auth), cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", body: "",
        ha1: "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232",
        response: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    },
    Case {
        what: "RFC 7616 3.9.2 with erratum 4897", algorithm: "SHA-512-256",
        username: "J\u{e4}s\u{f8}n Doe", realm: "api@example.org", password: "Secret, or not?",
        method: "GET", uri: "/doe.json",
        nonce: "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
        qop: Some(Qop::Auth), cnonce: "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v", body: "",
        ha1: "2d3d9f12c9f3d30011259dc5fecee005ae24de40e3e1f61806d03e65f1e6024f",
        response: "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5",
    },
    Case {
        what: "curl tests/data/test2061", algorithm: "SHA-256",
        username: "testuser", realm: "testrealm", password: "testpass",
        method: "GET", uri: "/2061",
        nonce: "1053604145",
        qop: None, cnonce: "", body: "",
        ha1: "a92ef63b3dec3895b08f3d4d6733f07074cbe6d4a00127f5741a774f05f9d499",
        response: "9dc55255f1a2537b838311674b621d45346b862a81631bb20e4ce356ef25062d",
    },
    Case {
        what: "sip-MD5-none", algorithm: "MD5",
        username: "bob", realm: "biloxi.example.com", password: "zanzibar",
        method: "REGISTER", uri: "sip:biloxi.example.com",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: None, cnonce: "", body: "",
        ha1: "7fc33d266ff5f7fe764efb797bd4ba91",
        response: "49432686c424d8e18f8b90037473a170",
    },
    Case {
        what: "sip-MD5-auth", algorithm: "MD5",
        username: "bob", realm: "biloxi.example.com", password: "zanzibar",
        method: "REGISTER", uri: "sip:biloxi.example.com",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: Some(Qop::Auth), cnonce: "0a4f113b", body: "",
        ha1: "7fc33d266ff5f7fe764efb797bd4ba91",
        response: "6ee55767aa534112c59e5da204578bfb",
    },
    Case {
        what: "sip-MD5-auth-int", algorithm: "MD5",
        username: "bob", realm: "biloxi.example.com", password: "zanzibar",
        method: "INVITE", uri: "sip:bob@biloxi.example.com",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: Some(Qop::AuthInt), cnonce: "0a4f113b", body: SDP,
        ha1: "7fc33d266ff5f7fe764efb797bd4ba91",
        response: "a8294869a4bc611f02d1122e73624baa",
    },
    Case {
        what: "sip-MD5-sess-auth", algorithm: "MD5-sess",
        username: "bob", realm: "biloxi.example.com", password: "zanzibar",
        method: "REGISTER", uri: "sip:biloxi.example.com",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: Some(Qop::Auth), cnonce: "0a4f113b", body: "",
        ha1: "7fc33d266ff5f7fe764efb797bd4ba91",
        response: "c4914a8117e80f007c44a0e046865994",
    },
    Case {
        what: "sip-SHA-256-none", algorithm: "SHA-256",
        username: "bob", realm: "biloxi.example.com", password: "zanzibar",
        method: "REGISTER", uri: "sip:biloxi.example.com",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: None, cnonce: "", body: "",
        ha1: "99c7a074144922730f8c921decd75800202dc0534ebd20ab514af2c60ffc9073",
        response: "3bac8ab2b66102cff2a20e86820d9cce4d8bcdeab8ebf51befba2997f2197e19",
    },
    Case {
        what: "sip-SHA-256-auth", algorithm: "SHA-256",
        username: "bob", realm: "biloxi.example.com", password: "zanzibar",
        method: "REGISTER", uri: "sip:biloxi.example.com",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: Some(Qop::Auth), cnonce: "0a4f113b", body: "",
        ha1: "99c7a074144922730f8c921decd75800202dc0534ebd20ab514af2c60ffc9073",
        response: "01ac5d5934a156c1a5b592d7db8b96e5d466f0544f5d0c774efbeefb07cfca65",
    },
    Case {
        what: "sip-SHA-256-auth-int", algorithm: "SHA-256",
        username: "bob", realm: "biloxi.example.com", password: "zanzibar",
        method: "INVITE", uri: "sip:bob@biloxi.example.com",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: Some(Qop::AuthInt), cnonce: "0a4f113b", body: SDP,
        ha1: "99c7a074144922730f8c921decd75800202dc0534ebd20ab514af2c60ffc9073",
        response: "c8863a8d96c2e94889047dd9be35cbbea6f3159d15cbd0dc6e801c47388c00e0",
    },
    Case {
        what: "sip-SHA-256-sess-auth", algorithm: "SHA-256-sess",
        username: "bob", realm: "biloxi.example.com", password: "zanzibar",
        method: "REGISTER", uri: "sip:biloxi.example.com",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: Some(Qop::Auth), cnonce: "0a4f113b", body: "",
        ha1: "99c7a074144922730f8c921decd75800202dc0534ebd20ab514af2c60ffc9073",
        response: "e7473a6107b409b6cb5d9aeaf0634ae2c4d8952dc0068ef27397ddad2df8244c",
    },
    Case {
        what: "sip-SHA-512-256-none", algorithm: "SHA-512-256",
        username: "bob", realm: "biloxi.example.com", password: "zanzibar",
        method: "REGISTER", uri: "sip:biloxi.example.com",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: None, cnonce: "", body: "",
        ha1: "a2fa0e7beaaa5260d16a3867edd94c4362b04836ae5f9a8c6c8713f053d721e8",
        response: "0eaa64d770751854a9748fd0c75b32de6a0ade9d54e7f8f7b7150e5c0ebc4335",
    },
    Case {
        what: "sip-SHA-512-256-auth", algorithm: "SHA-512-256",
        username: "bob", realm: "biloxi.example.com", password: "zanzibar",
        method: "REGISTER", uri: "sip:biloxi.example.com",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: Some(Qop::Auth), cnonce: "0a4f113b", body: "",
        ha1: "a2fa0e7beaaa5260d16a3867edd94c4362b04836ae5f9a8c6c8713f053d721e8",
        response: "d4e376e78912c52bd34a03f39e6f7f3844ee2072f9907ee190fc011d0816406a",
    },
    Case {
        what: "sip-SHA-512-256-auth-int", algorithm: "SHA-512-256",
        username: "bob", realm: "biloxi.example.com", password: "zanzibar",
        method: "INVITE", uri: "sip:bob@biloxi.example.com",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: Some(Qop::AuthInt), cnonce: "0a4f113b", body: SDP,
        ha1: "a2fa0e7beaaa5260d16a3867edd94c4362b04836ae5f9a8c6c8713f053d721e8",
        response: "0dc854c7f4d22c5e479cabb62618a45523b8f6c3cdd014ae0880132d29bf3d3d",
    },
    Case {
        what: "sip-SHA-512-256-sess-auth", algorithm: "SHA-512-256-sess",
        username: "bob", realm: "biloxi.example.com", password: "zanzibar",
        method: "REGISTER", uri: "sip:biloxi.example.com",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: Some(Qop::Auth), cnonce: "0a4f113b", body: "",
        ha1: "a2fa0e7beaaa5260d16a3867edd94c4362b04836ae5f9a8c6c8713f053d721e8",
        response: "f7610ad1f79994fba496054c6e01f371816c6872caf4aa09cf844152dca55a3f",
    },
    Case {
        what: "rfc3261-22.4", algorithm: "MD5",
        username: "bob", realm: "biloxi.com", password: "zanzibar",
        method: "INVITE", uri: "sip:bob@biloxi.com",
        nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
        qop: Some(Qop::Auth), cnonce: "0a4f113b", body: "",
        ha1: "12af60467a33e8518da5c68bbff12b11",
        response: "89eb0059246c02b2f6ee02c7961d5ea3",
    },
];

#[test]
fn every_digest_is_what_was_published() {
    for case in &CASES {
        let algorithm = Algorithm::parse(case.algorithm.as_bytes()).expect("an algorithm");
        let (username, realm) = (case.username.as_bytes(), case.realm.as_bytes());
        let ha1 = Ha1::new(algorithm.hash, username, realm, case.password.as_bytes());
        assert_eq!(ha1.digest().as_str(), case.ha1, "{}", case.what);
        assert_eq!(Ha1::from_hex(algorithm.hash, case.ha1.as_bytes()), Some(ha1));
        let input = DigestInput {
            algorithm,
            nonce: case.nonce.as_bytes(),
            cnonce: case.cnonce.as_bytes(),
            nc: b"00000001",
            qop: case.qop,
            uri: case.uri.as_bytes(),
        };
        let response = input.response(&ha1, case.method.as_bytes(), case.body.as_bytes());
        assert_eq!(response.as_str(), case.response, "{}", case.what);
    }
}

/// RFC 7616 section 3.9.2 as erratum 4897 has it.
#[test]
fn a_hashed_user_name() {
    let name =
        userhash(Algorithm::SHA_512_256.hash, "J\u{e4}s\u{f8}n Doe".as_bytes(), b"api@example.org");
    let expected = "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b";
    assert_eq!(name.as_str(), expected);
}
