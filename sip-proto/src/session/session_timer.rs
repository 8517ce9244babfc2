//! Session timers (RFC 4028): what is asked for, what is granted, and when it is due.

use core::time::Duration;

use crate::message::Supported;
use crate::message::headers::{MinSe, Refresher, SessionExpires};
use crate::{HeaderName, Instant, Message, Request, Response};

/// The shortest interval there is, and the Min-SE of who sends none (section 5).
pub(super) const FLOOR_SECS: u32 = 90;

/// How much before its end a session that was not refreshed is given up, at most (section 10).
const MARGIN_MAX: Duration = Duration::from_secs(32);

/// What is asked of the other end, and granted to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerConfig {
    /// The session interval to ask for and the longest one to grant, in seconds. `None` asks for
    /// none, and grants what is asked. 1800 is recommended (section 4).
    pub interval_secs: Option<u32>,
    /// The shortest interval to accept, in seconds: at least 90 (section 5). A request for less is
    /// refused with 422.
    pub interval_min_secs: u32,
    /// Who refreshes where the choice is ours; `None`: who sent the request.
    pub refresher: Option<Refresher>,
}

impl Default for TimerConfig {
    fn default() -> Self {
        Self { interval_secs: Some(1800), interval_min_secs: FLOOR_SECS, refresher: None }
    }
}

/// A session interval and who refreshes within it, as of the transaction that agreed on them: `Uac`
/// is who sent its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    pub(super) interval_secs: u32,
    pub(super) refresher: Refresher,
}

/// A request whose interval is too short: 422 with this Min-SE answers it (section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooBrief {
    pub(super) interval_min_secs: u32,
}

pub(super) fn supports_timer(message: &Message) -> bool {
    message
        .header_list::<Supported<'_>>()
        .any(|it| it.is_ok_and(|Supported(tag)| tag.eq_ignore_ascii_case("timer")))
}

/// The Min-SE of a message; 90 s where there is none.
pub(super) fn min_se_secs(message: &Message) -> u32 {
    let header = message.header::<MinSe<'_>>().ok().flatten();
    header.map_or(FLOOR_SECS, |it| it.interval_secs.max(FLOOR_SECS))
}

/// Writes what an initial request asks for (section 7.1), or a refresh: there the refresher stays
/// who it is (section 7.4).
pub(super) fn ask(
    request: &mut Request,
    interval_secs: u32,
    refresher: Option<Refresher>,
    min_se_secs: u32,
) {
    let interval_secs = interval_secs.max(min_se_secs);
    let value = refresher.map_or_else(
        || interval_secs.to_string(),
        |refresher| format!("{interval_secs};refresher={refresher}"),
    );
    request.set(HeaderName::SessionExpires, value);
    if min_se_secs > FLOOR_SECS {
        request.set(HeaderName::MinSe, min_se_secs.to_string());
    }
}

impl TimerConfig {
    pub(super) fn floor_secs(&self) -> u32 {
        self.interval_min_secs.max(FLOOR_SECS)
    }

    /// Judges a received request (section 9).
    ///
    /// # Errors
    ///
    /// Where its interval is below ours and its sender understands a 422.
    pub(super) fn judge(&self, request: &Request) -> Result<(), TooBrief> {
        let asked = request.header::<SessionExpires<'_>>().ok().flatten();
        let interval_min_secs = self.floor_secs();
        match asked {
            Some(asked) if asked.interval_secs < interval_min_secs && supports_timer(request) => {
                Err(TooBrief { interval_min_secs })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// What a 2xx to `request` grants (section 9, table 2): never more than was asked for, never
    /// less than its Min-SE.
    pub(super) fn grant(&self, request: &Request) -> Option<Agreed> {
        let asked = request.header::<SessionExpires<'_>>().ok().flatten();
        let asked_secs = asked.map(|it| it.interval_secs);
        let interval_secs = match (asked_secs, self.interval_secs) {
            (Some(asked), Some(own)) => asked.min(own.max(self.floor_secs())),
            (asked, own) => asked.or(own)?,
        };
        let refresher = match asked.and_then(|it| it.refresher()) {
            _ if !supports_timer(request) => Refresher::Uas,
            Some(refresher) => refresher,
            None => self.refresher.unwrap_or(Refresher::Uac),
        };
        Some(Agreed { interval_secs: interval_secs.max(min_se_secs(request)), refresher })
    }
}

impl Agreed {
    /// Writes it into the 2xx to `request`. Require tells a client that understands it that it has
    /// a part in it (section 9).
    pub(super) fn write(&self, request: &Request, response: &mut Response) {
        let Self { interval_secs, refresher } = self;
        let value = format!("{interval_secs};refresher={refresher}");
        response.set(HeaderName::SessionExpires, value);
        if supports_timer(request) {
            response.push_back(HeaderName::Require, "timer");
        }
    }

    /// What a 2xx to our request says (section 7.2): without Session-Expires, the session has no
    /// end. An interval below the floor that every end must keep to counts as that.
    pub(super) fn of(response: &Response) -> Option<Self> {
        let header = response.header::<SessionExpires<'_>>().ok().flatten()?;
        Some(Self {
            interval_secs: header.interval_secs.max(FLOOR_SECS),
            refresher: header.refresher().unwrap_or(Refresher::Uac),
        })
    }
}

/// The timer of an established session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SessionTimer {
    pub(super) interval_secs: u32,
    pub(super) is_refresher: bool,
    /// Half of the interval after the last 2xx to a request that agreed on it (section 10).
    pub(super) refresh_at: Instant,
    /// Before the session is over by the smaller of 32 s and a third of it (section 10).
    pub(super) expires_at: Instant,
    /// The refresh of this interval was sent.
    is_refreshing: bool,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimerDue {
    /// Half of the interval is over: refresh it (section 10).
    Refresh,
    /// Nobody did: send a BYE.
    Expired,
}

impl SessionTimer {
    /// For the interval that begins now; `own` is the part that this end had in the transaction
    /// that agreed on it.
    pub(super) fn new(now: Instant, agreed: Agreed, own: Refresher) -> Self {
        let Agreed { interval_secs, refresher } = agreed;
        let interval = Duration::from_secs(u64::from(interval_secs));
        let refresh_at = now + interval / 2;
        let expires_at = now + (interval - MARGIN_MAX.min(interval / 3));
        Self::due(interval_secs, refresher == own, refresh_at, expires_at)
    }

    /// One that was stored.
    pub(super) const fn due(
        interval_secs: u32,
        is_refresher: bool,
        refresh_at: Instant,
        expires_at: Instant,
    ) -> Self {
        Self { interval_secs, is_refresher, refresh_at, expires_at, is_refreshing: false }
    }

    pub(super) const fn poll_timeout(&self) -> Instant {
        if self.is_refresher && !self.is_refreshing { self.refresh_at } else { self.expires_at }
    }

    pub(super) fn handle_timeout(&mut self, now: Instant) -> Option<TimerDue> {
        if now >= self.expires_at {
            return Some(TimerDue::Expired);
        }
        if self.is_refresher && !self.is_refreshing && now >= self.refresh_at {
            self.is_refreshing = true;
            return Some(TimerDue::Refresh);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Method, StatusCode};

    fn request(expires: &str, min_se: &str, supported: &str) -> Request {
        let headers = [
            (HeaderName::SessionExpires, expires),
            (HeaderName::MinSe, min_se),
            (HeaderName::Supported, supported),
        ];
        let written = headers.into_iter().filter(|(_, value)| !value.is_empty());
        written
            .fold(Request::builder(Method::Invite, "sip:b@b.example"), |builder, (name, value)| {
                builder.header(name, value)
            })
            .build()
    }

    #[test]
    fn who_refreshes() {
        // RFC 4028 section 9, table 2
        let config = TimerConfig::default();
        for (expires, supported, refresher) in [
            ("1800", "", Refresher::Uas),
            ("1800", "timer", Refresher::Uac),
            ("1800;refresher=uac", "timer", Refresher::Uac),
            ("1800;refresher=uas", "timer", Refresher::Uas),
            ("", "timer", Refresher::Uac),
            ("", "", Refresher::Uas),
        ] {
            let agreed = config.grant(&request(expires, "", supported)).unwrap();
            assert_eq!(agreed.refresher, refresher, "{expires} {supported}");
        }
        let ours = TimerConfig { refresher: Some(Refresher::Uas), ..config };
        let agreed = ours.grant(&request("1800", "", "100rel, Timer")).unwrap();
        assert_eq!(agreed.refresher, Refresher::Uas);
    }

    #[test]
    fn what_is_granted() {
        // RFC 4028 section 9: not above what was asked for, not below Min-SE.
        let own = |interval_secs| TimerConfig { interval_secs, ..TimerConfig::default() };
        for (config, expires, min_se, granted) in [
            (own(Some(1800)), "3600", "", Some(1800)),
            (own(Some(1800)), "600", "", Some(600)),
            (own(Some(600)), "3600", "1200", Some(1200)),
            (own(Some(1800)), "", "", Some(1800)),
            (own(None), "3600", "", Some(3600)),
            (own(None), "", "", None),
            (own(Some(1800)), "0", "", Some(90)),
        ] {
            let agreed = config.grant(&request(expires, min_se, ""));
            assert_eq!(agreed.map(|it| it.interval_secs), granted, "{expires} {min_se}");
        }
    }

    #[test]
    fn too_brief_is_refused_where_it_is_understood() {
        let config = TimerConfig { interval_min_secs: 600, ..TimerConfig::default() };
        let refused = Err(TooBrief { interval_min_secs: 600 });
        assert_eq!(config.judge(&request("599", "", "timer")), refused);
        assert_eq!(config.judge(&request("599", "", "")), Ok(()));
        assert_eq!(config.judge(&request("600", "", "timer")), Ok(()));
        assert_eq!(config.judge(&request("", "", "timer")), Ok(()));
    }

    #[test]
    fn the_answer_names_the_refresher_and_requires_timer() {
        let asked = request("1800;refresher=uas", "", "timer");
        let mut response = Response::builder(StatusCode::OK).build();
        TimerConfig::default().grant(&asked).unwrap().write(&asked, &mut response);
        let expires = response.value(&HeaderName::SessionExpires);
        assert_eq!(expires, Some(&b"1800;refresher=uas"[..]));
        assert_eq!(response.value(&HeaderName::Require), Some(&b"timer"[..]));
        let agreed = Agreed::of(&response).unwrap();
        assert_eq!(agreed, Agreed { interval_secs: 1800, refresher: Refresher::Uas });
        // A peer cannot make us refresh without pause.
        response.set(HeaderName::SessionExpires, "0;refresher=uac");
        assert_eq!(Agreed::of(&response).unwrap().interval_secs, 90);
    }

    #[test]
    fn a_refresh_is_due_at_half_and_the_end_a_little_before() {
        // RFC 4028 section 10
        let agreed = |interval_secs| Agreed { interval_secs, refresher: Refresher::Uac };
        for (interval, refresh, end) in [(1800, 900, 1768), (90, 45, 60)] {
            let mut ours = SessionTimer::new(Instant::ZERO, agreed(interval), Refresher::Uac);
            assert_eq!(ours.poll_timeout(), Instant::from_secs(refresh));
            assert_eq!(ours.handle_timeout(Instant::from_secs(refresh - 1)), None);
            assert_eq!(ours.handle_timeout(ours.poll_timeout()), Some(TimerDue::Refresh));
            assert_eq!(ours.poll_timeout(), Instant::from_secs(end));
            assert_eq!(ours.handle_timeout(ours.poll_timeout()), Some(TimerDue::Expired));
            let mut theirs = SessionTimer::new(Instant::ZERO, agreed(interval), Refresher::Uas);
            assert_eq!(theirs.poll_timeout(), Instant::from_secs(end));
            assert_eq!(theirs.handle_timeout(theirs.poll_timeout()), Some(TimerDue::Expired));
        }
    }
}
