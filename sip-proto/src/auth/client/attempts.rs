//! How often one request was tried, so that it is not tried for ever.

use super::super::Role;

/// What became of one request so far: keep it from the first try to the last, and start a new one
/// for the next request.
#[derive(Clone, Debug, Default)]
pub struct Attempts(Vec<Attempt>);

#[derive(Clone, Debug)]
struct Attempt {
    role: Role,
    realm: Vec<u8>,
    answered: u8,
    stale: u8,
    resynchronised: u8,
}

/// Why a challenge comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// Nothing was proved, or it was wrong.
    Fresh,
    /// Only the nonce was wrong.
    Stale,
}

impl Attempts {
    /// How often a nonce may be stale in a row, and a card out of step.
    const AGAIN_MAX: u8 = 2;

    /// Whether another answer to this realm may be right where the last was not: after credentials
    /// were refused once, the same ones will be again.
    pub(super) fn allows(&mut self, role: Role, realm: &[u8], cause: Cause) -> bool {
        let attempt = self.of(role, realm);
        match cause {
            Cause::Fresh if attempt.answered == 0 => attempt.answered = 1,
            Cause::Stale if attempt.stale < Self::AGAIN_MAX => {
                attempt.stale += 1;
                attempt.answered = 1;
            }
            Cause::Fresh | Cause::Stale => return false,
        }
        true
    }

    /// The answer told the network the card's sequence number: a challenge with the right one
    /// follows, which may be answered. Not for ever.
    pub(super) fn resynchronised(&mut self, role: Role, realm: &[u8]) {
        let attempt = self.of(role, realm);
        if attempt.resynchronised < Self::AGAIN_MAX {
            attempt.resynchronised += 1;
            attempt.answered = 0;
        }
    }

    fn of(&mut self, role: Role, realm: &[u8]) -> &mut Attempt {
        let known = self.0.iter().position(|it| it.role == role && it.realm == realm);
        let index = known.unwrap_or_else(|| {
            let realm = realm.to_vec();
            self.0.push(Attempt { role, realm, answered: 0, stale: 0, resynchronised: 0 });
            self.0.len() - 1
        });
        &mut self.0[index]
    }

    /// How many realms asked so far.
    pub(super) fn realms(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_refusal_is_the_last() {
        let mut attempts = Attempts::default();
        assert!(attempts.allows(Role::UserAgent, b"a", Cause::Fresh));
        assert!(!attempts.allows(Role::UserAgent, b"a", Cause::Fresh));
        assert!(attempts.allows(Role::Proxy, b"a", Cause::Fresh), "somebody else asks");
        assert!(attempts.allows(Role::UserAgent, b"b", Cause::Fresh));
        assert_eq!(attempts.realms(), 3);
    }

    #[test]
    fn a_stale_nonce_is_forgiven_but_not_for_ever() {
        let mut attempts = Attempts::default();
        let role = Role::UserAgent;
        assert!(attempts.allows(role, b"a", Cause::Fresh));
        assert!(attempts.allows(role, b"a", Cause::Stale));
        assert!(!attempts.allows(role, b"a", Cause::Fresh), "the password is wrong after all");
        assert!(attempts.allows(role, b"a", Cause::Stale));
        assert!(!attempts.allows(role, b"a", Cause::Stale));
    }

    #[test]
    fn a_card_may_tell_its_number_twice() {
        let mut attempts = Attempts::default();
        for _ in 0..2 {
            assert!(attempts.allows(Role::UserAgent, b"a", Cause::Fresh));
            attempts.resynchronised(Role::UserAgent, b"a");
        }
        assert!(attempts.allows(Role::UserAgent, b"a", Cause::Fresh));
        attempts.resynchronised(Role::UserAgent, b"a");
        assert!(!attempts.allows(Role::UserAgent, b"a", Cause::Fresh));
    }
}
