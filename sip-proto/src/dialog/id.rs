//! What names a dialog (RFC 3261 section 12).

use core::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::text;
use crate::message::{From, To};
use crate::{HeaderError, Message, Request, Response};

/// A dialog's name at one of its ends: Call-ID, own tag, the other end's tag.
///
/// A tag is empty where the other end follows RFC 2543 and sends none (RFC 3261 section 12.1.1).
///
/// ```
/// use sip_proto::dialog::DialogId;
/// use sip_proto::{Method, Request};
///
/// let bye = Request::builder(Method::Bye, "sip:bob@192.0.2.8")
///     .from("<sip:alice@atlanta.example>;tag=1928")
///     .to("<sip:bob@biloxi.example>;tag=a6c85cf")
///     .call_id("a84b4c76e66710")
///     .cseq(2)
///     .build();
/// let id = DialogId::of_received(&bye)?;
/// assert_eq!(id.to_string(), "a84b4c76e66710;local=a6c85cf;remote=1928");
/// # Ok::<(), sip_proto::ParseError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DialogId {
    /// The Call-ID.
    #[serde(with = "text")]
    pub call_id: Bytes,
    /// Our own tag.
    #[serde(with = "text")]
    pub local_tag: Bytes,
    /// The other end's tag.
    #[serde(with = "text")]
    pub remote_tag: Bytes,
}

impl DialogId {
    /// The dialog that a received request is in: its To tag is ours.
    ///
    /// # Errors
    ///
    /// Where Call-ID, From or To is missing or malformed.
    pub fn of_received(request: &Request) -> Result<Self, HeaderError> {
        let (call_id, from_tag, to_tag) = parts(request)?;
        Ok(Self { call_id, local_tag: to_tag, remote_tag: from_tag })
    }

    /// The dialog that a received response is in: its From tag is ours.
    ///
    /// # Errors
    ///
    /// Where Call-ID, From or To is missing or malformed.
    pub fn of_response(response: &Response) -> Result<Self, HeaderError> {
        let (call_id, from_tag, to_tag) = parts(response)?;
        Ok(Self { call_id, local_tag: from_tag, remote_tag: to_tag })
    }
}

/// Call-ID, From tag, To tag.
fn parts(message: &Message) -> Result<(Bytes, Bytes, Bytes), HeaderError> {
    let tag = |tag: Option<&[u8]>| Bytes::copy_from_slice(tag.unwrap_or_default());
    let call_id = Bytes::copy_from_slice(message.call_id()?);
    let from = tag(message.require::<From<'_>>()?.tag());
    let to = tag(message.require::<To<'_>>()?.tag());
    Ok((call_id, from, to))
}

impl fmt::Display for DialogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy;
        let (call, local, remote) = (&self.call_id, &self.local_tag, &self.remote_tag);
        write!(f, "{};local={};remote={}", text(call), text(local), text(remote))
    }
}
