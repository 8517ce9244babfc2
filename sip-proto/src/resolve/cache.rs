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

/// Answers, at most so many of them and so many bytes.
#[derive(Debug)]
pub(super) struct Cache {
    entries_max: usize,
    bytes_max: usize,
    bytes: usize,
    entries: BTreeMap<Question, (Instant, Answer)>,
    /// The same, the next to expire first.
    order: BTreeSet<(Instant, Question)>,
}

impl Cache {
    pub(super) fn new(entries_max: usize, bytes_max: usize) -> Self {
        let (entries, order) = (BTreeMap::new(), BTreeSet::new());
        Self { entries_max, bytes_max, bytes: 0, entries, order }
    }

    /// The answer to `question`, if it has not expired.
    pub(super) fn find(&self, now: Instant, question: &Question) -> Option<&Answer> {
        self.entries.get(question).filter(|(expires, _)| *expires > now).map(|(_, answer)| answer)
    }

    /// Remembers an answer until `expires`. What has expired goes, and beyond
    /// `ResolverConfig::cache_entries_max` or `cache_bytes_max` what expires first.
    pub(super) fn insert(
        &mut self,
        now: Instant,
        question: Question,
        answer: Answer,
        expires: Instant,
    ) {
        self.bytes += held_bytes(&question, &answer);
        if let Some((former, answer)) = self.entries.insert(question.clone(), (expires, answer)) {
            self.bytes -= held_bytes(&question, &answer);
            self.order.remove(&(former, question.clone()));
        }
        self.order.insert((expires, question));
        while let Some((expires, _)) = self.order.first()
            && (*expires <= now
                || self.order.len() > self.entries_max
                || self.bytes > self.bytes_max)
            && let Some((_, oldest)) = self.order.pop_first()
        {
            if let Some((_, answer)) = self.entries.remove(&oldest) {
                self.bytes -= held_bytes(&oldest, &answer);
            }
        }
    }
}

/// What an entry holds, about: its names and texts, and as many words as it has parts.
fn held_bytes(question: &Question, answer: &Answer) -> usize {
    let records = match answer {
        Answer::Records { records, .. } => records.iter().map(Record::held_bytes).sum(),
        Answer::Nothing | Answer::Failed => 0,
    };
    2 * size_of::<(Instant, Question)>() + question.name.as_str().len() + records
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::DomainName;
    use super::super::codec::{RecordKind, Srv};
    use super::*;

    fn question(number: usize) -> Question {
        let name = DomainName::parse(&format!("n{number}.ex")).expect("a name");
        Question { name, kind: RecordKind::A }
    }

    #[test]
    fn an_answer_lasts_until_it_expires() {
        let mut cache = Cache::new(10, usize::MAX);
        cache.insert(Instant::ZERO, question(1), Answer::Nothing, Instant::from_secs(5));
        let just_before = Instant::from_nanos(Instant::from_secs(5).as_nanos() - 1);
        assert_eq!(cache.find(just_before, &question(1)), Some(&Answer::Nothing));
        assert_eq!(cache.find(Instant::from_secs(5), &question(1)), None);
        assert_eq!(cache.find(Instant::ZERO, &question(2)), None);
    }

    #[test]
    fn beyond_the_limit_the_next_to_expire_goes() {
        let mut cache = Cache::new(2, usize::MAX);
        for (number, expires) in [(1, 30), (2, 10), (3, 20)] {
            let expires = Instant::from_secs(expires);
            cache.insert(Instant::ZERO, question(number), Answer::Failed, expires);
        }
        let known = [1, 2, 3].map(|it| cache.find(Instant::ZERO, &question(it)).is_some());
        assert_eq!(known, [true, false, true]);
    }

    /// Names of 240 letters, a hundred to an answer: a few bytes each on the wire, where they are
    /// compressed (RFC 1035 section 4.1.4).
    #[test]
    fn large_answers_are_kept_as_far_as_there_is_room() {
        let label = "a".repeat(60);
        let target = DomainName::parse(&[label.as_str(); 4].join(".")).expect("a name");
        let srv = Srv { priority: 1, weight: 1, port: 5060, target };
        let records: Arc<[Record]> = vec![Record::Srv(srv); 100].into();
        let mut cache = Cache::new(1_000, 100_000);
        for number in 0..20 {
            let expires = Instant::from_secs(10 + number as u64);
            let answer = Answer::Records { records: Arc::clone(&records), expires };
            cache.insert(Instant::ZERO, question(number), answer, expires);
            assert!(cache.bytes <= 100_000);
        }
        assert!((1..=4).contains(&cache.entries.len()), "{}", cache.entries.len());
        assert!(cache.find(Instant::ZERO, &question(19)).is_some(), "the last to expire");
        cache.insert(Instant::from_secs(60), question(0), Answer::Nothing, Instant::from_secs(60));
        assert_eq!((cache.bytes, cache.entries.len()), (0, 0));
    }

    proptest! {
        /// Against a list that forgets nothing: found only what was put in last and has not
        /// expired, and never more than the limit.
        #[test]
        fn the_cache_says_nothing_untrue(
            steps in prop::collection::vec((0_usize..6, 0_u64..20, 0_u64..3), 1..80),
        ) {
            let mut cache = Cache::new(4, usize::MAX);
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
