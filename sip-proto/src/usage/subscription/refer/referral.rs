//! What a REFER asks for.

use bytes::Bytes;

use crate::message::headers::{ReferSub, ReferTo};
use crate::message::{CSeq, Require, Supported};
use crate::{HeaderName, Request, Response, Rng, StatusCode};

use super::super::notifier::tag;

/// A REFER that was received.
///
/// ```
/// use sip_proto::usage::Referral;
/// use sip_proto::{HeaderName, Method, Request, Seed};
///
/// let refer = Request::builder(Method::Refer, "sip:b@b.example")
///     .from("<sip:a@a.example>;tag=1")
///     .to("<sip:b@b.example>")
///     .call_id("1")
///     .cseq(93809823)
///     .header(HeaderName::ReferTo, "<sip:c@c.example>")
///     .build();
/// let referral = Referral::read(&refer)?;
/// assert_eq!(referral.target, "sip:c@c.example");
/// let accepted = referral.accept(&refer, "sip:b@192.0.2.4", &mut Seed::from_u64(1).rng());
/// assert_eq!(accepted.status().as_u16(), 202);
/// # Ok::<(), sip_proto::StatusCode>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// The URI to be contacted.
    pub target: Bytes,
    /// Whether the referrer wants to hear what comes of it (RFC 4488).
    pub wants_subscription: bool,
    /// The CSeq of the REFER, which tells its subscription from others.
    pub cseq: u32,
}

impl Referral {
    /// Reads a REFER.
    ///
    /// # Errors
    ///
    /// The status that answers it: 400 without exactly one Refer-To (RFC 3515 section 2.4.2), or
    /// where a header cannot be read.
    pub fn read(refer: &Request) -> Result<Self, StatusCode> {
        let bad = |_| StatusCode::BAD_REQUEST;
        if refer.count(&HeaderName::ReferTo) != 1 {
            return Err(StatusCode::BAD_REQUEST);
        }
        let to: ReferTo<'_> = refer.require().map_err(bad)?;
        let sub: Option<ReferSub<'_>> = refer.header().map_err(bad)?;
        let requires = refer
            .header_list::<Require<'_>>()
            .any(|it| it.is_ok_and(|it| it.0.eq_ignore_ascii_case("norefersub")));
        let CSeq { number: cseq, .. } = refer.require().map_err(bad)?;
        Ok(Self {
            target: Bytes::copy_from_slice(to.uri),
            wants_subscription: !requires && sub.is_none_or(|it| it.is_wanted),
            cseq,
        })
    }

    /// The answer that takes it: 202, or 200 with `Refer-Sub: false` where no subscription is wanted
    /// (RFC 4488 section 4). Outside of a dialog it gets a tag: a dialog is made of it.
    #[must_use]
    pub fn accept(&self, refer: &Request, contact: &str, rng: &mut Rng) -> Response {
        let mut response = if self.wants_subscription {
            Response::to(refer, StatusCode::ACCEPTED)
        } else {
            let mut response = Response::to(refer, StatusCode::OK);
            response.push_back(HeaderName::ReferSub, "false");
            response
        };
        tag(&mut response, rng);
        response.push_back(HeaderName::Contact, format!("<{contact}>"));
        let knows_it = refer
            .header_list::<Supported<'_>>()
            .any(|it| it.is_ok_and(|it| it.0.eq_ignore_ascii_case("norefersub")));
        if knows_it {
            response.push_back(HeaderName::Supported, "norefersub");
        }
        response
    }
}
