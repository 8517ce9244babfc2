//! The route set and how a request follows it (RFC 3261 sections 12.1 and 12.2.1.1).

use bytes::Bytes;

use super::DialogError;
use crate::message::{HeaderError, RecordRoute, Route, TypedHeader, Uri};
use crate::{HeaderName, Message};

/// The Record-Route values of `message` in their order there.
pub(super) fn recorded(message: &Message) -> Result<Vec<Bytes>, DialogError> {
    let name = HeaderName::RecordRoute;
    let checked = |value: &[u8]| match RecordRoute::parse(value) {
        Ok(_) => Ok(Bytes::copy_from_slice(value)),
        Err(error) => Err(HeaderError::new::<RecordRoute<'_>>(error).into()),
    };
    message.list(&name).map(checked).collect()
}

/// Request-URI and Route values of a request to `target` along `routes`.
///
/// With a loose router first, the target is the Request-URI and the routes are the Route. A strict
/// router first becomes the Request-URI itself, and the target the last Route.
pub(super) fn follow(routes: &[Bytes], target: &Bytes) -> (Bytes, Vec<Bytes>) {
    let request_uri =
        |uri: &Bytes| Uri::parse(uri).map_or_else(|_| uri.clone(), |it| it.to_request_uri());
    if let [first, rest @ ..] = routes
        && let Ok(route) = Route::parse(first)
        && let Ok(uri) = route.parsed_uri()
        && !uri.is_lr()
    {
        let last = Bytes::from([b"<", &target[..], b">"].concat());
        return (uri.to_request_uri(), rest.iter().cloned().chain([last]).collect());
    }
    (request_uri(target), routes.to_vec())
}
