//! Whether a message has what RFC 3261 says that one must have.

use thiserror::Error;

use super::{
    CSeq, CallId, Contact, ContentType, From, HeaderName, MaxForwards, Message, Method, Request,
    Response, Route, StatusCode, To, TypedHeader, Via,
};
use crate::{ParseError, ParseErrorKind};

/// What is wrong with a message that could be parsed. Displays as a reason phrase for the answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MessageFault {
    /// A header that must be there is not (RFC 3261 section 8.1.1).
    #[error("Missing {0}")]
    Missing(HeaderName),
    /// A header that has one value has several (RFC 3261 section 7.3.1).
    #[error("Repeated {0}")]
    Repeated(HeaderName),
    /// A header must not be there: Require and Proxy-Require in ACK and CANCEL (RFC 3261 section
    /// 8.2.2.3).
    #[error("Forbidden {0}")]
    Forbidden(HeaderName),
    /// A header does not follow its grammar, or is out of its range (Max-Forwards: 0 to 255).
    #[error("Malformed {name}")]
    Malformed {
        /// Which header.
        name: HeaderName,
        /// What is wrong in it.
        error: ParseError,
    },
    /// The Request-URI does not follow its grammar (RFC 3261 section 16.3, step 1).
    #[error("Malformed Request-URI")]
    RequestUri(ParseError),
    /// The CSeq number of a request outside a dialog is 2^31 or more (RFC 3261 section 8.1.1.5).
    #[error("CSeq Number Too Large")]
    CSeqNumber,
    /// The method in CSeq is not that of the request (RFC 3261 section 8.1.1.5).
    #[error("CSeq Method Is Not The Request's")]
    CSeqMethod,
    /// The branch of the topmost Via does not start with `z9hG4bK` (RFC 3261 section 8.1.1.7).
    #[error("Branch Without Magic Cookie")]
    Branch,
    /// From or To lacks the tag it must have (RFC 3261 sections 8.1.1.3 and 8.2.6.2).
    #[error("{0} Without Tag")]
    Tag(HeaderName),
}

impl MessageFault {
    /// The status owed to a request with this fault; `None` where no answer would find its way,
    /// because the topmost Via cannot be read.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        (!self.is_of(&HeaderName::Via)).then_some(StatusCode::BAD_REQUEST)
    }

    /// As which kind of error it is reported and counted.
    #[must_use]
    pub const fn kind(&self) -> ParseErrorKind {
        match self {
            Self::Malformed { error, .. } | Self::RequestUri(error) => error.kind,
            Self::CSeqNumber | Self::CSeqMethod | Self::Branch => ParseErrorKind::Value,
            Self::Missing(_) | Self::Repeated(_) | Self::Forbidden(_) | Self::Tag(_) => {
                ParseErrorKind::Cardinality
            }
        }
    }

    fn is_of(&self, wanted: &HeaderName) -> bool {
        match self {
            Self::Missing(name) | Self::Repeated(name) | Self::Malformed { name, .. } => {
                name == wanted
            }
            Self::Forbidden(_)
            | Self::RequestUri(_)
            | Self::CSeqNumber
            | Self::CSeqMethod
            | Self::Branch
            | Self::Tag(_) => false,
        }
    }
}

type Check<M> = fn(&M) -> Result<(), MessageFault>;

/// Without these and a topmost Via, a request can be neither answered nor matched nor routed.
const REQUEST_NEEDS: [Check<Request>; 5] = [
    |it| once::<From<'_>>(it).map(drop),
    |it| once::<To<'_>>(it).map(drop),
    |it| once::<CallId<'_>>(it).map(drop),
    request_cseq,
    |it| it.uri().map(drop).map_err(MessageFault::RequestUri),
];

/// What else who sends a request must see to.
const REQUEST_OWES: [Check<Request>; 9] = [
    |it| once::<MaxForwards>(it).map(drop),
    |it| all::<Via<'_>>(it),
    |it| branch(it),
    |it| tag(it.require::<From<'_>>().is_ok_and(|from| from.tag().is_none()), HeaderName::From),
    |it| all::<Route<'_>>(it),
    |it| all::<Contact<'_>>(it),
    |it| dialog_contact(it, *it.method() == Method::Invite),
    forbidden,
    |it| body_type(it),
];

const RESPONSE_NEEDS: [Check<Response>; 5] = [
    |it| top_via(it),
    |it| once::<From<'_>>(it).map(drop),
    |it| once::<To<'_>>(it).map(drop),
    |it| once::<CallId<'_>>(it).map(drop),
    |it| once::<CSeq>(it).map(drop),
];

const RESPONSE_OWES: [Check<Response>; 5] = [
    |it| all::<Via<'_>>(it),
    to_tag,
    |it| all::<Contact<'_>>(it),
    |it| {
        let is_invite = it.require::<CSeq>().is_ok_and(|cseq| cseq.method == Method::Invite);
        dialog_contact(it, is_invite && it.status().is_success())
    },
    |it| body_type(it),
];

impl Request {
    /// Whether it has what it takes to be answered, matched and routed (RFC 3261 sections 8.1.1,
    /// 8.2 and 16.3): a topmost Via, From, To, Call-ID and CSeq that can be read and stand once,
    /// a CSeq with its method and a number in range, a Request-URI that is one. An
    /// [`Endpoint`](crate::Endpoint) delivers no request without.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, in that order.
    ///
    /// ```
    /// use sip_proto::message::{HeaderName, MessageFault};
    /// use sip_proto::{Method, Request};
    ///
    /// let request = Request::builder(Method::Options, "sip:b@b.example")
    ///     .header(HeaderName::Via, "SIP/2.0/UDP a.example;branch=z9hG4bK1")
    ///     .from("<sip:a@a.example>;tag=1")
    ///     .cseq(1)
    ///     .build();
    /// let fault = request.validate().unwrap_err();
    /// assert_eq!(fault, MessageFault::Missing(HeaderName::To));
    /// assert_eq!(fault.to_string(), "Missing To");
    /// ```
    pub fn validate(&self) -> Result<(), MessageFault> {
        top_via(self)?;
        self.validate_below_via()
    }

    /// The same, where the topmost Via is known to be well.
    pub(crate) fn validate_below_via(&self) -> Result<(), MessageFault> {
        REQUEST_NEEDS.iter().try_for_each(|check| check(self))
    }

    /// Everything that [`Request::validate`] looks at, and what else RFC 3261 wants of who sends a
    /// request: Max-Forwards, every Via, Route and Contact readable, a branch with the magic
    /// cookie, a From tag, one Contact in an INVITE, no Require in ACK and CANCEL, a Content-Type
    /// with a body. For tests and diagnosis; what arrives may lack some of that, and be served.
    pub fn faults(&self) -> impl Iterator<Item = MessageFault> {
        let via: Check<Self> = |it| top_via(it);
        let checks = [via].into_iter().chain(REQUEST_NEEDS).chain(REQUEST_OWES);
        checks.filter_map(|check| check(self).err())
    }
}

impl Response {
    /// Whether it has what it takes to be matched and forwarded: a topmost Via, From, To, Call-ID
    /// and CSeq that can be read and stand once (RFC 3261 sections 8.2.6.2 and 16.7).
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, in that order.
    pub fn validate(&self) -> Result<(), MessageFault> {
        RESPONSE_NEEDS.iter().try_for_each(|check| check(self))
    }

    /// Everything that [`Response::validate`] looks at, and what else RFC 3261 wants of who sends a
    /// response: every Via and Contact readable, a To tag unless it is a 100, one Contact in a 2xx
    /// to an INVITE, a Content-Type with a body.
    pub fn faults(&self) -> impl Iterator<Item = MessageFault> {
        RESPONSE_NEEDS.iter().chain(&RESPONSE_OWES).filter_map(|check| check(self).err())
    }
}

/// The one `H` there must be.
fn once<'a, H: TypedHeader<'a>>(message: &'a Message) -> Result<H, MessageFault> {
    let name = || H::NAME;
    let mut values = message.values(&H::NAME);
    let value = values.next().ok_or_else(|| MessageFault::Missing(name()))?;
    if values.next().is_some() {
        return Err(MessageFault::Repeated(name()));
    }
    H::parse(value).map_err(|error| MessageFault::Malformed { name: name(), error })
}

/// Every `H` there is.
fn all<'a, H: TypedHeader<'a>>(message: &'a Message) -> Result<(), MessageFault> {
    message.header_list::<H>().try_for_each(|header| {
        header
            .map(drop)
            .map_err(|error| MessageFault::Malformed { name: error.name(), error: error.error() })
    })
}

fn top_via(message: &Message) -> Result<(), MessageFault> {
    match message.header::<Via<'_>>() {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(MessageFault::Missing(HeaderName::Via)),
        Err(error) => Err(MessageFault::Malformed { name: error.name(), error: error.error() }),
    }
}

/// The CSeq number of a request outside a dialog must be less (RFC 3261 section 8.1.1.5).
const CSEQ_START_MAX: u32 = 1 << 31;

fn request_cseq(request: &Request) -> Result<(), MessageFault> {
    let cseq = once::<CSeq>(request)?;
    // Counting on in a dialog may take it beyond (RFC 3261 section 12.2.1.1).
    if cseq.number >= CSEQ_START_MAX && once::<To<'_>>(request)?.tag().is_none() {
        return Err(MessageFault::CSeqNumber);
    }
    if cseq.method == *request.method() { Ok(()) } else { Err(MessageFault::CSeqMethod) }
}

fn branch(message: &Message) -> Result<(), MessageFault> {
    let via = message.header::<Via<'_>>().ok().flatten();
    let is_wrong = via.is_some_and(|via| {
        !via.branch().is_some_and(|branch| {
            branch.get(..7).is_some_and(|cookie| cookie.eq_ignore_ascii_case(b"z9hG4bK"))
        })
    });
    if is_wrong { Err(MessageFault::Branch) } else { Ok(()) }
}

fn tag(is_missing: bool, name: HeaderName) -> Result<(), MessageFault> {
    if is_missing { Err(MessageFault::Tag(name)) } else { Ok(()) }
}

fn to_tag(response: &Response) -> Result<(), MessageFault> {
    let is_owed = response.status() > StatusCode::TRYING;
    let is_missing = response.require::<To<'_>>().is_ok_and(|to| to.tag().is_none());
    tag(is_owed && is_missing, HeaderName::To)
}

/// RFC 3261 sections 8.1.1.8 and 12.1.1: what starts a dialog has exactly one Contact.
fn dialog_contact(message: &Message, is_owed: bool) -> Result<(), MessageFault> {
    match message.list(&HeaderName::Contact).take(2).count() {
        0 if is_owed => Err(MessageFault::Missing(HeaderName::Contact)),
        2 if is_owed => Err(MessageFault::Repeated(HeaderName::Contact)),
        _ => Ok(()),
    }
}

/// RFC 3261 section 8.2.2.3.
fn forbidden(request: &Request) -> Result<(), MessageFault> {
    if !matches!(request.method(), Method::Ack | Method::Cancel) {
        return Ok(());
    }
    let found = [HeaderName::Require, HeaderName::ProxyRequire];
    let found = found.into_iter().find(|name| request.has(name));
    found.map_or(Ok(()), |name| Err(MessageFault::Forbidden(name)))
}

/// RFC 3261 section 20.15.
fn body_type(message: &Message) -> Result<(), MessageFault> {
    if message.body().is_empty() { Ok(()) } else { once::<ContentType<'_>>(message).map(drop) }
}
