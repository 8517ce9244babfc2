//! Configuration as an operator writes it.

use crate::config::ServiceConfig;

fn parse(text: &str) -> ServiceConfig {
    toml::from_str(text).expect("well-formed TOML")
}

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(parse(""), ServiceConfig::default());
    assert_eq!(ServiceConfig::default().validate(), Ok(()));
    assert_eq!(ServiceConfig::default().domains, ["localhost"]);
}

#[test]
fn what_is_set_is_set_and_the_rest_is_default() {
    let config = parse(
        "domains = [\"example.com\", \"[::1]\"]\n\
         [registrar]\nexpires_min_s = 30\n[proxy]\nrelay_foreign = false\n\
         [limits]\ndepth_max = 7\n",
    );
    assert_eq!(config.validate(), Ok(()));
    assert_eq!((config.registrar.expires_min_s, config.registrar.expires_max_s), (30, 7200));
    assert_eq!((config.proxy.relay_foreign, config.limits.depth_max), (false, 7));
}

#[test]
fn a_key_that_does_not_exist_is_refused() {
    for text in ["domain = \"x\"", "[registrar]\nexpires = 3", "[limits]\nx = 1"] {
        assert!(toml::from_str::<ServiceConfig>(text).is_err(), "{text}");
    }
}

/// Each mistake names its key and how to put it right.
#[test]
fn every_semantic_mistake_is_named() {
    let table = [
        ("domains = []", "domains"),
        ("domains = [\"sip:x\"]", "domains[0]"),
        ("domains = [\"a\", \"A\"]", "domains[1]"),
        ("domains = [\"a..b\"]", "domains[0]"),
        ("[auth]\nrealm = 'a\"b'", "auth.realm"),
        ("[auth]\nalgorithms = []", "auth.algorithms"),
        ("[auth]\nalgorithms = [\"SHA-1\"]", "auth.algorithms[0]"),
        ("[auth]\nalgorithms = [\"AKAv1-MD5\"]", "auth.algorithms[0]"),
        ("[auth]\nalgorithms = [\"MD5\", \"md5\"]", "auth.algorithms[1]"),
        ("[auth]\nqop = []", "auth.qop"),
        ("[auth]\nqop = [\"auth\", \"x\"]", "auth.qop[1]"),
        ("[auth]\nnonce_lifetime_s = 0", "auth.nonce_lifetime_s"),
        ("[auth]\nnonces_max = 0", "auth.nonces_max"),
        ("[auth]\nnonce_count_window = 129", "auth.nonce_count_window"),
        ("[[auth.users]]\npassword = \"x\"", "auth.users[0].name"),
        ("[[auth.users]]\nname = \"a:b\"", "auth.users[0].name"),
        ("[[auth.users]]\nname = \"a\"", "auth.users[0]"),
        ("[[auth.users]]\nname = \"a\"\npassword = \"\"", "auth.users[0].password"),
        ("[[auth.users]]\nname = \"a\"\nha1_md5 = \"00\"", "auth.users[0].ha1_md5"),
        (
            "[[auth.users]]\nname = \"a\"\nha1_md5 = \"00000000000000000000000000000000\"",
            "auth.users[0]",
        ),
        (
            "[[auth.users]]\nname = \"a\"\npassword = \"x\"\nuris = [\"sip:b.example\"]",
            "auth.users[0].uris[0]",
        ),
        (
            "[[auth.users]]\nname = \"a\"\npassword = \"x\"\n\
             [[auth.users]]\nname = \"a\"\npassword = \"y\"",
            "auth.users[1].name",
        ),
        ("[registrar]\nexpires_default_s = 0", "registrar.expires_default_s"),
        ("[registrar]\nexpires_default_s = 9999", "registrar.expires_default_s"),
        ("[registrar]\nexpires_min_s = 3601", "registrar.expires_min_s"),
        ("[registrar]\nexpires_max_s = 59", "registrar.expires_max_s"),
        ("[registrar]\ncontacts_per_aor_max = 0", "registrar.contacts_per_aor_max"),
        ("[registrar]\naors_max = 0", "registrar.aors_max"),
        ("[registrar]\nlocation_bytes_max = 0", "registrar.location_bytes_max"),
        ("[proxy]\ntimer_c_s = 180", "proxy.timer_c_s"),
        ("[proxy]\nforks_max = 0", "proxy.forks_max"),
        ("[proxy]\nforks_max = 33", "proxy.forks_max"),
        ("[limits]\ndepth_max = 0", "limits.depth_max"),
        ("[limits]\nforks_per_request_max = 0", "limits.forks_per_request_max"),
        ("[limits]\nbreadth_max = 0", "limits.breadth_max"),
        ("[limits]\neffect_timeout_s = 0", "limits.effect_timeout_s"),
    ];
    for (text, key) in table {
        let error = parse(text).validate().expect_err(text);
        assert_eq!(error.key, key, "{text}");
        assert!(!error.problem.is_empty() && !error.fix.is_empty(), "{text}");
    }
}
