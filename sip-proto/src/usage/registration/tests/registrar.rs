//! A registration and a small registrar on a wire that loses messages, for any seed.

use core::time::Duration;
use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::Instant;
use crate::message::Expires;

const TIMEOUT: Duration = Duration::from_secs(32);
const MIN_SECS: u32 = 120;

/// RFC 3261 section 10.3, as far as one client needs it: bindings with their end and CSeq.
#[derive(Default)]
struct Registrar {
    bindings: BTreeMap<String, (Instant, u32)>,
}

impl Registrar {
    fn answer(&mut self, now: Instant, request: &Request) -> Response {
        self.bindings.retain(|_, (end, _)| *end > now);
        let Expires(common) = request.header().unwrap().unwrap_or(Expires(3600));
        if common > 0 && common < MIN_SECS {
            return response(request, 423, [(HeaderName::MinExpires, &MIN_SECS.to_string())]);
        }
        if !request.has(&HeaderName::Authorization) {
            return response(request, 401, [(HeaderName::WwwAuthenticate, CHALLENGE)]);
        }
        let number = cseq(request);
        for contact in request.header_list::<Contact<'_>>() {
            let contact = contact.unwrap();
            let uri = String::from_utf8(contact.address().unwrap().uri.to_vec()).unwrap();
            if self.bindings.get(&uri).is_some_and(|(_, last)| *last >= number) {
                return response(request, 500, []);
            }
            match contact.expires_secs().map_or(common, Result::unwrap) {
                0 => drop(self.bindings.remove(&uri)),
                seconds => {
                    let end = now + Duration::from_secs(seconds.min(600).into());
                    self.bindings.insert(uri, (end, number));
                }
            }
        }
        let mut ok = response(request, 200, []);
        for (uri, (end, _)) in &self.bindings {
            let left = end.saturating_duration_since(now).as_secs();
            ok.push_back(HeaderName::Contact, format!("<{uri}>;expires={left}"));
        }
        ok
    }
}

struct Wire {
    phone: Phone,
    registrar: Registrar,
    loss_percent: u64,
    failing: Option<(Instant, Request)>,
}

impl Wire {
    fn new(seed: u64, loss_percent: u64) -> Self {
        let mut config = RegistrationConfig::new("sip:b.example", "sip:bob@b.example");
        config.expires_secs = 60;
        let mut phone = Phone::with(config);
        phone.bench.rng = crate::Seed::from_u64(seed).rng();
        Self { phone, registrar: Registrar::default(), loss_percent, failing: None }
    }

    /// Moves messages until all is quiet.
    fn settle(&mut self) {
        for _ in 0..20 {
            let done = self.phone.done();
            let Some(request) = done.requests.into_iter().next() else { return };
            let now = self.phone.bench.now;
            let drawn = self.phone.bench.rng.below(200);
            let answer = (drawn >= self.loss_percent).then(|| self.registrar.answer(now, &request));
            match answer.filter(|_| drawn >= 2 * self.loss_percent) {
                Some(answer) => {
                    let phone = &mut self.phone;
                    phone.registration.handle_response(&mut phone.bench.cx(), &answer);
                }
                None => self.failing = Some((now + TIMEOUT, request)),
            }
        }
        panic!("they never come to rest");
    }

    fn run(&mut self, seconds: u64) {
        let end = self.phone.bench.now + Duration::from_secs(seconds);
        while self.phone.bench.now < end {
            let failing = self.failing.as_ref().map(|(when, _)| *when);
            let due = failing.into_iter().chain(self.phone.registration.poll_timeout()).min();
            let Phone { bench, registration } = &mut self.phone;
            bench.now = due.unwrap_or(end).clamp(bench.now, end);
            if let Some((_, request)) = self.failing.take_if(|(when, _)| *when <= bench.now) {
                registration.handle_failure(&mut bench.cx(), &request, Failure::TimedOut);
            }
            registration.handle_timeout(&mut bench.cx());
            self.settle();
        }
    }

    fn bound(&mut self) -> Vec<&str> {
        let now = self.phone.bench.now;
        self.registrar.bindings.retain(|_, (end, _)| *end > now);
        self.registrar.bindings.keys().map(String::as_str).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever is lost: once nothing is any more, exactly what is wanted is bound, and stays so.
    #[test]
    fn what_is_wanted_ends_up_bound(seed in any::<u64>(), loss in 0_u64..80, moves in 0_usize..4) {
        let mut wire = Wire::new(seed, loss);
        let mut uri = String::new();
        for place in 0..=moves {
            uri = format!("sip:bob@192.0.2.{place}");
            let Phone { bench, registration } = &mut wire.phone;
            registration.register(&mut bench.cx(), vec![OwnContact::new(&uri)]).unwrap();
            wire.settle();
            wire.run(900);
        }
        wire.loss_percent = 0;
        // The longest back-off, and the longest time that is granted.
        wire.run(2500);
        for _ in 0..50 {
            prop_assert_eq!(wire.bound(), [&uri]);
            prop_assert_eq!(wire.phone.registration.state(), RegistrationState::Registered);
            wire.run(61);
        }
        let Phone { bench, registration } = &mut wire.phone;
        registration.unregister(&mut bench.cx());
        wire.settle();
        prop_assert_eq!(wire.bound(), [""; 0]);
        prop_assert_eq!(wire.phone.registration.poll_timeout(), None);
    }
}
