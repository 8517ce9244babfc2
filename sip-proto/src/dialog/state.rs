//! [`Dialog`]: the state of RFC 3261 section 12.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::{DialogError, DialogId, RequestRefused, route_set, text};
use crate::message::{CSeq, Contact, RequestBuilder, Scheme, Uri};
use crate::{HeaderName, Message, Method, Request, Response};

/// Which end of a dialog this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DialogRole {
    /// It sent the request that established the dialog.
    Uac,
    /// It received it.
    Uas,
}

/// How far a dialog is established (RFC 3261 section 12.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DialogState {
    /// By a provisional response.
    Early,
    /// By a 2xx.
    Confirmed,
}

/// One end of a dialog; see the [module](super).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialog {
    id: DialogId,
    role: DialogRole,
    state: DialogState,
    /// Our From in requests we send, with its tag.
    #[serde(with = "text")]
    local: Bytes,
    /// Their From in requests they send: our To, with its tag.
    #[serde(with = "text")]
    remote: Bytes,
    #[serde(with = "text")]
    remote_target: Bytes,
    #[serde(with = "text::list")]
    route_set: Vec<Bytes>,
    local_cseq: Option<u32>,
    remote_cseq: Option<u32>,
    is_secure: bool,
}

impl Dialog {
    /// The dialog that `response` to our `request` establishes at the client
    /// (RFC 3261 section 12.1.2).
    ///
    /// # Errors
    ///
    /// Where the response establishes none, or a header that is needed cannot be read.
    pub fn uac(request: &Request, response: &Response) -> Result<Self, DialogError> {
        let state = state_of(response)?;
        let id = DialogId::of_response(response)?;
        let mut route_set = route_set::recorded(response)?;
        route_set.reverse();
        Self {
            role: DialogRole::Uac,
            state,
            local: value(request, &HeaderName::From),
            remote: value(response, &HeaderName::To),
            remote_target: target(response)?,
            route_set,
            local_cseq: Some(cseq(request)?),
            remote_cseq: None,
            is_secure: is_sips(request.uri_bytes()),
            id,
        }
        .with_tag()
    }

    /// The dialog that our `response` to `request` establishes at the server
    /// (RFC 3261 section 12.1.1). The response carries our To tag.
    ///
    /// # Errors
    ///
    /// Where the response establishes none, or a header that is needed cannot be read.
    pub fn uas(request: &Request, response: &Response) -> Result<Self, DialogError> {
        let state = state_of(response)?;
        let DialogId { call_id, local_tag, remote_tag } = DialogId::of_response(response)?;
        Self {
            id: DialogId { call_id, local_tag: remote_tag, remote_tag: local_tag },
            role: DialogRole::Uas,
            state,
            local: value(response, &HeaderName::To),
            remote: value(request, &HeaderName::From),
            remote_target: target(request)?,
            route_set: route_set::recorded(request)?,
            local_cseq: None,
            remote_cseq: Some(cseq(request)?),
            is_secure: is_sips(request.uri_bytes()),
        }
        .with_tag()
    }

    fn with_tag(self) -> Result<Self, DialogError> {
        let to_tag = match self.role {
            DialogRole::Uac => &self.id.remote_tag,
            DialogRole::Uas => &self.id.local_tag,
        };
        // A 2xx of an RFC 2543 server may have none (section 12.1.2); ours always has one.
        let may_lack = self.role == DialogRole::Uac && self.state == DialogState::Confirmed;
        if to_tag.is_empty() && !may_lack { Err(DialogError::NoTag) } else { Ok(self) }
    }

    /// Its name.
    #[must_use]
    pub const fn id(&self) -> &DialogId {
        &self.id
    }

    /// Which end this is.
    #[must_use]
    pub const fn role(&self) -> DialogRole {
        self.role
    }

    /// Early or confirmed.
    #[must_use]
    pub const fn state(&self) -> DialogState {
        self.state
    }

    /// Where requests go: the URI of the other end's last Contact.
    #[must_use]
    pub const fn remote_target(&self) -> &Bytes {
        &self.remote_target
    }

    /// The values of Route in requests from here, before strict routing is considered.
    #[must_use]
    pub fn route_set(&self) -> &[Bytes] {
        &self.route_set
    }

    /// Our address in this dialog, as From or To carries it.
    #[must_use]
    pub const fn local(&self) -> &Bytes {
        &self.local
    }

    /// The other end's address in this dialog, as From or To carries it.
    #[must_use]
    pub const fn remote(&self) -> &Bytes {
        &self.remote
    }

    /// The CSeq of the last request sent from here; `None` before the first.
    #[must_use]
    pub const fn local_cseq(&self) -> Option<u32> {
        self.local_cseq
    }

    /// The highest CSeq of the requests that arrived; `None` before the first.
    #[must_use]
    pub const fn remote_cseq(&self) -> Option<u32> {
        self.remote_cseq
    }

    /// Whether it was established by a request to a SIPS URI: the Contact of this end then is one
    /// too (RFC 3261 section 12.1).
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// A 2xx confirms the dialog. At the client the route set is computed anew from it
    /// (RFC 3261 section 13.2.2.4); until then it could differ from that of a 1xx.
    ///
    /// # Errors
    ///
    /// Where the response is no 2xx, or its Record-Route or Contact cannot be read; the dialog then
    /// is as before.
    pub fn confirm(&mut self, response: &Response) -> Result<(), DialogError> {
        if !response.status().is_success() {
            return Err(DialogError::Status(response.status()));
        }
        if self.role == DialogRole::Uac && self.state == DialogState::Early {
            let mut route_set = route_set::recorded(response)?;
            route_set.reverse();
            self.remote_target = target(response)?;
            self.route_set = route_set;
        }
        self.state = DialogState::Confirmed;
        Ok(())
    }

    /// Starts the next request of this end (RFC 3261 section 12.2.1.1): Request-URI, Route, From,
    /// To, Call-ID, and a CSeq of its own. Contact, where the method needs one, and the body are
    /// the caller's. Not for ACK and CANCEL, which repeat the CSeq of their INVITE: see
    /// [`Dialog::ack`].
    #[must_use]
    pub fn request(&mut self, method: Method) -> RequestBuilder {
        // Below 2^31 (section 8.1.1.5), and one higher than the last.
        let next = self.local_cseq.map_or(1, |last| last.saturating_add(1));
        self.local_cseq = Some(next);
        self.numbered(method, next)
    }

    /// Starts the ACK to a 2xx that answered the INVITE with `cseq`
    /// (RFC 3261 section 13.2.2.4).
    #[must_use]
    pub fn ack(&self, cseq: u32) -> RequestBuilder {
        self.numbered(Method::Ack, cseq)
    }

    fn numbered(&self, method: Method, cseq: u32) -> RequestBuilder {
        let (uri, routes) = route_set::follow(&self.route_set, &self.remote_target);
        let builder = Request::builder(method, uri);
        let routed =
            routes.iter().fold(builder, |builder, route| builder.header(HeaderName::Route, route));
        routed.from(&self.local).to(&self.remote).call_id(&self.id.call_id).cseq(cseq)
    }

    /// Judges a request that arrived in this dialog, and takes over its CSeq and, where it
    /// refreshes the target, its Contact (RFC 3261 section 12.2.2).
    ///
    /// The new target counts from here on; that a refused re-INVITE leaves the session as it was
    /// (section 14.2) is about the session, not about where the other end is.
    ///
    /// # Errors
    ///
    /// Where it is out of order, of another dialog, or malformed: answer with
    /// [`RequestRefused::status`].
    pub fn receive(&mut self, request: &Request) -> Result<(), RequestRefused> {
        let id = DialogId::of_received(request)?;
        if id != self.id {
            return Err(RequestRefused::OtherDialog);
        }
        let CSeq { number: received, .. } = request.require()?;
        if matches!(request.method(), Method::Ack | Method::Cancel) {
            return Ok(());
        }
        if let Some(last) = self.remote_cseq.filter(|last| received <= *last) {
            return Err(RequestRefused::OutOfOrder { received, last });
        }
        self.remote_cseq = Some(received);
        self.refresh_target(request.method(), request);
        Ok(())
    }

    /// Takes over the Contact of a 2xx to a request of ours that refreshes the target
    /// (RFC 3261 section 12.2.1.2).
    pub fn receive_response(&mut self, method: &Method, response: &Response) {
        if response.status().is_success() {
            self.refresh_target(method, response);
        }
    }

    /// RFC 3261 section 12.2, RFC 3311 section 5, RFC 6665 section 4.1.2.2, RFC 3515 section 2.4.7.
    fn refresh_target(&mut self, method: &Method, message: &Message) {
        let is_refresh = matches!(
            method,
            Method::Invite | Method::Update | Method::Subscribe | Method::Notify | Method::Refer
        );
        if is_refresh && let Ok(target) = target(message) {
            self.remote_target = target;
        }
    }
}

fn state_of(response: &Response) -> Result<DialogState, DialogError> {
    match response.status().as_u16() {
        101..=199 => Ok(DialogState::Early),
        200..=299 => Ok(DialogState::Confirmed),
        _ => Err(DialogError::Status(response.status())),
    }
}

/// A From or To, which was read before for its tag.
fn value(message: &Message, name: &HeaderName) -> Bytes {
    Bytes::copy_from_slice(message.value(name).unwrap_or_default())
}

fn cseq(request: &Request) -> Result<u32, DialogError> {
    Ok(request.require::<CSeq>()?.number)
}

/// RFC 3261 section 12.1.1: the URI of the Contact.
fn target(message: &Message) -> Result<Bytes, DialogError> {
    let contact = message.header::<Contact<'_>>()?;
    let address = contact.as_ref().and_then(Contact::address).ok_or(DialogError::NoContact)?;
    match address.parsed_uri() {
        Ok(uri) if uri.is_sip() => Ok(Bytes::copy_from_slice(address.uri)),
        Ok(_) | Err(_) => Err(DialogError::NoContact),
    }
}

fn is_sips(uri: &[u8]) -> bool {
    Uri::parse(uri).is_ok_and(|uri| uri.scheme() == Scheme::Sips)
}
