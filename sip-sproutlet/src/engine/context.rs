//! The response context of RFC 3261 section 16.7: which final response goes upstream.

use bytes::Bytes;
use sip_proto::message::HeaderName;
use sip_proto::{Response, StatusCode};

use crate::abi::ForkError;

/// The final responses other than 2xx that compete, and the challenges in them.
#[derive(Debug, Default)]
pub(super) struct ResponseContext {
    best: Option<Candidate>,
    challenges: Vec<Challenge>,
    errors: Errors,
}

/// A final response that competes.
#[derive(Debug)]
pub(super) struct Candidate {
    rank: Rank,
    /// The fork it came on; the service's own answer counts as after the last.
    fork: u32,
    pub(super) response: Response,
    pub(super) forwarded: bool,
}

/// A WWW-Authenticate or Proxy-Authenticate of a 401 or 407.
#[derive(Debug)]
struct Challenge {
    fork: u32,
    name: HeaderName,
    value: Bytes,
}

/// Whether all failures so far have the same cause, for the service above.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Errors {
    #[default]
    None,
    All(ForkError),
    Mixed,
}

/// Lower is better: by class, by preference in the class, by code.
type Rank = (u8, u8, u16);

/// How good a final response other than a 2xx is (RFC 3261 section 16.7, step 6).
///
/// A 6xx comes first, then the lowest class; among the 4xx those that tell how to resubmit the
/// request come first and a mere timeout last. A 503 speaks for one server, not for this one, so
/// it comes last among the 5xx. To a caller that has cancelled, 487 says what it expects to hear.
pub(super) fn rank(status: StatusCode, cancelled: bool) -> Rank {
    let code = status.as_u16();
    match (status.class(), code) {
        (6, _) => (0, 0, code),
        (4, 487) if cancelled => (1, 0, code),
        (4, 401 | 407 | 415 | 420 | 484) => (4, 0, code),
        (4, 408) | (5, 503) => (status.class(), 2, code),
        (class, _) => (class, 1, code),
    }
}

impl ResponseContext {
    /// Enters a response of `fork`, or one of the service's own if there is no fork.
    pub(super) fn offer(
        &mut self,
        fork: Option<u32>,
        response: Response,
        error: Option<ForkError>,
        cancelled: bool,
    ) {
        self.errors = match (self.errors, error) {
            (Errors::None, Some(error)) if self.best.is_none() => Errors::All(error),
            (Errors::All(first), Some(error)) if first == error => Errors::All(first),
            _ => Errors::Mixed,
        };
        let order = fork.unwrap_or(u32::MAX);
        self.collect_challenges(order, &response);
        let rank = rank(response.status(), cancelled);
        let better = self.best.as_ref().is_none_or(|best| (rank, order) < (best.rank, best.fork));
        if better {
            self.best = Some(Candidate { rank, fork: order, response, forwarded: fork.is_some() });
        }
    }

    pub(super) const fn has_best(&self) -> bool {
        self.best.is_some()
    }

    /// The best response, with the challenges of all others merged in if it is one itself; and
    /// the cause, if all failed for the same.
    pub(super) fn take_best(&mut self) -> Option<(Candidate, Option<ForkError>)> {
        let mut best = self.best.take()?;
        if is_challenge(best.response.status()) {
            self.challenges.sort_by_key(|challenge| challenge.fork);
            for challenge in self.challenges.drain(..) {
                if challenge.fork != best.fork {
                    best.response.push_back(challenge.name, challenge.value);
                }
            }
        }
        let error = match self.errors {
            Errors::All(error) => Some(error),
            Errors::None | Errors::Mixed => None,
        };
        *self = Self::default();
        Some((best, error))
    }

    /// RFC 3261 section 16.7, step 7.
    fn collect_challenges(&mut self, fork: u32, response: &Response) {
        if !is_challenge(response.status()) {
            return;
        }
        for name in [HeaderName::WwwAuthenticate, HeaderName::ProxyAuthenticate] {
            for value in response.values(&name) {
                let value = Bytes::copy_from_slice(value);
                self.challenges.push(Challenge { fork, name: name.clone(), value });
            }
        }
    }
}

fn is_challenge(status: StatusCode) -> bool {
    matches!(status.as_u16(), 401 | 407)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn status(code: u16) -> StatusCode {
        StatusCode::new(code).expect("a status code")
    }

    fn response(code: u16) -> Response {
        Response::builder(status(code)).build()
    }

    fn best_of(codes: impl IntoIterator<Item = (u32, u16)>, cancelled: bool) -> Option<u16> {
        let mut context = ResponseContext::default();
        for (fork, code) in codes {
            context.offer(Some(fork), response(code), None, cancelled);
        }
        context.take_best().map(|(best, _)| best.response.status().as_u16())
    }

    #[test]
    fn the_best_response() {
        let table: [(&[u16], u16); 12] = [
            (&[404], 404),
            (&[486, 603], 603),
            (&[603, 600], 600),
            (&[302, 404, 500], 302),
            (&[500, 404], 404),
            (&[404, 486, 407], 407),
            (&[404, 484], 484),
            (&[408, 486], 486),
            (&[408, 500], 408),
            (&[503, 504], 504),
            (&[487, 486], 486),
            (&[503], 503),
        ];
        for (codes, best) in table {
            let forks = codes.iter().enumerate().map(|(fork, code)| (fork as u32, *code));
            assert_eq!(best_of(forks, false), Some(best), "of {codes:?}");
        }
    }

    #[test]
    fn a_caller_that_cancelled_hears_487_unless_somebody_declined_for_good() {
        assert_eq!(best_of([(0, 486), (1, 487)], true), Some(487));
        assert_eq!(best_of([(0, 302), (1, 487)], true), Some(487));
        assert_eq!(best_of([(0, 603), (1, 487)], true), Some(603));
    }

    #[test]
    fn challenges_of_all_forks_are_merged_in_fork_order() {
        let challenge = |code, name, value: &'static str| {
            Response::builder(status(code)).header(name, value).build()
        };
        let mut context = ResponseContext::default();
        context.offer(Some(2), challenge(407, HeaderName::ProxyAuthenticate, "c"), None, false);
        context.offer(Some(1), challenge(401, HeaderName::WwwAuthenticate, "b"), None, false);
        context.offer(Some(0), challenge(401, HeaderName::WwwAuthenticate, "a"), None, false);
        let (best, _) = context.take_best().expect("a best response");
        assert_eq!(best.response.status(), status(401));
        let www: Vec<_> = best.response.values(&HeaderName::WwwAuthenticate).collect();
        let proxy: Vec<_> = best.response.values(&HeaderName::ProxyAuthenticate).collect();
        assert_eq!((www, proxy), (vec![&b"a"[..], b"b"], vec![&b"c"[..]]));
    }

    #[test]
    fn a_cause_is_passed_on_only_if_all_forks_share_it() {
        let cause = |errors: &[Option<ForkError>]| {
            let mut context = ResponseContext::default();
            for (fork, error) in errors.iter().enumerate() {
                context.offer(Some(fork as u32), response(408), *error, false);
            }
            context.take_best().and_then(|(_, error)| error)
        };
        let timeout = Some(ForkError::Timeout);
        assert_eq!(cause(&[timeout, timeout]), timeout);
        assert_eq!(cause(&[timeout, None]), None);
        assert_eq!(cause(&[None, timeout]), None);
        assert_eq!(cause(&[timeout, Some(ForkError::Transport)]), None);
    }

    proptest! {
        /// Which response is best does not depend on the order in which they arrive.
        #[test]
        fn the_order_of_arrival_does_not_matter(
            codes in prop::collection::vec(300u16..=699, 1..8),
            rotation in 0usize..8,
            reverse: bool,
            cancelled: bool,
        ) {
            let mut forks: Vec<_> =
                codes.iter().enumerate().map(|(fork, code)| (fork as u32, *code)).collect();
            let expected = best_of(forks.clone(), cancelled);
            forks.rotate_left(rotation % codes.len());
            if reverse {
                forks.reverse();
            }
            prop_assert_eq!(best_of(forks, cancelled), expected);
        }
    }
}
