//! The contacts that a user agent registers.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::message::{Contact, TypedHeader as _};

/// More own contacts than the configuration allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("at most {0} contacts can be registered")]
pub struct TooManyContacts(pub usize);

/// A contact to be registered.
///
/// ```
/// use sip_proto::usage::OwnContact;
///
/// let contact = OwnContact::new("sip:bob@192.0.2.4;ob").flow("urn:uuid:0C67446E", 1).q(500);
/// assert_eq!(
///     contact.value(None),
///     r#"<sip:bob@192.0.2.4;ob>;+sip.instance="<urn:uuid:0C67446E>";reg-id=1;q=0.5"#
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnContact {
    /// The URI.
    pub uri: String,
    /// Which device: a URN (RFC 5626 section 4.1).
    pub instance: Option<String>,
    /// Which flow of the device (RFC 5626 section 4.2); counts with an instance only.
    pub reg_id: Option<u32>,
    /// The preference in thousandths.
    pub q_thousandths: Option<u16>,
    /// How long this one shall last, where it is not as long as the others.
    pub expires_secs: Option<u32>,
    /// More parameters as they are to be written, each with its `;` before it: what the device can
    /// (RFC 3840).
    pub params: String,
}

impl OwnContact {
    /// A URI alone.
    #[must_use]
    pub fn new(uri: impl Into<String>) -> Self {
        Self {
            uri: uri.into(),
            instance: None,
            reg_id: None,
            q_thousandths: None,
            expires_secs: None,
            params: String::new(),
        }
    }

    /// Of a device: the registrar may make GRUUs (RFC 5627).
    #[must_use]
    pub fn instance(mut self, urn: impl Into<String>) -> Self {
        self.instance = Some(urn.into());
        self
    }

    /// Over a flow of a device (RFC 5626 section 4.2).
    #[must_use]
    pub fn flow(mut self, urn: impl Into<String>, reg_id: u32) -> Self {
        self.reg_id = Some(reg_id);
        self.instance(urn)
    }

    /// With a preference in thousandths.
    #[must_use]
    pub const fn q(mut self, thousandths: u16) -> Self {
        self.q_thousandths = Some(thousandths);
        self
    }

    /// As it is written, with `expires` where it is said.
    #[must_use]
    pub fn value(&self, expires_secs: Option<u32>) -> String {
        let mut value = format!("<{}>", self.uri);
        if let Some(urn) = &self.instance {
            value += &format!(";+sip.instance=\"<{urn}>\"");
        }
        if let Some(id) = self.flow_id() {
            value += &format!(";reg-id={id}");
        }
        if let Some(q) = self.q_thousandths {
            value += &match q {
                1000.. => ";q=1".to_owned(),
                0 => ";q=0".to_owned(),
                q => format!(";q=0.{}", format!("{q:03}").trim_end_matches('0')),
            };
        }
        value += &self.params;
        if let Some(seconds) = expires_secs {
            value += &format!(";expires={seconds}");
        }
        value
    }

    /// The reg-id, which has no meaning without an instance (RFC 5626 section 4.2).
    pub(super) fn flow_id(&self) -> Option<u32> {
        self.reg_id.filter(|_| self.instance.is_some())
    }

    /// Whether a binding of a response is this one: the same flow of the same device
    /// (RFC 5626 section 6), or the same URI by its rules of comparison (RFC 3261 section 10.2.4).
    pub(super) fn is(&self, binding: &Contact<'_>) -> bool {
        let instance = self.instance.as_ref().map(String::as_bytes);
        if self.flow_id().is_some() && binding.reg_id().is_some() {
            return self.flow_id() == binding.reg_id() && instance == binding.instance();
        }
        let value = self.value(None);
        let own = Contact::parse(value.as_bytes());
        let own = own.as_ref().ok().and_then(Contact::address);
        let (Some(own), Some(other)) = (own, binding.address()) else {
            return false;
        };
        match (own.parsed_uri(), other.parsed_uri()) {
            (Ok(own), Ok(other)) => own.equivalent(&other),
            _ => own.uri == other.uri,
        }
    }
}
