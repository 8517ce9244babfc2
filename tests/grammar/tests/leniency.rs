//! The table of what the library takes or refuses against the grammar is true.

use sip_grammar::fuzz::same;
use sip_grammar::reference::{self, BOUNDS, LENIENCIES, Reading, Rule};

fn is_grammatical(rule: Rule, raw: &[u8]) -> bool {
    let reading = Reading::Strict;
    match rule {
        Rule::Address => reference::address(raw, reading).is_some(),
        Rule::CallId => reference::call_id(raw, reading).is_some(),
        Rule::Contact => reference::contact(raw, reading).is_some(),
        Rule::CSeq => reference::cseq(raw, reading).is_some(),
        Rule::MaxForwards => reference::number(raw, 255).is_some(),
        Rule::Message => reference::message(raw, reading).is_some(),
        Rule::Uri => reference::uri(raw, reading).is_some(),
        Rule::Via => reference::via(raw, reading).is_some(),
    }
}

#[test]
fn each_leniency_takes_what_the_grammar_refuses() {
    for (leniency, rule, example, why) in LENIENCIES {
        assert!(!is_grammatical(rule, example), "{leniency:?}: it is grammatical");
        assert!(same(rule, example), "{leniency:?}: {why}");
    }
}

#[test]
fn each_bound_is_held() {
    for (bound, rule, example, why) in BOUNDS {
        assert!(!same(rule, example), "{bound:?}: {why}");
    }
}
