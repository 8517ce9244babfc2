//! Services in a chain: matching, network functions, CANCEL and ACK through them.

use std::rc::Rc;

use bytes::Bytes;
use sip_proto::message::HeaderName;
use sip_proto::{Request, TransactionError};

use super::pass;
use crate::abi::{Actions, Context, Hop, Sproutlet, Start, Transaction, TransactionEvent};
use crate::graph::ServiceGraph;
use crate::testing::{
    Log, Lower, Scripted, graph_of, in_dialog, name_of, request, scripted, values,
};

const OUT: &str = "sip:x@192.0.2.1";

fn to(route: &str) -> Request {
    let mut request = request("INVITE", OUT);
    request.push_front(HeaderName::Route, route.to_owned());
    request
}

/// A service that logs its events and passes everything on, by way of `next` if there is one.
fn logged(
    name: &'static str,
    log: &Log,
    next: Option<&'static str>,
) -> Box<Scripted<impl Fn(TransactionEvent, &mut Actions) + Clone + 'static>> {
    let log = log.clone();
    scripted(name, move |event, actions| {
        log.add(format!("{name}: {}", name_of(&event)));
        match (event, next) {
            (TransactionEvent::Initial { mut request }, Some(next)) => {
                request.push_front(HeaderName::Route, next);
                actions.send_request(request);
            }
            (event, _) => pass(event, actions),
        }
    })
}

/// `one` then `two`, then the wire.
fn two_services(log: &Log) -> Lower {
    Lower::new(graph_of(vec![
        logged("one", log, Some("<sip:localhost;service=two;lr>")),
        logged("two", log, None),
    ]))
}

#[test]
fn a_request_passes_through_both_services_and_the_answer_back() {
    let log = Log::default();
    let mut lower = two_services(&log);
    assert_eq!(
        lower.receive(request("INVITE", OUT)),
        [format!("#0 INVITE {OUT}").as_str(), "s0 100"]
    );
    assert_eq!(lower.answer(0, 180), ["s0 180"]);
    assert_eq!(lower.answer(0, 200), ["s0 200"]);
    assert_eq!(lower.answer(0, 200), ["s0 200"], "again: the ACK was lost");
    lower.end(0);
    lower.assert_idle();
    let expected = [
        "one: initial INVITE",
        // A network function is entered.
        "one: 100 on 0",
        "two: initial INVITE",
        "two: 180 on 0",
        "one: 180 on 0",
        "two: 200 on 0",
        "one: 200 on 0",
        "two: 200 on 0",
        "one: 200 on 0",
    ];
    assert_eq!(log.lines(), expected);
}

#[test]
fn a_cancel_passes_through_both_services_and_487_back() {
    let log = Log::default();
    let mut lower = two_services(&log);
    lower.receive(request("INVITE", OUT));
    assert_eq!(lower.cancel(0, "SIP;cause=1"), ["#0 CANCEL SIP;cause=1"]);
    assert_eq!(lower.answer(0, 487), ["s0 487"]);
    lower.assert_idle();
    assert_eq!(log.lines()[3..5], ["one: cancel", "two: cancel"]);
}

#[test]
fn an_ack_passes_through_both_services_and_leaves_nothing() {
    let log = Log::default();
    let mut lower = two_services(&log);
    let mut ack = in_dialog("ACK", OUT);
    ack.push_front(
        HeaderName::Route,
        "<sip:localhost;service=one;lr>, <sip:localhost;service=two;lr>",
    );
    assert_eq!(lower.receive_ack(ack), [format!("ACK {OUT}")]);
    lower.assert_idle();
    assert_eq!(log.lines(), ["one: in-dialog ACK", "two: in-dialog ACK"]);
    // Two functions were left.
    assert_eq!(values(&lower.stateless[0], &HeaderName::MaxForwards), ["68"]);
}

#[test]
fn services_of_one_function_act_as_one_box() {
    let log = Log::default();
    let mut one = logged("one", &log, Some("<sip:localhost;service=two;lr>"));
    let mut two = logged("two", &log, None);
    (one.function, two.function) = ("both", "both");
    let mut lower = Lower::new(graph_of(vec![one, two]));
    lower.receive(request("INVITE", OUT));
    assert_eq!(values(lower.sent(0), &HeaderName::MaxForwards), ["69"], "counted once");
    assert!(!log.lines().contains(&"one: 100 on 0".to_owned()), "no boundary inside");
    lower.fail(0, TransactionError::Timeout);
    // Inside, the cause of a failure goes up with it.
    let expected = ["two: 408 on 0 for Timeout", "one: 408 on 0 for Timeout"];
    assert_eq!(log.lines()[2..], expected);
    lower.assert_idle();
}

#[test]
fn across_functions_a_failure_is_an_answer_like_any_other() {
    let log = Log::default();
    let mut lower = two_services(&log);
    lower.receive(request("INVITE", OUT));
    assert_eq!(lower.fail(0, TransactionError::Transport), ["s0 500"]);
    assert_eq!(log.lines()[3..], ["two: 503 on 0 for Transport", "one: 503 on 0"]);
    assert_eq!(values(lower.sent(0), &HeaderName::MaxForwards), ["68"], "counted twice");
}

/// The precedence of the matching rules; each service answers with its own status.
#[test]
fn the_service_is_found_by_parameter_label_user_and_port() {
    fn answering(name: &'static str, status: u16) -> Box<dyn Sproutlet> {
        let mut service = scripted(name, move |event, actions: &mut Actions| {
            if let TransactionEvent::Initial { request } = event {
                let status = sip_proto::StatusCode::new(status).expect("a status code");
                actions.respond(sip_proto::Response::to(&request, status));
            }
        });
        service.port = (name == "ported").then_some(5060);
        service.aliases = vec![format!("{name}-alias")];
        service
    }
    let graph =
        || graph_of(vec![answering("entry", 480), answering("a", 481), answering("b", 482)]);
    let table = [
        ("<sip:localhost;service=a;lr>", "481"),
        ("<sip:b@localhost;service=a;lr>", "481"),
        ("<sip:b@localhost;service=unknown;lr>", "482"),
        ("<sip:a.localhost;lr>", "481"),
        ("<sip:b@a.localhost;lr>", "481"),
        ("<sip:B-ALIAS@localhost;lr>", "482"),
        ("<sip:c@localhost;lr>", "480"),
        ("<sip:elsewhere.example;service=a;lr>", "480"),
    ];
    for (route, status) in table {
        let mut lower = Lower::new(graph());
        assert_eq!(lower.receive(to(route)), [format!("s0 {status}")], "{route}");
    }
    let ported = graph().with(answering("ported", 483)).expect("a new name");
    let mut lower = Lower::new(ported);
    assert_eq!(lower.receive(to("<sip:localhost;service=a;lr>")), ["s0 481"]);
    assert_eq!(lower.receive(request("INVITE", "sip:localhost")), ["s1 483"]);
}

/// A service that declines everything in favour of `next`.
struct Declining(&'static str, Option<Hop>);

impl Sproutlet for Declining {
    fn name(&self) -> &str {
        self.0
    }

    fn start(&self, _request: &Request, _cx: &Context<'_>) -> Start {
        Start::Decline { next_hop: self.1.clone() }
    }
}

#[test]
fn a_declined_request_goes_where_it_is_sent_or_is_matched_again() {
    let log = Log::default();
    let two = |log: &Log| -> Box<dyn Sproutlet> { logged("two", log, None) };
    let by_name = Some(Hop::Service(Rc::from("two")));
    let by_uri = Some(Hop::Uri(Bytes::from_static(b"sip:two@localhost;lr")));
    for next_hop in [by_name, by_uri] {
        let graph = graph_of(vec![Box::new(Declining("one", next_hop)), two(&log)]);
        let mut lower = Lower::new(graph);
        assert_eq!(lower.receive(request("MESSAGE", OUT)), [format!("#0 MESSAGE {OUT}")]);
        assert!(values(lower.sent(0), &HeaderName::Route).is_empty());
    }
    assert_eq!(log.lines(), ["two: initial MESSAGE"; 2]);
}

#[test]
fn a_request_that_nobody_takes_is_passed_on_or_refused() {
    let nobody = || graph_of(vec![Box::new(Declining("one", None)) as Box<dyn Sproutlet>]);
    let mut lower = Lower::new(nobody());
    assert_eq!(lower.receive(request("MESSAGE", OUT)), [format!("#0 MESSAGE {OUT}")]);
    assert_eq!(lower.receive(request("MESSAGE", "sip:localhost")), ["s1 404"]);
    assert_eq!(lower.receive(in_dialog("BYE", "sip:localhost")), ["s2 481"]);
    assert!(lower.receive_ack(in_dialog("ACK", "sip:localhost")).is_empty());
    // Two that decline in favour of each other are each asked once.
    let one = Declining("one", Some(Hop::Service(Rc::from("two"))));
    let two = Declining("two", Some(Hop::Service(Rc::from("one"))));
    let mut lower = Lower::new(graph_of(vec![Box::new(one), Box::new(two)]));
    assert_eq!(lower.receive(request("MESSAGE", "sip:localhost")), ["s0 404"]);
    lower.assert_idle();
}

#[test]
fn a_graph_without_services_still_routes() {
    let mut lower = Lower::new(ServiceGraph::new(vec!["localhost".to_owned()]));
    assert_eq!(lower.receive(request("MESSAGE", OUT)), [format!("#0 MESSAGE {OUT}")]);
    assert_eq!(lower.answer(0, 200), ["s0 200"]);
    lower.assert_idle();
}

#[test]
fn a_fork_that_is_cancelled_in_the_turn_that_makes_it_is_not_sent() {
    let log = Log::default();
    let one = scripted("one", |event, actions: &mut Actions| {
        if let TransactionEvent::Initial { request } = event {
            let fork = actions.send_request(request.clone());
            actions.cancel_fork(fork, None);
            let mut request = request;
            request.push_front(HeaderName::Route, "<sip:localhost;service=two;lr>");
            actions.send_request(request);
        }
    });
    let mut lower = Lower::new(graph_of(vec![one, logged("two", &log, None)]));
    let lines = lower.receive(request("INVITE", OUT));
    assert_eq!(lines, [format!("#0 INVITE {OUT}").as_str(), "s0 100"]);
    assert_eq!(log.lines(), ["two: initial INVITE"]);
}

/// A trait object is enough: a service needs nothing of the host's own types.
#[test]
fn a_transaction_is_an_object_of_one_method() {
    struct Nothing;
    impl Transaction for Nothing {
        fn handle(
            &mut self,
            _now: sip_proto::Instant,
            _event: TransactionEvent,
            _actions: &mut Actions,
        ) {
        }
    }
    let mut boxed: Box<dyn Transaction> = Box::new(Nothing);
    let mut actions = Actions::new(true);
    let event = TransactionEvent::Initial { request: request("INVITE", OUT) };
    boxed.handle(sip_proto::Instant::ZERO, event, &mut actions);
    assert!(actions.queued().is_empty());
}

/// A text that nobody reads is not made.
#[test]
fn decisions_that_nobody_listens_to_are_not_formatted() {
    struct Unwanted;
    impl core::fmt::Display for Unwanted {
        fn fmt(&self, _: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            panic!("formatted")
        }
    }
    let one = scripted("one", |event, actions: &mut Actions| {
        if let TransactionEvent::Initial { .. } = event {
            actions.explain(format_args!("{Unwanted}"));
        }
    });
    let mut lower = Lower::untold(graph_of(vec![one]));
    assert_eq!(lower.receive(request("MESSAGE", OUT)), ["s0 500"]);
    assert!(lower.decisions.is_empty());
    assert!(!crate::ServiceConfig::default().decisions);
}
