//! Which session a Replaces or Join header names, and what answers where none does
//! (RFC 3891 section 3, RFC 3911 section 4).

use super::state::{InviteSession, SessionState};
use crate::dialog::{DialogId, DialogRole};
use crate::message::headers::{Join, Replaces};
use crate::{HeaderName, Method, Request, StatusCode};

/// The session among `sessions` that the Replaces of a received INVITE names, if it has one: accept
/// the INVITE, then [hang up](InviteSession::hang_up) that one. Whether its sender may do so is the
/// user's to decide.
///
/// # Errors
///
/// The status that refuses the request: 400 where the header is malformed, there twice, beside a
/// Join, or not in an INVITE; 481 where there is no such dialog, or an early one that the other end
/// began; 603 where it is over; 486 where only an early one was to be replaced, and it is
/// confirmed.
pub fn replaced<'s, K>(
    request: &Request,
    sessions: impl IntoIterator<Item = (K, &'s InviteSession)>,
) -> Result<Option<K>, StatusCode> {
    check(request, &HeaderName::Replaces, &HeaderName::Join)?;
    let header = request.header::<Replaces<'_>>().map_err(|_| StatusCode::BAD_REQUEST)?;
    let Some(replaces) = header else { return Ok(None) };
    let named = Named {
        call_id: replaces.call_id.0,
        local_tag: replaces.to_tag(),
        remote_tag: replaces.from_tag(),
    };
    let (key, session) = named.find(sessions)?;
    if replaces.is_early_only() && session.state() == SessionState::Established {
        return Err(StatusCode::BUSY_HERE);
    }
    Ok(Some(key))
}

/// The session among `sessions` that the Join of a received INVITE names, if it has one.
///
/// # Errors
///
/// As [`replaced`] has them.
pub fn joined<'s, K>(
    request: &Request,
    sessions: impl IntoIterator<Item = (K, &'s InviteSession)>,
) -> Result<Option<K>, StatusCode> {
    check(request, &HeaderName::Join, &HeaderName::Replaces)?;
    let header = request.header::<Join<'_>>().map_err(|_| StatusCode::BAD_REQUEST)?;
    let Some(join) = header else { return Ok(None) };
    let named =
        Named { call_id: join.call_id.0, local_tag: join.to_tag(), remote_tag: join.from_tag() };
    Ok(Some(named.find(sessions)?.0))
}

fn check(request: &Request, name: &HeaderName, other: &HeaderName) -> Result<(), StatusCode> {
    let is_wrong = match request.count(name) {
        0 => false,
        1 => *request.method() != Method::Invite || request.has(other),
        _ => true,
    };
    if is_wrong { Err(StatusCode::BAD_REQUEST) } else { Ok(()) }
}

struct Named<'a> {
    call_id: &'a [u8],
    local_tag: &'a [u8],
    remote_tag: &'a [u8],
}

impl Named<'_> {
    fn is(&self, id: &DialogId) -> bool {
        // A peer of RFC 2543 without tag is named by the tag 0 (RFC 3891 section 6.1).
        let is_tag = |named: &[u8], tag: &[u8]| named == tag || (named == b"0" && tag.is_empty());
        id.call_id == self.call_id
            && is_tag(self.local_tag, &id.local_tag)
            && is_tag(self.remote_tag, &id.remote_tag)
    }

    fn find<'s, K>(
        &self,
        sessions: impl IntoIterator<Item = (K, &'s InviteSession)>,
    ) -> Result<(K, &'s InviteSession), StatusCode> {
        let is_named =
            |session: &InviteSession| session.dialogs().any(|dialog| self.is(dialog.id()));
        let found = sessions.into_iter().find(|(_, session)| is_named(session));
        let (key, session) = found.ok_or(StatusCode::CALL_DOES_NOT_EXIST)?;
        let role = session.dialogs().next().map(crate::dialog::Dialog::role);
        match session.state() {
            SessionState::Ended => Err(StatusCode::DECLINE),
            // Section 3: an early dialog can only be replaced by who began it.
            SessionState::Ringing => Err(StatusCode::CALL_DOES_NOT_EXIST),
            SessionState::Calling if role != Some(DialogRole::Uac) => {
                Err(StatusCode::CALL_DOES_NOT_EXIST)
            }
            SessionState::Calling | SessionState::Established => Ok((key, session)),
        }
    }
}
