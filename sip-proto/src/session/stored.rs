//! What of a session survives the process.

use core::time::Duration;

use serde::{Deserialize, Serialize};

use super::config::SessionConfig;
use super::leg::Leg;
use super::offer_answer::OfferAnswer;
use super::payload::Body;
use super::reliable::ReliableReceiver;
use super::session_timer::{FLOOR_SECS, SessionTimer};
use super::state::{InviteSession, Stage};
use crate::dialog::{Dialog, DialogState};
use crate::{Instant, Rng, UnixTime};

/// The version of the record that this code writes.
const VERSION: u16 = 1;

/// An established session as a record, for any serde format.
///
/// Requests that are under way are not in it: their transactions do not survive the process either,
/// and whichever end waits for one of them in vain goes on, or gives up, as the RFCs say. The
/// session timer is in it by the wall clock, so that the time in which nobody ran counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSession {
    version: u16,
    dialog: Dialog,
    allows_update: bool,
    next_token: u64,
    min_se_secs: u32,
    timer: Option<StoredTimer>,
    local_description: Option<Body>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StoredTimer {
    interval_secs: u32,
    is_refresher: bool,
    refresh_at_unix_secs: u64,
    expires_at_unix_secs: u64,
}

impl StoredSession {
    /// The dialog, for whoever finds sessions by it.
    #[must_use]
    pub const fn dialog(&self) -> &Dialog {
        &self.dialog
    }
}

impl InviteSession {
    /// The session as a record; `None` unless it is established.
    #[must_use]
    pub fn store(&self, now: Instant, unix: UnixTime) -> Option<StoredSession> {
        let leg = self.legs.first().filter(|_| self.is_established())?;
        let unix_secs = |at: Instant| unix.saturating_add(at - now).as_secs();
        let timer = self.timer.as_ref().map(|timer| StoredTimer {
            interval_secs: timer.interval_secs,
            is_refresher: timer.is_refresher,
            refresh_at_unix_secs: unix_secs(timer.refresh_at),
            expires_at_unix_secs: unix_secs(timer.expires_at),
        });
        Some(StoredSession {
            version: VERSION,
            dialog: leg.dialog.clone(),
            allows_update: leg.allows_update,
            next_token: self.next_token,
            min_se_secs: self.min_se_secs,
            timer,
            local_description: self.local_description.clone(),
        })
    }

    /// The session that was stored. What became due meanwhile is due at once. `None` where the
    /// record is of a later version, or is not that of an established session.
    #[must_use]
    pub fn restore(
        stored: StoredSession,
        config: SessionConfig,
        rng: Rng,
        now: Instant,
        unix: UnixTime,
    ) -> Option<Self> {
        if stored.version != VERSION || stored.dialog.state() != DialogState::Confirmed {
            return None;
        }
        let instant =
            |unix_secs: u64| now + Duration::from_secs(unix_secs.saturating_sub(unix.as_secs()));
        let mut session = Self::new(config, rng, Stage::Established);
        session.legs.push(Leg {
            dialog: stored.dialog,
            offers: OfferAnswer::default(),
            provisionals: ReliableReceiver::default(),
            owed_prack: None,
            allows_update: stored.allows_update,
        });
        session.next_token = stored.next_token;
        session.min_se_secs = stored.min_se_secs.max(FLOOR_SECS);
        session.timer = stored.timer.map(|it| {
            let refresh_at = instant(it.refresh_at_unix_secs);
            let expires_at = instant(it.expires_at_unix_secs);
            SessionTimer::due(it.interval_secs, it.is_refresher, refresh_at, expires_at)
        });
        session.local_description = stored.local_description;
        Some(session)
    }
}
