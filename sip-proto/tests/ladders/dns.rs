//! A name server of a few records.

use std::net::SocketAddr;

use bytes::Bytes;
use simple_dns::rdata::{NAPTR, RData, SRV};
use simple_dns::{CLASS, CharacterString, Name, Packet, QTYPE, RCODE, ResourceRecord};

const TTL_S: u32 = 300;

/// Where the name server is.
pub(crate) fn server() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 53], 53))
}

/// Names with their records.
#[derive(Default)]
pub(crate) struct Zone {
    records: Vec<(&'static str, RData<'static>)>,
    /// It answers nothing at all.
    silent: bool,
}

fn name(text: &'static str) -> Name<'static> {
    Name::new(text).expect("a name")
}

impl Zone {
    pub(crate) fn silent() -> Self {
        Self { silent: true, ..Self::default() }
    }

    pub(crate) fn address(mut self, owner: &'static str, address: [u8; 4]) -> Self {
        let address = std::net::Ipv4Addr::from(address);
        self.records.push((owner, RData::A(address.into())));
        self
    }

    /// A service at `priority`, without weight.
    pub(crate) fn srv(
        mut self,
        owner: &'static str,
        priority: u16,
        target: &'static str,
        port: u16,
    ) -> Self {
        let data = SRV { priority, weight: 0, port, target: name(target) };
        self.records.push((owner, RData::SRV(data)));
        self
    }

    /// Services of one order.
    pub(crate) fn naptr(
        mut self,
        owner: &'static str,
        preference: u16,
        services: &'static str,
        replacement: &'static str,
    ) -> Self {
        let text = |text: &'static str| CharacterString::new(text.as_bytes()).expect("short");
        let data = NAPTR {
            order: 10,
            preference,
            flags: text("S"),
            services: text(services),
            regexp: text(""),
            replacement: name(replacement),
        };
        self.records.push((owner, RData::NAPTR(data)));
        self
    }

    /// What is asked, and the answer.
    pub(crate) fn answer(&self, data: &[u8]) -> (String, Option<Bytes>) {
        let mut packet = Packet::parse(data).expect("a query").into_reply();
        *packet.opt_mut() = None;
        let [question] = packet.questions.as_slice() else { panic!("one question") };
        let QTYPE::TYPE(kind) = question.qtype else { panic!("one type") };
        let asked = question.qname.to_string();
        let label = format!("{kind:?} {asked}");
        let known = self.records.iter().filter(|(owner, _)| *owner == asked);
        let found: Vec<ResourceRecord<'_>> = known
            .filter(|(_, data)| data.type_code() == kind)
            .map(|(owner, data)| ResourceRecord::new(name(owner), CLASS::IN, TTL_S, data.clone()))
            .collect();
        if !self.records.iter().any(|(owner, _)| *owner == asked) {
            *packet.rcode_mut() = RCODE::NameError;
        }
        packet.answers = found;
        let bytes = packet.build_bytes_vec_compressed().expect("writable");
        (label, (!self.silent).then(|| bytes.into()))
    }
}
