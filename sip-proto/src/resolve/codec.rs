//! DNS messages: questions out, answers in (RFC 1035, 2308, 6891).
//!
//! The format itself is `simple-dns`'s. What is checked before it sees a byte is what keeps its
//! work in proportion: the size of the message and how many records its header announces.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use simple_dns::rdata::{OPT, RData};
use simple_dns::{
    CLASS, Name, OPCODE, Packet, PacketFlag, QCLASS, QTYPE, Question as DnsQuestion, RCODE,
    ResourceRecord, TYPE, header_buffer,
};

use super::DomainName;

/// The records that finding a SIP server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum RecordKind {
    A,
    Aaaa,
    Srv,
    Naptr,
}

impl RecordKind {
    const fn dns(self) -> TYPE {
        match self {
            Self::A => TYPE::A,
            Self::Aaaa => TYPE::AAAA,
            Self::Srv => TYPE::SRV,
            Self::Naptr => TYPE::NAPTR,
        }
    }
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Question {
    pub(crate) name: DomainName,
    pub(crate) kind: RecordKind,
}

/// One record of the kind that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Record {
    Address(IpAddr),
    Srv(Srv),
    Naptr(Naptr),
}

/// Where a service is (RFC 2782). The root as target says that there is none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Srv {
    pub(crate) priority: u16,
    pub(crate) weight: u16,
    pub(crate) target: DomainName,
    pub(crate) port: u16,
}

/// Which services a domain offers, and under which names (RFC 3403).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Naptr {
    pub(crate) order: u16,
    pub(crate) preference: u16,
    pub(crate) services: String,
    pub(crate) flags: String,
    pub(crate) regexp: String,
    pub(crate) replacement: DomainName,
}

/// A query as it is sent: an answer must repeat all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) id: u16,
    /// The name, in the letters that are sent.
    pub(crate) name: String,
    pub(crate) kind: RecordKind,
    /// The size announced by EDNS, if it is used.
    pub(crate) udp_payload_bytes: Option<u16>,
}

/// An answer to a [`Query`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) code: ReplyCode,
    /// Not all of it fitted.
    pub(crate) truncated: bool,
    /// What was answered about which name, with its time to live in seconds.
    pub(crate) answers: Vec<(DomainName, u32, Content)>,
    /// For how many seconds it may be remembered that there is nothing (RFC 2308 section 5).
    pub(crate) negative_ttl: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplyCode {
    Fine,
    /// There is no such name.
    NoName,
    /// The server did not understand the query: it may be too old for EDNS.
    FormatError,
    /// The server cannot or will not answer.
    Failed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Record(Record),
    /// The name is an alias (CNAME) of this one.
    Alias(DomainName),
}

/// Bounds of what is decoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DecodeLimits {
    pub(crate) message_bytes_max: usize,
    pub(crate) records_max: usize,
}

impl Query {
    /// The bytes to send. `None` never for a [`DomainName`], whose labels fit.
    pub(crate) fn encode(&self) -> Option<Vec<u8>> {
        let mut packet = Packet::new_query(self.id);
        packet.set_flags(PacketFlag::RECURSION_DESIRED);
        let name = Name::new(&self.name).ok()?;
        let kind = QTYPE::TYPE(self.kind.dns());
        packet.questions.push(DnsQuestion::new(name, kind, QCLASS::CLASS(CLASS::IN), false));
        if let Some(udp_packet_size) = self.udp_payload_bytes {
            *packet.opt_mut() = Some(OPT { opt_codes: Vec::new(), udp_packet_size, version: 0 });
        }
        packet.build_bytes_vec().ok()
    }

    /// Reads an answer to this query; `None` for anything else: another id, another question, in
    /// other letters, a query, or what cannot be read within the limits.
    pub(crate) fn decode(&self, data: &[u8], limits: DecodeLimits) -> Option<Reply> {
        if header_buffer::id(data).ok()? != self.id || !is_proportionate(data, limits) {
            return None;
        }
        let packet = Packet::parse(data).ok()?;
        let is_reply =
            packet.has_flags(PacketFlag::RESPONSE) && packet.opcode() == OPCODE::StandardQuery;
        let code = match packet.rcode() {
            RCODE::NoError => ReplyCode::Fine,
            RCODE::NameError => ReplyCode::NoName,
            RCODE::FormatError => ReplyCode::FormatError,
            _ => ReplyCode::Failed,
        };
        // Who cannot read a question cannot repeat it.
        let repeats = match packet.questions.as_slice() {
            [] => code == ReplyCode::FormatError,
            [question] => self.is_repeated_by(question),
            _ => false,
        };
        (is_reply && repeats).then(|| Reply {
            code,
            truncated: packet.has_flags(PacketFlag::TRUNCATION),
            answers: packet.answers.iter().filter_map(answer).collect(),
            negative_ttl: packet.name_servers.iter().find_map(negative_ttl),
        })
    }

    fn is_repeated_by(&self, question: &DnsQuestion<'_>) -> bool {
        let asked = self.name.split('.').map(str::as_bytes);
        question.qtype == QTYPE::TYPE(self.kind.dns())
            && question.qclass == QCLASS::CLASS(CLASS::IN)
            && question.qname.as_bytes().eq(asked)
    }
}

/// Whether the header announces no more than there can be and may be. The decoder makes room for
/// all that is announced, and may follow as many compression pointers for each record as half the
/// message holds.
fn is_proportionate(data: &[u8], limits: DecodeLimits) -> bool {
    let counts = [
        header_buffer::answers(data),
        header_buffer::name_servers(data),
        header_buffer::additional_records(data),
    ];
    let records: usize =
        counts.into_iter().map(|count| usize::from(count.unwrap_or(u16::MAX))).sum();
    data.len() <= limits.message_bytes_max
        && records <= limits.records_max
        && header_buffer::questions(data).is_ok_and(|count| count <= 1)
}

fn answer(record: &ResourceRecord<'_>) -> Option<(DomainName, u32, Content)> {
    let content = match &record.rdata {
        RData::A(address) => address_content(Ipv4Addr::from(address.address).into()),
        RData::AAAA(address) => address_content(Ipv6Addr::from(address.address).into()),
        RData::CNAME(alias) => Content::Alias(domain_name(&alias.0)?),
        RData::SRV(srv) => Content::Record(Record::Srv(Srv {
            priority: srv.priority,
            weight: srv.weight,
            port: srv.port,
            target: domain_name(&srv.target)?,
        })),
        RData::NAPTR(naptr) => Content::Record(Record::Naptr(Naptr {
            order: naptr.order,
            preference: naptr.preference,
            services: String::try_from(naptr.services.clone()).ok()?,
            flags: String::try_from(naptr.flags.clone()).ok()?,
            regexp: String::try_from(naptr.regexp.clone()).ok()?,
            replacement: domain_name(&naptr.replacement)?,
        })),
        _ => return None,
    };
    let is_internet = record.class == CLASS::IN;
    is_internet.then_some((domain_name(&record.name)?, record.ttl, content))
}

fn address_content(address: IpAddr) -> Content {
    Content::Record(Record::Address(address))
}

/// The lesser of the SOA's own time to live and its minimum (RFC 2308 section 3).
fn negative_ttl(record: &ResourceRecord<'_>) -> Option<u32> {
    match &record.rdata {
        RData::SOA(soa) => Some(record.ttl.min(soa.minimum)),
        _ => None,
    }
}

fn domain_name(name: &Name<'_>) -> Option<DomainName> {
    DomainName::from_labels(name.as_bytes())
}

impl Record {
    /// What it takes in memory, about.
    pub(crate) fn held_bytes(&self) -> usize {
        let texts = match self {
            Self::Address(_) => 0,
            Self::Srv(srv) => srv.target.as_str().len(),
            Self::Naptr(naptr) => {
                let texts = [&naptr.services, &naptr.flags, &naptr.regexp];
                texts.map(String::len).iter().sum::<usize>() + naptr.replacement.as_str().len()
            }
        };
        size_of::<Self>() + texts
    }

    pub(crate) const fn kind(&self) -> RecordKind {
        match self {
            Self::Address(IpAddr::V4(_)) => RecordKind::A,
            Self::Address(IpAddr::V6(_)) => RecordKind::Aaaa,
            Self::Srv(_) => RecordKind::Srv,
            Self::Naptr(_) => RecordKind::Naptr,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{Zone, srv};
    use super::*;

    const LIMITS: DecodeLimits = DecodeLimits { message_bytes_max: 4096, records_max: 64 };

    fn query(name: &str, kind: RecordKind) -> Query {
        Query { id: 0x1234, name: name.to_owned(), kind, udp_payload_bytes: Some(1232) }
    }

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).expect("a name")
    }

    /// RFC 1035 section 4.1: id, recursion desired, one question, no answer; RFC 6891 section 6.1:
    /// one OPT record whose class is the size.
    #[test]
    fn a_query_on_the_wire() {
        let bytes = query("SiP.ex", RecordKind::Naptr).encode().expect("a name");
        let expected = b"\x12\x34\x01\x00\0\x01\0\0\0\0\0\x01\
                         \x03SiP\x02ex\0\0\x23\0\x01\
                         \0\0\x29\x04\xd0\0\0\0\0\0\0";
        assert_eq!(bytes, expected);
    }

    #[test]
    fn every_kind_of_record_is_read() {
        let mut zone = Zone::default();
        zone.naptr("ex", (10, 20, "s", "SIP+D2T", "_sip._tcp.ex"));
        zone.srv("_sip._tcp.ex", (1, 2, "a.ex", 5070));
        zone.alias("a.ex", "b.ex").address("b.ex", "192.0.2.1").address("b.ex", "2001:db8::1");
        let ask = |text: &str, kind| {
            let query = query(text, kind);
            query.decode(&zone.answer(&query), LIMITS).expect("an answer").answers
        };
        let [(_, 300, Content::Record(Record::Naptr(naptr)))] = &ask("ex", RecordKind::Naptr)[..]
        else {
            panic!("one NAPTR record");
        };
        assert_eq!((naptr.order, naptr.preference), (10, 20));
        assert_eq!((naptr.flags.as_str(), naptr.services.as_str()), ("s", "SIP+D2T"));
        let expected = Content::Record(Record::Srv(srv(1, 2, "a.ex", 5070)));
        assert_eq!(ask("_sip._tcp.ex", RecordKind::Srv)[0].2, expected);
        let answers = ask("a.ex", RecordKind::A);
        assert_eq!(answers[0], (name("a.ex"), 300, Content::Alias(name("b.ex"))));
        let four = Content::Record(Record::Address("192.0.2.1".parse().expect("an address")));
        assert_eq!(answers[1].2, four);
        assert_eq!(ask("b.ex", RecordKind::Aaaa).len(), 1);
    }

    /// RFC 2308 section 3: the SOA says how long nothing stays nothing.
    #[test]
    fn nothing_comes_with_its_time() {
        let zone = Zone::default();
        let query = query("none.ex", RecordKind::A);
        let reply = query.decode(&zone.answer(&query), LIMITS).expect("an answer");
        assert_eq!((reply.code, reply.negative_ttl), (ReplyCode::NoName, Some(60)));
    }

    /// RFC 5452 section 9.1: id and question must be those of the query.
    #[test]
    fn what_answers_something_else_is_no_answer() {
        let mut zone = Zone::default();
        zone.address("a.ex", "192.0.2.1");
        let asked = query("a.ex", RecordKind::A);
        let answer = zone.answer(&asked);
        assert!(asked.decode(&answer, LIMITS).is_some());
        let others = [
            Query { id: 0x1235, ..asked.clone() },
            query("A.ex", RecordKind::A),
            query("b.ex", RecordKind::A),
            query("a.ex", RecordKind::Aaaa),
        ];
        for other in others {
            assert_eq!(other.decode(&answer, LIMITS), None, "{other:?}");
        }
        assert_eq!(asked.decode(&asked.encode().expect("a name"), LIMITS), None, "a query");
        assert_eq!(asked.decode(&answer[..answer.len() - 1], LIMITS), None, "cut short");
        assert_eq!(asked.decode(&[], LIMITS), None);
    }

    #[test]
    fn who_cannot_read_a_question_need_not_repeat_it() {
        let asked = query("a.ex", RecordKind::A);
        let bare = b"\x12\x34\x81\x81\0\0\0\0\0\0\0\0";
        let reply = asked.decode(bare, LIMITS).expect("a format error");
        assert_eq!(reply.code, ReplyCode::FormatError);
        assert_eq!(asked.decode(b"\x12\x34\x81\x80\0\0\0\0\0\0\0\0", LIMITS), None);
    }

    #[test]
    fn more_than_the_limits_allow_is_no_answer() {
        let mut zone = Zone::default();
        for number in 1..=9 {
            zone.address("a.ex", &format!("192.0.2.{number}"));
        }
        let asked = query("a.ex", RecordKind::A);
        let answer = zone.answer(&asked);
        let fits = DecodeLimits { message_bytes_max: answer.len(), records_max: 9 };
        assert!(asked.decode(&answer, fits).is_some());
        assert!(asked.decode(&answer, DecodeLimits { records_max: 8, ..fits }).is_none());
        let message_bytes_max = answer.len() - 1;
        assert!(asked.decode(&answer, DecodeLimits { message_bytes_max, ..fits }).is_none());
    }

    /// Compression pointers (RFC 1035 section 4.1.4) that point at themselves, at each other,
    /// forward, and in a long chain.
    #[test]
    fn pointers_do_not_lead_round_in_circles() {
        let asked = query("a.ex", RecordKind::A);
        let head = b"\x12\x34\x81\x80\0\x01\0\x01\0\0\0\0\x01a\x02ex\0\0\x01\0\x01";
        let tail = b"\0\x01\0\x01\0\0\0\x3c\0\x04\xc0\0\x02\x01";
        let at = u8::try_from(head.len()).expect("short");
        let answer = |owner: &[u8]| [head.as_slice(), owner, tail].concat();
        assert!(asked.decode(&answer(b"\xc0\x0c"), LIMITS).is_some(), "to the question");
        for owner in [
            vec![0xc0, at],
            vec![1, b'a', 0xc0, at],
            vec![0xc0, at + 2, 0xc0, at],
            vec![0xc0, at + 4],
            vec![0xff, 0xff],
            vec![0x80, 0x0c],
        ] {
            assert_eq!(asked.decode(&answer(&owner), LIMITS), None, "{owner:x?}");
        }
        // Each points at the one before it, and the first at the question.
        let mut chain = vec![0xc0, 0x0c];
        for number in 0..1000_u16 {
            let previous = u16::from(at) + 2 * number;
            chain.extend((0xc000 | previous).to_be_bytes());
        }
        let bytes = answer(&chain);
        assert_eq!(asked.decode(&bytes, LIMITS), None, "the first pointer ends the name");
    }

    proptest! {
        #[test]
        fn no_bytes_are_a_panic(data in prop::collection::vec(any::<u8>(), 0..600)) {
            let _ = query("a.ex", RecordKind::A).decode(&data, LIMITS);
        }

        /// Past the checks of id and question, into the records of every type.
        #[test]
        fn no_record_is_a_panic(
            kind in 0_u16..70,
            owner in prop::collection::vec(any::<u8>(), 1..8),
            rdata in prop::collection::vec(any::<u8>(), 0..120),
            count in 0_u16..6,
        ) {
            let mut data = b"\x12\x34\x81\x80\0\x01\0\0\0\0\0\0\x01a\x02ex\0\0\x01\0\x01".to_vec();
            data[7] = count as u8;
            for _ in 0..count.max(1) {
                data.extend_from_slice(&owner);
                data.extend(kind.to_be_bytes());
                data.extend(b"\0\x01\0\0\0\x3c");
                data.extend((rdata.len() as u16).to_be_bytes());
                data.extend_from_slice(&rdata);
            }
            let _ = query("a.ex", RecordKind::A).decode(&data, LIMITS);
        }

        /// Whatever the letters are, they come back as they were sent.
        #[test]
        fn queries_decode_what_answers_them(letters in "[a-zA-Z0-9_-]{1,20}(\\.[a-zA-Z]{1,9}){1,5}") {
            let asked = query(&letters, RecordKind::Srv);
            let reply = asked.decode(&Zone::default().answer(&asked), LIMITS);
            prop_assert_eq!(reply.map(|reply| reply.code), Some(ReplyCode::NoName));
        }
    }
}
