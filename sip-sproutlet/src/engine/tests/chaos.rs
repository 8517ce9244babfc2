//! Whatever happens in whatever order, each request is answered once and nothing is left behind.

use core::time::Duration;

use proptest::prelude::*;
use sip_proto::TransactionError;

use crate::testing::{Lower, register, request};

#[derive(Clone, Debug)]
enum Step {
    Receive(&'static str),
    Answer(usize, u16),
    Fail(usize),
    End(usize),
    Cancel(u32),
    ServerFails(u32),
    ServerEnds(u32),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop::sample::select(vec![100, 180, 183, 200, 302, 404, 407, 486, 487, 503, 603]);
    prop_oneof![
        3 => prop::sample::select(vec!["INVITE", "MESSAGE"]).prop_map(Step::Receive),
        6 => (0usize..12, status).prop_map(|(client, status)| Step::Answer(client, status)),
        1 => (0usize..12).prop_map(Step::Fail),
        1 => (0usize..12).prop_map(Step::End),
        1 => (1u32..5).prop_map(Step::Cancel),
        1 => (1u32..5).prop_map(Step::ServerFails),
        1 => (1u32..5).prop_map(Step::ServerEnds),
        1 => (0u64..200).prop_map(Step::Pass),
    ]
}

fn take(lower: &mut Lower, step: &Step) -> Vec<String> {
    let known = |client: usize, lower: &Lower| client < lower.clients();
    match *step {
        Step::Receive(method) => lower.receive(request(method, "sip:bob@localhost")),
        Step::Answer(client, status) if known(client, lower) => lower.answer(client, status),
        Step::Fail(client) if known(client, lower) => lower.fail(client, TransactionError::Timeout),
        Step::End(client) if known(client, lower) => lower.end(client),
        Step::Answer(..) | Step::Fail(_) | Step::End(_) => Vec::new(),
        Step::Cancel(server) => lower.cancel(server, ""),
        Step::ServerFails(server) => lower.server_failed(server),
        Step::ServerEnds(server) => lower.server_ended(server),
        Step::Pass(seconds) => lower.pass(Duration::from_secs(seconds)),
    }
}

/// Whether a line is a final answer other than a 2xx to `server`.
fn is_failure(line: &str, server: u32) -> bool {
    let status = line.strip_prefix(&format!("s{server} "));
    status.is_some_and(|status| status >= "300")
}

proptest! {
    #[test]
    fn any_story_ends_well(steps in prop::collection::vec(step(), 0..40)) {
        let mut lower = Lower::server();
        let phones = [
            "<sip:bob@127.0.0.1:5080>",
            "<sip:bob@127.0.0.1:5081>",
            "<sip:bob@127.0.0.1:5082>;q=0.1;expires=7200",
        ];
        lower.receive(register(1, &phones));
        let mut lines: Vec<String> =
            steps.iter().flat_map(|step| take(&mut lower, step)).collect();
        // The network gives up on what is open, also on what that sends in turn.
        for client in 0.. {
            if client >= lower.clients() {
                break;
            }
            lines.extend(lower.fail(client, TransactionError::Timeout));
        }
        lower.assert_idle();
        for server in 1..lower.servers() {
            let failures = lines.iter().filter(|line| is_failure(line, server)).count();
            let ended = steps.iter().any(|step| matches!(step, Step::ServerEnds(s) if *s == server));
            let answered = lines.iter().any(|line| {
                line.strip_prefix(&format!("s{server} ")).is_some_and(|status| status >= "200")
            });
            prop_assert!(failures <= 1, "one final answer: {lines:?}");
            prop_assert!(answered || ended, "an answer to s{server}: {lines:?}");
        }
    }
}
