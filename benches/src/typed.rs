//! What a stack that types headers eagerly reads of a message: the "typed set".

use core::hint::black_box;

use sip_proto::message::{
    CSeq, CallId, Contact, From, NameAddr, RecordRoute, Route, To, TypedHeader, Via,
};
use sip_proto::{ParseError, Request, Response, SipMessage};

/// Reads the typed set: every Via with transport, sent-by, `branch`, `received` and `rport`; From
/// and To with display name, URI and tag; CSeq; Call-ID; every Contact, Route and Record-Route with
/// its URI; and of a request the Request-URI. Of each URI, which is checked against its grammar,
/// user, host and port are read.
///
/// # Errors
///
/// At the first header that is malformed.
pub fn read_typed_set(message: &SipMessage) -> Result<(), ParseError> {
    match message {
        SipMessage::Request(request) => read_request_set(request),
        SipMessage::Response(response) => read_response_set(response),
    }
}

fn read_request_set(request: &Request) -> Result<(), ParseError> {
    read_uri(request.uri_bytes())?;
    read_headers(request)
}

/// The same for a response.
///
/// # Errors
///
/// At the first header that is malformed.
pub fn read_response_set(response: &Response) -> Result<(), ParseError> {
    black_box(response.status());
    read_headers(response)
}

fn read_headers(message: &sip_proto::message::Message) -> Result<(), ParseError> {
    for via in message.header_list::<Via<'_>>() {
        let via = via?;
        black_box((via.transport, via.host, via.port));
        black_box((via.branch(), via.received(), via.rport()));
    }
    let from: From<'_> = message.require()?;
    read_address(&from)?;
    black_box(from.tag());
    let to: To<'_> = message.require()?;
    read_address(&to)?;
    black_box(to.tag());
    let cseq: CSeq = message.require()?;
    black_box(&cseq);
    let call_id: CallId<'_> = message.require()?;
    black_box(call_id);
    for contact in message.header_list::<Contact<'_>>() {
        if let Some(address) = contact?.address() {
            read_address(address)?;
        }
    }
    read_route::<Route<'_>>(message)?;
    read_route::<RecordRoute<'_>>(message)
}

fn read_route<'a, H>(message: &'a sip_proto::message::Message) -> Result<(), ParseError>
where
    H: TypedHeader<'a> + core::ops::Deref<Target = NameAddr<'a>>,
{
    message.header_list::<H>().try_for_each(|hop| read_address(&*hop?))
}

fn read_address(address: &NameAddr<'_>) -> Result<(), ParseError> {
    black_box(address.display);
    read_uri(address.uri)
}

fn read_uri(uri: &[u8]) -> Result<(), ParseError> {
    let uri = sip_proto::message::Uri::parse(uri)?;
    black_box((uri.scheme(), uri.user(), uri.host(), uri.port()));
    Ok(())
}
