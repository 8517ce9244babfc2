//! A request finds its service.

use sip_proto::message::Method;
use sip_proto::{Request, Response, SlabKey, Source, StatusCode};
use smallvec::SmallVec;

use crate::abi::{Transaction, TransactionEvent};
use crate::breadth;
use crate::engine::answer::Refusal;
use crate::engine::choose::{Chooser, Chosen, has_to_tag};
use crate::engine::context::ResponseContext;
use crate::engine::hop;
use crate::engine::instance::{Answer, Below, Instance, Upstream};
use crate::engine::state::{Engine, ForkKey, Work};

/// The instance that sent a request on to another service here.
#[derive(Clone, Copy)]
struct Above {
    instance: SlabKey,
    root: SlabKey,
    service: Option<usize>,
    depth: u32,
}

impl Engine {
    /// Finds the service for a request and makes an instance of it.
    pub(super) fn place(&mut self, upstream: Upstream, mut request: Request, source: Source) {
        let above = match upstream {
            Upstream::Fork { instance, .. } => match self.above(instance) {
                Some(above) => Some(above),
                None => return,
            },
            Upstream::Server(_) | Upstream::Nobody => None,
        };
        if let Some(refusal) = above.and_then(|above| self.too_deep(above)) {
            return self.refuse(upstream, &request, &source, refusal);
        }
        let chooser = Chooser {
            graph: &self.graph,
            local: &self.local,
            secrets: &self.secrets,
            source: &source,
            unix: self.unix(),
            from_wire: above.is_none(),
        };
        let (service, transaction) = match chooser.choose(&mut request) {
            Chosen::Service { index, transaction } => (index, transaction),
            Chosen::Nobody(status) => {
                let refusal = Refusal { status, reason: "no service takes it" };
                return self.refuse(upstream, &request, &source, refusal);
            }
        };
        let hop_key = hop::key(service, &request);
        let boundary = above.is_some_and(|above| self.is_boundary(above.service, service));
        if let Some(above) = above {
            if self.is_loop(above.instance, hop_key) {
                let refusal = Refusal { status: StatusCode::LOOP_DETECTED, reason: "a loop" };
                return self.refuse(upstream, &request, &source, refusal);
            }
            if boundary && let Err(error) = hop::decrement_max_forwards(&mut request) {
                let (status, reason) = error.refusal();
                let refusal = Refusal { status, reason };
                return self.refuse(upstream, &request, &source, refusal);
            }
        }
        let made = Made { upstream, above, service, transaction, hop_key, source };
        self.begin(made, request, boundary);
    }

    /// Makes the instance and hands it the request.
    fn begin(&mut self, made: Made, request: Request, boundary: bool) {
        let upstream = made.upstream;
        let key = self.insert(made, &request);
        if let Upstream::Fork { instance, fork } = upstream {
            let to = ForkKey { instance, fork };
            if let Some(fork) = self.fork_mut(to) {
                fork.below = Below::Instance(key);
            }
            // A network function is entered: the one above hears 100 as from another box.
            if boundary && *request.method() == Method::Invite {
                let response = Response::to(&request, StatusCode::TRYING);
                self.work.push_back(Work::Response { to, response, error: None });
            }
        }
        let event = if has_to_tag(&request) {
            TransactionEvent::InDialog { request }
        } else {
            TransactionEvent::Initial { request }
        };
        self.work.push_back(Work::Event { instance: key, event });
        if let Upstream::Fork { instance, .. } = upstream {
            // The fork may have been cancelled while it was on its way.
            self.send_cancels(instance);
        }
    }

    fn insert(&mut self, made: Made, request: &Request) -> SlabKey {
        let Made { upstream, above, service, transaction, hop_key, source } = made;
        let is_ack = *request.method() == Method::Ack;
        let key = self.instances.insert_with(|key| Instance {
            upstream,
            root: above.map_or(key, |above| above.root),
            service,
            transaction: Some(transaction),
            method: request.method().clone(),
            request: Some(request.clone()),
            tag: None,
            source,
            depth: above.map_or(1, |above| above.depth + 1),
            hop_key,
            forks: SmallVec::new(),
            context: ResponseContext::default(),
            answer: if is_ack { Answer::NotOwed } else { Answer::Owed },
            cancelled: false,
            declined: false,
            timers: SmallVec::new(),
            timers_named: 0,
            effects_named: 0,
            effects_pending: 0,
            instances_made: 0,
            forks_made: 0,
            breadth: breadth::incoming(request, self.graph.limits.breadth_max),
        });
        match upstream {
            Upstream::Server(id) => {
                self.servers.insert(id, key);
                self.requests += 1;
            }
            Upstream::Nobody => self.acks += 1,
            Upstream::Fork { .. } => {}
        }
        let root = above.map_or(key, |above| above.root);
        if let Some(root) = self.instances.get_mut(root) {
            root.instances_made += 1;
        }
        key
    }

    fn above(&self, instance: SlabKey) -> Option<Above> {
        self.instances.get(instance).map(|above| Above {
            instance,
            root: above.root,
            service: above.service,
            depth: above.depth,
        })
    }

    fn too_deep(&self, above: Above) -> Option<Refusal> {
        let status = StatusCode::TOO_MANY_HOPS;
        let limits = &self.graph.limits;
        if above.depth >= limits.depth_max {
            return Some(Refusal { status, reason: "the chain is at limits.depth_max" });
        }
        let made = self.instances.get(above.root).map_or(0, |root| root.instances_made);
        (made >= limits.instances_per_request_max)
            .then_some(Refusal { status, reason: "limits.instances_per_request_max is reached" })
    }

    /// Whether a request leaves one network function for another: it does, too, where it comes
    /// back to the service that the function is named after.
    fn is_boundary(&self, above: Option<usize>, below: Option<usize>) -> bool {
        let service = |index: Option<usize>| index.and_then(|i| self.graph.services.get(i));
        match (service(above), service(below)) {
            (Some(above), Some(below)) => {
                let function = above.network_function();
                below.network_function() != function || below.name() == function
            }
            _ => true,
        }
    }

    /// Whether an instance above was already asked exactly this.
    fn is_loop(&self, above: SlabKey, hop_key: u64) -> bool {
        let mut at = Some(above);
        while let Some(instance) = at.and_then(|key| self.instances.get(key)) {
            if instance.hop_key == hop_key {
                return true;
            }
            at = match instance.upstream {
                Upstream::Fork { instance, .. } => Some(instance),
                Upstream::Server(_) | Upstream::Nobody => None,
            };
        }
        false
    }
}

/// What an instance is made of.
struct Made {
    upstream: Upstream,
    above: Option<Above>,
    service: Option<usize>,
    transaction: Box<dyn Transaction>,
    hop_key: u64,
    source: Source,
}
