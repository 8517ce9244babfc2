//! The parameters of a Via that extensions define: overload control, keep-alives, reuse.

use super::super::lexer::{number, whole};
use super::super::quoted::between_quotes;
use super::numbers::delta_seconds;
use super::{Decimal, Via};
use crate::ParseErrorKind;

impl<'a> Via<'a> {
    /// The `ttl` of a multicast request, 0 to 255 (RFC 3261 section 20.42); `None` if absent or
    /// malformed.
    #[must_use]
    pub fn ttl(&self) -> Option<u8> {
        numeric(self.params.value("ttl")?)
    }

    /// The `oc` parameter of overload control (RFC 7339 section 4.1): `Some(None)` where a client
    /// says that it can, `Some(Some(number))` where a server asks for it, the number being what
    /// the algorithm makes of it (loss in per cent, RFC 7339 section 7; requests per second,
    /// RFC 7415). A value that is no number reads as `Some(None)`.
    #[must_use]
    pub fn oc(&self) -> Option<Option<u32>> {
        Some(self.params.get("oc")?.and_then(numeric))
    }

    /// The algorithms of `oc-algo` (RFC 7339 section 4.2): what a client can, or the one that a
    /// server chose. None where it is absent.
    pub fn oc_algo(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.params
            .value("oc-algo")
            .into_iter()
            .flat_map(|list| between_quotes(list).split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|algorithm| !algorithm.is_empty())
    }

    /// How many milliseconds `oc` holds (`oc-validity`, RFC 7339 section 4.3); `None` if absent or
    /// malformed: who needs a value then takes 500. 0 ends overload control.
    #[must_use]
    pub fn oc_validity_millis(&self) -> Option<u32> {
        numeric(self.params.value("oc-validity")?)
    }

    /// Which `oc` is newer (`oc-seq`, RFC 7339 section 4.4): digits with a dot.
    #[must_use]
    pub fn oc_seq(&self) -> Option<Decimal<'a>> {
        Decimal::parse(self.params.value("oc-seq")?).ok()
    }

    /// The `keep` parameter (RFC 6223): `Some(None)` where it asks for keep-alives, or they come at
    /// no stated interval; `Some(Some(seconds))` where the answer recommends one. A value that is
    /// no number reads as `Some(None)`, one that is too large for 32 bits as the largest.
    #[must_use]
    pub fn keep(&self) -> Option<Option<u32>> {
        let value = self.params.get("keep")?;
        Some(value.and_then(|value| whole(value, ParseErrorKind::Value, delta_seconds).ok()))
    }

    /// Whether the sender would have its connection reused for requests to it (RFC 5923).
    #[must_use]
    pub fn is_alias(&self) -> bool {
        self.params.has("alias")
    }
}

fn numeric<T: TryFrom<u64>>(value: &[u8]) -> Option<T> {
    whole(value, ParseErrorKind::Value, number).ok()
}

#[cfg(test)]
mod tests {
    use super::super::TypedHeader;
    use super::*;

    #[track_caller]
    fn via(params: &str) -> Via<'static> {
        let value = format!("SIP/2.0/TCP a.example;{params}");
        Via::parse(value.into_bytes().leak()).unwrap()
    }

    #[test]
    fn a_ttl_is_a_byte() {
        assert_eq!(via("ttl=16").ttl(), Some(16));
        assert_eq!(via("TTL=0").ttl(), Some(0));
        for params in ["x", "ttl", "ttl=256", "ttl=a"] {
            assert_eq!(via(params).ttl(), None, "{params}");
        }
    }

    #[test]
    fn overload_control() {
        // As in RFC 7339 section 4.
        let client = via("branch=z9hG4bK1;received=192.0.2.111;oc;oc-algo=\"loss, A\"");
        assert_eq!(client.oc(), Some(None));
        assert!(client.oc_algo().eq([&b"loss"[..], b"A"]));
        let server = via("oc=20;oc-algo=\"loss\";oc-validity=500;oc-seq=1282321615.782");
        assert_eq!(server.oc(), Some(Some(20)));
        assert!(server.oc_algo().eq([&b"loss"[..]]));
        assert_eq!(server.oc_validity_millis(), Some(500));
        assert_eq!(server.oc_seq().map(|seq| seq.as_str()), Some("1282321615.782"));
        let none = via("oc-algo;oc-seq=x;oc-validity=x");
        assert_eq!((none.oc(), none.oc_seq(), none.oc_validity_millis()), (None, None, None));
        assert_eq!(none.oc_algo().count(), 0);
        assert_eq!(via("oc=x").oc(), Some(None));
    }

    #[test]
    fn keep_alives_and_reuse() {
        assert_eq!(via("keep").keep(), Some(None));
        assert_eq!(via("Keep=30;alias").keep(), Some(Some(30)));
        assert_eq!(via("keep=99999999999").keep(), Some(Some(u32::MAX)));
        assert_eq!(via("keep=x").keep(), Some(None));
        assert_eq!(via("x").keep(), None);
        assert!(via("ALIAS").is_alias() && !via("x=alias").is_alias());
    }
}
