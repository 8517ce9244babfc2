//! What was answered, for as long as it may be remembered (RFC 1034, RFC 2308).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::codec::{Question, Record};
use crate::Instant;

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// These records, at least one, until then.
    Records { records: Arc<[Record]>, expires: Instant },
    /// There is nothing of that kind, or no such name.
    Nothing,
    /// Nobody could say.
    Failed,
}

/// Answers, at most so many of them.
#[derive(Debug)]
pub(super) struct Cache {
    entries_max: usize,
    entries: BTreeMap<Question, (Instant, Answer)>,
    /// The same, the next to expire first.
    order: BTreeSet<(Instant, Question)>,
}

impl Cache {
    pub(super) fn new(entries_max: usize) -> Self {
        Self { entries_max, entries: BTreeMap::new(), order: BTreeSet::new() }
    }

    /// The answer to `question`, if it has not expired.
    pub(super) fn find(&self, now: Instant, question: &Question) -> Option<&Answer> {
        self.entries.get(question).filter(|(expires, _)| *expires > now).map(|(_, answer)| answer)
    }

    /// Remembers an answer until `expires`. What has expired goes, and beyond
    /// `ResolverConfig::cache_entries_max` what expires first.
    pub(super) fn insert(
        &mut self,
        now: Instant,
        question: Question,
        answer: Answer,
        expires: Instant,
    ) {
        if let Some((former, _)) = self.entries.insert(question.clone(), (expires, answer)) {
            self.order.remove(&(former, question.clone()));
        }
        self.order.insert((expires, question));
        while let Some((expires, _)) = self.order.first()
            && (*expires <= now || self.order.len() > self.entries_max)
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.entries.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::DomainName;
    use super::super::codec::RecordKind;
    use super::*;

    fn question(number: usize) -> Question {
        let name = DomainName::parse(&format!("n{number}.ex")).expect("a name");
        Question { name, kind: RecordKind::A }
    }

    #[test]
    fn an_answer_lasts_until_it_expires() {
        let mut cache = Cache::new(10);
        cache.insert(Instant::ZERO, question(1), Answer::Nothing, Instant::from_secs(5));
        let just_before = Instant::from_nanos(Instant::from_secs(5).as_nanos() - 1);
        assert_eq!(cache.find(just_before, &question(1)), Some(&Answer::Nothing));
        assert_eq!(cache.find(Instant::from_secs(5), &question(1)), None);
        assert_eq!(cache.find(Instant::ZERO, &question(2)), None);
    }

    #[test]
    fn beyond_the_limit_the_next_to_expire_goes() {
        let mut cache = Cache::new(2);
        for (number, expires) in [(1, 30), (2, 10), (3, 20)] {
            let expires = Instant::from_secs(expires);
            cache.insert(Instant::ZERO, question(number), Answer::Failed, expires);
        }
        let known = [1, 2, 3].map(|it| cache.find(Instant::ZERO, &question(it)).is_some());
        assert_eq!(known, [true, false, true]);
    }

    proptest! {
        /// Against a list that forgets nothing: found only what was put in last and has not
        /// expired, and never more than the limit.
        #[test]
        fn the_cache_says_nothing_untrue(
            steps in prop::collection::vec((0_usize..6, 0_u64..20, 0_u64..3), 1..80),
        ) {
            let mut cache = Cache::new(4);
            let mut latest = BTreeMap::new();
            let mut now = Instant::ZERO;
            for (number, ttl, pause) in steps {
                now += core::time::Duration::from_secs(pause);
                let expires = now + core::time::Duration::from_secs(ttl);
                cache.insert(now, question(number), Answer::Nothing, expires);
                latest.insert(number, expires);
                prop_assert!(cache.entries.len() <= 4 && cache.order.len() == cache.entries.len());
                for (number, expires) in &latest {
                    let found = cache.find(now, &question(*number)).is_some();
                    prop_assert!(!found || *expires > now);
                }
            }
        }
    }
}
