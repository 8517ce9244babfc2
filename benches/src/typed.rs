//! What a stack that types headers eagerly reads of a message: the "typed set".

use core::hint::black_box;

use sip_proto::message::{
    CSeq, CallId, Contact, From, Message, NameAddr, RecordRoute, Route, To, TypedHeader, Uri, Via,
};
use sip_proto::{ParseError, SipMessage};

/// How far the addresses are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// Display name, URI as bytes, parameters.
    Headers,
    /// The URIs too, each checked against its grammar: user, host, port. And the Request-URI.
    Uris,
}

/// Reads the typed set: every Via with transport, sent-by, `branch`, `received` and `rport`; From
/// and To with their tags; CSeq; Call-ID; every Contact, Route and Record-Route.
///
/// # Errors
///
/// At the first header that is malformed.
pub fn read_typed_set(message: &SipMessage, depth: Depth) -> Result<(), ParseError> {
    match message {
        SipMessage::Request(request) => {
            black_box(request.method());
            read_uri(request.uri_bytes(), depth)?;
        }
        SipMessage::Response(response) => {
            black_box(response.status());
        }
    }
    read_headers(message.headers(), depth)
}

fn read_headers(message: &Message, depth: Depth) -> Result<(), ParseError> {
    for via in message.header_list::<Via<'_>>() {
        let via = via?;
        black_box((via.transport, via.host, via.port));
        black_box((via.branch(), via.received(), via.rport()));
    }
    let from: From<'_> = message.require()?;
    read_address(&from, depth)?;
    black_box(from.tag());
    let to: To<'_> = message.require()?;
    read_address(&to, depth)?;
    black_box(to.tag());
    let cseq: CSeq = message.require()?;
    black_box(&cseq);
    let call_id: CallId<'_> = message.require()?;
    black_box(call_id);
    for contact in message.header_list::<Contact<'_>>() {
        if let Some(address) = contact?.address() {
            read_address(address, depth)?;
        }
    }
    read_route::<Route<'_>>(message, depth)?;
    read_route::<RecordRoute<'_>>(message, depth)
}

fn read_route<'a, H>(message: &'a Message, depth: Depth) -> Result<(), ParseError>
where
    H: TypedHeader<'a> + core::ops::Deref<Target = NameAddr<'a>>,
{
    message.header_list::<H>().try_for_each(|hop| read_address(&*hop?, depth))
}

fn read_address(address: &NameAddr<'_>, depth: Depth) -> Result<(), ParseError> {
    black_box(address.display);
    read_uri(address.uri, depth)
}

fn read_uri(uri: &[u8], depth: Depth) -> Result<(), ParseError> {
    if depth == Depth::Headers {
        black_box(uri);
        return Ok(());
    }
    let uri = Uri::parse(uri)?;
    black_box((uri.scheme(), uri.user(), uri.host(), uri.port()));
    Ok(())
}
