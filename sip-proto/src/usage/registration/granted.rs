//! What a registrar granted.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::super::exchange;
use super::{OwnContact, RegistrationConfig};
use crate::dialog::text;
use crate::message::headers::{FlowTimer, PAssociatedUri, ServiceRoute};
use crate::message::{Contact, Message, Require, TypedHeader};
use crate::{HeaderName, Response};

/// What became of an own contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantedContact {
    /// The contact.
    pub contact: OwnContact,
    /// How long it was granted for; `None` where the response does not have it.
    pub expires_secs: Option<u32>,
    /// Its public GRUU (RFC 5627 section 4.2); empty without.
    #[serde(with = "text")]
    pub pub_gruu: Bytes,
    /// Its temporary GRUU; empty without.
    #[serde(with = "text")]
    pub temp_gruu: Bytes,
}

/// What the last 2xx said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Granted {
    pub(super) contacts: Vec<GrantedContact>,
    /// RFC 3608: the route of requests, in this order.
    #[serde(with = "text::list")]
    pub(super) service_route: Vec<Bytes>,
    #[serde(with = "text::list")]
    pub(super) associated_uris: Vec<Bytes>,
    pub(super) is_outbound: bool,
    pub(super) flow_timer_secs: Option<u32>,
}

impl Granted {
    pub(super) fn read(
        response: &Response,
        contacts: &[OwnContact],
        asked_secs: u32,
        config: &RegistrationConfig,
    ) -> Self {
        let requires = |option: &str| {
            response
                .header_list::<Require<'_>>()
                .any(|it| it.is_ok_and(|it| it.0.eq_ignore_ascii_case(option)))
        };
        Self {
            contacts: granted(response, contacts, asked_secs, config.bindings_max),
            service_route: kept(response, &ServiceRoute::NAME, config.routes_max),
            associated_uris: kept(response, &PAssociatedUri::NAME, config.routes_max),
            // RFC 5626 section 6: the registrar says so where it keeps the flow.
            is_outbound: requires("outbound"),
            flow_timer_secs: response.header::<FlowTimer>().ok().flatten().map(|it| it.0),
        }
    }

    /// The shortest time granted to one of the contacts.
    pub(super) fn shortest_secs(&self) -> Option<u32> {
        self.contacts.iter().filter_map(|it| it.expires_secs).filter(|secs| *secs > 0).min()
    }
}

/// RFC 3261 section 10.2.4: the response lists all bindings, each with what was granted.
fn granted(
    response: &Response,
    contacts: &[OwnContact],
    asked_secs: u32,
    bindings_max: usize,
) -> Vec<GrantedContact> {
    let bindings: Vec<Contact<'_>> =
        response.header_list::<Contact<'_>>().take(bindings_max).filter_map(Result::ok).collect();
    let common = exchange::expires_secs(response);
    let text = |value: Option<&[u8]>| Bytes::copy_from_slice(value.unwrap_or_default());
    contacts
        .iter()
        .map(|contact| {
            let asked = contact.expires_secs.unwrap_or(asked_secs);
            let found = bindings.iter().find(|binding| contact.is(binding));
            let expires_secs = match found {
                Some(it) => it.expires_secs().and_then(Result::ok).or(common).or(Some(asked)),
                // Some registrars list nothing.
                None if !response.has(&HeaderName::Contact) => Some(common.unwrap_or(asked)),
                None => None,
            };
            GrantedContact {
                contact: contact.clone(),
                expires_secs,
                pub_gruu: text(found.and_then(Contact::pub_gruu)),
                temp_gruu: text(found.and_then(Contact::temp_gruu)),
            }
        })
        .collect()
}

fn kept(message: &Message, name: &HeaderName, max: usize) -> Vec<Bytes> {
    message.list(name).take(max).map(Bytes::copy_from_slice).collect()
}
