//! [`Compositor`]: what was published, at who composes it (RFC 3903 section 6).

use core::time::Duration;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::message::headers::{ContentType, Event, SipIfMatch};
use crate::usage::exchange;
use crate::usage::record::{Deadline, Shift};
use crate::usage::{Content, Timed};
use crate::{HeaderName, Instant, Method, Request, Response, Rng, StatusCode};

/// What is taken, with every limit of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompositorConfig {
    /// The event package. Another is answered 489.
    pub event: String,
    /// How long a publication lasts that does not say: 3600 s.
    pub expires_default_secs: u32,
    /// The shortest time: 60 s. Less is answered 423, but 0.
    pub expires_min_secs: u32,
    /// The longest time: 3600 s. More is shortened to this.
    pub expires_max_secs: u32,
    /// Publications kept for the resource: 16. One more is answered 503 with the Retry-After of the
    /// first that ends.
    pub publications_max: usize,
    /// The longest body: 65536 bytes. A longer one is answered 413.
    pub body_bytes_max: usize,
}

impl CompositorConfig {
    /// The defaults.
    #[must_use]
    pub fn new(event: impl Into<String>) -> Self {
        Self {
            event: event.into(),
            expires_default_secs: 3600,
            expires_min_secs: 60,
            expires_max_secs: 3600,
            publications_max: 16,
            body_bytes_max: 65_536,
        }
    }
}

/// What a PUBLISH, or time, did to the state of the resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishedChange {
    /// Nothing: it was refused, or a refresh.
    None,
    /// It is to be composed anew.
    Changed,
}

/// The publications for one resource: a value, kept by entity-tag.
///
/// ```
/// use sip_proto::usage::{Compositor, CompositorConfig, PublishedChange};
/// use sip_proto::{HeaderName, Instant, Method, Request, Seed};
///
/// let mut compositor = Compositor::new(CompositorConfig::new("presence"));
/// let publish = Request::builder(Method::Publish, "sip:b@b.example")
///     .header(HeaderName::Event, "presence")
///     .body("application/pidf+xml", "<presence/>")
///     .build();
/// let mut rng = Seed::from_u64(1).rng();
/// let (response, change) = compositor.handle_request(Instant::ZERO, &mut rng, &publish);
/// assert!(response.has(&HeaderName::SipETag));
/// assert_eq!(change, PublishedChange::Changed);
/// assert_eq!(compositor.contents().count(), 1);
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Compositor {
    config: CompositorConfig,
    publications: BTreeMap<String, Published>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Published {
    content: Content,
    end: Deadline,
}

impl Compositor {
    /// Nothing is published.
    #[must_use]
    pub const fn new(config: CompositorConfig) -> Self {
        Self { config, publications: BTreeMap::new() }
    }

    /// What is published, by entity-tag.
    pub fn contents(&self) -> impl Iterator<Item = (&str, &Content)> {
        self.publications.iter().map(|(etag, it)| (etag.as_str(), &it.content))
    }

    /// Takes a PUBLISH for the resource by the steps of RFC 3903 section 6. Who may publish is to be
    /// decided before (steps 1 and 3).
    pub fn handle_request(
        &mut self,
        now: Instant,
        rng: &mut Rng,
        publish: &Request,
    ) -> (Response, PublishedChange) {
        match self.publish(now, rng, publish) {
            Ok(accepted) => accepted,
            Err(response) => (*response, PublishedChange::None),
        }
    }

    /// Forgets what ended.
    pub fn handle_timeout(&mut self, now: Instant) -> PublishedChange {
        let before = self.publications.len();
        self.publications.retain(|_, it| !it.end.is_due(now));
        changed_if(self.publications.len() != before)
    }

    /// When the next ends.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.publications.values().filter_map(|it| it.end.0).min()
    }

    fn publish(
        &mut self,
        now: Instant,
        rng: &mut Rng,
        publish: &Request,
    ) -> Result<(Response, PublishedChange), Box<Response>> {
        let refuse = |status| Box::new(Response::to(publish, status));
        if *publish.method() != Method::Publish {
            return Err(refuse(StatusCode::METHOD_NOT_ALLOWED));
        }
        // Step 2.
        let event = publish.header::<Event<'_>>().ok().flatten();
        if event.is_none_or(|it| it.event_type != self.config.event) {
            let mut response = refuse(StatusCode::BAD_EVENT);
            response.push_back(HeaderName::AllowEvents, self.config.event.clone());
            return Err(response);
        }
        self.handle_timeout(now);
        // Step 4.
        let etag = self.matched(publish).map_err(refuse)?;
        // Step 5.
        let seconds = self.granted_secs(publish)?;
        // Step 6.
        let content = self.content(publish).map_err(refuse)?;
        let change = match (etag, content) {
            (None, None) => return Err(refuse(StatusCode::BAD_REQUEST)),
            (None, Some(_)) if seconds > 0 && self.is_full() => return Err(self.full(now, publish)),
            (etag, content) => self.store(now, rng, etag, content, seconds),
        };
        let (etag, is_changed) = change;
        let mut ok = Response::to(publish, StatusCode::OK);
        ok.push_back(HeaderName::Expires, seconds.to_string());
        ok.push_back(HeaderName::SipETag, etag);
        Ok((ok, changed_if(is_changed)))
    }

    /// The entity-tag that the PUBLISH is about; 412 where it is not known.
    fn matched(&self, publish: &Request) -> Result<Option<String>, StatusCode> {
        let found: Option<SipIfMatch<'_>> =
            publish.header().map_err(|_| StatusCode::BAD_REQUEST)?;
        let Some(SipIfMatch(etag)) = found else { return Ok(None) };
        if publish.count(&HeaderName::SipIfMatch) > 1 {
            return Err(StatusCode::BAD_REQUEST);
        }
        match self.publications.contains_key(etag) {
            true => Ok(Some(etag.to_owned())),
            false => Err(StatusCode::CONDITIONAL_REQUEST_FAILED),
        }
    }

    fn granted_secs(&self, publish: &Request) -> Result<u32, Box<Response>> {
        let config = &self.config;
        let asked = exchange::expires_secs(publish).unwrap_or(config.expires_default_secs);
        if asked > 0 && asked < config.expires_min_secs {
            let mut brief = Response::to(publish, StatusCode::INTERVAL_TOO_BRIEF);
            brief.push_back(HeaderName::MinExpires, config.expires_min_secs.to_string());
            return Err(Box::new(brief));
        }
        Ok(asked.min(config.expires_max_secs))
    }

    fn content(&self, publish: &Request) -> Result<Option<Content>, StatusCode> {
        if publish.body().is_empty() {
            return Ok(None);
        }
        if publish.body().len() > self.config.body_bytes_max {
            return Err(StatusCode::REQUEST_ENTITY_TOO_LARGE);
        }
        let content_type =
            publish.require::<ContentType<'_>>().map_err(|_| StatusCode::BAD_REQUEST)?;
        // Of its own: the message it came in is not kept for it.
        let body = publish.body().to_vec();
        Ok(Some(Content::new(content_type.to_string(), body)))
    }

    fn is_full(&self) -> bool {
        self.publications.len() >= self.config.publications_max
    }

    fn full(&self, now: Instant, publish: &Request) -> Box<Response> {
        let mut response = Response::to(publish, StatusCode::SERVICE_UNAVAILABLE);
        let first = self.poll_timeout().unwrap_or(now);
        let seconds = first.saturating_duration_since(now).as_secs().saturating_add(1);
        response.push_back(HeaderName::RetryAfter, seconds.to_string());
        Box::new(response)
    }

    /// The new tag, and whether there is another state now. Each success has a new tag, a refresh as
    /// well (step 6).
    fn store(
        &mut self,
        now: Instant,
        rng: &mut Rng,
        etag: Option<String>,
        content: Option<Content>,
        seconds: u32,
    ) -> (String, bool) {
        let old = etag.and_then(|etag| self.publications.remove(&etag));
        let next = rng.token(16);
        if seconds == 0 {
            return (next, old.is_some());
        }
        let is_changed = content.is_some();
        if let Some(content) = content.or_else(|| old.map(|old| old.content)) {
            let end = Deadline::at(now + Duration::from_secs(u64::from(seconds)));
            self.publications.insert(next.clone(), Published { content, end });
        }
        (next, is_changed)
    }
}

impl Timed for Compositor {
    fn resume(&mut self, shift: &Shift) {
        self.publications.values_mut().for_each(|it| shift.apply(&mut it.end));
    }
}

const fn changed_if(is_changed: bool) -> PublishedChange {
    if is_changed { PublishedChange::Changed } else { PublishedChange::None }
}
