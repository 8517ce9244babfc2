//! Why a service turns a request down, and the answer that says so.

use bytes::Bytes;
use sip_proto::message::HeaderName;
use sip_proto::{Request, Response, StatusCode};

/// Why a request is turned down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// For the operator.
    pub(crate) reason: &'static str,
    /// The header that goes with the status.
    pub(crate) header: Option<(HeaderName, Bytes)>,
}

impl Refusal {
    pub(crate) const fn new(status: StatusCode, reason: &'static str) -> Self {
        Self { status, reason, header: None }
    }

    /// The response that tells the sender.
    pub(crate) fn answer(&self, request: &Request) -> Response {
        let mut response = Response::to(request, self.status);
        if let Some((name, value)) = &self.header {
            response.push_back(name.clone(), value.clone());
        }
        response
    }
}

/// What is owed where extensions are demanded that are not among `supported`: a 420 that names each
/// of them (RFC 3261 sections 8.2.2.3 and 16.3, step 5).
pub(crate) fn check_extensions<'a>(
    demanded: impl Iterator<Item = &'a str>,
    supported: &[&str],
    reason: &'static str,
) -> Result<(), Refusal> {
    let is_supported = |tag: &str| supported.iter().any(|known| known.eq_ignore_ascii_case(tag));
    let unsupported: Vec<&str> = demanded.filter(|tag| !is_supported(tag)).collect();
    if unsupported.is_empty() {
        return Ok(());
    }
    let header = Some((HeaderName::Unsupported, Bytes::from(unsupported.join(", "))));
    Err(Refusal { status: StatusCode::BAD_EXTENSION, reason, header })
}

#[cfg(test)]
mod tests {
    use sip_proto::Method;

    use super::*;

    #[test]
    fn only_what_is_not_supported_is_named() {
        let check = |demanded: &[&'static str]| {
            check_extensions(demanded.iter().copied(), &["path", "gruu"], "it demands too much")
        };
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&["PATH", "gruu"]), Ok(()));
        let refusal = check(&["one", "path", "two"]).expect_err("a refusal");
        let request = Request::builder(Method::Register, "sip:b").build();
        let answer = refusal.answer(&request);
        assert_eq!(answer.status(), StatusCode::BAD_EXTENSION);
        assert_eq!(answer.value(&HeaderName::Unsupported), Some(&b"one, two"[..]));
    }
}
