//! What both sides read and write alike.

use crate::dialog::Dialog;
use crate::message::headers::Event;
use crate::message::{Message, TypedHeader as _};
use crate::{HeaderName, Method, Request, Response, StatusCode};

/// Whether `message` is about the subscription whose Event is `event` (RFC 6665 section 8.2.1).
pub(super) fn is_about(message: &Message, event: &str) -> bool {
    let Ok(Some(found)) = message.header::<Event<'_>>() else { return false };
    Event::parse(event.as_bytes()).is_ok_and(|own| own.matches(&found))
}

/// Whether an answer to a request of a subscription says that there is none any more: to a SUBSCRIBE
/// that refreshes (RFC 6665 section 4.1.2.2), to a NOTIFY (section 4.2.2), by the table of RFC 5057
/// section 5.1.
pub(super) fn ends_usage(status: StatusCode) -> bool {
    matches!(
        status.as_u16(),
        404 | 405 | 410 | 416 | 480 | 481 | 482 | 483 | 484 | 485 | 489 | 501 | 604
    )
}

/// The next CSeq of a dialog, for a request that is sent again.
pub(super) fn next_cseq(dialog: &mut Dialog, method: &Method) -> u32 {
    drop(dialog.request(method.clone()));
    dialog.local_cseq().unwrap_or(1)
}

/// The dialog that a NOTIFY makes at the subscriber (RFC 6665 section 4.4.1), whose last request had
/// `cseq`, and the 200 to it.
pub(super) fn dialog_of_notify(notify: &Request, cseq: u32) -> Result<Dialog, StatusCode> {
    let ok = Response::to(notify, StatusCode::OK);
    let mut dialog = Dialog::uas(notify, &ok).map_err(|_| StatusCode::BAD_REQUEST)?;
    // What was sent before the dialog was there counts in it: few requests, the answers to a 423
    // and to challenges.
    while dialog.local_cseq().is_none_or(|last| last < cseq) {
        next_cseq(&mut dialog, &Method::Subscribe);
    }
    Ok(dialog)
}

/// An answer with the Allow-Events that a 489 needs (RFC 6665 section 4.2.1.1).
pub(super) fn bad_event(request: &Request, event: &str) -> Response {
    let package = event.split([';', '.']).next().unwrap_or_default();
    let mut response = Response::to(request, StatusCode::BAD_EVENT);
    response.push_back(HeaderName::AllowEvents, package.trim().to_owned());
    response
}
