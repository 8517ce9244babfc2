//! What a REGISTER asks for.

use bytes::Bytes;
use sip_proto::message::{CSeq, Contact, Expires, Path, Require, Scheme, To, Uri, Via};
use sip_proto::{Request, Source, StatusCode, TransportKind};

use crate::config::RegistrarConfig;
use crate::local_names::LocalNames;
use crate::location::{FlowUse, Received, needs_flow};
use crate::refusal::{Refusal, check_extensions};

/// A valid REGISTER, ready to be applied to what is bound.
#[derive(Clone, Debug)]
pub(super) struct Registration {
    pub(super) aor: Bytes,
    pub(super) contacts: Contacts,
    pub(super) call_id: Bytes,
    pub(super) cseq: u32,
    pub(super) path: Vec<Bytes>,
}

/// What to do with the bindings.
#[derive(Clone, Debug)]
pub(super) enum Contacts {
    /// Only tell them.
    Query,
    /// Remove them all.
    RemoveAll,
    /// Add, refresh or remove these.
    Change(Vec<Requested>),
}

/// One Contact of a REGISTER.
#[derive(Clone, Debug)]
pub(super) struct Requested {
    pub(super) uri: Bytes,
    pub(super) params: Bytes,
    pub(super) q_per_mille: u16,
    /// What it asks for; 0 removes it.
    pub(super) expires_s: u32,
    pub(super) received: Received,
}

const fn bad(reason: &'static str) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, reason)
}

/// Reads a REGISTER (RFC 3261 section 10.3, steps 2 and 5 to 7 as far as they look at the request
/// alone).
pub(super) fn read(
    request: &Request,
    local: &LocalNames,
    source: &Source,
    config: &RegistrarConfig,
) -> Result<Registration, Refusal> {
    check_require(request)?;
    let to = request.require::<To<'_>>().map_err(|_| bad("To cannot be read"))?;
    let to = to.parsed_uri().map_err(|_| bad("the To URI cannot be read"))?;
    let aor = local
        .aor(&to)
        .ok_or(Refusal::new(StatusCode::NOT_FOUND, "the To URI is not a user of this server"))?;
    let cseq = request.require::<CSeq>().map_err(|_| bad("CSeq cannot be read"))?;
    let call_id = request.call_id().map_err(|_| bad("Call-ID cannot be read"))?;
    let path = read_path(request, local, config)?;
    let contacts = read_contacts(request, source, config, !path.is_empty())?;
    Ok(Registration {
        aor,
        contacts,
        call_id: Bytes::copy_from_slice(call_id),
        cseq: cseq.number,
        path,
    })
}

/// Step 2: extensions that must be understood. Path (RFC 3327) is.
fn check_require(request: &Request) -> Result<(), Refusal> {
    let demanded = request.header_list::<Require<'_>>().flatten().map(|tag| tag.0);
    check_extensions(demanded, &["path"], "it requires an extension that is not supported")
}

/// RFC 3327. A Path through this server itself would bring every request for the user back here.
fn read_path(
    request: &Request,
    local: &LocalNames,
    config: &RegistrarConfig,
) -> Result<Vec<Bytes>, Refusal> {
    let forbidden = |reason| Refusal::new(StatusCode::FORBIDDEN, reason);
    let mut path = Vec::new();
    for hop in request.header_list::<Path<'_>>() {
        let raw = hop.map_err(|_| bad("Path cannot be read"))?.0.uri;
        let uri = Uri::parse(raw).map_err(|_| bad("a Path URI cannot be read"))?;
        if !uri.is_sip() {
            return Err(bad("a Path URI is not a SIP URI"));
        }
        if local.leads_here(&uri) || local.is_own(&uri) {
            return Err(forbidden("a Path URI is this server's own"));
        }
        if path.len() >= config.path_max {
            return Err(forbidden("registrar.path_max is reached"));
        }
        path.push(Bytes::from([b"<", raw, b">"].concat()));
    }
    Ok(path)
}

/// Step 6: `*` stands alone and asks for 0 seconds.
fn read_contacts(
    request: &Request,
    source: &Source,
    config: &RegistrarConfig,
    has_path: bool,
) -> Result<Contacts, Refusal> {
    // Section 20.19: a malformed Expires counts as the default.
    let expires = request.header::<Expires>().ok().flatten().map(|Expires(seconds)| seconds);
    let direct = !has_path && request.header_list::<Via<'_>>().nth(1).is_none();
    let mut requested = Vec::new();
    let (mut bound, mut removed) = (0, 0);
    let mut stars = 0_u32;
    for contact in request.header_list::<Contact<'_>>() {
        let contact = contact.map_err(|_| bad("Contact cannot be read"))?;
        let own_expires = contact.expires_secs();
        let q_per_mille = contact.q().unwrap_or(1000).min(1000);
        let Contact::Address(address) = contact else {
            stars = stars.saturating_add(1);
            continue;
        };
        let uri = Uri::parse(address.uri).map_err(|_| bad("a Contact URI cannot be read"))?;
        if !uri.is_sip() || uri.host().is_none() {
            return Err(bad("a Contact is not a SIP URI"));
        }
        let expires_s = match own_expires {
            Some(Ok(seconds)) => seconds,
            Some(Err(_)) => config.expires_default_s,
            None => expires.unwrap_or(config.expires_default_s),
        };
        // Enough to replace all that there can be by as many others; the work that one request
        // makes grows with the product of what it asks for and what there is.
        let count = if expires_s == 0 { &mut removed } else { &mut bound };
        *count += 1;
        if *count > config.contacts_per_aor_max {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "registrar.contacts_per_aor_max is reached",
            ));
        }
        requested.push(Requested {
            uri: Bytes::copy_from_slice(address.uri),
            params: kept_params(address.params),
            q_per_mille,
            expires_s,
            received: Received {
                transport: source.transport,
                remote: source.remote,
                local: source.local,
                flow: source.flow,
                use_flow: if direct { flow_use(&uri, source) } else { FlowUse::Never },
            },
        });
    }
    match (stars, requested.is_empty()) {
        (0, true) => Ok(Contacts::Query),
        (0, false) => Ok(Contacts::Change(requested)),
        (1, true) if expires == Some(0) => Ok(Contacts::RemoveAll),
        (1, true) => Err(bad("Contact: * without Expires: 0")),
        _ => Err(bad("Contact: * beside other contacts")),
    }
}

/// The Contact parameters that are echoed: all but those with a meaning of their own here.
fn kept_params(params: sip_proto::message::Params<'_>) -> Bytes {
    let mut kept = Vec::new();
    for (name, value) in params.iter() {
        if name.eq_ignore_ascii_case(b"expires") || name.eq_ignore_ascii_case(b"q") {
            continue;
        }
        if !kept.is_empty() {
            kept.push(b';');
        }
        kept.extend_from_slice(name);
        if let Some(value) = value {
            kept.push(b'=');
            kept.extend_from_slice(value);
        }
    }
    // Not from the vector: its spare room would be held as long as the binding.
    Bytes::copy_from_slice(&kept)
}

/// Whether requests to a Contact take the flow it came in on.
fn flow_use(uri: &Uri<'_>, source: &Source) -> FlowUse {
    let is_plain = matches!(source.transport, TransportKind::Udp | TransportKind::Tcp);
    if uri.scheme() == Scheme::Sips && is_plain {
        // RFC 3261 section 26.2.2: it asks for TLS on every hop.
        FlowUse::Never
    } else if needs_flow(uri, source) {
        FlowUse::Only
    } else {
        let asked = uri.transport().map(TransportKind::from_token);
        let fits = asked.is_none_or(|kind| match (kind, source.transport) {
            // A sips URI names what carries TLS (RFC 3261 section 26.2.2); `ws` is the only name that
            // RFC 7118 section 5.2.2 gives to both.
            (Some(TransportKind::Tcp), TransportKind::Tls) => uri.scheme() == Scheme::Sips,
            (Some(TransportKind::Ws), TransportKind::Wss) => true,
            (asked, used) => asked == Some(used),
        });
        if source.transport.is_reliable() && fits { FlowUse::Preferred } else { FlowUse::Never }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::source;

    #[test]
    fn which_contacts_are_reached_over_the_flow_they_came_in_on() {
        use FlowUse::{Never, Only, Preferred};
        use TransportKind::{Tcp, Tls, Udp, Ws, Wss};
        let table = [
            ("sip:bob@192.0.2.1:5060", Udp, Never),
            // The port is another: it may be one that the phone listens on, or none.
            ("sip:bob@192.0.2.1:5060", Tcp, Preferred),
            ("sip:bob@192.0.2.1:5060;transport=TCP", Tcp, Preferred),
            ("sip:bob@phone.example;transport=tcp", Tcp, Preferred),
            ("sip:bob@192.0.2.1;transport=udp", Tcp, Never),
            ("sip:bob@192.0.2.1;transport=x", Tcp, Never),
            ("sip:bob@10.0.0.1", Udp, Only),
            ("sip:bob@10.0.0.1", Tcp, Only),
            ("sip:bob@df7jal23ls0d.invalid;transport=ws", Ws, Only),
            ("sips:bob@192.0.2.1", Tcp, Never),
            ("sips:bob@10.0.0.1", Tcp, Never),
            ("sips:bob@192.0.2.1", Tls, Preferred),
            ("sips:bob@192.0.2.1;transport=tcp", Tls, Preferred),
            ("sip:bob@192.0.2.1;transport=tcp", Tls, Never),
            ("sip:bob@192.0.2.1;transport=tls", Tls, Preferred),
            ("sip:bob@192.0.2.1;transport=ws", Wss, Preferred),
            ("sip:bob@df7jal23ls0d.invalid;transport=ws", Wss, Only),
        ];
        for (contact, transport, expected) in table {
            let uri = Uri::parse(contact.as_bytes()).expect("a URI");
            let source = source("192.0.2.1:40001", transport);
            assert_eq!(flow_use(&uri, &source), expected, "{contact} over {transport}");
        }
    }
}
