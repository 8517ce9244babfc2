//! From a name to targets, step by step, as far as targets are asked for
//! (RFC 3263 sections 4.1, 4.2 and 5).

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;

use super::cache::Answer;
use super::codec::{Naptr, Question, Record, RecordKind, Srv};
use super::stub::Stub;
use super::wanted::{Means, Wanted};
use super::{DomainName, ResolverConfig, weights};
use crate::{Instant, Rng, Seed, SlabKey, TransportKind};

/// Where a request can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) transport: TransportKind,
    pub(crate) address: SocketAddr,
    /// Whom the certificate must name, over TLS: the domain that was asked for, not the server
    /// that DNS made of it (RFC 5922 section 4).
    pub(crate) server_name: Option<Arc<str>>,
    /// Until when DNS vouches for the address; `None` for a numeric host.
    pub(crate) expires: Option<Instant>,
}

/// What a [`Lookup`] says when it is asked for a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Target(Target),
    /// Name servers are being asked.
    Pending,
    /// There are no more, or there never was one.
    None(NoTarget),
}

/// Why there is no (further) target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoTarget {
    /// DNS has no more, or none.
    Exhausted,
    /// Some name server did not answer: later there may be one.
    Failed,
}

/// A part of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// Which services has the domain?
    Naptr(DomainName),
    /// Where are these services? If none of them exists: the domain itself, over that transport.
    Services {
        services: Vec<(DomainName, TransportKind)>,
        otherwise: Option<(DomainName, TransportKind)>,
    },
    /// What are the addresses of this server?
    Server { name: DomainName, port: u16, transport: TransportKind },
}

/// The questions of a step, with the answers so far.
type Asked = Vec<(Question, Option<Answer>)>;

/// One search for the targets of one request.
#[derive(Debug)]
pub(crate) struct Lookup {
    port: Option<u16>,
    transport: Option<TransportKind>,
    transport_without_dns: TransportKind,
    secure: bool,
    means: Means,
    ipv6_first: bool,
    /// What draws among weights; the same seed draws the same.
    choice: u64,
    rng: Option<Rng>,
    /// Names still to be tried, as the search list says.
    candidates: VecDeque<DomainName>,
    /// The one that is tried.
    domain: Option<DomainName>,
    steps: VecDeque<Step>,
    waiting: Option<(Step, Asked)>,
    ready: VecDeque<Target>,
    /// How many more targets it gives.
    left: usize,
    /// How many more questions it asks.
    questions_left: usize,
    found: bool,
    failed: bool,
}

impl Lookup {
    pub(crate) fn new(
        wanted: Wanted,
        means: Means,
        candidates: VecDeque<DomainName>,
        choice: u64,
        config: &ResolverConfig,
    ) -> Self {
        let numeric = wanted.numeric();
        let transport_without_dns = wanted.default_transport();
        let Wanted { port, transport, secure, .. } = wanted;
        let mut lookup = Self {
            port,
            transport,
            transport_without_dns,
            secure,
            means,
            ipv6_first: config.ipv6_first,
            choice,
            rng: None,
            candidates,
            domain: None,
            steps: VecDeque::new(),
            waiting: None,
            ready: VecDeque::new(),
            left: config.targets_max,
            questions_left: config.questions_max,
            found: false,
            failed: false,
        };
        if let Some((transport, address)) = numeric {
            let server_name = transport_name(transport, &address.ip().to_string());
            lookup.found = true;
            lookup.ready.push_back(Target { transport, address, server_name, expires: None });
        }
        lookup
    }

    /// The next target, asking for as little as gives one.
    pub(crate) fn next(&mut self, now: Instant, stub: &mut Stub, me: SlabKey) -> Next {
        loop {
            if self.left == 0 {
                return Next::None(NoTarget::Exhausted);
            }
            if let Some(target) = self.ready.pop_front() {
                self.left -= 1;
                return Next::Target(target);
            }
            if let Some((step, answers)) = self.waiting.take() {
                if answers.iter().any(|(_, answer)| answer.is_none()) {
                    self.waiting = Some((step, answers));
                    return Next::Pending;
                }
                let answers = answers.into_iter().filter_map(|(_, answer)| answer).collect();
                self.read(&step, answers);
            } else if let Some(step) = self.steps.pop_front() {
                let questions = self.questions(&step);
                let Some(left) = self.questions_left.checked_sub(questions.len()) else {
                    self.give_up();
                    continue;
                };
                self.questions_left = left;
                let ask = |question: Question| (question.clone(), stub.ask(now, question, me));
                let answers = questions.into_iter().map(ask).collect();
                self.waiting = Some((step, answers));
            } else if let Some(domain) = self.candidates.pop_front().filter(|_| !self.found) {
                self.begin(domain, stub);
            } else {
                let failed = self.failed && !self.found;
                return Next::None(if failed { NoTarget::Failed } else { NoTarget::Exhausted });
            }
        }
    }

    /// A question has its answer.
    pub(crate) fn answered(&mut self, question: &Question, answer: &Answer) {
        let answers = self.waiting.iter_mut().flat_map(|(_, answers)| answers.iter_mut());
        for (_, place) in answers.filter(|(asked, place)| asked == question && place.is_none()) {
            *place = Some(answer.clone());
        }
    }

    /// Waits no longer for what is not answered, and asks for nothing more.
    pub(crate) fn give_up(&mut self) {
        self.failed = true;
        self.waiting = None;
        self.steps.clear();
        self.candidates.clear();
    }

    fn begin(&mut self, domain: DomainName, stub: &Stub) {
        let name = domain.clone();
        self.domain = Some(domain);
        // A port, or a table of addresses, leaves nothing for SRV to say.
        if self.port.is_some() || stub.is_in_hosts(&name) {
            let transport = self.transport_without_dns;
            let port = self.port.unwrap_or_else(|| transport.default_port());
            return self.steps.push_back(Step::Server { name, port, transport });
        }
        match self.transport {
            Some(transport) => {
                let step = services_of(&name, &[transport], transport);
                self.steps.push_back(step);
            }
            None => self.steps.push_back(Step::Naptr(name)),
        }
    }

    fn questions(&self, step: &Step) -> Vec<Question> {
        match step {
            Step::Naptr(name) => vec![Question { name: name.clone(), kind: RecordKind::Naptr }],
            Step::Services { services, .. } => services
                .iter()
                .map(|(name, _)| Question { name: name.clone(), kind: RecordKind::Srv })
                .collect(),
            Step::Server { name, .. } => {
                let four = self.means.ipv4.then_some(RecordKind::A);
                let six = self.means.ipv6.then_some(RecordKind::Aaaa);
                let kinds = if self.ipv6_first { [six, four] } else { [four, six] };
                let kinds = kinds.into_iter().flatten();
                kinds.map(|kind| Question { name: name.clone(), kind }).collect()
            }
        }
    }

    fn read(&mut self, step: &Step, answers: Vec<Answer>) {
        self.failed |= answers.contains(&Answer::Failed);
        match step {
            Step::Naptr(domain) => self.read_naptr(domain, answers),
            Step::Services { services, otherwise } => {
                let kinds = services.iter().map(|(_, transport)| *transport);
                self.read_services(kinds.zip(answers).collect(), otherwise.as_ref());
            }
            Step::Server { port, transport, .. } => self.read_addresses(*port, *transport, answers),
        }
    }

    /// RFC 3263 section 4.1: of the services that both sides have, those of the lowest order
    /// (RFC 3403 section 4.1: no others once one fits), by preference; SIPS asks for SIPS only.
    /// Without any, the services that this side has are asked for.
    fn read_naptr(&mut self, domain: &DomainName, answers: Vec<Answer>) {
        let mut usable: Vec<(Naptr, TransportKind)> = records(answers)
            .filter_map(|(record, _)| match record {
                Record::Naptr(naptr) => self.usable(&naptr).map(|transport| (naptr, transport)),
                Record::Address(_) | Record::Srv(_) => None,
            })
            .collect();
        usable.sort();
        let order = usable.first().map(|(naptr, _)| naptr.order);
        usable.retain(|(naptr, _)| Some(naptr.order) == order);
        if usable.is_empty() {
            let means: Vec<TransportKind> =
                self.means.transports.iter().copied().filter(|it| self.allows(*it)).collect();
            let transport = self.transport_without_dns;
            return self.steps.push_front(services_of(domain, &means, transport));
        }
        usable.truncate(self.questions_left);
        for (naptr, transport) in usable.into_iter().rev() {
            let services = vec![(naptr.replacement, transport)];
            self.steps.push_front(Step::Services { services, otherwise: None });
        }
    }

    fn usable(&self, naptr: &Naptr) -> Option<TransportKind> {
        let transport = match naptr.services.to_ascii_uppercase().as_str() {
            "SIP+D2U" => TransportKind::Udp,
            "SIP+D2T" => TransportKind::Tcp,
            "SIPS+D2T" => TransportKind::Tls,
            // RFC 7118 section 10.3
            "SIP+D2W" => TransportKind::Ws,
            "SIPS+D2W" => TransportKind::Wss,
            _ => return None,
        };
        let leads_to_srv = naptr.flags.eq_ignore_ascii_case("s") && naptr.regexp.is_empty();
        let is_ours = self.means.transports.contains(&transport) && self.allows(transport);
        (leads_to_srv && is_ours).then_some(transport)
    }

    const fn allows(&self, transport: TransportKind) -> bool {
        !self.secure || matches!(transport, TransportKind::Tls | TransportKind::Wss)
    }

    /// RFC 3263 section 4.2: the servers of each service, in the order of RFC 2782. A service that
    /// is said to be nowhere exists as little as one can, but its domain is not asked instead.
    fn read_services(
        &mut self,
        answers: Vec<(TransportKind, Answer)>,
        otherwise: Option<&(DomainName, TransportKind)>,
    ) {
        let mut exists = false;
        let mut servers = Vec::new();
        for (transport, answer) in answers {
            let services: Vec<Srv> = records(vec![answer])
                .filter_map(|(record, _)| match record {
                    Record::Srv(srv) => Some(srv),
                    Record::Address(_) | Record::Naptr(_) => None,
                })
                .collect();
            exists |= !services.is_empty();
            let choice = self.choice;
            let rng = self.rng.get_or_insert_with(|| Seed::from_u64(choice).rng());
            let ordered = weights::order(services, rng).into_iter();
            servers.extend(ordered.filter(|srv| !srv.target.is_root()).map(|srv| Step::Server {
                name: srv.target,
                port: srv.port,
                transport,
            }));
        }
        if let (false, Some((name, transport))) = (exists, otherwise) {
            let (name, transport) = (name.clone(), *transport);
            servers.push(Step::Server { name, port: transport.default_port(), transport });
        }
        servers.truncate(self.questions_left);
        for step in servers.into_iter().rev() {
            self.steps.push_front(step);
        }
    }

    fn read_addresses(&mut self, port: u16, transport: TransportKind, answers: Vec<Answer>) {
        let domain = self.domain.as_ref().map_or("", DomainName::as_str);
        let server_name = transport_name(transport, domain);
        let targets = records(answers).filter_map(|(record, expires)| match record {
            Record::Address(ip) => Some(Target {
                transport,
                address: SocketAddr::new(ip, port),
                server_name: server_name.clone(),
                expires: Some(expires),
            }),
            Record::Srv(_) | Record::Naptr(_) => None,
        });
        self.ready.extend(targets.take(self.left));
        self.found |= !self.ready.is_empty();
    }
}

/// The SRV name of each of `transports` that has one, with the domain itself to fall back to.
/// WebSocket has none: RFC 7118 leaves it to the addresses of the domain.
fn services_of(domain: &DomainName, transports: &[TransportKind], fallback: TransportKind) -> Step {
    let service = |transport: &TransportKind| {
        let labels = match transport {
            TransportKind::Udp => "_sip._udp",
            TransportKind::Tcp => "_sip._tcp",
            TransportKind::Tls => "_sips._tcp",
            TransportKind::Ws | TransportKind::Wss => return None,
        };
        domain.below(labels).map(|name| (name, *transport))
    };
    let services = transports.iter().filter_map(service).collect();
    Step::Services { services, otherwise: Some((domain.clone(), fallback)) }
}

fn transport_name(transport: TransportKind, domain: &str) -> Option<Arc<str>> {
    matches!(transport, TransportKind::Tls | TransportKind::Wss).then(|| domain.into())
}

fn records(answers: Vec<Answer>) -> impl Iterator<Item = (Record, Instant)> {
    answers.into_iter().flat_map(|answer| match answer {
        Answer::Records { records, expires } => {
            records.iter().map(|record| (record.clone(), expires)).collect()
        }
        Answer::Nothing | Answer::Failed => Vec::new(),
    })
}
