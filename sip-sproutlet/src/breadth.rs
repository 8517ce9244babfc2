//! Max-Breadth: how many branches of a request there may be at once, over all proxies
//! (RFC 5393 section 5).

use bytes::Bytes;
use sip_proto::Request;
use sip_proto::message::HeaderName;

/// What a request may be forked to: what it says, at most `max`, and `max` if it says nothing that
/// can be read.
pub(crate) fn incoming(request: &Request, max: u32) -> u32 {
    request.value(&HeaderName::MaxBreadth).and_then(number).map_or(max, |breadth| breadth.min(max))
}

/// Whether a request has a Max-Breadth that is no number.
pub(crate) fn is_malformed(request: &Request) -> bool {
    request.value(&HeaderName::MaxBreadth).is_some_and(|value| number(value).is_none())
}

/// Gives a branch its share.
pub(crate) fn set(request: &mut Request, share: u32) {
    if request.value(&HeaderName::MaxBreadth).and_then(number) != Some(share) {
        request.set(HeaderName::MaxBreadth, Bytes::from(share.to_string()));
    }
}

/// The share of the branch at `index` of `branches` that start at once with `available` between
/// them: all of it, evenly, so that the sum is never more than what came in. 0 for each if there is
/// not one for each of them.
pub(crate) const fn share(available: u32, branches: u32, index: u32) -> u32 {
    if branches == 0 || available < branches {
        return 0;
    }
    let first_ones_get_one_more = index < available % branches;
    available / branches + first_ones_get_one_more as u32
}

/// A number too large to count is as good as the largest.
fn number(value: &[u8]) -> Option<u32> {
    let digits = value.trim_ascii();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(
        digits.iter().fold(0_u32, |sum, digit| {
            sum.saturating_mul(10).saturating_add(u32::from(digit - b'0'))
        }),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sip_proto::message::Method;

    use super::*;

    #[test]
    fn what_a_request_may_be_forked_to() {
        let table = [
            (None, 60, false),
            (Some("10"), 10, false),
            (Some("0"), 0, false),
            (Some("61"), 60, false),
            (Some("99999999999999999999"), 60, false),
            (Some("-1"), 60, true),
            (Some("1, 2"), 60, true),
        ];
        for (value, breadth, malformed) in table {
            let mut request = Request::builder(Method::Invite, "sip:a@b").build();
            if let Some(value) = value {
                request.set(HeaderName::MaxBreadth, value);
            }
            assert_eq!(incoming(&request, 60), breadth, "{value:?}");
            assert_eq!(is_malformed(&request), malformed, "{value:?}");
        }
    }

    proptest! {
        /// RFC 5393 section 5.3.3: the sum of what goes out is not more than what came in; all of
        /// it is used, or nothing goes out.
        #[test]
        fn the_shares_are_all_there_is_or_nothing(available in 0_u32..200, branches in 1_u32..100) {
            let shares: Vec<u32> = (0..branches).map(|i| share(available, branches, i)).collect();
            let sum: u32 = shares.iter().sum();
            prop_assert_eq!(sum, if available < branches { 0 } else { available });
            prop_assert!(available < branches || shares.iter().all(|share| *share > 0));
        }
    }
}
