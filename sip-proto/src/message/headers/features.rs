//! Feature parameters: what a user agent or a proxy can do (RFC 3840 section 9).

use core::fmt;
use std::borrow::Cow;

use super::super::Params;
use super::super::lexer::{Fault, Parsed, is_token, trim, whole};
use super::super::quoted::{between_quotes, unquoted};
use crate::error::Escaped;
use crate::{ParseError, ParseErrorKind};

/// A feature and what is said of it.
///
/// ```abnf
/// feature-param    =  enc-feature-tag [EQUAL LDQUOT (tag-value-list / string-value ) RDQUOT]
/// enc-feature-tag  =  base-tags / other-tags
/// other-tags       =  "+" ftag-name
/// ```
///
/// ```
/// use sip_proto::message::Params;
/// use sip_proto::message::headers::{Feature, FeatureValue};
///
/// let params = Params::parse(b"q=0.5;video;+sip.instance=\"<urn:uuid:1>\"").unwrap();
/// let instance = Feature::of(&params, "+sip.instance").unwrap();
/// assert_eq!(instance.value(), Ok(FeatureValue::Text(b"urn:uuid:1".into())));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Feature<'a> {
    /// The feature tag, encoded: `audio`, `+sip.instance` ...; in any case.
    pub tag: &'a str,
    /// What stands after the `=`, quotes and all.
    pub raw: Option<&'a [u8]>,
}

/// What is said of a feature.
#[derive(Clone, PartialEq)]
pub enum FeatureValue<'a> {
    /// Nothing: it is there. The same as the one tag value `TRUE`.
    Flag,
    /// `"<...>"`: a text, compared byte by byte, without brackets and quoted pairs.
    Text(Cow<'a, [u8]>),
    /// `"..."`: each value that it can have.
    Tags(FeatureTags<'a>),
}

/// One of the values that a feature can have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TagValue<'a> {
    /// Whether it stands for everything but this: `!`.
    pub is_negated: bool,
    /// The value.
    pub what: TagMatch<'a>,
}

/// A value, or a range of them. Of a number with more digits than an `f64` holds, the nearest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TagMatch<'a> {
    /// `#>=5`
    AtLeast(f64),
    /// `#<=5`
    AtMost(f64),
    /// `#5:10`, both included.
    Between(f64, f64),
    /// `TRUE` or `FALSE`
    Boolean(bool),
    /// `#=5`
    Exactly(f64),
    /// A token, in any case.
    Token(&'a str),
}

impl fmt::Debug for Feature<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.raw {
            Some(raw) => write!(f, "Feature({}={})", self.tag, Escaped(raw)),
            None => write!(f, "Feature({})", self.tag),
        }
    }
}

impl fmt::Debug for FeatureValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag => f.write_str("Flag"),
            Self::Text(text) => write!(f, "Text({})", Escaped(text)),
            Self::Tags(tags) => write!(f, "Tags({tags:?})"),
        }
    }
}

impl fmt::Debug for FeatureTags<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'a> Feature<'a> {
    /// The feature `tag` of a contact or of another header's parameters.
    #[must_use]
    pub fn of(params: &Params<'a>, tag: &str) -> Option<Self> {
        features(*params, &[]).find(|feature| feature.tag.eq_ignore_ascii_case(tag))
    }

    /// What is said of it.
    ///
    /// # Errors
    ///
    /// `Value` where that is neither
    ///
    /// ```abnf
    /// tag-value-list    =  tag-value *("," tag-value)
    /// tag-value         =  ["!"] (token-nobang / boolean / numeric)
    /// boolean           =  "TRUE" / "FALSE"
    /// numeric           =  "#" numeric-relation number
    /// numeric-relation  =  ">=" / "<=" / "=" / (number ":")
    /// number            =  [ "+" / "-" ] 1*DIGIT ["." 0*DIGIT]
    /// string-value      =  "<" *(qdtext-no-abkt / quoted-pair ) ">"
    /// ```
    ///
    /// nor absent; the offset counts from the start of the value. White space may stand around the
    /// commas, and a value without quotes is read as if it had them: real peers send both.
    pub fn value(&self) -> Result<FeatureValue<'a>, ParseError> {
        let Some(raw) = self.raw else {
            return Ok(FeatureValue::Flag);
        };
        let inside = between_quotes(raw);
        let skipped = usize::from(inside.len() < raw.len());
        let parsed = if inside.first() == Some(&b'<') {
            whole(inside, ParseErrorKind::Value, text).map(|()| text_of(raw))
        } else {
            whole(inside, ParseErrorKind::Value, tag_values)
                .map(|()| FeatureValue::Tags(FeatureTags { rest: Some(inside) }))
        };
        parsed.map_err(|error| ParseError { offset: error.offset + skipped, ..error })
    }
}

/// The features among `params`: all but those named `others`.
pub(super) fn features<'a>(
    params: Params<'a>,
    others: &'static [&'static str],
) -> impl Iterator<Item = Feature<'a>> + use<'a> {
    params.iter().filter_map(move |(name, raw)| {
        // A parameter's name is a token, and so ASCII.
        let tag = core::str::from_utf8(name).ok()?;
        let is_other = others.iter().any(|other| tag.eq_ignore_ascii_case(other));
        (!is_other).then_some(Feature { tag, raw })
    })
}

/// Checks `string-value`.
fn text(input: &[u8]) -> Parsed<'_, ()> {
    let mut rest = input.get(1..).unwrap_or_default();
    loop {
        rest = match rest {
            [b'>', tail @ ..] => return Ok((tail, ())),
            [] | [b'<', ..] | [b'\\'] => return Fault::at(rest),
            [b'\\', _, tail @ ..] | [_, tail @ ..] => tail,
        };
    }
}

/// Without quotes, brackets and quoted pairs; `raw` was checked.
fn text_of(raw: &[u8]) -> FeatureValue<'_> {
    FeatureValue::Text(match unquoted(raw) {
        Cow::Borrowed(plain) => Cow::Borrowed(between_brackets(plain)),
        Cow::Owned(plain) => Cow::Owned(between_brackets(&plain).to_vec()),
    })
}

fn between_brackets(text: &[u8]) -> &[u8] {
    match text {
        [b'<', inside @ .., b'>'] => inside,
        other => other,
    }
}

/// Checks `tag-value-list`.
fn tag_values(input: &[u8]) -> Parsed<'_, ()> {
    let mut start = 0;
    for part in input.split(|byte| *byte == b',') {
        if tag_value(part).is_none() {
            return Fault::at(&input[start..]);
        }
        start += part.len() + 1;
    }
    Ok((&[], ()))
}

/// The values of a list, in order.
#[derive(Clone, PartialEq, Eq)]
pub struct FeatureTags<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for FeatureTags<'a> {
    type Item = TagValue<'a>;

    fn next(&mut self) -> Option<TagValue<'a>> {
        let list = self.rest?;
        let end = list.iter().position(|byte| *byte == b',').unwrap_or(list.len());
        self.rest = list.get(end + 1..);
        // All of them were checked when the list was made.
        tag_value(&list[..end])
    }
}

fn tag_value(part: &[u8]) -> Option<TagValue<'_>> {
    let text = core::str::from_utf8(trim(part)).ok()?;
    let (is_negated, text) = match text.strip_prefix('!') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let what = match text.strip_prefix('#') {
        Some(numeric) => range(numeric)?,
        None if text.eq_ignore_ascii_case("TRUE") => TagMatch::Boolean(true),
        None if text.eq_ignore_ascii_case("FALSE") => TagMatch::Boolean(false),
        None if !text.is_empty() && text.bytes().all(|b| is_token(b) && b != b'!') => {
            TagMatch::Token(text)
        }
        None => return None,
    };
    Some(TagValue { is_negated, what })
}

fn range(text: &str) -> Option<TagMatch<'static>> {
    if let Some(least) = text.strip_prefix(">=") {
        Some(TagMatch::AtLeast(decimal(least)?))
    } else if let Some(most) = text.strip_prefix("<=") {
        Some(TagMatch::AtMost(decimal(most)?))
    } else if let Some(exact) = text.strip_prefix('=') {
        Some(TagMatch::Exactly(decimal(exact)?))
    } else {
        let (least, most) = text.split_once(':')?;
        Some(TagMatch::Between(decimal(least)?, decimal(most)?))
    }
}

fn decimal(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    // A second dot is an error here.
    if is_number { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(raw: &str) -> Result<FeatureValue<'_>, usize> {
        let feature = Feature { tag: "x", raw: Some(raw.as_bytes()) };
        feature.value().map_err(|error| error.offset)
    }

    #[test]
    fn lists() {
        let tags = |raw: &'static str| match value(raw) {
            Ok(FeatureValue::Tags(tags)) => tags.collect::<Vec<_>>(),
            other => panic!("{raw}: {other:?}"),
        };
        let tag = |is_negated, what| TagValue { is_negated, what };
        assert_eq!(
            tags(r#""INVITE, !BYE,true,!FALSE""#),
            [
                tag(false, TagMatch::Token("INVITE")),
                tag(true, TagMatch::Token("BYE")),
                tag(false, TagMatch::Boolean(true)),
                tag(true, TagMatch::Boolean(false)),
            ]
        );
        assert_eq!(
            tags(r##""#>=-5,#<=+5.,#=0.25,!#5:10.5""##),
            [
                tag(false, TagMatch::AtLeast(-5.0)),
                tag(false, TagMatch::AtMost(5.0)),
                tag(false, TagMatch::Exactly(0.25)),
                tag(true, TagMatch::Between(5.0, 10.5)),
            ]
        );
        assert_eq!(tags("mobile"), [tag(false, TagMatch::Token("mobile"))]);
    }

    #[test]
    fn texts() {
        let text = |text: &'static str| Ok(FeatureValue::Text(text.as_bytes().into()));
        assert_eq!(value(r#""<urn:uuid:f81d4fae>""#), text("urn:uuid:f81d4fae"));
        assert_eq!(value(r#""<>""#), text(""));
        assert_eq!(value(r#""<a, \"b\" \> c>""#), text(r#"a, "b" > c"#));
    }

    #[test]
    fn what_is_no_value() {
        for (raw, offset) in [
            (r#""""#, 1),
            (r#""a,,b""#, 3),
            (r#""a,""#, 3),
            (r#""a b""#, 1),
            (r#""!!a""#, 1),
            (r#""a,b!""#, 3),
            (r##""#5""##, 1),
            (r##""#>5""##, 1),
            (r##""#=.5""##, 1),
            (r##""#=1.2.3""##, 1),
            (r##""#=1e5""##, 1),
            (r##""#=-""##, 1),
            (r##""#1:""##, 1),
            (r#""<a""#, 3),
            (r#""<a<b>""#, 3),
            (r#""<a>b""#, 4),
        ] {
            assert_eq!(value(raw), Err(offset), "{raw}");
        }
    }

    #[test]
    fn a_feature_without_a_value_is_there() {
        let params = Params::parse(b"q=1;AUDIO;language=\"en\"").unwrap();
        let audio = Feature::of(&params, "audio").unwrap();
        assert_eq!((audio.tag, audio.value()), ("AUDIO", Ok(FeatureValue::Flag)));
        assert_eq!(Feature::of(&params, "video"), None);
    }
}
