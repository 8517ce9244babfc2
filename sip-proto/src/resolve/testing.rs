//! A name server of a few records, for tests.

use std::net::IpAddr;

use simple_dns::rdata::{AAAA, CNAME, NAPTR, RData, SOA, SRV};
use simple_dns::{
    CLASS, CharacterString, Name, Packet, PacketFlag, QTYPE, RCODE, ResourceRecord, TYPE,
};

use super::codec::{Query, RecordKind};
use super::{DomainName, Srv};

const TTL_S: u32 = 300;

/// Names with their records, and what is wrong with the server that knows them.
#[derive(Default)]
pub(super) struct Zone {
    records: Vec<(String, RData<'static>)>,
    /// Answers with this instead.
    pub(super) code: Option<RCODE>,
}

fn name(text: &str) -> Name<'static> {
    Name::new(text).expect("a name").into_owned()
}

fn text(text: &str) -> CharacterString<'static> {
    CharacterString::new(text.as_bytes()).expect("short").into_owned()
}

/// An SRV record as the resolver reads it.
pub(super) fn srv(priority: u16, weight: u16, target: &str, port: u16) -> Srv {
    let target = DomainName::parse(target).expect("a name");
    Srv { priority, weight, target, port }
}

impl Zone {
    fn add(&mut self, owner: &str, data: RData<'static>) -> &mut Self {
        self.records.push((owner.to_owned(), data));
        self
    }

    pub(super) fn address(&mut self, owner: &str, address: &str) -> &mut Self {
        match address.parse().expect("an address") {
            IpAddr::V4(address) => self.add(owner, RData::A(address.into())),
            IpAddr::V6(address) => self.add(owner, RData::AAAA(AAAA::from(address))),
        }
    }

    pub(super) fn alias(&mut self, owner: &str, target: &str) -> &mut Self {
        self.add(owner, RData::CNAME(CNAME(name(target))))
    }

    /// Priority, weight, target, port.
    pub(super) fn srv(&mut self, owner: &str, record: (u16, u16, &str, u16)) -> &mut Self {
        let (priority, weight, target, port) = record;
        self.add(owner, RData::SRV(SRV { priority, weight, port, target: name(target) }))
    }

    /// Order, preference, flags, services, replacement.
    pub(super) fn naptr(&mut self, owner: &str, record: (u16, u16, &str, &str, &str)) -> &mut Self {
        let (order, preference, flags, services, replacement) = record;
        let (flags, services, regexp) = (text(flags), text(services), text(""));
        let replacement = name(replacement);
        let data = NAPTR { order, preference, flags, services, regexp, replacement };
        self.add(owner, RData::NAPTR(data))
    }

    /// Without these records from now on.
    pub(super) fn forget(&mut self, owner: &str) {
        self.records.retain(|(known, _)| known != owner);
    }

    /// The answer to `query`, aliases followed within the zone.
    pub(super) fn answer(&self, query: &Query) -> Vec<u8> {
        let bytes = query.encode().expect("a name");
        let mut packet = Packet::parse(&bytes).expect("a query").into_reply();
        packet.set_flags(PacketFlag::RECURSION_AVAILABLE);
        *packet.opt_mut() = None;
        if let Some(code) = self.code {
            *packet.rcode_mut() = code;
            return packet.build_bytes_vec_compressed().expect("writable");
        }
        let wanted = match query.kind {
            RecordKind::A => TYPE::A,
            RecordKind::Aaaa => TYPE::AAAA,
            RecordKind::Srv => TYPE::SRV,
            RecordKind::Naptr => TYPE::NAPTR,
        };
        let mut owner = query.name.to_ascii_lowercase();
        for _ in 0..4 {
            let mut alias = None;
            for (_, data) in self.records.iter().filter(|(known, _)| *known == owner) {
                if let RData::CNAME(target) = data {
                    alias = Some(target.to_string());
                } else if data.type_code() != wanted {
                    continue;
                }
                packet.answers.push(record(&owner, data.clone()));
            }
            let Some(alias) = alias else { break };
            owner = alias;
        }
        if packet.answers.is_empty() {
            let known = self.records.iter().any(|(known, _)| *known == owner);
            *packet.rcode_mut() = if known { RCODE::NoError } else { RCODE::NameError };
            packet.name_servers.push(record("ex", soa()));
        }
        packet.build_bytes_vec_compressed().expect("writable")
    }

    /// The answer, as far as it fits: nothing.
    pub(super) fn truncated(query: &Query) -> Vec<u8> {
        let bytes = query.encode().expect("a name");
        let mut packet = Packet::parse(&bytes).expect("a query").into_reply();
        packet.set_flags(PacketFlag::TRUNCATION);
        packet.build_bytes_vec_compressed().expect("writable")
    }
}

/// The query that `data` is.
pub(super) fn read_query(data: &[u8]) -> Query {
    let mut packet = Packet::parse(data).expect("a query");
    let question = packet.questions.pop().expect("a question");
    let kind = match question.qtype {
        QTYPE::TYPE(TYPE::A) => RecordKind::A,
        QTYPE::TYPE(TYPE::AAAA) => RecordKind::Aaaa,
        QTYPE::TYPE(TYPE::SRV) => RecordKind::Srv,
        QTYPE::TYPE(TYPE::NAPTR) => RecordKind::Naptr,
        other => panic!("{other:?}"),
    };
    let udp_payload_bytes = packet.opt().map(|opt| opt.udp_packet_size);
    Query { id: packet.id(), name: question.qname.to_string(), kind, udp_payload_bytes }
}

fn record(owner: &str, data: RData<'static>) -> ResourceRecord<'static> {
    ResourceRecord::new(name(owner), CLASS::IN, TTL_S, data)
}

fn soa() -> RData<'static> {
    RData::SOA(SOA {
        mname: name("ns.ex"),
        rname: name("admin.ex"),
        serial: 1,
        refresh: 1,
        retry: 1,
        expire: 1,
        minimum: 60,
    })
}
