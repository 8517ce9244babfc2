//! Date (RFC 3261 section 20.17).

use core::fmt;

use super::super::HeaderName;
use super::super::lexer::{Fault, Parsed, is_lws, sws, whole};
use super::TypedHeader;
use crate::{ParseError, ParseErrorKind, UnixTime};

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_SECS: u64 = 86_400;

/// When a message was sent: always GMT.
///
/// The day of the week follows from the date; one that contradicts it is not an error and is not
/// kept.
///
/// ```
/// use sip_proto::UnixTime;
/// use sip_proto::message::headers::{Date, TypedHeader};
///
/// let date = Date::parse(b"Sat, 13 Nov 2010 23:29:00 GMT").unwrap();
/// assert_eq!(date.to_unix(), Some(UnixTime::from_secs(1_289_690_940)));
/// assert_eq!(Date::from_unix(UnixTime::from_secs(1_289_690_940)), Some(date));
/// assert_eq!(date.to_string(), "Sat, 13 Nov 2010 23:29:00 GMT");
/// assert!(Date::parse(b"Sat, 13 Nov 2010 23:29:00 EST").is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// 0 to 9999.
    pub year: u16,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60, because of leap seconds.
    pub second: u8,
}

impl Date {
    /// As seconds since the epoch; `None` before it, or where the fields are no date. A leap
    /// second is the second after it.
    #[must_use]
    pub fn to_unix(self) -> Option<UnixTime> {
        if !self.is_date() {
            return None;
        }
        let epoch = days_before_year(1970);
        let days = self.days().checked_sub(epoch)?;
        let secs =
            u64::from(self.hour) * 3600 + u64::from(self.minute) * 60 + u64::from(self.second);
        Some(UnixTime::from_secs(days * DAY_SECS + secs))
    }

    /// The date of `time`; `None` after the year 9999.
    #[must_use]
    pub fn from_unix(time: UnixTime) -> Option<Self> {
        let secs = time.as_secs() % DAY_SECS;
        let days = time.as_secs() / DAY_SECS + days_before_year(1970);
        // No year is shorter than 365 days, so this is at most a few years late.
        let late = u16::try_from(days / 365).ok()?;
        let year = (0..=late).rev().find(|year| days_before_year(*year) <= days)?;
        if year > 9999 {
            return None;
        }
        let mut day = days - days_before_year(year);
        let mut month = 1;
        while day >= u64::from(days_of_month(year, month)) {
            day -= u64::from(days_of_month(year, month));
            month += 1;
        }
        let small = |number: u64| u8::try_from(number).ok();
        Some(Self {
            year,
            month,
            day: small(day + 1)?,
            hour: small(secs / 3600)?,
            minute: small(secs / 60 % 60)?,
            second: small(secs % 60)?,
        })
    }

    fn is_date(&self) -> bool {
        self.year <= 9999
            && matches!(self.month, 1..=12)
            && self.day >= 1
            && self.day <= days_of_month(self.year, self.month)
            && self.hour <= 23
            && self.minute <= 59
            && self.second <= 60
    }

    /// Days since 1 January of the year 0.
    fn days(&self) -> u64 {
        let months: u64 =
            (1..self.month).map(|month| u64::from(days_of_month(self.year, month))).sum();
        days_before_year(self.year) + months + u64::from(self.day.saturating_sub(1))
    }

    fn weekday(&self) -> &'static str {
        // 1 January of the year 0 was a Saturday.
        let index = (self.days() + 5) % 7;
        usize::try_from(index).ok().and_then(|index| WEEKDAYS.get(index)).unwrap_or(&WEEKDAYS[0])
    }
}

/// Days from 1 January of the year 0 to that of `year`.
fn days_before_year(year: u16) -> u64 {
    let Some(last) = u64::from(year).checked_sub(1) else {
        return 0;
    };
    // The year 0 is a leap year, though it is divisible by 100.
    u64::from(year) * 365 + last / 4 - last / 100 + last / 400 + 1
}

const fn days_of_month(year: u16, month: u8) -> u8 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl TypedHeader<'_> for Date {
    const NAME: HeaderName = HeaderName::Date;

    fn parse(value: &[u8]) -> Result<Self, ParseError> {
        whole(value, ParseErrorKind::Value, date)
    }
}

/// ```abnf
/// rfc1123-date  =  wkday "," SP date1 SP time SP "GMT"
/// date1         =  2DIGIT SP month SP 4DIGIT
/// time          =  2DIGIT ":" 2DIGIT ":" 2DIGIT
/// ```
fn date(input: &[u8]) -> Parsed<'_, Date> {
    let (rest, _) = one_of(sws(input), &WEEKDAYS)?;
    let rest = space(literal(rest, b",")?)?;
    let (rest, day) = digits(rest, 2)?;
    let (rest, month) = one_of(space(rest)?, &MONTHS)?;
    let (rest, year) = digits(space(rest)?, 4)?;
    let start = space(rest)?;
    let (rest, hour) = digits(start, 2)?;
    let (rest, minute) = digits(literal(rest, b":")?, 2)?;
    let (rest, second) = digits(literal(rest, b":")?, 2)?;
    let rest = literal(space(rest)?, b"GMT")?;
    let small = |number: u16| u8::try_from(number).unwrap_or(u8::MAX);
    let date = Date {
        year,
        month: small(month + 1),
        day: small(day),
        hour: small(hour),
        minute: small(minute),
        second: small(second),
    };
    if date.is_date() { Ok((sws(rest), date)) } else { Fault::at(input) }
}

/// The place of the name at the start of `input`.
fn one_of<'a>(input: &'a [u8], names: &[&str]) -> Parsed<'a, u16> {
    for (index, name) in (0..).zip(names) {
        if let Some(rest) = input.strip_prefix(name.as_bytes()) {
            return Ok((rest, index));
        }
    }
    Fault::at(input)
}

fn literal<'a>(input: &'a [u8], text: &[u8]) -> Result<&'a [u8], nom::Err<Fault>> {
    match input.split_at_checked(text.len()) {
        Some((found, rest)) if found.eq_ignore_ascii_case(text) => Ok(rest),
        _ => Fault::at(input).map(|(rest, ())| rest),
    }
}

fn space(input: &[u8]) -> Result<&[u8], nom::Err<Fault>> {
    match input.first() {
        Some(byte) if is_lws(*byte) => Ok(sws(input)),
        _ => Fault::at(input).map(|(rest, ())| rest),
    }
}

/// Exactly `count` digits, at most 4.
fn digits(input: &[u8], count: usize) -> Parsed<'_, u16> {
    match input.split_at_checked(count) {
        Some((found, rest)) if found.iter().all(u8::is_ascii_digit) => {
            Ok((rest, found.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0'))))
        }
        _ => Fault::at(input),
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second } = *self;
        let month = MONTHS.get(usize::from(month).wrapping_sub(1)).unwrap_or(&MONTHS[0]);
        let weekday = self.weekday();
        write!(f, "{weekday}, {day:02} {month} {year:04} {hour:02}:{minute:02}:{second:02} GMT")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_and_their_seconds() {
        for (value, secs) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sat, 29 Feb 2020 23:59:59 GMT", Some(1_583_020_799)),
            ("Tue, 29 Feb 2000 12:00:00 GMT", Some(951_825_600)),
            ("Mon, 01 Mar 2100 00:00:00 GMT", Some(4_107_542_400)),
            ("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799)),
            ("Wed, 31 Dec 1969 23:59:59 GMT", None),
            ("Sat, 01 Jan 0000 00:00:00 GMT", None),
            ("Sat, 31 Dec 2016 23:59:60 GMT", Some(1_483_228_800)),
        ] {
            let date = Date::parse(value.as_bytes()).unwrap_or_else(|e| panic!("{value}: {e}"));
            assert_eq!(date.to_unix(), secs.map(UnixTime::from_secs), "{value}");
            assert_eq!(date.to_string(), value);
        }
    }

    #[test]
    fn liberties_are_few() {
        let date = Date { year: 2010, month: 11, day: 13, hour: 23, minute: 29, second: 0 };
        for value in [
            "Sat, 13 Nov 2010 23:29:00 GMT",
            " Sat,  13 Nov 2010\r\n 23:29:00\tgmt ",
            "Sun, 13 Nov 2010 23:29:00 GMT",
        ] {
            assert_eq!(Date::parse(value.as_bytes()), Ok(date), "{value}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for (value, offset) in [
            ("", 0),
            // RFC 4475 section 3.1.2.12
            ("Fri, 01 Jan 2010 16:00:00 EST", 26),
            ("Sat 13 Nov 2010 23:29:00 GMT", 3),
            ("sat, 13 Nov 2010 23:29:00 GMT", 0),
            ("Saturday, 13-Nov-10 23:29:00 GMT", 3),
            ("Sat, 13 nov 2010 23:29:00 GMT", 8),
            ("Sat, 3 Nov 2010 23:29:00 GMT", 5),
            ("Sat, 13 Nov 10 23:29:00 GMT", 12),
            ("Sat,13 Nov 2010 23:29:00 GMT", 4),
            ("Sat, 13 Nov 2010 23:29 GMT", 22),
            ("Sat, 13 Nov 2010 23:29:00", 25),
            ("Sat, 13 Nov 2010 23:29:00 GMT+1", 29),
            ("Tue, 30 Feb 2010 00:00:00 GMT", 0),
            ("Mon, 29 Feb 2100 00:00:00 GMT", 0),
            ("Mon, 00 Feb 2100 00:00:00 GMT", 0),
            ("Sat, 13 Nov 2010 24:00:00 GMT", 0),
            ("Sat, 13 Nov 2010 23:60:00 GMT", 0),
            ("Sat, 13 Nov 2010 23:59:61 GMT", 0),
        ] {
            let error = Date::parse(value.as_bytes()).expect_err(value);
            assert_eq!((error.kind, error.offset), (ParseErrorKind::Value, offset), "{value}");
        }
    }

    #[test]
    fn fields_made_by_hand_need_not_be_a_date() {
        let nonsense = Date { year: 65535, month: 0, day: 0, hour: 99, minute: 99, second: 99 };
        assert_eq!(nonsense.to_unix(), None);
        assert!(nonsense.to_string().ends_with("99:99:99 GMT"));
        assert_eq!(Date::from_unix(UnixTime::from_secs(u64::MAX)), None);
        assert_eq!(Date::from_unix(UnixTime::from_secs(253_402_300_800)), None);
    }

    proptest! {
        #[test]
        fn seconds_and_dates_are_the_same(secs in 0_u64..253_402_300_800) {
            let time = UnixTime::from_secs(secs);
            let date = Date::from_unix(time).unwrap();
            prop_assert_eq!(date.to_unix(), Some(time));
            prop_assert_eq!(Date::parse(date.to_string().as_bytes()), Ok(date));
        }
    }
}
