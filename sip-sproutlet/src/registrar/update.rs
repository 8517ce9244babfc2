//! A registration applied to what is bound: a pure function.

use std::borrow::Cow;

use bytes::Bytes;
use sip_proto::message::{HeaderName, Uri};
use sip_proto::{StatusCode, UnixTime};

use crate::config::RegistrarConfig;
use crate::location::Binding;
use crate::refusal::Refusal;
use crate::registrar::registration::{Contacts, Registration, Requested};

/// The bindings after `registration`, or why none of it is done (RFC 3261 section 10.3, steps 6
/// and 7). `None` if it only asks.
pub(super) fn apply(
    current: &[Binding],
    registration: &Registration,
    now: UnixTime,
    config: &RegistrarConfig,
) -> Result<Option<Vec<Binding>>, Refusal> {
    match &registration.contacts {
        Contacts::Query => Ok(None),
        Contacts::RemoveAll => {
            current.iter().try_for_each(|binding| check_order(binding, registration))?;
            Ok(Some(Vec::new()))
        }
        Contacts::Change(requested) => {
            // Each URI is parsed once, however many it is compared with.
            let stored: Vec<Known<'_>> = current.iter().map(Known::stored).collect();
            let mut bindings = stored.clone();
            for contact in requested {
                change(&mut bindings, &stored, contact, registration, now, config)?;
            }
            if bindings.len() > config.contacts_per_aor_max {
                return Err(Refusal::new(
                    StatusCode::FORBIDDEN,
                    "registrar.contacts_per_aor_max is reached",
                ));
            }
            Ok(Some(bindings.into_iter().map(|known| known.binding.into_owned()).collect()))
        }
    }
}

/// A binding, and its URI for comparison.
#[derive(Clone)]
struct Known<'a> {
    name: Name<'a>,
    binding: Cow<'a, Binding>,
}

impl<'a> Known<'a> {
    fn stored(binding: &'a Binding) -> Self {
        Self { name: Name::new(&binding.uri), binding: Cow::Borrowed(binding) }
    }
}

/// A URI, compared as URIs are (RFC 3261 sections 10.3, step 7, and 19.1.4).
#[derive(Clone)]
struct Name<'a> {
    raw: &'a [u8],
    parsed: Option<Uri<'a>>,
}

impl<'a> Name<'a> {
    fn new(raw: &'a [u8]) -> Self {
        Self { raw, parsed: Uri::parse(raw).ok() }
    }

    fn is_same(&self, other: &Self) -> bool {
        self.raw == other.raw
            || match (&self.parsed, &other.parsed) {
                (Some(one), Some(other)) => one.equivalent(other),
                _ => false,
            }
    }
}

fn change<'a>(
    bindings: &mut Vec<Known<'a>>,
    stored: &[Known<'a>],
    contact: &'a Requested,
    registration: &Registration,
    now: UnixTime,
    config: &RegistrarConfig,
) -> Result<(), Refusal> {
    let name = Name::new(&contact.uri);
    if let Some(stored) = stored.iter().find(|known| known.name.is_same(&name)) {
        check_order(&stored.binding, registration)?;
    }
    let at = bindings.iter().position(|known| known.name.is_same(&name));
    if contact.expires_s == 0 {
        if let Some(at) = at {
            bindings.remove(at);
        }
        return Ok(());
    }
    let expires_s = granted(contact.expires_s, config)?;
    let binding = Binding {
        uri: contact.uri.clone(),
        params: contact.params.clone(),
        q_per_mille: contact.q_per_mille,
        call_id: registration.call_id.clone(),
        cseq: registration.cseq,
        expires_at_unix_s: now.as_secs().saturating_add(u64::from(expires_s)),
        path: registration.path.clone(),
        received: contact.received.clone(),
    };
    if registration.aor.len() + binding.text_bytes() > config.contact_bytes_max {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "registrar.contact_bytes_max is reached"));
    }
    let known = Known { name, binding: Cow::Owned(binding) };
    match at.and_then(|at| bindings.get_mut(at)) {
        Some(old) => *old = known,
        None => bindings.push(known),
    }
    Ok(())
}

/// Step 7: a request of the same phone that was overtaken by a later one changes nothing.
fn check_order(stored: &Binding, registration: &Registration) -> Result<(), Refusal> {
    if stored.call_id == registration.call_id && registration.cseq <= stored.cseq {
        return Err(Refusal::new(
            StatusCode::SERVER_INTERNAL_ERROR,
            "its CSeq is not above that of an earlier REGISTER",
        ));
    }
    Ok(())
}

/// Steps 6 and 7: what an interval asked for becomes.
fn granted(asked_s: u32, config: &RegistrarConfig) -> Result<u32, Refusal> {
    // 423 is for intervals under an hour only, which the configuration makes sure of.
    if asked_s < config.expires_min_s {
        return Err(Refusal {
            status: StatusCode::INTERVAL_TOO_BRIEF,
            reason: "it asks for less than registrar.expires_min_s",
            header: Some((HeaderName::MinExpires, Bytes::from(config.expires_min_s.to_string()))),
        });
    }
    Ok(asked_s.min(config.expires_max_s))
}
